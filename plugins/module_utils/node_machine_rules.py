# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the machine and what its operating system offers; see node_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import OrderedDict

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, gitpod_releases, requirements
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import BARE, broken, either, met


def _architecture(reading, _options, _phase):
    return either(reading["architecture"] in ("x86_64", "amd64"), reading["architecture"], "x86_64")


def _os_release(reading, options, _phase):
    required = "Ubuntu " + " or ".join(requirements.DOCUMENTED_UBUNTU)
    release = reading["os_version"]
    if reading["os_id"] != "ubuntu":
        return broken(("%s %s" % (reading["os_id"], release)).strip() or "no name in os-release", required)
    if release in requirements.DOCUMENTED_UBUNTU:
        gitpod = gitpod_releases.release(options["gitpod_version"])
        note = " (no longer in the matrix of Gitpod %s)" % gitpod.month if release in gitpod.dropped_ubuntu else ""
        return met("Ubuntu " + release + note, required)
    if release in requirements.TOLERATED_UBUNTU:
        remedy = "Use Ubuntu 20.04 for new nodes; the set-up document does not name %s." % release
        return broken("Ubuntu " + release, required, findings.WARNING, remedy)
    return broken("Ubuntu " + release, required)


def _cpus(reading, options, _phase):
    return either(reading["cpus"] >= options["min_cpus"], "%d" % reading["cpus"], "%d or more" % options["min_cpus"])


def _memory(reading, options, _phase):
    size, floor = reading["memory_bytes"], options["min_memory_bytes"]
    return either(size >= floor, _gigabytes(size), _gigabytes(floor) + " or more")


def _disk_space(reading, options, _phase):
    free = reading["disk_free_bytes"]
    if free < options["min_disk_bytes"]:
        return broken(_gigabytes(free), _gigabytes(options["min_disk_bytes"]) + " or more")
    wise = options["recommended_disk_bytes"]
    if not wise:
        wise = requirements.WORKSPACE_DISK_BYTES if requirements.is_workspace_node(options["workloads"]) else requirements.SERVICES_DISK_BYTES
    required = "%s or more for %s" % (_gigabytes(wise), "workspaces" if requirements.is_workspace_node(options["workloads"]) else "services")
    if free >= wise:
        return met(_gigabytes(free), required)
    remedy = "Plan for more disk space where /var/gitpod lies: Gitpod's reference architecture has it."
    return broken(_gigabytes(free), required, findings.WARNING, remedy)


def _gigabytes(size):
    """Bytes as decimal gigabytes, cut (not rounded) to two places, so that 15.999 never reads as 16."""
    return ("%.2f" % (size // 10**7 / 100.0)).rstrip("0").rstrip(".") + " GB"


def _systemd(reading, _options, _phase):
    return either(reading["systemd"], "running" if reading["systemd"] else "not running", "running")


def _host_paths(reading, _options, phase):
    wrong = []
    for path, what in sorted(reading["host_paths"].items()):
        fine = what == "directory" or (what == "absent" and phase == BARE) if path == "/var/lib/kubelet" else what != "absent"
        if not fine:
            wrong.append("%s: %s" % (path, what))
    return either(not wrong, ", ".join(wrong) or "as required", "/bin/bash, /usr/src, /var/lib/kubelet (a directory)")


def _hosts_file(reading, _options, _phase):
    return either(reading["hosts_file"] == "writable", reading["hosts_file"], "writable")


def _mount_propagation(reading, _options, _phase):
    mount = reading["gitpod_mount"]
    found = "%s is %s" % (mount["point"], "shared" if mount["shared"] else "not shared")
    return either(mount["shared"], found, "a shared mount under /var/gitpod")


def _mount_options(reading, _options, _phase):
    breaking, doubtful = requirements.BREAKING_OPTIONS, requirements.DOUBTFUL_OPTIONS
    required = "no " + " and no ".join((" or ".join(breaking), " or ".join(doubtful)))
    places = OrderedDict()
    for path, mount in sorted(reading["mounts"].items()):
        bad = tuple(option for option in breaking + doubtful if option in mount["options"])
        if bad:
            places.setdefault((mount["point"], bad), []).append(path)
    found = []
    for (point, bad), paths in places.items():
        found.append("%s on %s%s" % (", ".join(bad), point, "" if point in paths else ", where %s lies" % paths[0]))
    if not found:
        return met("as required", required)
    fails = any(set(bad) & set(breaking) for _point, bad in places)
    return broken("; ".join(found), required, None if fails else findings.WARNING)


def _swap(reading, _options, _phase):
    return either(not reading["swap"], "on: " + " ".join(reading["swap"]) if reading["swap"] else "off", "off")


def _clock_synchronised(reading, _options, _phase):
    ok = reading["clock_synchronised"]
    return either(ok, "synchronised" if ok else "not synchronised", "synchronised")


RULES = {
    "architecture": _architecture,
    "os_release": _os_release,
    "cpus": _cpus,
    "memory": _memory,
    "disk_space": _disk_space,
    "systemd": _systemd,
    "host_paths": _host_paths,
    "hosts_file": _hosts_file,
    "mount_propagation": _mount_propagation,
    "mount_options": _mount_options,
    "swap": _swap,
    "clock_synchronised": _clock_synchronised,
}
