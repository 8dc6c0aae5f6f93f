# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the reading of a cluster. Pure.

A rule takes a reading (of _cluster.reader) and the options of the module cluster_spec, and yields verdicts. Where something that it needs
could not be read, the requirement becomes one finding `unknown` with the reason.
"""

from .._node import check as node_check
from .._requirements import findings
from .._requirements.reading import Unreadable
from .._requirements.requirement import ANYWHERE, ON_K3S, Requirements
from .._text import one_line
from . import advice, distribution, permissions
from .candidates import left_out
from .rules import addons, calico, domain, kubernetes, labels, load_balancer, network, nodes, privileges, servers
from .shapes import ClusterReading, Refused
from .verdict import merge_passed

REQUIREMENTS = Requirements(
    kubernetes.REQUIREMENTS,
    servers.REQUIREMENTS,
    nodes.REQUIREMENTS,
    labels.REQUIREMENTS,
    calico.REQUIREMENTS,
    network.REQUIREMENTS,
    privileges.REQUIREMENTS,
    load_balancer.REQUIREMENTS,
    addons.REQUIREMENTS,
    domain.REQUIREMENTS,
    nodes.as_the_api_shows(row for row in node_check.REQUIREMENTS if row.in_the_api),
)

# Characters of a finding's text: what Pod Security says of a pod with everything is not cut, a page of a proxy is.
LONGEST = 1000


def findings_of(facts, options, only=(), skip=None):
    """The findings about a cluster, in the order of the table.

    :param facts: what _cluster.reader.read_cluster returned, or the ClusterReading of it.
    :param options: the options of the module cluster_spec.
    :param only: the ids to check; all where empty.
    :param skip: dict of ids to leave out to the reason.
    """
    reading = checked_part(ClusterReading.of(facts), options)
    result = []
    for requirement, reason in REQUIREMENTS.selected(only, skip or {}):
        result += _findings(requirement, reading, options) if reason is None else [findings.skipped(requirement, reason, node="")]
    return result


def checked_part(reading, options):
    """The reading with only those nodes that are checked."""
    others = left_out(reading.get("nodes"), options)
    return reading.without_nodes(others) if others else reading


def settles(found, distribution_name):
    """Whether a failure among the findings may go away by waiting."""
    where = (ANYWHERE, ON_K3S) if distribution_name == distribution.K3S else (ANYWHERE,)
    return any(finding["status"] == findings.FAIL and REQUIREMENTS[finding["id"]].settles in where for finding in found)


def _findings(requirement, reading, options):
    try:
        verdicts = merge_passed(list(requirement.check(reading, options)))
    except Refused as error:
        return [_unknown(requirement, str(error), permissions.remedy_of(error.permission))]
    except Unreadable as error:
        return [_unknown(requirement, str(error), "See why the API does not answer this, and run again.")]
    return [_finding(requirement, verdict, reading) for verdict in verdicts]


def _unknown(requirement, reason, remedy):
    return findings.make(requirement, findings.UNKNOWN, _shown(reason), "", _shown(remedy), node="")


def _finding(requirement, verdict, reading):
    found, required, node = _shown(verdict.found), _shown(verdict.required), _shown(verdict.node)
    if verdict.ok:
        return findings.make(requirement, findings.PASS, found, required, node=node)
    if verdict.severity == findings.SKIPPED:
        return findings.skipped(requirement, found, node=node)
    where = _distribution_of(reading)
    fixed_by = advice.fixed_by(requirement, where[0])
    return findings.make(
        requirement,
        verdict.severity or requirement.severity,
        found,
        required,
        _shown(advice.remedy(requirement, verdict.remedy, *where)),
        fixed_by if verdict.fixed_by is None else verdict.fixed_by,
        node=node,
    )


def _shown(text):
    """Text of an API in a message: one line that no terminal obeys."""
    return one_line(text, LONGEST)


def _distribution_of(reading):
    """Name and edition, as far as they can be told; who may not see what tells it apart is not told about another distribution's services."""
    try:
        return distribution.recognise(reading), distribution.edition(reading)
    except Unreadable:
        return distribution.OTHER, ""
