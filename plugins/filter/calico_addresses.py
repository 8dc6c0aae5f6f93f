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

from collections.abc import Mapping, Sequence

from ..plugin_utils._untrusted import untrusted


def calico_addresses(hosts):
    return untrusted([address for host in hosts for address in _of_host(host)])


def _of_host(variables):
    wanted = variables.get("k3s_node_ip")
    if wanted:
        return [address.strip() for address in str(wanted).split(",") if address.strip()]
    # The virtual address of the API is now on one server and now on another.
    own = [address for address in _read(variables.get("node_spec_result")) if address != variables.get("node_prep_api_vip")]
    return own or [variables.get("ansible_host") or variables["inventory_hostname"]]


def _read(result):
    """The addresses in a result of node_spec; what has another form is left out."""
    facts = result.get("facts") if isinstance(result, Mapping) else None
    listed = facts.get("addresses") if isinstance(facts, Mapping) else None
    pairs = [pair for pair in listed if _is_list(pair) and len(pair) == 2] if _is_list(listed) else []
    return [address.split("/")[0] for _interface, address in pairs if isinstance(address, str) and address.split("/")[0]]


def _is_list(value):
    return isinstance(value, Sequence) and not isinstance(value, str)


class FilterModule:
    def filters(self):
        return {"calico_addresses": calico_addresses}
