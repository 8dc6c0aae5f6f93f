# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rule about a cluster says, one verdict per thing it looked at. Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import namedtuple

from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import SKIPPED, WARNING

# node: name of the node that it is about, "" for the cluster.
# severity, remedy and mended_by are those of the requirement where they are None.
Verdict = namedtuple("Verdict", "ok found required node severity remedy mended_by")

NAMES_SHOWN = 5


def met(found, required, node=""):
    return Verdict(True, found, required, node, None, None, None)


def broken(found, required, node="", severity=None, remedy=None, mended_by=None):
    return Verdict(False, found, required, node, severity, remedy, mended_by)


def skipped(reason):
    """Not judged, for this reason."""
    return Verdict(False, reason, "", "", SKIPPED, None, None)


def not_waited_for(found, required):
    """What the cluster has taken up, and what does not run because the user said that images cannot be pulled."""
    remedy = "Let the cluster pull images, and set `cluster_spec_expect_pods` to true."
    return broken(found + "; not waited for, as the option expect_pods says", required, severity=WARNING, remedy=remedy, mended_by="")


def listed(names, shown=NAMES_SHOWN):
    """'a, b, c and 7 more'."""
    names = list(names)
    text = ", ".join(names[:shown])
    more = len(names) - shown
    return "%s and %d more" % (text, more) if more > 0 else text


def merge_met(verdicts):
    """All verdicts that are met become one, "5.4.0 (a, b); 5.15.0 (c)", since a cluster has many nodes; each broken one stays."""
    broken_ones = [verdict for verdict in verdicts if not verdict.ok]
    met_ones = [verdict for verdict in verdicts if verdict.ok]
    if len(met_ones) < 2:
        return broken_ones + met_ones
    names = {}  # of the nodes, by what was found; a rule may look at a node several times, or at the cluster
    for verdict in met_ones:
        names.setdefault(verdict.found, {})[verdict.node] = None
    nodes = {node for group in names.values() for node in group if node}
    required = met_ones[0].required
    if len(names) == 1 and len(nodes) < 2:
        return [*broken_ones, met(met_ones[0].found, required, met_ones[0].node)]
    if len(names) == 1:
        return [*broken_ones, met("%s (%d nodes)" % (met_ones[0].found, len(nodes)), required)]
    groups = [_with_nodes(found, [node for node in group if node]) for found, group in names.items()]
    return [*broken_ones, met("; ".join(groups[:NAMES_SHOWN]) + ("; …" if len(groups) > NAMES_SHOWN else ""), required)]


def _with_nodes(found, nodes):
    return "%s (%s)" % (found, listed(nodes)) if nodes else found
