# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cluster_findings
short_description: Sorts the findings about a cluster by node
version_added: 0.1.0
description:
  - Turns the list of findings that the module P(gitpod.node_prep.cluster_spec#module) returns into the dictionary that the filter
    P(gitpod.node_prep.findings_text#filter) renders.
options:
  _input:
    description: A list of findings about a cluster and its nodes.
    type: list
    elements: dict
    required: true
  name:
    description: The name under which the findings about the cluster as a whole stand.
    type: str
    default: cluster
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show what is wrong with the cluster
  ansible.builtin.debug:
    msg: "{{ cluster_spec_result.findings | gitpod.node_prep.cluster_findings | gitpod.node_prep.findings_text }}"
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a node to the list of its findings, those about the cluster first, then the nodes by name.
  type: dict
"""

from ..plugin_utils._untrusted import untrusted


def cluster_findings(findings, name="cluster"):
    by_name = {name: []}
    for finding in sorted(findings, key=lambda finding: finding["node"]):
        by_name.setdefault(finding["node"] or name, []).append(finding)
    return untrusted(by_name)


class FilterModule:
    def filters(self):
        return {"cluster_findings": cluster_findings}
