# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the kernel; see _node.check."""

from collections import OrderedDict, namedtuple

from ... import _versions as versions
from ..._requirements import findings, gitpod_releases, kernel_settings, thresholds
from ..._requirements.reading import Unreadable
from ..._requirements.requirement import Requirements
from ..verdict import PREFLIGHT, either, failed, passed

REQUIREMENTS = Requirements()


@REQUIREMENTS.add(
    "kernel_version",
    "Kernel",
    "D5",
    "Install a newer kernel (`linux-generic-hwe-18.04` on Ubuntu 18.04) and reboot, or let the role kernel do both.",
    fixed_by="kernel",
    in_the_api=True,
)
def _kernel_version(reading, options, phase):
    text = reading["kernel"]
    minimum, tested = versions.parse_numbers(options["min_kernel"]), versions.parse_numbers(options["tested_kernel"])
    panicking = versions.parse_numbers(thresholds.PANICKING_KERNEL)
    required = "%s or newer" % options["min_kernel"] if versions.is_above(minimum, tested) else "%s to %s" % (options["min_kernel"], options["tested_kernel"])
    numbers = versions.parse_kernel(text)
    if numbers is None:
        return failed("`%s`, which is no kernel version" % text, required, fixed_by="", remedy="Boot a kernel of Ubuntu.")
    if not versions.is_at_least(numbers, minimum):
        if not _role_kernel_can_upgrade(reading, options):
            return failed(text, required, fixed_by="", remedy="Install a kernel of %s or newer and reboot." % options["min_kernel"])
        return _until_the_reboot(text, required, options, phase)
    if numbers[: len(panicking)] == panicking:
        remedy = "Boot the 5.4 or the 5.15 kernel: builds of 5.13 panicked when a container started."
        return failed(text, required, findings.WARNING, remedy, fixed_by="")
    if versions.is_above(numbers, tested):
        remedy = "Boot a kernel of %s or older if Gitpod misbehaves: it was tested with none newer." % options["tested_kernel"]
        return failed(text, required, findings.WARNING, remedy, fixed_by="")
    return passed(text, required)


def _until_the_reboot(found, required, options, phase):
    """The verdict about a kernel that the role kernel replaces. It reboots the node, or with `kernel_reboot: never` leaves that to the user."""
    if options["kernel_reboot"] == "auto":
        return failed(found, required)
    remedy = "Reboot the node once the role kernel has installed a newer kernel: with `kernel_reboot: never` nobody else does."
    return failed(found, required, findings.WARNING if phase == PREFLIGHT else None, remedy, fixed_by="")


@REQUIREMENTS.add(
    "kernel_headers",
    "Kernel headers",
    "§3",
    "Install the package `linux-headers-$(uname -r)`, or let the role kernel do it (`kernel_shiftfs_headers`): workspaces on shiftfs need it for DKMS.",
    fixed_by="kernel",
)
def _kernel_headers(reading, options, _phase):
    if not options["shiftfs"]:
        return passed("not needed", "only where workspaces use shiftfs")
    if reading["kernel_headers"]:
        return passed("installed", "installed")
    return failed("not installed", "installed")


@REQUIREMENTS.add(
    "kernel_modules",
    "Kernel modules",
    "§3",
    "Load the modules now (`modprobe`) and at boot (`/etc/modules-load.d`), or let the role kernel do both.",
    fixed_by="kernel",
)
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
        return passed("all %d" % len(states), required)
    if _kernel_will_be_replaced(reading, options, phase):
        return _until_the_reboot(found, required, options, phase)
    if list(by_state) == ["available"]:
        return failed(found, required)
    if "missing" in by_state:
        remedy = "Install the package that has them (`linux-modules-extra-$(uname -r)`) or boot Ubuntu's generic kernel."
        return failed(found, required, remedy=remedy, fixed_by="")
    raise Unreadable("%s, for want of /lib/modules and of the kernel's configuration" % found)


def _kernel_will_be_replaced(reading, options, phase):
    numbers = versions.parse_kernel(reading["kernel"])
    too_old = numbers is not None and not versions.is_at_least(numbers, versions.parse_numbers(options["min_kernel"]))
    return phase == PREFLIGHT and too_old and _role_kernel_can_upgrade(reading, options)


def _role_kernel_can_upgrade(reading, options):
    releases = thresholds.DOCUMENTED_UBUNTU + thresholds.TOLERATED_UBUNTU
    return options["kernel_upgrade"] and reading["os_id"] == "ubuntu" and reading["os_version"] in releases


@REQUIREMENTS.add(
    "user_namespaces",
    "User namespaces",
    "§3",
    "Set these sysctls now and in `/etc/sysctl.d`, or let the role kernel do both: workspaces need user namespaces.",
    fixed_by="kernel",
)
def _user_namespaces(reading, options, _phase):
    return _sysctl_verdict(reading, [row for row in _wanted_sysctls(options) if row.key in _USER_NAMESPACES])


@REQUIREMENTS.add("sysctls", "Kernel settings", "§3", "Set these sysctls now and in `/etc/sysctl.d`, or let the role kernel do both.", fixed_by="kernel")
def _sysctls(reading, options, _phase):
    return _sysctl_verdict(reading, [row for row in _wanted_sysctls(options) if row.key not in _USER_NAMESPACES])


# A sysctl that is checked, as the role kernel sets it. equal: bool, else any value from `value` on will do; both are lists of numbers, or of words.
_Wanted = namedtuple("_Wanted", "key equal value")
_ROWS = {row.key: row for row in kernel_settings.SYSCTLS}
_USER_NAMESPACES = [row.key for row in kernel_settings.SYSCTLS if row.group == "userns"]


def _wanted_sysctls(options):
    equal, at_least = kernel_settings.sysctls_of(options)
    rows = [_Wanted(key, True, _values(value)) for key, value in equal.items()]
    rows += [_Wanted(key, False, _least(key, _values(value))) for key, value in at_least.items()]
    order = list(_ROWS)
    return sorted(rows, key=lambda row: (order.index(row.key) if row.key in _ROWS else len(order), row.key))


def _least(key, value):
    """What is required of a value that the role kernel only raises: less than what it sets where the requirements ask for less."""
    row = _ROWS.get(key)
    return min([row.minimum], value) if row and row.rule == "at_least" and _are_numbers(value) else value


def _values(value):
    """A setting as a list: of numbers, or of words where one of them is none. Some settings have several values."""
    words = str(int(value) if isinstance(value, bool) else value).split()
    numbers = [versions.parse_integer(word) for word in words]
    return words if None in numbers else numbers


def _are_numbers(value):
    return all(isinstance(one, int) for one in value)


def _sysctl_verdict(reading, rows):
    required, wrong, fixable = [], [], True
    values = reading["sysctls"]
    for row in rows:
        value = values.get(row.key)
        absent = _ROWS[row.key].absent if row.key in _ROWS else "broken"
        if (value is None and absent == "fine") or (value is not None and _sysctl_ok(row, _values(value))):
            continue
        required.append("%s%s%s" % (row.key, "=" if row.equal else ">=", " ".join(str(one) for one in row.value)))
        if value is None:
            wrong.append(row.key + " does not exist")
            fixable = fixable and absent != "broken"
        else:
            wrong.append("%s=%s" % (row.key, value))
    if not wrong:
        return passed("as required", "the values of the role kernel")
    return failed(", ".join(wrong), ", ".join(required), fixed_by=None if fixable else "")


def _sysctl_ok(row, value):
    if row.equal or not (_are_numbers(row.value) and _are_numbers(value)):
        return value == row.value
    return len(value) == len(row.value) and all(found >= wanted for found, wanted in zip(value, row.value))


@REQUIREMENTS.add("root_maxkeys", "Kernel keys", "§3", "Raise the sysctl `kernel.keys.root_maxkeys`.", severity=findings.WARNING)
def _root_maxkeys(reading, options, _phase):
    value = reading["sysctls"].get("kernel.keys.root_maxkeys")
    required = "%d or more" % options["min_root_maxkeys"]
    number = versions.parse_integer(value)
    if value is None:
        return passed("no such limit", required)
    if number is None:
        raise Unreadable("could not be read: kernel.keys.root_maxkeys is `%s`" % value)
    return either(number >= options["min_root_maxkeys"], value, required)


@REQUIREMENTS.add("cgroup", "Control groups", "§3", "Boot with `systemd.unified_cgroup_hierarchy=0` for v1 or `=1` for v2, or choose a release that fits.")
def _cgroup(reading, options, _phase):
    kind = reading["cgroup"]
    kubernetes = versions.parse_kubernetes(options["kubernetes_version"])
    only_v2 = kubernetes is not None and versions.is_at_least(kubernetes.numbers, versions.parse_numbers(thresholds.CGROUP_V2_ONLY_KUBERNETES))
    required = "v2 (Kubernetes %s)" % versions.show(kubernetes.numbers) if only_v2 else "v1 or v2"
    if kind == "none" or (only_v2 and kind != "v2"):
        return failed(kind, required)
    with_v2 = gitpod_releases.release(options["gitpod_version"]).cgroup_v2
    if kind != "v2" or with_v2 == findings.PASS:
        return passed(kind, required)
    return failed(kind, "v1 (Gitpod %s)" % options["gitpod_version"], with_v2)
