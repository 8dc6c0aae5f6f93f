# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory must be like before any of its hosts is contacted. Pure.

Each rule is a function that yields the Problems it sees in an Inventory; each file of `rules` names its own in RULES.
"""

from .rules import addresses, api_vip, calico, containerd, formats, groups, k3s, networks, node_names, nodes, releases, servers, variables

SUBJECTS = (groups, servers, node_names, variables, formats, releases, containerd, k3s, networks, calico, addresses, api_vip, nodes)
RULES = tuple(rule for subject in SUBJECTS for rule in subject.RULES)


def problems(inventory):
    """Everything that is wrong with an inventory."""
    return [problem for rule in RULES for problem in rule(inventory)]
