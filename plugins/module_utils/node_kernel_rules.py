# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the kernel; see node_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import OrderedDict

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, gitpod_releases, requirements, versions
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import BARE, Unreadable, broken, either, met


def _kernel_version(reading, options, _phase):
    text = reading["kernel"]
    floor, tested = versions.parse_numbers(options["min_kernel"]), versions.parse_numbers(options["tested_kernel"])
    panicking = versions.parse_numbers(requirements.PANICKING_KERNEL)
    required = "%s to %s" % (options["min_kernel"], options["tested_kernel"])
    numbers = versions.parse_kernel(text)
    if numbers is None:
        return broken("`%s`, which is no kernel version" % text, required, mended_by="", remedy="Boot a kernel of Ubuntu.")
    if not versions.is_at_least(numbers, floor):
        if _role_kernel_can_upgrade(reading, options):
            return broken(text, required)
        return broken(text, required, mended_by="", remedy="Install a kernel of %s or newer and reboot." % options["min_kernel"])
    if numbers[: len(panicking)] == panicking:
        remedy = "Boot the 5.4 or the 5.15 kernel: builds of 5.13 panicked when a container started."
        return broken(text, required, findings.WARNING, remedy, mended_by="")
    if versions.is_above(numbers, tested):
        remedy = "Boot a kernel of %s or older if Gitpod misbehaves: it was tested with none newer." % options["tested_kernel"]
        return broken(text, required, findings.WARNING, remedy, mended_by="")
    return met(text, required)


def _kernel_headers(reading, options, _phase):
    if not options["shiftfs"]:
        return met("not needed", "only where workspaces use shiftfs")
    return either(reading["kernel_headers"], "installed" if reading["kernel_headers"] else "not installed", "installed")


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
        return met("all %d" % len(states), required)
    if _kernel_will_be_replaced(reading, options, phase) or list(by_state) == ["available"]:
        return broken(found, required)
    if "missing" in by_state:
        remedy = "Install the package that has them (`linux-modules-extra-$(uname -r)`) or boot Ubuntu's generic kernel."
        return broken(found, required, remedy=remedy, mended_by="")
    raise Unreadable("%s, for want of /lib/modules and of the kernel's configuration" % found)


def _kernel_will_be_replaced(reading, options, phase):
    numbers = versions.parse_kernel(reading["kernel"])
    too_old = numbers is not None and not versions.is_at_least(numbers, versions.parse_numbers(options["min_kernel"]))
    return phase == BARE and too_old and _role_kernel_can_upgrade(reading, options)


def _role_kernel_can_upgrade(reading, options):
    releases = list(requirements.DOCUMENTED_UBUNTU) + list(requirements.TOLERATED_UBUNTU)
    return options["kernel_upgrade"] and reading["os_id"] == "ubuntu" and reading["os_version"] in releases


def _user_namespaces(reading, _options, _phase):
    return _sysctl_group(reading, ("userns",))


def _sysctls(reading, options, _phase):
    groups = ["base"]
    if ":" in options["pod_cidr"] + options["service_cidr"]:
        groups.append("ipv6")
    if options["hardening"]:
        groups.append("hardening")
    return _sysctl_group(reading, groups)


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
        return met("as required", "the values of the role kernel")
    return broken(", ".join(wrong), ", ".join(required), mended_by=None if mendable else "")


def _sysctl_ok(row, value):
    number = versions.parse_integer(value)
    if number is None:  # the kernel does not have it, or it is no number
        return False
    return number == row.minimum if row.rule == "equal" else number >= row.minimum


def _root_maxkeys(reading, options, _phase):
    value = reading["sysctls"].get("kernel.keys.root_maxkeys")
    required = "%d or more" % options["min_root_maxkeys"]
    number = versions.parse_integer(value)
    if value is None:
        return met("no such limit", required)
    if number is None:
        raise Unreadable("could not be read: kernel.keys.root_maxkeys is `%s`" % value)
    return either(number >= options["min_root_maxkeys"], value, required)


def _cgroup(reading, options, _phase):
    kind = reading["cgroup"]
    kubernetes = versions.parse_kubernetes(options["kubernetes_version"]).numbers
    only_v2 = versions.is_at_least(kubernetes, versions.parse_numbers(requirements.CGROUP_V2_ONLY_KUBERNETES))
    required = "v2 (Kubernetes %s)" % versions.show(kubernetes) if only_v2 else "v1 or v2"
    if kind == "none" or (only_v2 and kind != "v2"):
        return broken(kind, required)
    with_v2 = gitpod_releases.release(options["gitpod_version"]).cgroup_v2
    if kind != "v2" or with_v2 == findings.PASS:
        return met(kind, required)
    return broken(kind, "v1 (Gitpod %s)" % options["gitpod_version"], with_v2)


RULES = {
    "kernel_version": _kernel_version,
    "kernel_headers": _kernel_headers,
    "kernel_modules": _kernel_modules,
    "user_namespaces": _user_namespaces,
    "sysctls": _sysctls,
    "root_maxkeys": _root_maxkeys,
    "cgroup": _cgroup,
}
