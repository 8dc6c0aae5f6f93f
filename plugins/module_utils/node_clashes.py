# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges the nodes against each other: identities that must differ, clocks, runtimes and control groups that must agree. Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import Counter, OrderedDict

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, node_clocks, requirements
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_shapes import NodeReading
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import BARE, Unreadable

# More names than these are counted.
NAMES = 5


def clashes(results):
    """The findings about each node among the others: a dict from the name of a host to its findings.

    results: a dict from the name of a host to what the module node_spec returned there (all but `findings`, `worst` and `summary` is used).
    """
    results = OrderedDict((host, dict(result, facts=NodeReading(result["facts"]))) for host, result in results.items())
    judged = OrderedDict((row.id, JUDGES[row.id](row, results)) for row in requirements.CLASH_REQUIREMENTS.values())
    return OrderedDict((host, _of_host(host, results[host], judged)) for host in results)


def _of_host(host, result, judged):
    only, skip = result["only"], result["skip"]
    found = []
    for row in requirements.CLASH_REQUIREMENTS.values():
        if row.id in skip:
            found.append(findings.skipped(row, skip[row.id]))
        elif not only or row.id in only:
            found.append(judged[row.id][host])
    return found


def _unknown(row, error):
    return findings.make(row, findings.UNKNOWN, str(error), "", "Run as root (`become: true`) to have this judged.")


def _unique(name, values_of):
    """A judge of values that no two nodes may share. `values_of`: the values of one node, as a list of texts."""

    def judge(row, results):
        values, holders = _values(results, name, values_of), {}
        for host, found in values.items():
            for value in set(found):
                holders.setdefault(value, []).append(host)
        return {host: _judge_one(row, host, result, values, holders) for host, result in results.items()}

    def _judge_one(row, host, result, values, holders):
        if host not in values:
            return _unknown(row, _why_unread(result, name))
        mine = sorted(set(values[host]))
        shared = ["%s, also on %s" % (value, _names(other for other in holders[value] if other != host)) for value in mine if len(holders[value]) > 1]
        if shared:
            return findings.make(row, findings.FAIL, "; ".join(shared), "on no other node", row.remedy)
        return findings.make(row, findings.PASS, ", ".join(mine) or "none", "on no other node")

    return judge


def _clock_skew(row, results):
    """How far each clock certainly is from the median of all of them.

    A clock was read at some moment between `sent` and `received` of the control node's clock, so that it is ahead of that by something between two bounds.
    """
    offsets = OrderedDict()
    for host, result in results.items():
        if result["facts"].has("clock") and result["facts"].has("clock_window"):
            clock, (sent, received) = result["facts"]["clock"], result["facts"]["clock_window"]
            offsets[host] = (clock - max(sent, received), clock - min(sent, received))
    middle = node_clocks.middle(offsets.values()) if offsets else ()
    departures = {host: node_clocks.departure(offset, *middle, bound=results[host]["recommended_clock_skew"]) for host, offset in offsets.items()}
    astray = {host for host, departure in departures.items() if departure > max(0, results[host]["recommended_clock_skew"])}
    return {host: _skew_of(row, host, result, offsets, departures, astray) for host, result in results.items()}


def _skew_of(row, host, result, offsets, departures, astray):
    required = "%g s or less" % result["recommended_clock_skew"]
    if host not in offsets:
        return _unknown(row, _why_unread(result, "clock_window" if result["facts"].has("clock") else "clock"))
    if host not in astray:
        return findings.make(row, findings.PASS, "none seen", required)
    status = findings.FAIL if departures[host] > result["max_clock_skew"] else findings.WARNING
    # Of those that contradict it, the first whose own clock is right; where none is, the first that is as far away as the median.
    others = [(other, node_clocks.apart(offsets[host], offset)) for other, offset in offsets.items() if other != host]
    right = (one for one in others if one[0] not in astray and one[1] > result["recommended_clock_skew"])
    other, seconds = next(right, None) or next(one for one in others if one[1] >= departures[host])
    return findings.make(row, status, "at least %.1f s from %s" % (seconds, other), required, row.remedy)


def _same(name, value_of):
    """A judge of values that all workspace nodes must share.

    name: of the fact; value_of: the value as text, of that fact and the container runtime. Whatever most nodes have is taken for right; where no value is the
    most frequent, all are wrong. A role makes them agree only where all are to have the same container runtime, that of the node.
    """
    required = "the same on all workspace nodes"

    def judge(row, results):
        workers = OrderedDict((host, result) for host, result in results.items() if requirements.is_workspace_node(result["workloads"]))
        values = OrderedDict(
            (host, value_of(result["facts"][name], result["container_runtime"])) for host, result in workers.items() if result["facts"].has(name)
        )
        mended_by = row.mended_by if all(result["container_runtime"] == "system" for result in workers.values()) else ""
        return {host: _judge_one(row, host, result, values, mended_by) for host, result in results.items()}

    def _judge_one(row, host, result, values, mended_by):
        if not requirements.is_workspace_node(result["workloads"]):
            return findings.make(row, findings.PASS, "runs no workspaces", required)
        if host not in values:
            return _unknown(row, _why_unread(result, name))
        if values[host] == _usual(values.values()):
            return findings.make(row, findings.PASS, values[host], required)
        others = OrderedDict()
        for other, value in values.items():
            if value != values[host]:
                others.setdefault(value, []).append(other)
        found = "; ".join([values[host]] + ["but %s on %s" % (value, _names(hosts)) for value, hosts in others.items()])
        status = findings.FIXABLE if mended_by and result["phase"] == BARE else row.severity
        return findings.make(row, status, found, required, row.remedy, mended_by)

    return judge


def _usual(values):
    """The value that more nodes have than any other; None where there is none."""
    first = Counter(values).most_common(2)
    return None if len(first) == 2 and first[0][1] == first[1][1] else first[0][0]


def _runtime_paths(paths, runtime):
    """The pair that Gitpod must be told for a node: what its containerd is told, or what K3s tells its own."""
    pair = (paths["socket"], paths["directory"]) if runtime == "system" else requirements.RUNTIME_PATHS[runtime]
    return "%s and %s" % tuple(pair)


def _cgroup(kind, _runtime):
    return "v1" if kind == "hybrid" else kind  # on a hybrid node, v2 has no controllers


def _values(results, name, values_of):
    """What `values_of` makes of one value of each node that has it."""
    return OrderedDict((host, values_of(result["facts"][name])) for host, result in results.items() if result["facts"].has(name))


def _why_unread(result, name):
    try:
        result["facts"][name]
    except Unreadable as error:
        return error
    return ""


def _names(hosts):
    hosts = list(hosts)
    if len(hosts) > NAMES:
        return "%s and %d more" % (", ".join(hosts[:NAMES]), len(hosts) - NAMES)
    return ", ".join(hosts)


def _text(value):
    return [value] if value else []


JUDGES = {
    "unique_hostname": _unique("hostname", lambda name: _text(name.lower())),
    "unique_machine_id": _unique("machine_id", _text),
    "unique_product_uuid": _unique("product_uuid", _text),
    "unique_mac": _unique("macs", lambda macs: list(macs.values())),
    "clock_skew": _clock_skew,
    "same_runtime_paths": _same("containerd_paths", _runtime_paths),
    "same_cgroup": _same("cgroup", _cgroup),
}
