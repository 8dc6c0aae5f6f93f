# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_or_unread
short_description: Makes a finding of a cluster that could not be read
version_added: 0.1.0
description:
  - Returns what the module P(gitpod.node_prep.cluster_spec#module) returned where it checked the cluster.
  - Where it did not, returns one finding that says so in its place; and nothing where there is no cluster.
options:
  _input:
    description: The registered result of the module; empty where it did not run.
    type: dict
    required: true
  state:
    description: V(there), V(absent) or V(unknown), as of the module M(gitpod.node_prep.k3s_access).
    type: str
    required: true
  problem:
    description: Why the module did not run, a clause.
    type: str
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
report_cluster: "{{ cluster_spec_result | default({}) | gitpod.node_prep.cluster_or_unread(access.state, access.problem) }}"
"""

RETURN = r"""
_value:
  description: A dictionary with C(findings) and C(facts), or an empty one.
  type: dict
"""

from ..module_utils._requirements import findings
from ..module_utils._requirements.requirement import Requirement
from ..module_utils._text import printable
from ..plugin_utils._untrusted import untrusted

READABLE = Requirement(
    "cluster_access",
    "Access to the cluster",
    "D1",
    findings.UNKNOWN,
    "",
    "See that the server runs and that the control node may log in to it, or name a kubeconfig that works in node_prep_kubeconfig.",
)


def cluster_or_unread(result, state, problem):
    if "findings" in result:
        return result
    if state == "absent":
        return {}
    found = "the cluster could not be read: " + printable(str(result.get("msg") or problem or "nothing was said"))
    unread = findings.make(READABLE, READABLE.severity, found, "the cluster can be read", READABLE.remedy, node="")
    return untrusted({"findings": [unread], "facts": {}})


class FilterModule:
    def filters(self):
        return {"cluster_or_unread": cluster_or_unread}
