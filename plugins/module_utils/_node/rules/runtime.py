# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the container runtime; see _node.check."""

from ... import _versions as versions
from ..._requirements import findings, thresholds
from ..._requirements.paths import CONTAINERD_UNIT, K3S_UNITS, RUNTIME_PATHS
from ..._requirements.reading import Unreadable
from ..._requirements.requirement import Requirements
from ..._requirements.workloads import is_workspace_node
from ..verdict import INSTALLED, failed, passed

REQUIREMENTS = Requirements()


@REQUIREMENTS.add("containerd", "containerd", "D7", "Install a newer containerd, or let the role containerd do it.", fixed_by="containerd")
def _containerd(reading, options, phase):
    required = "%s or newer" % options["min_containerd"]
    embedded = options["container_runtime"] == "embedded"
    if embedded:
        release = versions.parse_kubernetes(options["kubernetes_version"])
        if release and not versions.is_at_least(release.numbers, versions.parse_numbers(thresholds.MIN_EMBEDDED_KUBERNETES)):
            return failed(
                "%s bundles an older one" % release.text,
                required,
                remedy="Choose K3s 1.22 or newer, or the containerd of the node (container runtime `system`).",
                fixed_by="",
            )
    text = reading["containerd"]
    if embedded and not text and phase == INSTALLED:
        raise Unreadable("K3s has unpacked no containerd; cluster_spec checks the version that the API reports")
    fixed_by = "k3s" if embedded else None
    if not text:
        return failed("not installed", required, fixed_by=fixed_by)
    numbers = versions.parse_containerd(text)
    if numbers is None:
        return failed("`%s`, which is no containerd version" % text, required, fixed_by=fixed_by)
    if versions.is_at_least(numbers, versions.parse_numbers(options["min_containerd"])):
        return passed(versions.show(numbers), required)
    return failed(versions.show(numbers), required, fixed_by=fixed_by)


@REQUIREMENTS.add(
    "runtime_unique", "One container runtime", "§3", "Stop, disable and remove the other container runtimes: Gitpod's runtime detection may pick the wrong one."
)
def _runtime_unique(reading, options, _phase):
    wanted = RUNTIME_PATHS[options["container_runtime"]].socket
    others = [path for path in reading["runtime_sockets"] if path != wanted]
    required = "at most " + wanted
    if not others:
        return passed("no other", required)
    return failed("also " + " ".join(others), required, None if is_workspace_node(options["workloads"]) else findings.WARNING)


# What systemd calls the states of a unit file with which the unit is there after a reboot.
_AT_BOOT = ("enabled", "static", "alias", "indirect", "generated")


@REQUIREMENTS.add("services", "Services", "§3", "See why with `systemctl status` and `journalctl -u`, then start the service.")
def _services(reading, options, phase):
    """The units that the node needs are active and come back after a reboot, and the other one of K3s does not run."""
    units = reading["services"]
    if phase != INSTALLED:
        return passed("not needed before the roles have run", "")
    own, other = K3S_UNITS[options["server"]], K3S_UNITS[not options["server"]]
    needed = [CONTAINERD_UNIT] if options["container_runtime"] == "system" else []
    needed += [own] if options["joined"] else []
    for unit in needed:
        if unit not in units:
            raise Unreadable("could not be read: systemd says nothing about " + unit)
    required = " and ".join(needed + ["no " + other]) + ", active and enabled" if needed else "no " + other
    down = [(unit, _why_down(units[unit])) for unit in needed if _why_down(units[unit])]
    late = [(unit, "would not come back after a reboot") for unit in needed if not _why_down(units[unit]) and units[unit]["boot"] not in _AT_BOOT]
    foreign = other in units and _is_up(units[other])
    found = ["%s: %s" % one for one in down + late]
    found += ["%s: runs on %s" % (other, "a server" if options["server"] else "an agent")] if foreign else []
    if not found:
        return passed(", ".join(needed) or "none needed", required)
    remedies = ["See why with `systemctl status %s` and `journalctl -u %s`." % (unit, unit) for unit, _why in down]
    if down + late:
        remedies.append("Then enable and start: `systemctl enable --now %s`." % " ".join(unit for unit, _why in down + late))
    remedies += ["Stop and remove what does not belong there: `systemctl disable --now %s`." % other] if foreign else []
    return failed("; ".join(found), required, None if down or foreign else findings.WARNING, " ".join(remedies))


def _is_up(state):
    return state["active"] in ("active", "reloading", "activating")


def _why_down(state):
    """Why a unit does not serve; '' where it does."""
    if state["load"] == "masked":
        return "masked (`systemctl unmask`)"
    if state["load"] == "not-found":
        return "not found"
    if state["active"] in ("active", "reloading"):
        return ""
    if state["active"] == "activating":
        return "fails and is started again and again" if state["sub"] == "auto-restart" else "is still starting"
    return {"failed": "failed", "inactive": "stopped"}.get(state["active"], "in the state `%s`" % state["active"])
