# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of a node in the words of firewalld, and what to run so that it has them. Pure.

The addresses lie in ipsets of ours, and our rules are those that name one of them. So a zone of the user keeps its own rules, and no address changes zone.
"""

import re
import xml.etree.ElementTree
from collections import namedtuple

from .openings import MARK, VRRP_PEERS, FirewallError, Plan

IS_ACTIVE = ("firewall-cmd", "--state")
DEFAULT_ZONE = ("firewall-cmd", "--get-default-zone")
ZONES_NOW = ("firewall-cmd", "--list-all-zones")
ZONES_AT_BOOT = ("firewall-cmd", "--permanent", "--list-all-zones")
IPSETS_NOW = ("firewall-cmd", "--get-ipsets")
RELOAD = ("firewall-cmd", "--reload")
IPSETS = "/etc/firewalld/ipsets"

PODS = "pods"
# Takes what pods send, to the node and through it, as K3s asks for.
TRUSTED = "trusted"
# An ipset holds no network of prefix length 0.
EVERYBODY = ["0.0.0.0/1", "128.0.0.0/1"]

# active: whether an interface or a source belongs to it; items: key of the listing to a list of strings.
Zone = namedtuple("Zone", "active items")
# zones: what of ours each zone has, name of the zone to a set of ("rich-rule" or "source", text); ipsets: name to its sorted entries.
Rules = namedtuple("Rules", "zones ipsets")

_TITLE = re.compile(r"(?P<name>\S+)(?: \((?P<state>[^)]*)\))?\Z")
_OURS = re.compile(r"ipset[=:]\"?%s-" % MARK)


def parse_zones(text):
    """Name to Zone, from what ZONES_NOW or ZONES_AT_BOOT printed; what stands before the first zone, or is no line of a zone, is left out."""
    zones, items, values = {}, {}, []
    # Some releases print an empty line of rules where there are none.
    for line in filter(str.strip, text.split("\n")):
        title = _TITLE.match(line)
        if line.startswith("\t"):
            values.append(line.strip())
        elif line.startswith(" "):
            key, _colon, listed = line.strip().partition(":")
            values = items[key] = listed.split()
        elif title:
            items, values = {}, []
            zones[title.group("name")] = Zone("active" in re.split(", *", title.group("state") or ""), items)
    return zones


def parse_ipset(text, name):
    """The sorted entries of an ipset of this name, from its file below IPSETS."""
    try:
        return sorted(entry.text.strip() for entry in xml.etree.ElementTree.fromstring(text).iter("entry") if entry.text)
    except (xml.etree.ElementTree.ParseError, ValueError, LookupError) as error:
        raise FirewallError(
            "firewalld's file of the ipset %s is damaged (%s): remove %s/%s.xml, run `firewall-cmd --reload`, then run again." % (name, error, IPSETS, name)
        )


def is_ours(text):
    """Whether the name of an ipset, a rule or a source is one of ours."""
    return text.startswith(MARK + "-") or bool(_OURS.search(text))


def found_in(zones, ipsets):
    """Our Rules among what was read.

    :param zones: what `parse_zones` returned.
    :param ipsets: dict of name to entries.
    """
    ours = {}
    for name, zone in zones.items():
        listed = [("rich-rule", text) for text in zone.items.get("rich rules", [])] + [("source", text) for text in zone.items.get("sources", [])]
        mine = {item for item in listed if is_ours(item[1])}
        if mine:
            ours[name] = mine
    return Rules(ours, ipsets)


def rules(opening, zones, default_zone):
    """The Rules that let in what an Opening says.

    The rules go to every zone that an interface belongs to, and to the default zone, which has the others. One that accepts everything needs none.

    :param zones: those that run now.
    """
    ipsets, texts = {}, set()
    for (group, protocol), numbers in opening.ports.items():
        name = "%s-%s" % (MARK, group)
        ipsets[name] = sorted(opening.addresses.get(group, EVERYBODY))
        for number in numbers:
            texts.add(("rich-rule", 'rule family="ipv4" source ipset="%s" port port="%d" protocol="%s" accept' % (name, number, protocol)))
    if opening.vrrp_peers:
        peers = "%s-%s" % (MARK, VRRP_PEERS)
        ipsets[peers] = sorted(opening.vrrp_peers)
        texts.add(("rich-rule", 'rule family="ipv4" source ipset="%s" protocol value="vrrp" accept' % peers))
    wanted = {}
    for name, zone in zones.items():
        if texts and (zone.active or name == default_zone) and zone.items.get("target") != ["ACCEPT"]:
            wanted[name] = set(texts)
    if opening.networks:
        pods = "%s-%s" % (MARK, PODS)
        ipsets[pods] = sorted(opening.networks)
        wanted[TRUSTED] = wanted.get(TRUSTED, set()) | {("source", "ipset:" + pods)}
    return Rules(wanted, ipsets)


def plan(wanted, now, at_boot, ipsets, ipsets_now):
    """The Plan that leads to the wanted Rules.

    Only a reload makes or removes an ipset. It drops what somebody has set for the time being.

    :param now: the zones that run, as `parse_zones` returns them.
    :param at_boot: the zones at the next boot.
    :param ipsets: those of ours at boot, a dict of name to entries.
    :param ipsets_now: names of those of ours that run.
    :raises FirewallError: a reload is needed, and would drop something.
    """
    running, found = found_in(now, ipsets), found_in(at_boot, ipsets)
    new, old = set(wanted.ipsets) - set(ipsets_now), (set(ipsets) | set(ipsets_now)) - set(wanted.ipsets)
    if new or old:
        _refuse_a_loss(now, at_boot)
    commands = []
    if new:
        commands += [["firewall-cmd", "--permanent", "--new-ipset=" + name, "--type=hash:net"] for name in sorted(new - set(ipsets))] + [list(RELOAD)]
        running = found
    # What is right at boot is right now too, even if the run ends in between.
    commands += [["firewall-cmd"] + change for change in _changes(running, wanted)]
    commands += [["firewall-cmd", "--permanent"] + change for change in _changes(found, wanted)]
    if old:
        commands += [["firewall-cmd", "--permanent", "--delete-ipset=" + name] for name in sorted(old & set(ipsets))] + [list(RELOAD)]
    return Plan(commands, _shown(found), _shown(wanted))


def _changes(found, wanted):
    """What to change, as options of firewall-cmd; entries come before the rules that use them."""
    changes = []
    for name, entries in sorted(wanted.ipsets.items()):
        changes += _difference("--ipset=" + name, "entry", found.ipsets.get(name, []), entries)
    for zone in sorted(set(found.zones) | set(wanted.zones)):
        for kind in ("rich-rule", "source"):
            there, needed = ([text for what, text in sorted(rules.zones.get(zone, ())) if what == kind] for rules in (found, wanted))
            changes += _difference("--zone=" + zone, kind, there, needed)
    return changes


def _difference(place, kind, there, needed):
    added = ["--add-%s=%s" % (kind, text) for text in needed if text not in there]
    removed = ["--remove-%s=%s" % (kind, text) for text in there if text not in needed]
    return [[place] + options for options in (added, removed) if options]


def _refuse_a_loss(now, at_boot):
    lost = []
    for name, zone in sorted(now.items()):
        for key, texts in sorted(zone.items.items()):
            # firewalld itself carries interfaces over.
            kept = at_boot[name].items.get(key, []) if name in at_boot else []
            lost += ["%s: %s %s" % (name, key, text) for text in texts if key != "interfaces" and text not in kept and not is_ours(text)]
    if lost:
        raise FirewallError(
            "firewalld has to be reloaded for a new or an old ipset, and would lose what is set for the time being only (zone: what): %s. "
            "Keep it (`firewall-cmd --runtime-to-permanent`) or drop it (`firewall-cmd --reload`), then run again." % "; ".join(lost)
        )


def _shown(rules):
    """Lines for the diff."""
    lines = ["ipset %s: %s" % (name, " ".join(entries)) for name, entries in sorted(rules.ipsets.items())]
    return lines + ["zone %s: %s %s" % (name, kind.replace("-", " "), text) for name in sorted(rules.zones) for kind, text in sorted(rules.zones[name])]
