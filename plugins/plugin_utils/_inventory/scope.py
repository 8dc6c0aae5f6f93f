# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is about where `--limit` leaves hosts out. Pure.

The cluster and the report belong to the control node, which takes part in every run in the name of one host, the executor.
"""

from .model import node_name

CONTROL_NODE = "localhost"
# The variables with these names are about the cluster, and not about a node.
CLUSTER_PREFIXES = ("cluster_spec_", "node_labels_", "report_", "node_prep_")


def scope(inventory, planned, asked):
    """What of the plan a run is about.

    :param inventory: Inventory without problems.
    :param planned: what inventory.plan returned for it.
    :param asked: names of the hosts that `--limit` leaves in.
    :returns: dict with `executor` (the host in whose name the control node works: the first server, or the first node that is asked
        for), `limited` (whether nodes are left out), `asked_nodes_of_pools` (pool -> Kubernetes node names of the nodes asked for),
        `node_names` (host -> Kubernetes node name) and `variables_of_the_cluster` (names of variables in which the executor must
        follow the first server; empty where it is that server).
    """
    asked, members = set(asked), planned["pools"]
    hosts = planned["servers"] + planned["agents"]
    # The nodes of a managed cluster are machines of somebody else.
    known = hosts or [host for pool in members for host in members[pool]]
    whole = not hosts and CONTROL_NODE in asked
    left_in = [host for host in known if whole or host in asked]
    among = set(left_in)
    executor = _executor(hosts, left_in, asked)
    return {
        "executor": executor,
        "limited": len(left_in) < len(known),
        "asked_nodes_of_pools": {pool: [node_name(inventory, host) for host in members[pool] if host in among] for pool in members},
        "node_names": {host: node_name(inventory, host).lower() for host in known},
        "variables_of_the_cluster": _to_follow(inventory, planned["servers"][:1], executor),
    }


def _executor(hosts, left_in, asked):
    """Some host that --limit leaves in; the control node itself where there is none of ours."""
    candidates = ([] if hosts else [CONTROL_NODE]) + left_in + [CONTROL_NODE] + sorted(asked)
    return next((host for host in candidates if host in asked), CONTROL_NODE)


def _to_follow(inventory, first, executor):
    if not first or executor in first:
        return []
    (server,) = first
    here, there = inventory.variables.get(executor, {}), inventory.variables[server]
    return sorted(name for name in there if name.startswith(CLUSTER_PREFIXES) and here.get(name) != there[name])
