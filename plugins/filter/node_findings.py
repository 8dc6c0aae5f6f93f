# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: node_findings
short_description: Collects the findings of all nodes, and checks the nodes against each other
version_added: 0.1.0
description:
  - Takes what the role P(gitpod.node_prep.node_spec#role) registered on each host as C(node_spec_result), and adds the findings
    that only show when nodes are compared. These are host name, machine id, product UUID and MAC address that two of them share,
    and clocks that differ.
  - Those of a C(api_vip_result), which the role P(gitpod.node_prep.api_vip#role) registers on servers, come with them.
  - Hosts without a result of node_spec, for instance unreachable ones, are left out.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  hosts:
    description: Names of the hosts, usually C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Check the nodes against each other
  ansible.builtin.debug:
    msg: "{{ hostvars | gitpod.node_prep.node_findings(ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a host to the list of its findings, those about the node first.
  type: dict
"""

from ..module_utils._node.conflicts import findings_of
from ..plugin_utils._node_results import results_of
from ..plugin_utils._untrusted import untrusted


def node_findings(hostvars, hosts):
    results = results_of(hostvars, hosts)
    across = findings_of({host: result for host, result in results.items() if result["facts"]})
    of_address = {host: hostvars[host].get("api_vip_result", {}).get("findings", []) for host in results}
    return untrusted({host: [*result["findings"], *of_address[host], *across.get(host, [])] for host, result in results.items()})


class FilterModule:
    def filters(self):
        return {"node_findings": node_findings}
