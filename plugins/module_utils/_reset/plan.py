# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be removed from a node, by what was read there. Pure."""

from collections import OrderedDict, namedtuple

from .._node.rules import foreign as foreign_rules
from .._requirements.kubernetes import KUBERNETES, OURS
from .._text import listed
from . import mounts, ours, processes, rules

# stop: units that run or would at boot; forget: units that have failed; unit_files; programs: links and files of K3s; pods: Process rows; containers: ids;
# mounts: points in their order; namespaces: paths; interfaces; tunnel: addresses; routes: (family, protocol) to lines; rules: program to Removal by table;
# tables: of nftables; sets; files: paths; asides: paths that are moved aside; kept: clauses that say what stays for the sake of others.
Plan = namedtuple(
    "Plan",
    "stop forget pods containers mounts namespaces interfaces tunnel routes rules tables sets files unit_files programs asides kept",
)


def foreign_problems(found, install_dir):
    """Why nothing is removed: clauses about a Kubernetes that the collection did not install.

    :param found: what reader.foreign returned.
    """
    why = ["%s (%s): remove it with `%s`" % (name, listed(found["kubernetes"][name]), foreign_rules.removal_of(name)) for name in sorted(found["kubernetes"])]
    evidence = foreign_rules.evidence_of_k3s(found, {"k3s_install_dir": install_dir})
    if evidence:
        scripts = [path for path in found["k3s"]["left"] if path.endswith("uninstall.sh")]
        release = found["k3s"]["release"] or "of an unknown release"
        why.append("K3s %s of somebody else (%s): remove it with `%s`" % (release, listed(evidence), (scripts or [KUBERNETES[OURS].removal])[0]))
    return why


def plan_of(reading, programs, data, suffix, names_in):
    """The Plan for a Reading.

    :param programs: whether unit, links and releases of K3s go too.
    :param data: paths that are moved aside.
    :param suffix: what is moved aside gets it at the end of its name.
    :param names_in: see mounts.asides.
    """
    workers, watching = processes.of_pods(reading.processes, reading.own_namespace)
    pods = workers + watching
    others = [process for process in reading.processes if process.pid not in {one.pid for one in pods}]
    namespaces = _unused(reading.namespaces, others)
    plugins_work_for_others = len(namespaces) < len(reading.namespaces)
    unmounted = mounts.to_unmount(reading.mounts, reading.fstab, reading.places, namespaces)
    staying = {row.point for row in reading.mounts} - set(unmounted)
    prefixes = tuple(prefix for prefix in ours.CHAINS if not (plugins_work_for_others and prefix == ours.CHAINS_OF_PLUGINS))
    return Plan(
        stop=[name for name, unit in sorted(reading.units.items()) if _is_ours(name, reading) and (_runs(unit) or _starts(unit))],
        forget=[name for name, unit in sorted(reading.units.items()) if _is_ours(name, reading) and unit.get("ActiveState") == "failed"],
        pods=pods,
        containers=reading.containers,
        mounts=unmounted,
        namespaces=namespaces,
        interfaces=[name for name in reading.interfaces if _is_interface(name) and not (plugins_work_for_others and name == "cni0")],
        tunnel=reading.tunnel,
        routes={kind: lines for kind, lines in reading.routes.items() if lines and not (kind[1] == ours.BIRD and _has_bird(others))},
        rules=_rules(reading.rules, prefixes),
        tables=[table for table in reading.tables if table[1] in ours.TABLES],
        sets=[name for name in reading.sets if name.startswith(ours.SETS)],
        files=[path for path in reading.files if not (plugins_work_for_others and path == ours.FILES_OF_PLUGINS)],
        unit_files=reading.own_units if programs else [],
        programs=reading.programs if programs else [],
        asides=[one for path in data if names_in(path) is not None for one in mounts.asides(path, staying, suffix, names_in)],
        kept=["what CNI plugins made, since another program uses them"] if plugins_work_for_others else [],
    )


def _is_ours(name, reading):
    return any(path.endswith("/" + name) for path in reading.own_units)


def _runs(unit):
    return unit.get("ActiveState") not in ("inactive", "failed")


def _starts(unit):
    return unit.get("UnitFileState") == "enabled"


def _unused(namespaces, others):
    """Those of the network namespaces in which nobody but pods works."""
    used = {process.network_namespace for process in others}
    return [path for path, name in sorted(namespaces.items()) if name not in used]


def _is_interface(name):
    return name in ours.INTERFACES or ours.INTERFACES_OF_PODS.fullmatch(name) is not None


def _has_bird(others):
    return any(process.name in ours.BIRD_PROCESSES for process in others)


def _rules(tables_of, prefixes):
    found = OrderedDict()
    for program, tables in sorted(tables_of.items()):
        removals = OrderedDict((name, rules.removal(table, prefixes)) for name, table in tables.items())
        if rules.shown(removals):
            found[program] = removals
    return found


def lines_of(plan):
    """The plan as lines to read, in the order in which it is carried out."""
    return (
        ["unit %s is stopped" % name for name in plan.stop]
        + ["process %d (%s)" % (process.pid, process.name) for process in plan.pods]
        + ["container %s" % name for name in plan.containers]
        + ["mount %s" % point for point in plan.mounts]
        + ["network namespace %s" % path for path in plan.namespaces]
        + ["interface %s" % name for name in plan.interfaces]
        + ["address %s of %s" % (address, ours.TUNNEL) for address in plan.tunnel]
        + ["route %s" % line for _kind, lines in sorted(plan.routes.items()) for line in lines]
        + ["%s: %s" % (program, text) for program, removals in plan.rules.items() for text in rules.shown(removals)]
        + ["nftables: table %s %s" % table for table in plan.tables]
        + ["ipset %s" % name for name in plan.sets]
        + ["file %s" % path for path in plan.files + plan.unit_files + plan.programs]
        + ["%s is moved aside" % path for path in plan.asides]
    )
