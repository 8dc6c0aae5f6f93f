# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `iptables-save` prints, and what has to be said to `iptables-restore` so that the rules of a cluster go and no other. Pure."""

import shlex
from collections import OrderedDict, namedtuple

from . import ours

# chains: names, those that are built in too; rules: lines as they were printed, `-A INPUT …`.
Table = namedtuple("Table", "chains rules")
# chains and rules of the same form, without the rules in those chains; they go with them.
Removal = namedtuple("Removal", "chains rules")

_APPEND = "-A "


def parse(text):
    """Table by name, in the order of the text."""
    tables, table = OrderedDict(), None
    for line in text.splitlines():
        if line.startswith("*"):
            table = tables.setdefault(line[1:].strip(), Table([], []))
        elif table is not None and line.startswith(":") and line[1:].split():
            table.chains.append(line[1:].split()[0])
        elif table is not None and line.startswith(_APPEND):
            table.rules.append(line.rstrip("\n"))
    return tables


def words_of(rule):
    """The words of a rule; those in quotes are one."""
    try:
        return shlex.split(rule)
    except ValueError:
        return rule.split()


def facts_of(rule):
    """(chain, target, comments) of a rule; the target is '' where it has none."""
    words = words_of(rule)
    target, comments, index = "", [], 2
    while index < len(words):
        if words[index] in ("-j", "-g") and index + 1 < len(words):
            target = words[index + 1]
        elif words[index] == "--comment" and index + 1 < len(words):
            comments.append(words[index + 1])
            index += 1
        index += 1
    return (words[1] if len(words) > 1 else ""), target, comments


def removal(table, prefixes=ours.CHAINS):
    """What of a Table is the cluster's.

    :param prefixes: how the names of its chains begin.
    """
    chains = [name for name in table.chains if name.startswith(prefixes)]
    return Removal(chains, [rule for rule in table.rules if _is_ours(rule, set(chains))])


def _is_ours(rule, chains):
    chain, target, comments = facts_of(rule)
    return chain not in chains and (target in chains or any(comment.startswith(ours.COMMENTS) for comment in comments))


def restore(removals):
    """The text for `iptables-restore --noflush`: each table changes at once or not at all.

    :param removals: Removal by the name of its table.
    """
    lines = []
    for name, one in removals.items():
        if one.chains or one.rules:
            lines.append("*" + name)
            lines += ["-D " + rule[len(_APPEND) :] for rule in one.rules]
            # A chain can be deleted once no other leads to it.
            lines += ["-F " + chain for chain in one.chains]
            lines += ["-X " + chain for chain in one.chains]
            lines.append("COMMIT")
    return "".join(line + "\n" for line in lines)


def shown(removals):
    """The same as lines to read."""
    return ["%s: %s" % (name, text) for name, one in removals.items() for text in one.rules + ["chain " + chain for chain in one.chains]]
