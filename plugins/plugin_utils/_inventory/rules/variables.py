# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the variables have the names and the types that the roles document, and the same value where they must. Pure."""

from ..model import by_value, nodes, ours
from ..names import name_problems
from ..problem import Problem, on_hosts, told_once
from ..values import value_problems

# §5: one pair of runtime paths for the whole cluster, and one Gitpod on it.
SAME_EVERYWHERE = ("k3s_version", "k3s_container_runtime", "node_prep_gitpod_version", "node_prep_domain")


def known_names(inventory):
    hosts_of = {}
    for host in ours(inventory):
        for name in inventory.names[host]:
            hosts_of.setdefault(name, []).append(host)
    for name in sorted(hosts_of):
        for what, remedy in name_problems([name], inventory.options, inventory.roles):
            yield Problem(what, on_hosts(hosts_of[name]), remedy)


def right_types(inventory):
    return told_once(
        (host, what, remedy)
        for host in ours(inventory)
        for name in sorted(set(inventory.variables[host]) & set(inventory.options))
        for what, remedy in value_problems(name, inventory.variables[host][name], inventory.options[name])
    )


def same_everywhere(inventory):
    for name in SAME_EVERYWHERE:
        found = by_value(inventory, nodes(inventory), name)
        if len(found) > 1:
            yield Problem(
                f"{name} is not the same for all nodes.",
                "; ".join(f"{this} on {on_hosts(hosts)}" for this, hosts in found),
                "Set it once, in group_vars/all.",
            )


RULES = (
    known_names,
    right_types,
    same_everywhere,
)
