# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that the hosts will have as nodes of Kubernetes. Pure."""

import re

from ....module_utils._requirements.names import LONGEST_LABEL, node_name_problem
from ....module_utils._text import listed, printable
from ..model import node_name, nodes
from ..problem import Problem, on_hosts

SHOWN_NAMES = 3


def _hosts_of_names(inventory):
    """Name of a node -> hosts, as far as the inventory says it. Another rule is about names that are no text."""
    found = {}
    for host in nodes(inventory):
        if "k3s_node_name" in inventory.names[host] and "k3s_node_name" not in inventory.variables[host]:
            continue
        name = node_name(inventory, host)
        if isinstance(name, str):
            found.setdefault(name, []).append(host)
    return found


def names_are_those_of_nodes(inventory):
    names_of, hosts_of = {}, _hosts_of_names(inventory)
    for name in hosts_of:
        problem = node_name_problem(name)
        if problem:
            names_of.setdefault(problem, []).append(name)
    for problem, names in names_of.items():
        shown = printable(listed([name[: 2 * LONGEST_LABEL] for name in names], SHOWN_NAMES))
        yield Problem(
            f"{shown} {'is not the name of a node' if len(names) == 1 else 'are not names of nodes'}: {problem}.",
            on_hosts([host for name in names for host in hosts_of[name]]),
            f"Rename the host in the inventory, or give it a k3s_node_name, for example {_suggestion(names[0])}.",
        )


def _suggestion(name):
    """A name of a node that is like a name that is none."""
    words = re.findall(r"[a-z0-9]+", name.lower().partition(".")[0] if not re.fullmatch(r"[0-9a-fA-F.:]+", name) else "node." + name)
    fitting = "-".join(words)[:LONGEST_LABEL].strip("-")
    return fitting if fitting and not node_name_problem(fitting) else "node-1"


def names_are_unique(inventory):
    """K3s makes lower case letters of all."""
    hosts_of = {}
    for name, hosts in _hosts_of_names(inventory).items():
        hosts_of.setdefault(name.lower(), []).extend(hosts)
    for name, hosts in hosts_of.items():
        if len(hosts) > 1:
            yield Problem(
                f"{printable(name)} is the name of {len(hosts)} nodes, and a cluster has a name only once.",
                on_hosts(hosts),
                "Give each host a k3s_node_name of its own, or remove the variable: then the host's name in the inventory is the node's.",
            )


RULES = (names_are_those_of_nodes, names_are_unique)
