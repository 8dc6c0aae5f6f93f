# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges the reading of a node. Pure: reading, options and phase in, findings out; never raises for what a reading holds."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ipaddress
import re
from collections import OrderedDict, namedtuple

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, requirements, versions

BARE = "bare"
PREPARED = "prepared"

_HOSTNAME_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.IGNORECASE)
_MACHINE_ID = re.compile(r"[0-9a-f]{32}")
_RUNTIME_SOCKET = {"system": "/run/containerd/containerd.sock", "embedded": "/run/k3s/containerd/containerd.sock"}

# What a rule says. severity, remedy and mended_by are those of the requirement where they are None.
Verdict = namedtuple("Verdict", "ok found required severity remedy mended_by")


class Unreadable(Exception):
    """A rule cannot judge because something could not be read; the message is a sentence that says so."""


class Reading(object):
    """A reading whose missing values speak up instead of passing for something."""

    def __init__(self, facts):
        self._facts = facts
        self._reasons = facts.get("unreadable", {})

    def __getitem__(self, name):
        if name not in self._facts:
            raise Unreadable("could not be read: %s" % self._reasons.get(name, "the reading has no `%s`" % name))
        return self._facts[name]


def judge(facts, options, phase, only=(), skip=None):
    """The findings of one node, in the order of the table.

    facts: what node_reader.read_node returned; options: the options of the module node_spec; phase: BARE (what a role
    mends is `fixable`) or PREPARED (it is not); only: the ids to judge, all where empty; skip: ids to leave out -> reason.
    """
    skip = skip or {}
    result = []
    for requirement in requirements.NODE_REQUIREMENTS.values():
        if requirement.id in skip:
            result.append(findings.skipped(requirement, skip[requirement.id]))
        elif not only or requirement.id in only:
            result.append(_finding(requirement, RULES[requirement.id], Reading(facts), options, phase))
    return result


def _finding(requirement, rule, reading, options, phase):
    try:
        verdict = rule(reading, options, phase)
    except Unreadable as error:
        return findings.make(requirement, findings.UNKNOWN, str(error), "", _remedy_of_unknown(reading))
    if verdict.ok:
        return findings.make(requirement, findings.PASS, verdict.found, verdict.required)
    mended_by = requirement.mended_by if verdict.mended_by is None else verdict.mended_by
    severity = verdict.severity or requirement.severity
    status = findings.FIXABLE if mended_by and phase == BARE else severity
    return findings.make(requirement, status, verdict.found, verdict.required, verdict.remedy or requirement.remedy, mended_by)


def _remedy_of_unknown(reading):
    try:
        as_root = reading["as_root"]
    except Unreadable:
        as_root = False
    return "See on the node why this cannot be read." if as_root else "Run as root (`become: true`) to have this judged."


def _met(found, required):
    return Verdict(True, found, required, None, None, None)


def _broken(found, required, severity=None, remedy=None, mended_by=None):
    return Verdict(False, found, required, severity, remedy, mended_by)


def _either(ok, found, required):
    return _met(found, required) if ok else _broken(found, required)


def _gigabytes(size):
    """Bytes as decimal gigabytes, cut (not rounded) to two places, so that 15.999 never reads as 16."""
    return ("%.2f" % (size // 10**7 / 100.0)).rstrip("0").rstrip(".") + " GB"


def _is_workspace_node(options):
    return bool(set(options["workloads"]) & set(requirements.WORKSPACE_WORKLOADS))


# --- the machine -----------------------------------------------------------------------------------------------------------


def _architecture(reading, _options, _phase):
    return _either(reading["architecture"] in ("x86_64", "amd64"), reading["architecture"], "x86_64")


def _os_release(reading, options, _phase):
    required = "Ubuntu " + " or ".join(requirements.DOCUMENTED_UBUNTU)
    release = reading["os_version"]
    if reading["os_id"] != "ubuntu":
        return _broken(("%s %s" % (reading["os_id"], release)).strip() or "no name in os-release", required)
    if release in requirements.DOCUMENTED_UBUNTU:
        gitpod = versions.parse_numbers(options["gitpod_version"])
        note = " (no longer in the matrix of Gitpod 2022.11)" if release == "18.04" and gitpod >= (2022, 11) else ""
        return _met("Ubuntu " + release + note, required)
    if release in requirements.TOLERATED_UBUNTU:
        remedy = "Use Ubuntu 20.04 for new nodes; the set-up document does not name %s." % release
        return _broken("Ubuntu " + release, required, findings.WARNING, remedy)
    return _broken("Ubuntu " + release, required)


def _cpus(reading, options, _phase):
    return _either(reading["cpus"] >= options["min_cpus"], "%d" % reading["cpus"], "%d or more" % options["min_cpus"])


def _memory(reading, options, _phase):
    size, floor = reading["memory_bytes"], options["min_memory_bytes"]
    return _either(size >= floor, _gigabytes(size), _gigabytes(floor) + " or more")


def _disk_space(reading, options, _phase):
    free = reading["disk_free_bytes"]
    if free < options["min_disk_bytes"]:
        return _broken(_gigabytes(free), _gigabytes(options["min_disk_bytes"]) + " or more")
    wise = options["recommended_disk_bytes"]
    if not wise:
        wise = requirements.WORKSPACE_DISK_BYTES if _is_workspace_node(options) else requirements.SERVICES_DISK_BYTES
    required = "%s or more for %s" % (_gigabytes(wise), "workspaces" if _is_workspace_node(options) else "services")
    if free >= wise:
        return _met(_gigabytes(free), required)
    remedy = "Plan for more disk space where /var/gitpod lies: Gitpod's reference architecture has it."
    return _broken(_gigabytes(free), required, findings.WARNING, remedy)


# --- the kernel ------------------------------------------------------------------------------------------------------------


def _role_kernel_can_upgrade(reading, options):
    releases = list(requirements.DOCUMENTED_UBUNTU) + list(requirements.TOLERATED_UBUNTU)
    return options["kernel_upgrade"] and reading["os_id"] == "ubuntu" and reading["os_version"] in releases


def _kernel_will_be_replaced(reading, options, phase):
    numbers = versions.parse_kernel(reading["kernel"])
    too_old = numbers is not None and not versions.is_at_least(numbers, versions.parse_numbers(options["min_kernel"]))
    return phase == BARE and too_old and _role_kernel_can_upgrade(reading, options)


def _kernel_version(reading, options, _phase):
    text = reading["kernel"]
    floor, tested = versions.parse_numbers(options["min_kernel"]), versions.parse_numbers(options["tested_kernel"])
    panicking = versions.parse_numbers(requirements.PANICKING_KERNEL)
    required = "%s to %s" % (options["min_kernel"], options["tested_kernel"])
    numbers = versions.parse_kernel(text)
    if numbers is None:
        return _broken("`%s`, which is no kernel version" % text, required, mended_by="", remedy="Boot a kernel of Ubuntu.")
    if not versions.is_at_least(numbers, floor):
        if _role_kernel_can_upgrade(reading, options):
            return _broken(text, required)
        return _broken(text, required, mended_by="", remedy="Install a kernel of %s or newer and reboot." % options["min_kernel"])
    if numbers[: len(panicking)] == panicking:
        remedy = "Boot the 5.4 or the 5.15 kernel: builds of 5.13 panicked when a container started."
        return _broken(text, required, findings.WARNING, remedy, mended_by="")
    if versions.is_above(numbers, tested):
        remedy = "Boot a kernel of %s or older if Gitpod misbehaves: it was tested with none newer." % options["tested_kernel"]
        return _broken(text, required, findings.WARNING, remedy, mended_by="")
    return _met(text, required)


def _kernel_headers(reading, options, _phase):
    if not options["shiftfs"]:
        return _met("not needed", "only where workspaces use shiftfs")
    return _either(reading["kernel_headers"], "installed" if reading["kernel_headers"] else "not installed", "installed")


def _kernel_modules(reading, options, phase):
    required = "loaded or built in"
    states = reading["modules"]
    by_state = OrderedDict()
    for state, text in (("missing", "not in this kernel"), ("unreadable", "unclear"), ("available", "not loaded")):
        names = sorted(name for name in states if states[name] == state)
        if names:
            by_state[state] = "%s: %s" % (text, " ".join(names))
    found = "; ".join(by_state.values())
    if not found:
        return _met("all %d" % len(states), required)
    if _kernel_will_be_replaced(reading, options, phase) or list(by_state) == ["available"]:
        return _broken(found, required)
    if "missing" in by_state:
        remedy = "Install the package that has them (`linux-modules-extra-$(uname -r)`) or boot Ubuntu's generic kernel."
        return _broken(found, required, remedy=remedy, mended_by="")
    raise Unreadable("%s, for want of /lib/modules and of the kernel's configuration" % found)


def _sysctl_group(reading, groups):
    required, wrong, mendable = [], [], True
    for row in requirements.SYSCTLS:
        value = reading["sysctls"].get(row.key)
        if row.group not in groups or (value is None and row.absent == "fine") or _sysctl_ok(row, value):
            continue
        required.append("%s%s%d" % (row.key, "=" if row.rule == "equal" else ">=", row.minimum))
        if value is None:
            wrong.append(row.key + " does not exist")
            mendable = mendable and row.absent != "broken"
        else:
            wrong.append("%s=%s" % (row.key, value))
    if not wrong:
        return _met("as required", "the values of the role kernel")
    return _broken(", ".join(wrong), ", ".join(required), mended_by=None if mendable else "")


def _sysctl_ok(row, value):
    try:
        number = int(value)
    except (TypeError, ValueError):  # the kernel does not have it, or it is no number
        return False
    return number == row.minimum if row.rule == "equal" else number >= row.minimum


def _user_namespaces(reading, _options, _phase):
    return _sysctl_group(reading, ("userns",))


def _sysctls(reading, options, _phase):
    groups = ["base"]
    if ":" in options["pod_cidr"] + options["service_cidr"]:
        groups.append("ipv6")
    if options["hardening"]:
        groups.append("hardening")
    return _sysctl_group(reading, groups)


def _local_port_range(reading, options, _phase):
    required = "none of the cluster's ports in it"
    text = reading["sysctls"].get("net.ipv4.ip_local_port_range") or ""
    bounds = [int(part) for part in text.split() if part.isdigit()]
    if len(bounds) != 2:
        raise Unreadable("could not be read: net.ipv4.ip_local_port_range is `%s`" % text)
    reserved = _port_set(reading["sysctls"].get("net.ipv4.ip_local_reserved_ports") or "")
    fixed = {port.number for port in ports_of(options)}
    node_ports = set(range(requirements.NODE_PORTS[0], requirements.NODE_PORTS[1] + 1))
    touched = {port for port in fixed | node_ports if bounds[0] <= port <= bounds[1]} - reserved
    found = "%d to %d" % tuple(bounds)
    if not touched:
        return _met(found, required)
    names = [str(port) for port in sorted(touched & fixed)] + (["NodePorts"] if touched & node_ports else [])
    return _broken("%s, which takes in %s" % (found, ", ".join(names)), required)


def _port_set(text):
    """'8080,30000-32767' as a set of numbers."""
    ports = set()
    for part in text.split(","):
        bounds = [int(bound) for bound in part.split("-") if bound.strip().isdigit()]
        if bounds:
            ports.update(range(bounds[0], min(bounds[-1], 65535) + 1))
    return ports


def _root_maxkeys(reading, _options, _phase):
    value = reading["sysctls"].get("kernel.keys.root_maxkeys")
    required = "%d or more" % requirements.MIN_ROOT_MAXKEYS
    if value is None or not value.isdigit():
        return _met("no such limit", required)
    return _either(int(value) >= requirements.MIN_ROOT_MAXKEYS, value, required)


def _cgroup(reading, options, _phase):
    kind = reading["cgroup"]
    kubernetes = versions.parse_kubernetes(options["kubernetes_version"]).numbers
    gitpod = versions.parse_numbers(options["gitpod_version"])
    only_v2 = versions.is_at_least(kubernetes, versions.parse_numbers(requirements.CGROUP_V2_ONLY_KUBERNETES))
    required = "v2 (Kubernetes %s)" % versions.show(kubernetes) if only_v2 else "v1 or v2"
    if kind == "none" or (only_v2 and kind != "v2"):
        return _broken(kind, required)
    if kind != "v2" or versions.is_at_least(gitpod, versions.parse_numbers(requirements.CGROUP_V2_GITPOD)):
        return _met(kind, required)
    may_work = versions.is_at_least(gitpod, versions.parse_numbers(requirements.CGROUP_V2_GITPOD_WARNING))
    return _broken(kind, "v1 (Gitpod %s)" % options["gitpod_version"], findings.WARNING if may_work else None)


# --- the container runtime -------------------------------------------------------------------------------------------------


def _containerd(reading, options, phase):
    required = "%s or newer" % options["min_containerd"]
    embedded = options["container_runtime"] == "embedded"
    if embedded:
        release = versions.parse_kubernetes(options["kubernetes_version"])
        if not versions.is_at_least(release.numbers, versions.parse_numbers(requirements.MIN_EMBEDDED_KUBERNETES)):
            return _broken(
                "%s bundles an older one" % release.text,
                required,
                remedy="Choose K3s 1.22 or newer, or the containerd of the node (container runtime `system`).",
                mended_by="",
            )
    text = reading["containerd_embedded" if embedded else "containerd"]
    if embedded and not text and phase == PREPARED:
        raise Unreadable("K3s has unpacked no containerd; cluster_spec judges the version that the API reports")
    mended_by = "k3s" if embedded else None
    if not text:
        return _broken("not installed", required, mended_by=mended_by)
    numbers = versions.parse_containerd(text)
    if numbers is None:
        return _broken("`%s`, which is no containerd version" % text, required, mended_by=mended_by)
    if versions.is_at_least(numbers, versions.parse_numbers(options["min_containerd"])):
        return _met(versions.show(numbers), required)
    return _broken(versions.show(numbers), required, mended_by=mended_by)


def _runtime_unique(reading, options, _phase):
    wanted = _RUNTIME_SOCKET[options["container_runtime"]]
    others = [path for path in reading["runtime_sockets"] if path != wanted]
    required = "at most " + wanted
    if not others:
        return _met("no other", required)
    return _broken("also " + " ".join(others), required, None if _is_workspace_node(options) else findings.WARNING)


# --- the host --------------------------------------------------------------------------------------------------------------


def _systemd(reading, _options, _phase):
    return _either(reading["systemd"], "running" if reading["systemd"] else "not running", "running")


def _host_paths(reading, _options, phase):
    wrong = []
    for path, what in sorted(reading["host_paths"].items()):
        fine = what == "directory" or (what == "absent" and phase == BARE) if path == "/var/lib/kubelet" else what != "absent"
        if not fine:
            wrong.append("%s: %s" % (path, what))
    return _either(not wrong, ", ".join(wrong) or "as required", "/bin/bash, /usr/src, /var/lib/kubelet (a directory)")


def _hosts_file(reading, _options, _phase):
    return _either(reading["hosts_file"] == "writable", reading["hosts_file"], "writable")


def _mount_propagation(reading, _options, _phase):
    mount = reading["gitpod_mount"]
    found = "%s is %s" % (mount["point"], "shared" if mount["shared"] else "not shared")
    return _either(mount["shared"], found, "a shared mount under /var/gitpod")


def _swap(reading, _options, _phase):
    return _either(not reading["swap"], "on: " + " ".join(reading["swap"]) if reading["swap"] else "off", "off")


def _iptables(reading, _options, _phase):
    required = "not 1.8.0 to 1.8.3 in nft mode"
    text = reading["iptables"]
    if not text:
        return _met("not installed; K3s brings its own", required)
    parsed = versions.parse_iptables(text)
    if parsed is None:
        raise Unreadable("`iptables --version` says `%s`" % text)
    numbers, mode = parsed
    bad = mode == "nf_tables" and versions.is_at_least(numbers, (1, 8)) and not versions.is_at_least(numbers, (1, 8, 4))
    return _either(not bad, "%s (%s)" % (versions.show(numbers), mode), required)


def _clock_synchronised(reading, _options, _phase):
    ok = reading["clock_synchronised"]
    return _either(ok, "synchronised" if ok else "not synchronised", "synchronised")


# --- identity and network --------------------------------------------------------------------------------------------------


def _hostname(reading, _options, _phase):
    name = reading["hostname"]
    ok = len(name) <= 253 and all(_HOSTNAME_LABEL.fullmatch(label) for label in name.split("."))
    return _either(ok, name or "none", "letters, digits and hyphens (RFC 1123)")


def _machine_id(reading, _options, _phase):
    text = reading["machine_id"]
    return _either(bool(_MACHINE_ID.fullmatch(text)), text or "none", "32 hexadecimal digits")


def _networks(reading, options, _phase):
    planned = [("the pod network", network) for network in _parse_networks(options["pod_cidr"])]
    planned += [("the service network", network) for network in _parse_networks(options["service_cidr"])]
    planned += [("the network inside workspaces", network) for network in _parse_networks(requirements.WORKSPACE_CIDR)]
    node = [("%s of this node" % name, network) for name, text in reading["addresses"] for network in _parse_networks(text)]
    clashes = [
        "%s (%s) overlaps %s (%s)" % (left + right)
        for position, left in enumerate(planned)
        for right in planned[position + 1 :] + node
        if left[1].version == right[1].version and left[1].overlaps(right[1])
    ]
    return _either(not clashes, "; ".join(clashes) or "no overlap", "no overlap of pods, services, workspaces and node")


def _parse_networks(text):
    """Networks of a comma-separated list; what is none is left out (the module refuses such options before it judges)."""
    networks = []
    for part in text.split(","):
        try:
            networks.append(ipaddress.ip_network(part.strip(), strict=False))
        except ValueError:
            continue
    return networks


def ports_of(options):
    """The requirements.Port rows that this node must be able to offer."""
    where = {"server": options["server"], "node": True, "workspace": _is_workspace_node(options)}
    rows = [port for port in requirements.PORTS if where[port.where]]
    return rows + [requirements.Port("tcp", number, "node", "the load balancer") for number in options["load_balancer_ports"]]


def _ports(reading, options, _phase):
    required = "free, or held by the cluster"
    purposes = OrderedDict(((port.protocol, port.number), port.purpose) for port in ports_of(options))
    held, unclear = [], []
    for listener in reading["listeners"]:
        port = (listener["protocol"], listener["port"])
        if port not in purposes or _is_of_the_cluster(listener, reading):
            continue
        text = "%s %d (%s)" % (port + (purposes[port],))
        if listener["process"]:
            held.append("%s is held by %s" % (text, _holder(listener)))
        else:
            unclear.append(text)
    if held:
        return _broken("; ".join(held), required)
    if unclear:
        raise Unreadable("in use by a process that this user may not see: " + "; ".join(unclear))
    return _met("free, or held by the cluster", required)


def _is_of_the_cluster(listener, reading):
    if listener["protocol"] == "udp" and listener["process"] == "the kernel":
        return reading["calico_vxlan"]
    return listener["unit"] == "kubepods" or listener["unit"].startswith("k3s")


def _holder(listener):
    if not listener["pid"]:
        return listener["process"]
    return "%s (pid %d%s)" % (listener["process"], listener["pid"], ", " + listener["unit"] if listener["unit"] else "")


RULES = {
    "architecture": _architecture,
    "os_release": _os_release,
    "kernel_version": _kernel_version,
    "kernel_headers": _kernel_headers,
    "cpus": _cpus,
    "memory": _memory,
    "containerd": _containerd,
    "runtime_unique": _runtime_unique,
    "kernel_modules": _kernel_modules,
    "user_namespaces": _user_namespaces,
    "sysctls": _sysctls,
    "local_port_range": _local_port_range,
    "cgroup": _cgroup,
    "systemd": _systemd,
    "host_paths": _host_paths,
    "hosts_file": _hosts_file,
    "mount_propagation": _mount_propagation,
    "disk_space": _disk_space,
    "networks": _networks,
    "hostname": _hostname,
    "machine_id": _machine_id,
    "swap": _swap,
    "iptables": _iptables,
    "root_maxkeys": _root_maxkeys,
    "clock_synchronised": _clock_synchronised,
    "ports": _ports,
}
