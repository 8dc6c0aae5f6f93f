# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: calico_addresses
short_description: The addresses from which hosts of the inventory talk to each other, for a firewall
version_added: 0.1.0
description:
  - C(node_prep_api_vip) is never among them.
  - For each host C(k3s_node_ip) where it is set; else all addresses that the role P(gitpod.node_prep.node_spec#role) has read on it in this run;
    else, for a host that the run leaves out, C(ansible_host) or its name.
options:
  _input:
    description: The variables of the hosts, as C(hostvars) holds them.
    type: list
    elements: dict
    required: true
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Let the cluster through the firewall
  ansible.builtin.include_role:
    name: gitpod.node_prep.calico
    tasks_from: node
  vars:
    calico_firewall: present
    calico_firewall_nodes: "{{ ['node-1', 'node-2'] | map('extract', hostvars) | gitpod.node_prep.calico_addresses }}"
"""

RETURN = r"""
_value:
  description: The addresses, without the length of a prefix.
  type: list
  elements: str
  sample: [10.0.0.11, 10.0.0.12]
"""

from ..plugin_utils._addresses import addresses_of
from ..plugin_utils._untrusted import untrusted


def calico_addresses(hosts):
    return untrusted([address for host in hosts for address in addresses_of(host)])


class FilterModule:
    def filters(self):
        return {"calico_addresses": calico_addresses}
