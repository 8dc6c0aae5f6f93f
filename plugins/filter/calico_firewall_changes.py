from __future__ import annotations

DOCUMENTATION = r"""
name: calico_firewall_changes
short_description: The hosts whose firewall this run has changed, or would change in check mode
version_added: 0.1.0
description:
  - Looks at C(calico_firewall_result), which the role P(gitpod.node_prep.calico#role) sets on each host whose firewall it has looked at.
options:
  _input:
    description: The variables of the hosts, as C(hostvars) holds them.
    type: list
    elements: dict
    required: true
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show whose firewall is still closed in check mode
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | map('extract', hostvars) | gitpod.node_prep.calico_firewall_changes }}"
"""

RETURN = r"""
_value:
  description: Names of the hosts.
  type: list
  elements: str
  sample: [workspace-1]
"""


def calico_firewall_changes(hosts):
    return [host["inventory_hostname"] for host in hosts if (host.get("calico_firewall_result") or {}).get("changed")]


class FilterModule:
    def filters(self):
        return {"calico_firewall_changes": calico_firewall_changes}
