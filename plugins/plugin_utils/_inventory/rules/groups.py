# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in which group, and which pool has which labels. Pure."""

from ....module_utils._requirements.labels import without_prefix
from ....module_utils._requirements.workloads import WORKLOADS
from ..model import REQUIRED_GROUPS, SERVER_GROUP, by_value, is_managed, nodes, ours, pools, servers
from ..names import or_nearest
from ..problem import Problem, on_hosts
from ..values import value_problems


def required_groups(inventory):
    """Those of the pools, whatever they are called, and one that has the servers."""
    if is_managed(inventory):
        return
    for group in REQUIRED_GROUPS:
        if group in pools(inventory) and not inventory.groups.get(group):
            yield Problem(
                f"The group {group} {'has no host' if group in inventory.groups else 'is missing'}.",
                "the groups of the inventory",
                f"Add a group {group} with at least one host: meta runs Gitpod itself, workspace runs the workspaces (D4).",
            )
    if "meta" not in pools(inventory) and not servers(inventory):
        yield Problem(
            f"No host is a server: there is neither a group {SERVER_GROUP} nor a pool meta.",
            "the groups of the inventory",
            f"Add a group {SERVER_GROUP} with the host that runs the Kubernetes API.",
        )


def pools_are_lists(inventory):
    for configured, hosts in by_value(inventory, ours(inventory), "node_prep_pools"):
        for pool, labels in configured.items() if isinstance(configured, dict) else ():
            for what, remedy in value_problems(f"node_prep_pools.{pool}", labels, {"type": "list", "elements": "str"}):
                yield Problem(what, on_hosts(hosts), remedy)


def pools_are_the_same_everywhere(inventory):
    if len(by_value(inventory, ours(inventory), "node_prep_pools")) > 1:
        yield Problem(
            "node_prep_pools is not the same for all hosts.",
            "the variables of groups and hosts",
            "Set it once, in group_vars/all.",
        )


def pools_have_hosts(inventory):
    others = set(inventory.groups) - {"all", "ungrouped"} - set(pools(inventory))
    for pool in pools(inventory):
        if not inventory.groups.get(pool) and pool not in REQUIRED_GROUPS:
            yield Problem(
                f"The pool {pool} has no host: there is no group of that name, or nothing in it.",
                "node_prep_pools",
                or_nearest(pool, others, f"Add a group {pool} with at least one host, or remove the pool."),
            )


def one_pool_per_host(inventory):
    hosts, first, configured = nodes(inventory), set(servers(inventory)), pools(inventory)
    pools_of = {}
    for pool in configured:
        for host in inventory.groups.get(pool, []):
            pools_of.setdefault(host, []).append(pool)
    for host in hosts:
        names = pools_of.get(host, [])
        # A cluster of one node, for trying Gitpod out, has only this node to put everything on.
        if len(names) > 1 and len(hosts) > 1:
            yield Problem(
                f"{host} is in several pools: {', '.join(names)}.",
                "the groups of the inventory",
                "Leave it in one of them; splitting pools later costs downtime (D4).",
            )
        if not names and host not in first:
            yield Problem(
                f"{host} is in no pool, so it would get no label.",
                "node_prep_pools",
                "Add its group to node_prep_pools, or the host to a group that is there.",
            )


def labels_of_pools(inventory):
    given = set()
    for pool, labels in pools(inventory).items():
        for label in filter(lambda label: isinstance(label, str), labels):
            given.add(without_prefix(label))
            if without_prefix(label) not in WORKLOADS:
                yield Problem(
                    f"The pool {pool} has the label {label}, which Gitpod does not know.",
                    "node_prep_pools",
                    or_nearest(without_prefix(label), WORKLOADS, f"The labels are {', '.join(WORKLOADS)}."),
                )
    missing = [label for label in WORKLOADS if label not in given]
    if missing and given <= set(WORKLOADS):
        yield Problem(
            f"No pool has {', '.join(missing)}; Gitpod needs each of the five labels on at least one node (D3).",
            "node_prep_pools",
            "Add each to a pool.",
        )


RULES = (
    required_groups,
    pools_are_lists,
    pools_are_the_same_everywhere,
    pools_have_hosts,
    one_pool_per_host,
    labels_of_pools,
)
