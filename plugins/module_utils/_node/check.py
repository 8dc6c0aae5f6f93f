# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the reading of a node. Pure: reading, options and phase in, findings out; never raises for what a reading holds.

A rule is a function of a NodeReading, the options of the module node_spec and the phase; it returns a Verdict or raises Unreadable.
"""

from .._requirements import findings
from .._requirements.reading import Unreadable
from .._requirements.requirement import Requirements
from .rules import foreign, k3s, kernel, machine, network, runtime
from .shapes import NodeReading
from .verdict import PREFLIGHT

REQUIREMENTS = Requirements(
    machine.REQUIREMENTS,
    kernel.REQUIREMENTS,
    runtime.REQUIREMENTS,
    network.REQUIREMENTS,
    foreign.REQUIREMENTS,
    k3s.REQUIREMENTS,
)


def findings_of(facts, options, phase, only=(), skip=None):
    """The findings of one node, in the order of the table.

    :param facts: what _node.reader.read_node returned.
    :param options: the options of the module node_spec.
    :param phase: PREFLIGHT (what a role fixes is `fixable`) or INSTALLED (it is not).
    :param only: the ids to check; all where empty.
    :param skip: dict of ids to leave out to the reason.
    """
    reading = NodeReading(facts)
    return [
        _finding(requirement, reading, options, phase) if reason is None else findings.skipped(requirement, reason)
        for requirement, reason in REQUIREMENTS.selected(only, skip or {})
    ]


def _finding(requirement, reading, options, phase):
    try:
        verdict = requirement.check(reading, options, phase)
    except Unreadable as error:
        return findings.make(requirement, findings.UNKNOWN, str(error), "", _remedy_of_unknown(reading))
    if verdict.ok:
        return findings.make(requirement, findings.PASS, verdict.found, verdict.required)
    fixed_by = requirement.fixed_by if verdict.fixed_by is None else verdict.fixed_by
    severity = verdict.severity or requirement.severity
    status = findings.FIXABLE if fixed_by and phase == PREFLIGHT else severity
    return findings.make(requirement, status, verdict.found, verdict.required, verdict.remedy or requirement.remedy, fixed_by)


def _remedy_of_unknown(reading):
    as_root = reading.has("as_root") and reading["as_root"]
    return "See on the node why this cannot be read." if as_root else "Run as root (`become: true`) to have this checked."
