# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, and the one message about it. Pure."""

import re
from collections import namedtuple

from ...module_utils._text import listed, one_line
from .shown import redacted, secret_texts

SHOWN_HOSTS = 8
SHOWN_PLACES = 3
# A screen: four lines to a problem.
SHOWN_PROBLEMS = 9
# Those for which the same is to be done are of one kind.
SHOWN_OF_A_KIND = 3
LONGEST_SENTENCE = 500
_NAME = re.compile(r"[A-Za-z_]\w*")

# what: is wrong, a sentence. where: the hosts, the variable or the group. remedy: what to do, a sentence.
# variable: the name of the variable, where neither `what` nor `where` has a name that the collection knows.
Problem = namedtuple("Problem", "what where remedy variable", defaults=(None,))


class Hosts(str):
    """Hosts in words, which still knows their names."""

    names = ()


def message(found, inventory=None):
    """The one message about all problems, a screen of them at most. Of an inventory it also says where what is wrong was set."""
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    parts = [f"The inventory has {count}. No node was contacted."]
    secrets = secret_texts(inventory) if inventory else ()
    shown = _first(found)
    for number, problem in enumerate(shown, 1):
        places = _places(problem, inventory) if inventory else []
        where = f"{problem.where} ({listed(places, SHOWN_PLACES)})" if places else problem.where
        what, where, remedy = (one_line(redacted(text, secrets), LONGEST_SENTENCE) for text in (problem.what, where, problem.remedy))
        parts.append(f"{number}. {what}\n   Where: {where}\n   To do: {remedy}")
    more = len(found) - len(shown)
    if more:
        parts.append(f"… and {more} more; correct these first.")
    return "\n\n".join(parts)


def _first(found):
    """The problems that are shown: the first ones, and of many of one kind some."""
    shown, of_kind = [], {}
    for problem in found:
        of_kind[problem.remedy] = of_kind.get(problem.remedy, 0) + 1
        if of_kind[problem.remedy] <= SHOWN_OF_A_KIND and len(shown) < SHOWN_PROBLEMS:
            shown.append(problem)
    return shown


def _places(problem, inventory):
    """Where the variables of a problem were set, as far as Ansible knows it."""
    hosts = problem.where.names if isinstance(problem.where, Hosts) else inventory.ours
    names = [problem.variable] if problem.variable else dict.fromkeys(_NAME.findall(f"{problem.what} {problem.where}"))
    given = [name for name in names if name == problem.variable or name in inventory.given]
    places = (inventory.place(host, name) for name in given for host in hosts)
    return list(dict.fromkeys(place.text for place in places if place))


def on_hosts(hosts):
    """Hosts in words, the first ones of many."""
    text = Hosts(f"{'host' if len(hosts) == 1 else 'hosts'} {listed(hosts, SHOWN_HOSTS)}")
    text.names = tuple(hosts)
    return text


def not_the_same(name, found, shown):
    """The Problem of a variable with several values where there may be one only.

    :param found: its values with their hosts, as `model.by_value` returns them.
    :param shown: function that makes a value fit for the message.
    """
    places = (f"{shown(this)} on {on_hosts(hosts)}" for this, hosts in found)
    return Problem(f"{name} is not the same for all nodes.", "; ".join(places), "Set it once, in group_vars/all.", name)


def told_once(found):
    """One Problem for all hosts that share it.

    :param found: tuples of host, what, remedy.
    """
    hosts = {}
    for host, what, remedy in found:
        hosts.setdefault((what, remedy), []).append(host)
    return [Problem(what, on_hosts(names), remedy) for (what, remedy), names in hosts.items()]
