# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of a node in the words of ufw, and what to run so that it has them. Pure.

A rule is written as `ufw show added` prints it, without `ufw` and the comment. The comment tells ours from others.
"""

import re
from collections import OrderedDict

from .._versions import is_at_least, parse_numbers
from .openings import ANYWHERE, MARK, Plan

IS_ACTIVE = ("ufw", "status")
LIST = ("ufw", "show", "added")
VERSION = ("ufw", "version")

# The first release that has a word for VRRP: that of Ubuntu 24.04.
_KNOWS_VRRP = (0, 36, 2)
_RELEASE = re.compile(r"^ufw (\d+(?:\.\d+)*)", re.MULTILINE)
_LINE = re.compile(r"ufw (?P<rule>.+?)(?: comment '(?P<comment>.*)')?$")


def is_active(status):
    """Whether ufw filters, by what IS_ACTIVE printed."""
    return "Status: active" in status.splitlines()


def knows_vrrp(version):
    """Whether this ufw can let in VRRP alone, by what VERSION printed."""
    match = _RELEASE.search(version)
    return bool(match) and is_at_least(parse_numbers(match.group(1)), _KNOWS_VRRP)


def parse(text):
    """Rule to comment ('' where there is none), in the order of LIST."""
    found = OrderedDict()
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            found[match.group("rule")] = match.group("comment") or ""
    return found


def rules(opening, version=""):
    """The rules that let in what an Opening says; one for all ports of an address, since each costs a run of ufw.

    :param version: what VERSION printed. It matters where there are VRRP peers: an older ufw can only let in everything that they send.
    """
    ports = OrderedDict()
    for (group, protocol), numbers in opening.ports.items():
        for address in opening.addresses.get(group, [ANYWHERE]):
            ports.setdefault((address, protocol), set()).update(numbers)
    found = []
    for (address, protocol), numbers in ports.items():
        joined = ",".join(str(number) for number in sorted(numbers))
        if address == ANYWHERE:
            found.append("allow %s/%s" % (joined, protocol))
        else:
            found.append("allow from %s to any port %s proto %s" % (address, joined, protocol))
    found += ["allow from %s%s" % (peer, " proto vrrp" if knows_vrrp(version) else "") for peer in opening.vrrp_peers]
    for network in opening.networks:
        # ufw drops by default what a node forwards, which is all that pods send and get.
        found += ["allow from %s" % network, "route allow from %s" % network, "route allow to %s" % network]
    return found


def plan(added, wanted):
    """The Plan that leads to the wanted rules. A rule that somebody else has made already is left as theirs.

    :param added: what LIST printed.
    :param wanted: list of rules.
    """
    current = parse(added)
    missing = [rule for rule in wanted if rule not in current]
    stale = [rule for rule, comment in current.items() if comment == MARK and rule not in wanted]
    # Nobody is shut out in between, because what is new comes first.
    commands = [["ufw"] + rule.split() + ["comment", MARK] for rule in missing] + [_delete(rule) for rule in stale]
    before = [_shown(rule, comment) for rule, comment in current.items()]
    after = [_shown(rule, comment) for rule, comment in current.items() if rule not in stale] + [_shown(rule, MARK) for rule in missing]
    return Plan(commands, before, after)


def _delete(rule):
    words = rule.split()
    return ["ufw", "route", "delete"] + words[1:] if words[0] == "route" else ["ufw", "delete"] + words


def _shown(rule, comment):
    return "ufw %s%s" % (rule, " comment '%s'" % comment if comment else "")
