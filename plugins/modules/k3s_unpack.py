#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_unpack
short_description: Verifies and unpacks the archive of a backup on a server
version_added: 0.1.0
description:
  - Internal to the role P(gitpod.node_prep.k3s#role).
  - Unpacks an archive of M(gitpod.node_prep.k3s_archive) into a new directory, as it was when it was packed, for root only. Nothing else is touched.
  - Regular files of the known names only, each with its SHA-256, and a snapshot that is whole; anything else is refused.
options:
  src:
    description: The archive on the server. It is removed once it is unpacked, or refused.
    type: path
    required: true
  dest:
    description: Directory that is made. What an interrupted run has left there is removed first.
    type: path
    required: true
  datastore:
    description: What kind of snapshot is in it.
    type: str
    choices: [etcd, sqlite]
    required: true
  files:
    description: C(name), C(size) and C(sha256) of each file that is in it.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name in the archive.
        type: str
        required: true
      size:
        description: Its bytes.
        type: int
        required: true
      sha256:
        description: Its SHA-256.
        type: str
        required: true
extends_documentation_fragment:
  - gitpod.node_prep.attributes
attributes:
  check_mode:
    support: none
    description: Does nothing in check mode.
  diff_mode:
    support: none
    description: All that is unpacked is new.
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Unpack the backup
  gitpod.node_prep.k3s_unpack:
    src: /var/lib/rancher/k3s/node-prep-restore.tar.gz
    dest: /var/lib/rancher/k3s/node-prep-restore
    datastore: etcd
    files: "{{ manifest.files }}"
"""

RETURN = r"""
path:
  description: The directory with what was unpacked.
  returned: success
  type: str
"""

import os
import shutil

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._backup import archive, snapshots
from ..module_utils._k3s import snapshot


def main():
    file = {"name": {"type": "str", "required": True}, "size": {"type": "int", "required": True}, "sha256": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "src": {"type": "path", "required": True},
            "dest": {"type": "path", "required": True},
            "datastore": {"type": "str", "choices": ["etcd", "sqlite"], "required": True},
            "files": {"type": "list", "elements": "dict", "required": True, "options": file},
        },
        supports_check_mode=False,
    )
    params = module.params
    try:
        unpack(params)
    except (archive.BadArchive, snapshots.BadSnapshot, snapshot.NoSnapshot, OSError) as error:
        shutil.rmtree(params["dest"], ignore_errors=True)
        module.fail_json(msg="Nothing was restored, and nothing was changed. The archive that arrived here is not the backup: %s." % error)
    finally:
        if os.path.exists(params["src"]):
            os.unlink(params["src"])
    module.exit_json(changed=True, path=params["dest"])


def unpack(params):
    """Have the verified files in the directory."""
    shutil.rmtree(params["dest"], ignore_errors=True)
    os.makedirs(params["dest"], mode=0o700)
    snapshot.require_space(params["dest"], sum(file["size"] for file in params["files"]))
    archive.unpack(params["src"], [archive.File(**file) for file in params["files"]], params["dest"])
    snapshots.check(params["datastore"], os.path.join(params["dest"], archive.SNAPSHOT))


if __name__ == "__main__":
    main()
