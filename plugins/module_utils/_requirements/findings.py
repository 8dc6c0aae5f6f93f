# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The finding: the one shape in which everything checked by the collection is reported. Pure.

A finding is a dict of strings:

    id          of the requirement, e.g. `memory`
    title       what was looked at, e.g. `RAM`
    status      one of STATUSES
    found       what is there
    required    what must be there
    remedy      a sentence that says what to do; '' where there is nothing to do
    reference   where the requirement comes from: `D1` to `D11` (the document) or `§3` (docs/requirements.md)
    fixed_by    the role of this collection that fixes it, '' where none does
    node        the node that it is about; only in findings about a cluster, '' there where it is about the cluster as a whole
"""

from collections import OrderedDict

from .._text import printable

PASS = "pass"  # as required
SKIPPED = "skipped"  # not checked because the user said so, with the reason
FIXABLE = "fixable"  # not as required yet; a role of this collection will fix it in the same run
WARNING = "warning"  # works, but outside what is documented or wise
UNKNOWN = "unknown"  # could not be read; `found` says why
FAIL = "fail"  # not as required; Gitpod will not work, or not reliably

# From the best to the worst.
STATUSES = (PASS, SKIPPED, FIXABLE, WARNING, UNKNOWN, FAIL)


def make(requirement, status, found, required, remedy="", fixed_by="", node=None):
    """A finding about a requirement.Requirement. `node` is left out of the finding where it is None."""
    finding = {
        "id": requirement.id,
        "title": requirement.title,
        "status": status,
        "found": found,
        "required": required,
        "remedy": remedy,
        "reference": requirement.reference,
        "fixed_by": fixed_by,
    }
    if node is not None:
        finding["node"] = node
    return finding


def skipped(requirement, reason, node=None):
    """The finding of a requirement that the user left out."""
    return make(requirement, SKIPPED, "not checked: " + reason, "", node=node)


def with_status(findings, *statuses):
    """The findings that have one of the statuses, in their order."""
    return [finding for finding in findings if finding["status"] in statuses]


def worst(findings):
    """The worst status among the findings; `pass` when there are none."""
    return max((finding["status"] for finding in findings), key=STATUSES.index, default=PASS)


def count(findings):
    """How many findings have each status; every status is a key."""
    numbers = dict.fromkeys(STATUSES, 0)
    for finding in findings:
        numbers[finding["status"]] += 1
    return numbers


def summary(findings):
    """One line such as `1 fail, 2 warning, 20 pass`, the worst first."""
    numbers = count(findings)
    parts = ["%d %s" % (numbers[status], status) for status in reversed(STATUSES) if numbers[status]]
    return ", ".join(parts) or "nothing checked"


def result_of(findings):
    """What a module returns of its findings: a dict of `findings`, `worst` and `summary`."""
    return {"findings": findings, "worst": worst(findings), "summary": summary(findings)}


def worst_first(findings):
    """The findings sorted by status, the worst first; equal ones keep their order."""
    return sorted(findings, key=lambda finding: -STATUSES.index(finding["status"]))


def render_one(finding, indent="  "):
    """A finding as text of two lines: what was found and what is required, then what to do."""
    line = "%s%-8s%s: %s" % (indent, finding["status"].upper(), finding["title"], finding["found"])
    if finding["required"]:
        line += "; required: " + finding["required"]
    line += " (%s, %s)" % (finding["id"], finding["reference"])
    if finding["remedy"]:
        line += "\n%s%-8s-> %s" % (indent, "", finding["remedy"])
    return line


def render(by_host, statuses=(FAIL, UNKNOWN, WARNING, FIXABLE)):
    """The findings with one of the statuses as text, host by host, the worst first; empty when there are none.

    The hosts keep their order; those of which there is the same to say stand together.

    :param by_host: dict of host to its findings.
    """
    hosts_of = OrderedDict()
    for host, findings in by_host.items():
        lines = [render_one(finding) for finding in worst_first(with_status(findings, *statuses))]
        if lines:
            hosts_of.setdefault(" (%s)\n%s" % (summary(findings), "\n".join(lines)), []).append(host)
    return printable("\n\n".join(", ".join(hosts) + text for text, hosts in hosts_of.items()))
