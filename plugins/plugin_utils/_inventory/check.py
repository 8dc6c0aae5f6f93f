# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory must be like before any of its hosts is contacted. Pure.

Each rule is a function that yields the Problems it sees in an Inventory; each file of `rules` names its own in RULES.
"""

from .rules import addresses, containerd, groups, networks, releases, variables

RULES = groups.RULES + variables.RULES + releases.RULES + containerd.RULES + networks.RULES + addresses.RULES


def problems(inventory):
    """Everything that is wrong with an inventory."""
    return [problem for rule in RULES for problem in rule(inventory)]
