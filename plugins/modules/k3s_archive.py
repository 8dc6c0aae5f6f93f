#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_archive
short_description: Packs a snapshot of a K3s server and what belongs to it
version_added: 0.1.0
description:
  - Internal to the role P(gitpod.node_prep.k3s#role).
  - Packs the snapshot, the tokens, credentials and certificates of the server and its configuration into one archive, and says what is in it.
  - The archive holds all secrets of the cluster.
options:
  snapshot:
    description: The snapshot on the server, as M(gitpod.node_prep.k3s_snapshot) has taken it. It is removed once it is packed.
    type: path
    required: true
  dest:
    description: Path of the archive on the server.
    type: path
    required: true
  owner:
    description: Number of the user who will fetch the archive. The archive and its directory become theirs, and nobody else but root may read them.
    type: int
    default: 0
extends_documentation_fragment:
  - gitpod.node_prep.attributes
attributes:
  check_mode:
    support: none
    description: Does nothing in check mode, since there is no snapshot.
  diff_mode:
    support: none
    description: What is packed is among the results.
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Pack the snapshot
  gitpod.node_prep.k3s_archive:
    snapshot: /var/lib/rancher/k3s/node-prep-backup/snapshot
    dest: /var/lib/rancher/k3s/node-prep-backup/backup.tar.gz
"""

RETURN = r"""
cluster:
  description: The UID of the namespace C(kube-system), by which clusters are told apart.
  returned: success
  type: str
  sample: 0d2c1e3a-6f5b-4e8e-9b0c-0a8d8f6f7a11
k3s_version:
  description: The release that runs.
  returned: success
  type: str
  sample: v1.24.7+k3s1
servers:
  description: Names of the nodes that are servers of the cluster.
  returned: success
  type: list
  elements: str
  sample: [meta-1]
archive:
  description: C(size) and C(sha256) of the archive.
  returned: success
  type: dict
files:
  description: C(name), C(size) and C(sha256) of each file in it.
  returned: success
  type: list
  elements: dict
"""

import json
import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._backup import archive
from ..module_utils._digest import sha256_of
from ..module_utils._k3s import api, snapshot
from ..module_utils._text import decoded

NAMESPACE = "/api/v1/namespaces/kube-system"
VERSION = "/version"
SERVERS = "/api/v1/nodes?labelSelector=node-role.kubernetes.io%2Fcontrol-plane"


class NotPacked(Exception):
    """There is no archive; the text is a clause that says why."""


def main():
    module = AnsibleModule(
        argument_spec={
            "snapshot": {"type": "path", "required": True},
            "dest": {"type": "path", "required": True},
            "owner": {"type": "int", "default": 0},
        },
        supports_check_mode=False,
    )
    try:
        module.exit_json(changed=True, **packed(module.params))
    except (NotPacked, api.NoAnswer, archive.BadArchive, snapshot.NoSnapshot, OSError) as error:
        module.fail_json(msg="No backup was made: %s." % error)


def packed(params):
    """The result of the module."""
    folder = os.path.dirname(params["dest"])
    facts = cluster_facts(lambda path: api.get("server", api.address_of("server"), path))
    snapshot.require_space(folder, os.path.getsize(params["snapshot"]))
    files = archive.pack(params["dest"], params["snapshot"], archive.SOURCES)
    lacking = archive.missing_in([file.name for file in files])
    if lacking:
        raise NotPacked("this server has no %s, without which nobody could restore it" % ", ".join(lacking))
    os.unlink(params["snapshot"])
    for path in (params["dest"], folder):
        os.chown(path, params["owner"], -1)
    size = os.path.getsize(params["dest"])
    return dict(facts, archive={"size": size, "sha256": sha256_of(params["dest"])}, files=[dict(file._asdict()) for file in files])


def cluster_facts(get):
    """What tells this cluster from others.

    :param get: function of a path of the API that returns the answer as bytes, or None.
    """
    try:
        namespace, version, nodes = (json.loads(decoded(get(path) or b"")) for path in (NAMESPACE, VERSION, SERVERS))
        return {
            "cluster": namespace["metadata"]["uid"],
            "k3s_version": version["gitVersion"],
            "servers": sorted(node["metadata"]["name"] for node in nodes["items"]),
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotPacked("the API does not say which cluster this is")


if __name__ == "__main__":
    main()
