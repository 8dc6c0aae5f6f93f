# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict over all findings: one sentence, and whether it is a yes. Pure.

It is a yes only where nothing failed and each requirement of the set-up document (D1 to D11) was checked, or left out by the user with a reason.
"""

from collections import namedtuple

from . import findings

Verdict = namedtuple("Verdict", "ready sentence")

DOCUMENTED = tuple("D%d" % number for number in range(1, 12))
# What can be said of machines that are in no cluster yet.
OF_MACHINES = ("D5", "D7", "D8")


def verdict(found, with_cluster):
    """The Verdict.

    :param found: all findings, of the nodes and of the cluster.
    :param with_cluster: whether there is a cluster, or should be, so that its half of the requirements counts.
    """
    if not found:
        return Verdict(False, "Nothing was checked")
    unknown = [finding for finding in found if finding["status"] == findings.UNKNOWN]
    documented = DOCUMENTED if with_cluster else OF_MACHINES
    checked = {finding["reference"] for finding in found}
    could_not = [name for name in documented if any(finding["reference"] == name for finding in unknown)]
    were_not = [name for name in documented if name not in checked]
    others = _could_not(len({finding["id"] for finding in unknown if finding["reference"] not in documented}))
    if findings.worst(found) == findings.FAIL:
        return Verdict(False, _sentence("Not ready for Gitpod", _joined(could_not, "could not be checked"), others))
    if could_not or were_not:
        why = _sentence(_joined(could_not, "could not be checked"), _joined(were_not, "not checked"), others)
        return Verdict(False, "Not known to be ready for Gitpod: " + why)
    ready = "Ready for Gitpod" if with_cluster else "Ready to become a cluster for Gitpod"
    if findings.worst(found) not in (findings.PASS, findings.SKIPPED):
        ready += ", with reservations"
    return Verdict(True, _sentence(ready, others))


def _sentence(*parts):
    return "; ".join(part for part in parts if part)


def _joined(names, words):
    return "%s %s" % (", ".join(names), words) if names else ""


def _could_not(number):
    if not number:
        return ""
    return "%d %s could not be checked" % (number, "requirement" if number == 1 else "requirements")
