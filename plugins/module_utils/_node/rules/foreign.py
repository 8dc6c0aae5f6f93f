# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what others have put where this collection puts something too; see _node.check.

What would win over the collection fails. What would not is kept and named.
"""

from collections import OrderedDict

from ... import _kernel
from ..._k3s import adoption, settings as k3s_settings
from ..._k3s.state import is_own_link
from ..._requirements import findings, kernel_settings, paths
from ..._requirements.kubernetes import KUBERNETES, OTHER_KUBERNETES, OURS
from ..._requirements.requirement import Requirements
from ..._text import listed
from ..verdict import INSTALLED, failed, passed

REQUIREMENTS = Requirements()

# What the unit of K3s sets, and what of containerd's unit the cluster lives by. A list in it, such as ExecStartPre, may grow and not be emptied.
_UNIT_OF_K3S = (
    "Type",
    "ExecStart",
    "KillMode",
    "Delegate",
    "LimitNOFILE",
    "LimitNPROC",
    "LimitCORE",
    "TasksMax",
    "TimeoutStartSec",
    "Restart",
    "RestartSec",
    "RuntimeDirectoryMode",
    "ExecStart=",
    "ExecStartPre=",
    "EnvironmentFile=",
    "RuntimeDirectory=",
)
_UNIT_OF_CONTAINERD = ("Type", "ExecStart", "KillMode", "Delegate", "ExecStart=", "ExecStartPre=", "RuntimeDirectory=")


@REQUIREMENTS.add(
    "other_kubernetes",
    "No other Kubernetes",
    "§6",
    "Remove it with all its data, or take another machine.",
)
def _other_kubernetes(reading, options, phase):
    """A K3s that somebody else installed, and any other Kubernetes. What runs there already is no failure once a cluster is verified."""
    required = "none, or one that this collection installed"
    others, k3s = reading["kubernetes"], reading["k3s"]
    found = ["%s (%s)" % (name, listed(others[name])) for name in sorted(others)]
    remedies = ["Remove %s with all its data (`%s`), or take another machine." % (name, removal_of(name)) for name in sorted(others)]
    evidence = evidence_of_k3s(reading, options)
    if evidence and phase != INSTALLED:
        found.append("K3s %s of somebody else (%s)" % (k3s["release"] or "of an unknown release", listed(evidence)))
        why = adoption.problems(k3s, reading["hostname"], _wanted(options)) if k3s["units"] else ["no unit of systemd runs it"]
        if options["k3s_adopt"] and not why and not others:
            return failed(found[-1], required, fixed_by="k3s", remedy="The role k3s takes it over (`k3s_adopt`); its objects, its token and its pods stay.")
        remedies.append(_remedy_for_k3s(k3s, why, options["k3s_adopt"]))
    if found:
        return failed("; ".join(found), required, remedy=" ".join(remedies))
    left = k3s["left"] if k3s["ours"] else []
    if left:
        remedy = "Move it away, for it would remove this K3s, or let the role k3s do so (`k3s_adopt: true`)."
        return failed("left by another installer of K3s: " + listed(left), required, findings.WARNING, remedy)
    return passed("K3s of somebody else (%s)" % listed(evidence) if evidence else "none", required)


def removal_of(name):
    """How a Kubernetes is removed, as a command where it has one."""
    return OTHER_KUBERNETES[name].removal if name in OTHER_KUBERNETES else "its own uninstaller"


def evidence_of_k3s(reading, options):
    """What shows that a K3s is not this collection's: paths and processes."""
    k3s, link = reading["k3s"], reading["programs"].get(paths.BIN_DIRECTORY + "/k3s")
    evidence = list(k3s["units"])
    if link is not None and not _is_ours(link, options):
        evidence.append(paths.BIN_DIRECTORY + "/k3s")
    if not k3s["ours"]:
        evidence += k3s["processes"] + k3s["left"]
    return evidence


def _remedy_for_k3s(k3s, why, adopt):
    scripts = [path for path in k3s["left"] if path.endswith("uninstall.sh")]
    remove = "Remove that K3s with all its data (`%s`)" % (scripts[0] if scripts else KUBERNETES[OURS].removal)
    if not why:
        return remove + ", or set `k3s_adopt: true` to take it over with all its data."
    if adopt:
        return "It cannot be taken over: %s. %s, or mend that." % ("; ".join(why), remove)
    return "%s. It could be taken over (`k3s_adopt: true`) but for this: %s." % (remove, "; ".join(why))


def _wanted(options):
    return {
        "server": options["server"],
        "version": options["kubernetes_version"],
        "runtime": options["container_runtime"],
        "node_name": options["node_name"],
        "cluster_cidr": options["pod_cidr"],
        "service_cidr": options["service_cidr"],
        "cluster_dns": options["cluster_dns"],
        "cluster_domain": options["cluster_domain"],
        "flannel_backend": options["flannel_backend"],
        "disable": options["k3s_disable"],
        "settings": options["k3s_settings"],
    }


def _is_ours(link, options):
    return is_own_link(link, paths.BIN_DIRECTORY, options["k3s_install_dir"])


@REQUIREMENTS.add(
    "programs",
    "Programs of K3s",
    "§6",
    "Nothing has to be done: it stays, and `k3s kubectl` is K3s' own. Remove it to get a link to K3s.",
    severity=findings.WARNING,
)
def _programs(reading, options, _phase):
    required = "links to k3s, or nothing"
    kept = []
    for name in paths.K3S_PROGRAMS[options["container_runtime"]]:
        path = paths.BIN_DIRECTORY + "/" + name
        link = reading["programs"].get(path)
        if link is not None and not _is_ours(link, options):
            kept.append("%s is %s" % (path, "a link to " + link if link else "a program of somebody else"))
    return failed("; ".join(kept), required) if kept else passed("none of somebody else", required)


@REQUIREMENTS.add(
    "cni",
    "Network configuration",
    "§7",
    "Move the file away (`mv <file> <file>.off`), or name it in `node_spec_cni_kept` with the reason why it stays.",
)
def _cni(reading, options, _phase):
    """The container runtime takes the first file by its name."""
    flannel = options["flannel_backend"] != "none"
    place = paths.FLANNEL_CNI if flannel and options["container_runtime"] == "embedded" else paths.CALICO_CNI
    expected = paths.FLANNEL_CNI.file if flannel else paths.CALICO_CNI.file
    required = "%s as the first in %s" % (expected, place.directory)
    others = [name for name in reading["cni_files"].get(place.directory, []) if name != expected and name not in options["cni_kept"]]
    first = [name for name in others if name < expected]
    if first:
        return failed("%s, which would be taken instead" % listed("%s/%s" % (place.directory, name) for name in first), required)
    if others:
        found = "%s, which would be taken where that is missing" % listed("%s/%s" % (place.directory, name) for name in others)
        return failed(found, required, findings.WARNING)
    return passed("no other", required)


@REQUIREMENTS.add(
    "k3s_config",
    "Configuration of K3s",
    "§6",
    "Put what it says into `k3s_config`, and move the file away: K3s would follow it and not the inventory.",
)
def _k3s_config(reading, options, phase):
    """Files beside the role's that set what the role sets. A name with a `+` only adds to a list.

    The main file of a K3s that somebody else installed goes with it: the requirement `other_kubernetes` names that.
    """
    required = "none that sets what the inventory sets"
    files, foreign = reading["k3s_config_files"], reading["k3s"]["units"]
    if foreign and phase == INSTALLED:
        return passed("that of the K3s of somebody else", required)
    decided = set(k3s_settings.SET_BY_THE_ROLE) | set(k3s_settings.EQUIVALENT) | set(options["k3s_settings"])
    wrong, harmless, unclear = [], [], []
    for one in files:
        if one["ours"] or (foreign and one["path"] == paths.K3S_CONFIG):
            continue
        keys = [key for key in one["keys"] if key in decided and key not in one["appended"]]
        if one["path"] == paths.K3S_CONFIG:
            wrong.append("%s, which the role k3s did not write" % one["path"])
        elif keys:
            wrong.append("%s sets %s" % (one["path"], listed(keys)))
        elif not one["clear"]:
            unclear.append(one["path"])
        else:
            harmless.append("%s (%s)" % (one["path"], listed(one["keys"]) or "nothing"))
    if wrong:
        return failed("; ".join(wrong), required)
    if unclear:
        remedy = "Write it as one `key: value` a line, so that it can be seen what it sets, or put it into `k3s_config`."
        return failed("%s cannot be taken apart" % listed(unclear), required, findings.WARNING, remedy)
    return passed("also " + "; ".join(harmless) if harmless else "no other", required)


@REQUIREMENTS.add(
    "unit_drop_ins",
    "Drop-ins of units",
    "§6",
    "Take these lines out of the file, or move it away (`systemctl revert <unit>` removes all of them), then `systemctl daemon-reload`.",
)
def _unit_drop_ins(reading, options, phase):
    required = "none that sets what the roles set, nor a mask"
    masks, foreign = reading["masked_units"], reading["k3s"]["units"]
    decisive = {paths.K3S_UNITS[options["server"]]: _UNIT_OF_K3S}
    if options["container_runtime"] == "system":
        decisive[paths.CONTAINERD_UNIT] = _UNIT_OF_CONTAINERD
    if foreign and phase == INSTALLED:
        decisive.pop(paths.K3S_UNITS[options["server"]])
    harmless, wrong = [], ["%s masks %s" % (masks[unit], unit) for unit in sorted(decisive) if unit in masks]
    for one in reading["drop_ins"]:
        if one["unit"] not in decisive:
            continue
        sets = list(OrderedDict.fromkeys(name for name in one["sets"] if name in decisive[one["unit"]] or name.startswith("K3S_")))
        if sets:
            wrong.append("%s sets %s" % (one["path"], listed(sets)))
        else:
            harmless.append(one["path"])
    if wrong:
        return failed("; ".join(wrong), required)
    return passed("also " + listed(harmless) if harmless else "none", required)


@REQUIREMENTS.add(
    "boot_settings",
    "Settings at boot",
    "§3",
    "Remove these lines, or what else is named here: after the next boot they would win over what the role kernel sets.",
)
def _boot_settings(reading, options, _phase):
    required = "none that wins over the role kernel"
    files = OrderedDict()
    for path, key, value in reading["sysctl_assignments"]:
        files.setdefault(path, OrderedDict())[key] = value
    equal, at_least = kernel_settings.sysctls_of(options)
    rows = [row for row in _kernel.settings(equal, at_least) if row.absent != "fine" or reading["sysctls"].get(row.key) is not None]
    wrong = _kernel.sysctl_conflicts(rows, files, paths.SYSCTL_FILE)
    modules = [module.name for module in kernel_settings.modules_of(options)]
    wrong += _kernel.module_conflicts(reading["module_blocks"], reading["modules"], modules)
    wrong += ["%s masks %s" % (path, unit) for unit, path in sorted(reading["masked_units"].items()) if unit in paths.BOOT_UNITS]
    return failed("; ".join(wrong), required) if wrong else passed("none", required)
