#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_snapshot
short_description: Takes a consistent snapshot of the datastore of a K3s server
version_added: 0.1.0
description:
  - Internal to the role P(gitpod.node_prep.k3s#role).
  - With etcd it has K3s take one (C(k3s etcd-snapshot save)). With SQLite it uses SQLite's own online backup, and with Python 3.6, which does not know that,
    it copies all rows in one transaction. The cluster goes on meanwhile.
  - A snapshot that is not whole is a failure, and is removed. With etcd the SHA-256 at its end is compared, with SQLite the file is opened and checked.
  - K3s may still list a snapshot of etcd in its config map C(k3s-etcd-snapshots) when the file is gone.
options:
  dir:
    description: Directory on the server for the snapshot. It is made where it is not there, for root only.
    type: path
    required: true
  name:
    description: Name of the file.
    type: str
    required: true
  keep:
    description:
      - How many of the snapshots in O(dir) stay whose names begin with O(prefix), the new one included. The oldest go first, by their names.
      - V(0) keeps all.
    type: int
    default: 0
  prefix:
    description: Beginning of the names that O(keep) is about.
    type: str
    default: node-prep-
  k3s:
    description: The program.
    type: path
    default: /usr/local/bin/k3s
  timeout:
    description: Limit for taking it, in seconds.
    type: int
    default: 600
extends_documentation_fragment:
  - gitpod.node_prep.attributes
attributes:
  check_mode:
    description: Says what would be taken.
  diff_mode:
    support: none
    description: The new file is among the results.
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Take a snapshot
  gitpod.node_prep.k3s_snapshot:
    dir: /var/lib/rancher/k3s/server/db/snapshots
    name: node-prep-20260102T030405Z
"""

RETURN = r"""
path:
  description: The snapshot on the server.
  returned: success
  type: str
  sample: /var/lib/rancher/k3s/server/db/snapshots/node-prep-20260102T030405Z
datastore:
  description: V(etcd) or V(sqlite).
  returned: success
  type: str
size:
  description: Its bytes; in check mode, at most.
  returned: success
  type: int
sha256:
  description: The SHA-256 of the file.
  returned: success, not in check mode
  type: str
removed:
  description: The older ones that O(keep) has removed.
  returned: success, not in check mode
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._backup import snapshots
from ..module_utils._deadline import Deadline
from ..module_utils._digest import sha256_of
from ..module_utils._interruption import Interrupted, interruptible, undoing
from ..module_utils._k3s import snapshot
from ..module_utils._k3s.datastore import datastore_of, size_of


def main():
    module = AnsibleModule(
        argument_spec={
            "dir": {"type": "path", "required": True},
            "name": {"type": "str", "required": True},
            "keep": {"type": "int", "default": 0},
            "prefix": {"type": "str", "default": "node-prep-"},
            "k3s": {"type": "path", "default": "/usr/local/bin/k3s"},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**take(module.params, module.check_mode))
    except (snapshot.NoSnapshot, snapshots.BadSnapshot, OSError, Interrupted) as error:
        module.fail_json(msg="No snapshot of the datastore was taken, and nothing was changed: %s." % error)


def take(params, check_mode):
    """The result of the module."""
    datastore = datastore_of()
    if not datastore:
        raise snapshot.NoSnapshot("this machine keeps no objects of a cluster in /var/lib/rancher/k3s/server/db")
    path, size = os.path.join(params["dir"], params["name"]), size_of(datastore)
    if check_mode:
        return {"changed": True, "path": path, "datastore": datastore, "size": size}
    if os.path.exists(path):
        raise snapshot.NoSnapshot("%s is there already" % path)
    os.makedirs(params["dir"], mode=0o700, exist_ok=True)
    snapshot.require_space(params["dir"], size)
    with interruptible(), undoing(lambda _error: _remove(path)):
        snapshot.take(datastore, params["k3s"], path, Deadline(params["timeout"]))
        snapshots.check(datastore, path)
    return {
        "changed": True,
        "path": path,
        "datastore": datastore,
        "size": os.path.getsize(path),
        "sha256": sha256_of(path),
        "removed": _prune(params),
    }


def _remove(path):
    for name in (path, path + "-journal", path + "-wal", path + "-shm"):
        if os.path.exists(name):
            os.unlink(name)


def _prune(params):
    ours = sorted(name for name in os.listdir(params["dir"]) if name.startswith(params["prefix"]))
    old = ours[: -params["keep"]] if params["keep"] > 0 else []
    for name in old:
        os.unlink(os.path.join(params["dir"], name))
    return old


if __name__ == "__main__":
    main()
