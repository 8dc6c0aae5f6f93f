# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the machine and what its operating system offers; see _node.check."""

from collections import OrderedDict

from ..._requirements import findings, gitpod_releases, thresholds
from ..._requirements.paths import BREAKING_OPTIONS, DOUBTFUL_OPTIONS
from ..._requirements.requirement import Requirements
from ..._requirements.workloads import is_workspace_node
from ..verdict import PREFLIGHT, either, failed, passed

REQUIREMENTS = Requirements()


@REQUIREMENTS.add("architecture", "Architecture", "§3", "Use a 64-bit x86 machine: Gitpod publishes its images for no other architecture.", in_the_api=True)
def _architecture(reading, _options, _phase):
    return either(reading["architecture"] in ("x86_64", "amd64"), reading["architecture"], "x86_64")


@REQUIREMENTS.add("os_release", "Operating system", "D5", "Install Ubuntu 20.04 or 18.04 on this machine.", in_the_api=True)
def _os_release(reading, options, _phase):
    required = "Ubuntu " + " or ".join(thresholds.DOCUMENTED_UBUNTU)
    release = reading["os_version"]
    if reading["os_id"] != "ubuntu":
        return failed(("%s %s" % (reading["os_id"], release)).strip() or "no name in os-release", required)
    if release in thresholds.DOCUMENTED_UBUNTU:
        gitpod = gitpod_releases.release(options["gitpod_version"])
        note = " (no longer in the matrix of Gitpod %s)" % gitpod.month if release in gitpod.dropped_ubuntu else ""
        return passed("Ubuntu " + release + note, required)
    if release in thresholds.TOLERATED_UBUNTU:
        remedy = "Use Ubuntu 20.04 for new nodes; the set-up document does not name %s." % release
        return failed("Ubuntu " + release, required, findings.WARNING, remedy)
    return failed("Ubuntu " + release, required)


@REQUIREMENTS.add("cpus", "CPUs", "D8", "Give the machine more CPUs, or lift the limit (cpuset, affinity) that hides some of them.", in_the_api=True)
def _cpus(reading, options, _phase):
    return either(reading["cpus"] >= options["min_cpus"], "%d" % reading["cpus"], "%d or more" % options["min_cpus"])


@REQUIREMENTS.add("memory", "RAM", "D8", "Give the machine more RAM.", in_the_api=True)
def _memory(reading, options, _phase):
    size, minimum = reading["memory_bytes"], options["min_memory_bytes"]
    return either(size >= minimum, _gigabytes(size), _gigabytes(minimum) + " or more")


@REQUIREMENTS.add("disk_space", "Free disk", "§3", "Free or add disk space where /var/gitpod lies: Gitpod marks a node with less as under disk pressure.")
def _disk_space(reading, options, _phase):
    free = reading["disk_free_bytes"]
    if free < options["min_disk_bytes"]:
        return failed(_gigabytes(free), _gigabytes(options["min_disk_bytes"]) + " or more")
    wise = options["recommended_disk_bytes"]
    if not wise:
        wise = thresholds.WORKSPACE_DISK_BYTES if is_workspace_node(options["workloads"]) else thresholds.SERVICES_DISK_BYTES
    required = "%s or more for %s" % (_gigabytes(wise), "workspaces" if is_workspace_node(options["workloads"]) else "services")
    if free >= wise:
        return passed(_gigabytes(free), required)
    remedy = "Plan for more disk space where /var/gitpod lies: Gitpod's reference architecture has it."
    return failed(_gigabytes(free), required, findings.WARNING, remedy)


def _gigabytes(size):
    """Bytes as decimal gigabytes, cut (not rounded) to two places, so that 15.999 never reads as 16."""
    return ("%.2f" % (size // 10**7 / 100.0)).rstrip("0").rstrip(".") + " GB"


@REQUIREMENTS.add("systemd", "systemd", "§3", "Boot the machine with systemd as its init.")
def _systemd(reading, _options, _phase):
    return either(reading["systemd"], "running" if reading["systemd"] else "not running", "running")


@REQUIREMENTS.add(
    "host_paths", "Paths of the host", "§3", "Create these paths, /var/lib/kubelet as a directory and not as a link: Gitpod's node daemon mounts them."
)
def _host_paths(reading, _options, phase):
    wrong = []
    for path, what in sorted(reading["host_paths"].items()):
        fine = what == "directory" or (what == "absent" and phase == PREFLIGHT) if path == "/var/lib/kubelet" else what != "absent"
        if not fine:
            wrong.append("%s: %s" % (path, what))
    return either(not wrong, ", ".join(wrong) or "as required", "/bin/bash, /usr/src, /var/lib/kubelet (a directory)")


@REQUIREMENTS.add(
    "hosts_file", "/etc/hosts", "§3", "Make /etc/hosts writable (`chattr -i -a /etc/hosts`, no read-only mount): Gitpod's node daemon writes to it."
)
def _hosts_file(reading, _options, _phase):
    return either(reading["hosts_file"] == "writable", reading["hosts_file"], "writable")


@REQUIREMENTS.add(
    "mount_propagation",
    "Mount propagation",
    "§3",
    "Make the mount shared now (`mount --make-rshared`) and at boot: Gitpod's node daemon passes mounts on to workspaces.",
)
def _mount_propagation(reading, _options, _phase):
    mount = reading["gitpod_mount"]
    found = "%s is %s" % (mount["point"], "shared" if mount["shared"] else "not shared")
    return either(mount["shared"], found, "a shared mount under /var/gitpod")


@REQUIREMENTS.add(
    "mount_options",
    "Mount options",
    "§3",
    "Mount it without these options: take them out of /etc/fstab, then `mount -o remount,rw,exec,suid,dev <mount point>`.",
)
def _mount_options(reading, _options, _phase):
    breaking, doubtful = BREAKING_OPTIONS, DOUBTFUL_OPTIONS
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
        return passed("as required", required)
    fails = any(set(bad) & set(breaking) for _point, bad in places)
    return failed("; ".join(found), required, None if fails else findings.WARNING)


@REQUIREMENTS.add("swap", "Swap", "§3", "Switch swap off (`swapoff -a`, and the entry in /etc/fstab) so that memory limits hold.", severity=findings.WARNING)
def _swap(reading, _options, _phase):
    return either(not reading["swap"], "on: " + " ".join(reading["swap"]) if reading["swap"] else "off", "off")


@REQUIREMENTS.add(
    "clock_synchronised",
    "Clock",
    "§3",
    "Start a time service (`timedatectl set-ntp true`, or chrony): certificates and etcd need the right time.",
    severity=findings.WARNING,
)
def _clock_synchronised(reading, _options, _phase):
    ok = reading["clock_synchronised"]
    return either(ok, "synchronised" if ok else "not synchronised", "synchronised")
