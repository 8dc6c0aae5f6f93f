# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, and the one message about it. Pure."""

from collections import namedtuple

from ...module_utils._text import listed

SHOWN_HOSTS = 8

# what: is wrong, a sentence. where: the hosts, the variable or the group. remedy: what to do, a sentence.
Problem = namedtuple("Problem", "what where remedy")


def message(found):
    """The one message about all problems."""
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    parts = [f"The inventory has {count}. No node was contacted."]
    for number, problem in enumerate(found, 1):
        parts.append(f"{number}. {problem.what}\n   Where: {problem.where}\n   To do: {problem.remedy}")
    return "\n\n".join(parts)


def on_hosts(hosts):
    """Hosts in words, the first ones of many."""
    return f"{'host' if len(hosts) == 1 else 'hosts'} {listed(hosts, SHOWN_HOSTS)}"


def told_once(found):
    """One Problem for all hosts that share it.

    :param found: tuples of host, what, remedy.
    """
    hosts = {}
    for host, what, remedy in found:
        hosts.setdefault((what, remedy), []).append(host)
    return [Problem(what, on_hosts(names), remedy) for (what, remedy), names in hosts.items()]
