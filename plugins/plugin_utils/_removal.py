# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be removed from a cluster. Pure: the nodes as the API shows them in, the ones to remove or the reasons against it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..module_utils._cluster.candidates import CONTROL_PLANE
from ..module_utils._kube.drain import is_ready
from ..module_utils._requirements.labels import LABEL_KEYS
from ..module_utils._text import listed

MOST_NAMES = 20  # that a sentence lists


class Node(NamedTuple):
    """A node of the cluster: its name, its labels, whether it is ready."""

    name: str
    labels: dict
    ready: bool

    @property
    def is_server(self):
        return any(label in self.labels for label in CONTROL_PLANE)


def removal(names, resources, node_names):
    """What is removed, and why it must not be.

    :param names: what the user wants to remove, names of hosts or of nodes.
    :param resources: the nodes as the API returns them.
    :param node_names: dict of each host of the inventory to its name as a node.
    :returns: dict with `nodes` (dicts of `name`, `host`, '' where the inventory has none, `present`, `ready` and `server`) and `refusals` (sentences).
    """
    there = {node.name: node for node in map(_node, resources) if node.name}
    hosts = {node: host for host, node in node_names.items()}
    wanted = list(dict.fromkeys(node_names.get(name, name.lower()) for name in names))
    unknown = [name for name in wanted if name not in there and name not in hosts]
    leaving = [there[name] for name in wanted if name in there]
    staying = [node for node in there.values() if node.name not in wanted]
    refusals = [reason for rule in RULES for reason in rule(leaving, staying)]
    if unknown:
        refusals.insert(0, f"Neither the cluster nor the inventory knows {listed(unknown, MOST_NAMES)}; the cluster has {listed(sorted(there), MOST_NAMES)}.")
    return {"nodes": [_removed(name, there.get(name), hosts.get(name, "")) for name in wanted], "refusals": refusals}


def _node(resource):
    metadata = resource.get("metadata") if isinstance(resource, Mapping) else None
    metadata = metadata if isinstance(metadata, Mapping) else {}
    labels = metadata.get("labels")
    return Node(str(metadata.get("name", "")), dict(labels) if isinstance(labels, Mapping) else {}, is_ready(resource))


def _removed(name, node, host):
    return {"name": name, "host": host, "present": node is not None, "ready": bool(node and node.ready), "server": bool(node and node.is_server)}


def last_of_a_label(leaving, staying):
    for label in LABEL_KEYS:
        holders = [node.name for node in leaving if node.labels.get(label) == "true"]
        if holders and not any(node.labels.get(label) == "true" for node in staying):
            yield f"{listed(holders, MOST_NAMES)} would leave no node with the label {label}, which Gitpod needs (D3). Add another one to that pool first."


def last_server(leaving, staying):
    servers = [node.name for node in leaving if node.is_server]
    if servers and not any(node.is_server for node in staying):
        yield f"{listed(servers, MOST_NAMES)} would leave no server, and with it all objects of the cluster would go. Add another server first."


def majority(leaving, staying):
    """etcd goes on as long as more than half of its members are up, before each removal and after it."""
    servers = [node for node in leaving + staying if node.is_server]
    going = [node for node in leaving if node.is_server]
    left = [node for node in staying if node.is_server]
    if not going or not left:
        return
    up = [node for node in left if node.ready]
    if len(up) < len(left) // 2 + 1:
        down = ", ".join(node.name for node in left if not node.ready)
        verb = "is" if len(left) - len(up) == 1 else "are"
        yield f"Of the {len(left)} servers that stay, {down} {verb} not ready, so that etcd would have no majority. Start them first."
    elif len([node for node in servers if node.ready]) < len(servers) // 2 + 1:
        yield "Less than half of the servers are ready, so that etcd has no majority and lets nobody go. Start them first."


RULES = (last_of_a_label, last_server, majority)
