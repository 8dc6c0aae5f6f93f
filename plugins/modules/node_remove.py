#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: node_remove
short_description: Removes nodes from a cluster of K3s for good
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Deletes the Node object and the secret with the password under which K3s knows the machine, C(<node>.node-password.k3s) in C(kube-system). Without
    that, another machine of the same name could not join.
  - K3s takes a server out of etcd before its Node object goes. The module waits until it is gone.
  - K3s up to v1.21.3 now and then does not let go of a node although all is done. After 5 seconds the module does that, where nothing but the finalizer
    C(wrangler.cattle.io/node) is left.
  - Does not drain the node; see M(gitpod.node_prep.node_drain).
  - A node that is not there is none to remove.
options:
  nodes:
    description: The nodes, each a name of Kubernetes and the addresses of the machine that it is supposed to be.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the node.
        type: str
        required: true
      addresses:
        description:
          - Addresses of the machine.
          - A node that is ready, and has none of them, belongs to another machine that runs under the same name. It is refused, and nothing is removed.
          - If empty, that is not asked.
        type: list
        elements: str
        default: []
  wait:
    description: How long K3s may take to let a node go, in seconds. With etcd it takes the member out first.
    type: int
    default: 60
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - gitpod.node_prep.kube
attributes:
  check_mode:
    support: full
    description: Reads the nodes and says which would be removed.
  diff_mode:
    support: none
    description: What is removed is among the results.
  idempotent:
    support: full
    description: A second run finds no node and changes nothing.
"""

EXAMPLES = r"""
- name: Remove a machine that is gone for good
  gitpod.node_prep.node_remove:
    kubeconfig: "{{ inventory_dir }}/artifacts/kubeconfig"
    nodes:
      - name: workspace-3
  delegate_to: localhost
"""

RETURN = r"""
removed:
  description: Names of the nodes that were removed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [workspace-3]
"""

import time
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._deadline import Deadline
from ..module_utils._kube import drain
from ..module_utils._kube.client import KubeError, module_argument_spec, run_module
from ..module_utils._kube.errors import KubeStatusError

NODES = "/api/v1/nodes/"
PASSWORD = "/api/v1/namespaces/kube-system/secrets/%s.node-password.k3s"
NOT_FOUND = 404
# K3s up to v1.21.3 now and then leaves this one, the last of those that hold a node back, though its work is done (its issue 2669).
FORGOTTEN = "wrangler.cattle.io/node"
PATIENCE = 5  # seconds that K3s has for that
SECONDS_BETWEEN_LOOKS = 0.5
NEEDS_MAJORITY = "It takes a server out of etcd first, for which a majority of the members has to be up"


class NotRemoved(KubeError):
    """A node that stays; the text says why."""


def main():
    argument_spec = module_argument_spec(
        nodes={
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"name": {"type": "str", "required": True}, "addresses": {"type": "list", "elements": "str", "default": []}},
        },
        wait={"type": "int", "default": 60},
    )
    run_module(AnsibleModule(argument_spec=argument_spec, supports_check_mode=True), remove)


def remove(module, client):
    """Remove the nodes that are there; the result is that of the module."""
    wanted = [dict(node, name=node["name"].lower()) for node in module.params["nodes"]]
    there = [node["name"] for node in wanted if _is_there(client, node)]
    if not module.check_mode:
        for name in there:
            client.delete(_path(name))
        _await_gone(client, there, module.params["wait"])
        # K3s removes the password with the node, and does not let go of a node whose password is gone before (v1.21).
        for node in wanted:
            client.delete(PASSWORD % quote(node["name"], safe=""))
    return {"changed": bool(there), "removed": there}


def _path(name):
    return NODES + quote(name, safe="")


def _is_there(client, node):
    try:
        found = client.get(_path(node["name"]))
    except KubeStatusError as error:
        if error.status != NOT_FOUND:
            raise
        return False
    if node["addresses"] and drain.is_ready(found) and not set(node["addresses"]) & set(_addresses(found)):
        raise NotRemoved(
            "another machine (%s) runs as the node %s, and is ready. Nothing was removed. Give one of the two another name (k3s_node_name), "
            "or shut down the one that is to go" % (", ".join(_addresses(found)) or "without an address", node["name"])
        )
    return True


def _addresses(node):
    status = node.get("status")
    listed = status.get("addresses") if isinstance(status, dict) else None
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return [row["address"] for row in rows if row.get("type") in ("InternalIP", "ExternalIP") and isinstance(row.get("address"), str)]


def _await_gone(client, names, wait):
    deadline, patience = Deadline(wait), Deadline(PATIENCE)
    left = list(names)
    while True:
        why = NEEDS_MAJORITY
        try:
            left = [name for name in left if _is_left(client, name, patience.is_over())]
        except KubeError as error:  # etcd elects another leader where the one that leads it leaves
            why = str(error)
        if not left:
            return
        if deadline.is_over():
            raise NotRemoved("K3s did not let go of %s within %d s. %s" % (", ".join(left), wait, why))
        time.sleep(min(SECONDS_BETWEEN_LOOKS, deadline.remaining()))


def _is_left(client, name, long_enough):
    """Whether a node that was deleted is still there. One that K3s has forgotten to let go of is released."""
    try:
        metadata = client.get(_path(name)).get("metadata")
    except KubeStatusError as error:
        if error.status != NOT_FOUND:
            raise
        return False
    held_by = metadata.get("finalizers") if isinstance(metadata, dict) else None
    if long_enough and held_by == [FORGOTTEN]:
        client.merge_patch(_path(name), {"metadata": {"finalizers": None}})
    return True


if __name__ == "__main__":
    main()
