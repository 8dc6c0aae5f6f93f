# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges the nodes against each other: identities that must differ, clocks that must agree. Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import OrderedDict

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, requirements


def clashes(results):
    """The findings about each node among the others: a dict from the name of a host to its findings.

    results: a dict from the name of a host to what the module node_spec returned there (`facts`, `only` and `skip` are used).
    """
    facts = OrderedDict((host, result.get("facts", {})) for host, result in results.items())
    judged = OrderedDict((row.id, JUDGES[row.id](row, facts)) for row in requirements.CLASH_REQUIREMENTS.values())
    return OrderedDict((host, _of_host(host, results[host], judged)) for host in results)


def _of_host(host, result, judged):
    only, skip = result.get("only") or (), result.get("skip") or {}
    found = []
    for row in requirements.CLASH_REQUIREMENTS.values():
        if row.id in skip:
            found.append(findings.skipped(row, skip[row.id]))
        elif not only or row.id in only:
            found.append(judged[row.id][host])
    return found


def _unreadable(row, facts, name):
    reason = facts.get("unreadable", {}).get(name, "the reading has no `%s`" % name)
    return findings.make(row, findings.UNKNOWN, "could not be read: " + reason, "", "Run as root (`become: true`) to have this judged.")


def _unique(name, values_of):
    """A judge of values that no two nodes may share. `values_of`: the values of one node, as a list of texts."""

    def judge(row, facts_by_host):
        holders = {}
        for host, facts in facts_by_host.items():
            for value in set(values_of(facts[name])) if name in facts else ():
                holders.setdefault(value, []).append(host)
        return {host: _judge_one(row, host, facts, holders) for host, facts in facts_by_host.items()}

    def _judge_one(row, host, facts, holders):
        if name not in facts:
            return _unreadable(row, facts, name)
        values = sorted(set(values_of(facts[name])))
        shared = ["%s, also on %s" % (value, ", ".join(_others(holders[value], host))) for value in values if len(holders[value]) > 1]
        if shared:
            return findings.make(row, findings.FAIL, "; ".join(shared), "on no other node", row.remedy)
        return findings.make(row, findings.PASS, ", ".join(values) or "none", "on no other node")

    return judge


def _others(hosts, host):
    return [other for other in hosts if other != host]


def _clock_skew(row, facts_by_host):
    """Skew that is certain: a clock was read at some moment between `sent` and `received` of the controller's clock."""
    offsets = {}
    for host, facts in facts_by_host.items():
        if "clock" in facts and "clock_window" in facts:
            sent, received = facts["clock_window"]
            offsets[host] = (facts["clock"] - received, facts["clock"] - sent)
    return {host: _skew_of(row, host, facts, offsets) for host, facts in facts_by_host.items()}


def _skew_of(row, host, facts, offsets):
    required = "%g s or less" % requirements.MAX_CLOCK_SKEW_WARNING
    if host not in offsets:
        return _unreadable(row, facts, "clock" if "clock" not in facts else "clock_window")
    low, high = offsets[host]
    skew, other = 0.0, ""
    for name, (other_low, other_high) in offsets.items():
        apart = max(low - other_high, other_low - high)
        if name != host and apart > skew:
            skew, other = apart, name
    if skew <= requirements.MAX_CLOCK_SKEW_WARNING:
        return findings.make(row, findings.PASS, "none seen", required)
    status = findings.FAIL if skew > requirements.MAX_CLOCK_SKEW else findings.WARNING
    return findings.make(row, status, "at least %.1f s from %s" % (skew, other), required, row.remedy)


def _text(value):
    return [value] if value else []


JUDGES = {
    "unique_hostname": _unique("hostname", lambda name: _text(name.lower())),
    "unique_machine_id": _unique("machine_id", _text),
    "unique_product_uuid": _unique("product_uuid", _text),
    "unique_mac": _unique("macs", lambda macs: list(macs.values())),
    "clock_skew": _clock_skew,
}
