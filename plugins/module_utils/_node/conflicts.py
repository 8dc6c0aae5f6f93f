# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the nodes against each other: identities that must differ, clocks, runtimes, control groups and settings of servers that must agree. Pure."""

from collections import Counter, OrderedDict

from .._k3s.server_settings import comparable
from .._requirements import findings
from .._requirements.paths import RUNTIME_PATHS
from .._requirements.reading import Unreadable
from .._requirements.requirement import Requirements
from .._requirements.workloads import is_workspace_node
from .._text import listed, one_line
from . import clocks
from .shapes import NodeReading
from .verdict import INSTALLED, PREFLIGHT

REQUIREMENTS = Requirements()


def findings_of(results):
    """The findings about each node among the others: a dict from the name of a host to its findings.

    :param results: dict of host to what the module node_spec returned there (all but `findings`, `worst` and `summary` is used).
    """
    results = OrderedDict((host, dict(result, facts=NodeReading(result["facts"]))) for host, result in results.items())
    checked = OrderedDict((row.id, row.check(row, results)) for row in REQUIREMENTS)
    return OrderedDict((host, _of_host(host, results[host], checked)) for host in results)


def _of_host(host, result, checked):
    selected = REQUIREMENTS.selected(result["only"], result["skip"])
    return [checked[row.id][host] if reason is None else findings.skipped(row, reason) for row, reason in selected]


def _unknown(row, error):
    return findings.make(row, findings.UNKNOWN, str(error), "", "Run as root (`become: true`) to have this checked.")


def _unique(name, values_of):
    """A check of values that no two nodes may share.

    :param name: of the fact.
    :param values_of: function from the fact of one node to its values, a list of texts.
    """

    def check(row, results):
        values, holders = _values(results, name, values_of), {}
        for host, found in values.items():
            for value in set(found):
                holders.setdefault(value, []).append(host)
        return {host: _check_one(row, host, result, values, holders) for host, result in results.items()}

    def _check_one(row, host, result, values, holders):
        if host not in values:
            return _unknown(row, _why_unread(result, name))
        mine = sorted(set(values[host]))
        shared = ["%s, also on %s" % (value, listed(other for other in holders[value] if other != host)) for value in mine if len(holders[value]) > 1]
        if shared:
            return findings.make(row, findings.FAIL, "; ".join(shared), "on no other node", row.remedy)
        return findings.make(row, findings.PASS, ", ".join(mine) or "none", "on no other node")

    return check


def _clock_skew(row, results):
    """How far each clock certainly is from the median of all of them.

    A clock was read at some moment between `sent` and `received` of the control node's clock, so that it is ahead of that by something between two bounds.
    """
    offsets = OrderedDict()
    for host, result in results.items():
        if result["facts"].has("clock") and result["facts"].has("clock_window"):
            clock, (sent, received) = result["facts"]["clock"], result["facts"]["clock_window"]
            offsets[host] = (clock - max(sent, received), clock - min(sent, received))
    middle = clocks.middle(offsets.values()) if offsets else ()
    departures = {host: clocks.departure(offset, *middle, bound=results[host]["recommended_clock_skew"]) for host, offset in offsets.items()}
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
    others = [(other, clocks.apart(offsets[host], offset)) for other, offset in offsets.items() if other != host]
    right = (one for one in others if one[0] not in astray and one[1] > result["recommended_clock_skew"])
    other, seconds = next(right, None) or next(one for one in others if one[1] >= departures[host])
    return findings.make(row, status, "at least %.1f s from %s" % (seconds, other), required, row.remedy)


def _same(name, value_of):
    """A check of values that all workspace nodes must share.

    Whatever most nodes have is taken for right; where no value is the most frequent, all are wrong. A role makes them agree only where all are to have the
    same container runtime, that of the node.

    :param name: of the fact.
    :param value_of: function from that fact and the container runtime to the value, a text.
    """
    required = "the same on all workspace nodes"

    def check(row, results):
        workers = OrderedDict((host, result) for host, result in results.items() if is_workspace_node(result["workloads"]))
        values = OrderedDict(
            (host, value_of(result["facts"][name], result["container_runtime"])) for host, result in workers.items() if result["facts"].has(name)
        )
        fixed_by = row.fixed_by if all(result["container_runtime"] == "system" for result in workers.values()) else ""
        return {host: _check_one(row, host, result, values, fixed_by) for host, result in results.items()}

    def _check_one(row, host, result, values, fixed_by):
        if not is_workspace_node(result["workloads"]):
            return findings.make(row, findings.PASS, "runs no workspaces", required)
        if host not in values:
            return _unknown(row, _why_unread(result, name))
        if values[host] == _usual(values.values()):
            return findings.make(row, findings.PASS, values[host], required)
        others = OrderedDict()
        for other, value in values.items():
            if value != values[host]:
                others.setdefault(value, []).append(other)
        found = "; ".join([values[host]] + ["but %s on %s" % (value, listed(hosts)) for value, hosts in others.items()])
        status = findings.FIXABLE if fixed_by and result["phase"] == PREFLIGHT else row.severity
        return findings.make(row, status, found, required, row.remedy, fixed_by)

    return check


_SERVER_SETTINGS = "k3s_server_settings"
_SETTING_SHOWN = 60  # characters of a value


def _server_settings(row, results):
    """Whether all servers are told the same of what they must be; a server that differs from most is named."""
    told = OrderedDict()
    for host, result in results.items():
        if result["server"] and result["phase"] == INSTALLED and result["facts"].has(_SERVER_SETTINGS):
            settings = result["facts"][_SERVER_SETTINGS]
            if settings is not None:
                told[host] = comparable(settings)
    return {host: _settings_of(row, host, result, told) for host, result in results.items()}


def _settings_of(row, host, result, told):
    required = "the same on all servers"
    if not result["server"]:
        return findings.make(row, findings.PASS, "none, as on every agent", required)
    if result["phase"] != INSTALLED:
        return findings.make(row, findings.PASS, "not needed before K3s runs", required)
    if not result["facts"].has(_SERVER_SETTINGS):
        why = str(_why_unread(result, _SERVER_SETTINGS))
        remedy = "Write each file of K3s' configuration as one `key: value` a line, and run as root (`become: true`) to have this checked."
        return findings.make(row, findings.UNKNOWN, why, "", remedy)
    if host not in told:
        return findings.make(row, findings.PASS, "no K3s of a server", required)
    wrong = [name for name, value in told[host].items() if value != _usual(one[name] for one in told.values())]
    if not wrong:
        return findings.make(row, findings.PASS, "as on most of %d servers" % len(told) if len(told) > 1 else "the only server", required)
    return findings.make(row, row.severity, "; ".join(_differs(name, host, told) for name in wrong), required, row.remedy)


def _differs(name, host, told):
    others = OrderedDict()
    for other, settings in told.items():
        if settings[name] != told[host][name]:
            others.setdefault(settings[name], []).append(other)
    found = ["%s is %s" % (name, _said(told[host][name]))]
    return ", ".join(found + ["but %s on %s" % (_said(value), listed(hosts)) for value, hosts in others.items()])


def _said(value):
    return one_line(value, _SETTING_SHOWN) or "K3s' own choice"


def _usual(values):
    """The value that more nodes have than any other; None where there is none."""
    first = Counter(values).most_common(2)
    return None if len(first) == 2 and first[0][1] == first[1][1] else first[0][0]


def _runtime_paths(paths, runtime):
    """The pair that Gitpod must be told for a node: what its containerd is told, or what K3s tells its own."""
    pair = (paths["socket"], paths["directory"]) if runtime == "system" else RUNTIME_PATHS[runtime]
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


def _text(value):
    return [value] if value else []


REQUIREMENTS.add(
    "unique_hostname", "Unique host name", "§3", "Give each machine a name of its own (`hostnamectl set-hostname`): K3s ties a node's password to its name."
)(_unique("hostname", lambda name: _text(name.lower())))
REQUIREMENTS.add(
    "unique_machine_id",
    "Unique machine id",
    "§3",
    "Make new machine ids on all but one of them: `rm -f /etc/machine-id && systemd-machine-id-setup`, then reboot.",
)(_unique("machine_id", _text))
REQUIREMENTS.add(
    "unique_product_uuid",
    "Unique product UUID",
    "§3",
    "Give each virtual machine a UUID of its own; leave this check out where nodes are containers of one machine.",
)(_unique("product_uuid", _text))
REQUIREMENTS.add("unique_mac", "Unique MAC address", "§3", "Give each network card an address of its own: duplicates make a bridge drop packets at random.")(
    _unique("macs", lambda macs: list(macs.values()))
)
REQUIREMENTS.add("clock_skew", "Clock skew", "§3", "Synchronise the clocks of all nodes with the same time service.")(_clock_skew)
REQUIREMENTS.add(
    "same_runtime_paths",
    "Same container runtime paths",
    "§5",
    "Use one container runtime on all workspace nodes, with the same `root` and `address` in /etc/containerd/config.toml: Gitpod has one setting for all.",
    fixed_by="containerd",
)(_same("containerd_paths", _runtime_paths))
REQUIREMENTS.add(
    "same_cgroup",
    "Same control groups",
    "§3",
    "Boot all workspace nodes with the same version of cgroups, so that limits hold alike on each of them.",
    severity=findings.WARNING,
)(_same("cgroup", _cgroup))
REQUIREMENTS.add(
    "same_server_settings",
    "Same settings of all servers",
    "§6",
    "Set it once for all servers, to the value with which the cluster was made, run `site`, and restart K3s on the server that differs.",
)(_server_settings)
