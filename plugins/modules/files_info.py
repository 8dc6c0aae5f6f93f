#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: files_info
short_description: Reads type, mode, owner, group, SHA-256 and mark of many paths in one call
version_added: 0.1.0
description:
  - Reads what the action M(gitpod.node_prep.files) has to know about a node, in one round trip.
  - A file is marked where its first KiB names this collection, as the first line of what its roles write does.
  - Symbolic links are not followed. Nothing is changed.
options:
  paths:
    description: Absolute paths to read.
    type: list
    elements: path
    required: true
extends_documentation_fragment:
  - gitpod.node_prep.attributes.read_only
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Read two files
  gitpod.node_prep.files_info:
    paths:
      - /etc/crictl.yaml
      - /etc/containerd/config.toml
"""

RETURN = r"""
files:
  description: What lies at each path, by path.
  returned: success
  type: dict
  sample:
    /etc/crictl.yaml:
      type: file
      mode: "0644"
      owner: root
      uid: 0
      group: root
      gid: 0
      sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
      marked: true
    /etc/cni:
      type: absent
"""

import errno
import grp
import os
import pwd
import stat

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._digest import sha256_of
from ..module_utils._mark import WITHIN, is_marked
from ..module_utils._text import decoded

TYPES = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISLNK, "link"),
)


def name_of(lookup, number):
    """The name of a user or group, or its number as text where it has none."""
    try:
        return lookup(number)[0]
    except KeyError:
        return str(number)


def read(path):
    """Everything about one path; {"type": "absent"} where nothing is."""
    try:
        status = os.lstat(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return {"type": "absent"}
        raise
    kind = next((name for test, name in TYPES if test(status.st_mode)), "other")
    found = {
        "type": kind,
        "mode": "%04o" % stat.S_IMODE(status.st_mode),
        "owner": name_of(pwd.getpwuid, status.st_uid),
        "uid": status.st_uid,
        "group": name_of(grp.getgrgid, status.st_gid),
        "gid": status.st_gid,
    }
    if kind == "file":
        found["sha256"] = sha256_of(path)
        with open(path, "rb") as file:
            found["marked"] = is_marked(decoded(file.read(WITHIN)))
    return found


def main():
    module = AnsibleModule(
        argument_spec={"paths": {"type": "list", "elements": "path", "required": True}},
        supports_check_mode=True,
    )
    files = {}
    for path in module.params["paths"]:
        try:
            files[path] = read(path)
        except OSError as error:
            module.fail_json(msg="cannot read %s: %s. The task needs 'become: true'." % (path, error.strerror))
    module.exit_json(changed=False, files=files)


if __name__ == "__main__":
    main()
