# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rule about a cluster says, one verdict per thing it looked at. Pure."""

from collections import namedtuple

from .._requirements.findings import SKIPPED, WARNING
from .._text import NAMES_SHOWN, listed

# node: name of the node that it is about, "" for the cluster.
# severity, remedy and fixed_by are those of the requirement where they are None.
Verdict = namedtuple("Verdict", "ok found required node severity remedy fixed_by")


def passed(found, required, node=""):
    return Verdict(True, found, required, node, None, None, None)


def failed(found, required, node="", severity=None, remedy=None, fixed_by=None):
    return Verdict(False, found, required, node, severity, remedy, fixed_by)


def skipped(reason):
    """Not checked, for this reason."""
    return Verdict(False, reason, "", "", SKIPPED, None, None)


def not_waited_for(found, required):
    """What the cluster has taken up, and what does not run because the user said that images cannot be pulled."""
    remedy = "Let the cluster pull images, and set `cluster_spec_expect_pods` to true."
    return failed(found + "; not waited for, as the option expect_pods says", required, severity=WARNING, remedy=remedy, fixed_by="")


def merge_passed(verdicts):
    """All verdicts that passed become one, "5.4.0 (a, b); 5.15.0 (c)", since a cluster has many nodes; each that failed stays."""
    failed_ones = [verdict for verdict in verdicts if not verdict.ok]
    passed_ones = [verdict for verdict in verdicts if verdict.ok]
    if len(passed_ones) < 2:
        return failed_ones + passed_ones
    names = {}  # of the nodes, by what was found; a rule may look at a node several times, or at the cluster
    for verdict in passed_ones:
        names.setdefault(verdict.found, {})[verdict.node] = None
    nodes = {node for group in names.values() for node in group if node}
    required = passed_ones[0].required
    if len(names) == 1 and len(nodes) < 2:
        return [*failed_ones, passed(passed_ones[0].found, required, passed_ones[0].node)]
    if len(names) == 1:
        return [*failed_ones, passed("%s (%d nodes)" % (passed_ones[0].found, len(nodes)), required)]
    groups = [_with_nodes(found, [node for node in group if node]) for found, group in names.items()]
    return [*failed_ones, passed("; ".join(groups[:NAMES_SHOWN]) + ("; …" if len(groups) > NAMES_SHOWN else ""), required)]


def _with_nodes(found, nodes):
    return "%s (%s)" % (found, listed(nodes)) if nodes else found
