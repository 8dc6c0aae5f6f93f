# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about pools and the five labels. Pure; see _cluster.check."""

from ..._requirements.findings import WARNING
from ..._requirements.gitpod_releases import release
from ..._requirements.labels import LABEL_KEYS, PREFIX, gitpod_labels, pool_keys, wanted_labels
from ..._requirements.requirement import ON_K3S, Requirements
from ..._requirements.workloads import WORKSPACE_WORKLOADS
from ..._text import listed
from ..distribution import managed_by
from ..verdict import failed, passed
from .nodes import name_of

REQUIREMENTS = Requirements()

# D4: these two sides never share a node. Where workload_workspace_services belongs is up to the pools (§10, 6).
_META_SIDE = frozenset((PREFIX + "workload_meta", PREFIX + "workload_ide"))
_WORKSPACE_SIDE = frozenset(PREFIX + name for name in WORKSPACE_WORKLOADS)
_SERVICES = PREFIX + "workload_workspace_services"


def labels_of(node):
    """The five labels of a node, as far as it has them."""
    return gitpod_labels(node["metadata"]["labels"])


@REQUIREMENTS.add(
    "nodes_joined",
    "Nodes of the inventory",
    "D4",
    "Join the node, or take it out of its group; a node name that differs from the host name belongs in k3s_node_name.",
    fixed_by="k3s",
    settles=ON_K3S,
)
def nodes_joined(reading, options):
    """Nothing to say where no nodes were named."""
    there = {name_of(node) for node in reading["nodes"]}
    for name in sorted(wanted_labels(options["pools"], options["nodes"])):
        yield (passed("in the cluster", "in the cluster", name) if name in there else failed("not in the cluster", "in the cluster", name))


@REQUIREMENTS.add(
    "labels_present", "Gitpod labels", "D3", "Set the label to `true` on at least one node, or let the role node_labels do it.", fixed_by="node_labels"
)
def labels_present(reading, _options):
    """On a managed cluster with the advice to set them in the node pool, where nodes that replace others get them (§9)."""
    services = sorted({service for service in (managed_by(node, reading["version"]["gitVersion"]) for node in reading["nodes"]) if service})
    advice = "set them in the node pool of %s too, or the nodes that it replaces lose them" % " and ".join(services) if services else ""
    required = "each of the five =true on at least one node"
    nodes = {key: [name_of(node) for node in reading["nodes"] if labels_of(node).get(key) == "true"] for key in LABEL_KEYS}
    nowhere = [key for key in LABEL_KEYS if not nodes[key]]
    if nowhere:
        remedy = "Set the label to `true` on at least one node; %s." % advice if advice else None
        yield failed("on no node: " + ", ".join(nowhere), required, remedy=remedy)
    else:
        found = "; ".join("%s on %s" % (key[len(PREFIX) :], listed(names)) for key, names in nodes.items())
        yield passed("%s (%s)" % (found, advice) if advice else found, required)


@REQUIREMENTS.add(
    "label_values",
    "Values of the labels",
    "§2",
    "Set the label to `true` or remove it, or let the role node_labels do it: the scheduler only looks for the key.",
    fixed_by="node_labels",
)
def label_values(reading, _options):
    for node in reading["nodes"]:
        wrong = ["%s=%s" % item for item in labels_of(node).items() if item[1] != "true"]
        yield failed(", ".join(wrong), "true", name_of(node)) if wrong else passed("all true", "true", name_of(node))


@REQUIREMENTS.add(
    "node_labels",
    "Labels of the pool",
    "D4",
    "Give the node the labels of its pool and no other of the five, or let the role node_labels do it.",
    fixed_by="node_labels",
)
def node_labels(reading, options):
    """Whether each named node has the keys of its pool and no other of the five. Nothing to say where no nodes were named."""
    wanted = wanted_labels(options["pools"], options["nodes"])
    for node in reading["nodes"]:
        name = name_of(node)
        if name not in wanted:
            continue
        there = set(labels_of(node))
        missing, surplus = sorted(wanted[name] - there), sorted(there - wanted[name])
        problems = ["lacks " + key for key in missing] + ["has " + key for key in surplus]
        required = "exactly " + (", ".join(key for key in LABEL_KEYS if key in wanted[name]) or "none")
        yield (failed(", ".join(problems), required, name) if problems else passed("as its pool wants", "the labels of its pool", name))


@REQUIREMENTS.add("pool_separation", "Separate pools", "D4", "Give each pool nodes of its own now: splitting pools later costs downtime.")
def pool_separation(reading, options):
    required = "each node in one pool: " + "; ".join(
        "%s: %s" % (pool, ", ".join(key[len(PREFIX) :] for key in keys)) for pool, keys in pool_keys(options["pools"]).items()
    )
    pools = [frozenset(keys) for keys in pool_keys(options["pools"]).values()]
    if frozenset((_SERVICES,)) in pools and 3 not in release(options["gitpod_version"]).pools:
        found, remedy = "workload_workspace_services has a pool of its own", "Put it into the pool of the other workspace labels."
        yield failed(found, "in the workspaces' pool, with Gitpod before 2022.09", severity=WARNING, remedy=remedy)
    # A cluster of one node, for trying Gitpod out, has only this node to put everything on.
    severity = WARNING if len(reading["nodes"]) == 1 else None
    for node in reading["nodes"]:
        keys = frozenset(labels_of(node))
        both_sides = keys & _META_SIDE and keys & _WORKSPACE_SIDE
        if both_sides or not any(keys <= pool for pool in pools):
            found = ", ".join(key[len(PREFIX) :] for key in LABEL_KEYS if key in keys)
            yield failed("labels of several pools: " + found, required, name_of(node), severity)
        else:
            yield passed("labels of at most one pool", required, name_of(node))
