# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges the reading of a node. Pure: reading, options and phase in, findings out; never raises for what a reading holds.

A rule is a function of a NodeReading, the options of the module node_spec and the phase; it returns a Verdict or raises Unreadable. The rules stand in
node_machine_rules, node_kernel_rules, node_runtime_rules and node_network_rules, under the ids of requirements.NODE_REQUIREMENTS.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.gitpod.node_prep.plugins.module_utils import (
    findings,
    node_kernel_rules,
    node_machine_rules,
    node_network_rules,
    node_runtime_rules,
    requirements,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_shapes import NodeReading
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import BARE, PREPARED, Unreadable

__all__ = ["BARE", "PREPARED", "RULES", "judge"]

RULES = {}
for _group in (node_machine_rules, node_kernel_rules, node_runtime_rules, node_network_rules):
    RULES.update(_group.RULES)


def judge(facts, options, phase, only=(), skip=None):
    """The findings of one node, in the order of the table.

    facts: what node_reader.read_node returned; options: the options of the module node_spec; phase: BARE (what a role
    mends is `fixable`) or PREPARED (it is not); only: the ids to judge, all where empty; skip: ids to leave out -> reason.
    """
    skip = skip or {}
    reading = NodeReading(facts)
    result = []
    for requirement in requirements.NODE_REQUIREMENTS.values():
        if requirement.id in skip:
            result.append(findings.skipped(requirement, skip[requirement.id]))
        elif not only or requirement.id in only:
            result.append(_finding(requirement, RULES[requirement.id], reading, options, phase))
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
    as_root = reading.has("as_root") and reading["as_root"]
    return "See on the node why this cannot be read." if as_root else "Run as root (`become: true`) to have this judged."
