# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: node_results
short_description: What is known of each node, for the report
version_added: 0.1.0
description:
  - Takes what the role P(gitpod.node_prep.node_spec#role) registered on each host as C(node_spec_result), with more findings behind its own, so that one
    report shows them all.
  - Hosts without that result, for instance those that C(--limit) leaves out, are left out.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  hosts:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  more:
    description: A dictionary from the name of a host to a list of findings, such as C(reachability_findings); hosts may be missing.
    type: dict
    default: {}
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Report on all nodes
  gitpod.node_prep.report:
    nodes: "{{ hostvars | gitpod.node_prep.node_results(ansible_play_hosts_all, reachability_findings) }}"
    dir: artifacts
    template: report.html.j2
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a host to what M(gitpod.node_prep.node_spec) returned there, with more C(findings).
  type: dict
"""

from ..plugin_utils._node_results import results_of
from ..plugin_utils._untrusted import untrusted


def node_results(hostvars, hosts, more=None):
    more = more or {}
    results = results_of(hostvars, hosts)
    return untrusted({host: {**result, "findings": [*result["findings"], *more.get(host, [])]} for host, result in results.items()})


class FilterModule:
    def filters(self):
        return {"node_results": node_results}
