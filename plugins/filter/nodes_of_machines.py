# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: nodes_of_machines
short_description: Hosts of the inventory as the nodes that they are to be, with the addresses of their machines
version_added: 0.1.0
description:
  - Makes of hosts what the module M(gitpod.node_prep.node_remove) takes.
  - The addresses are those that the filter P(gitpod.node_prep.calico_addresses#filter) finds.
options:
  _input:
    description: The variables of the hosts, as C(hostvars) holds them.
    type: list
    elements: dict
    required: true
  names:
    description: The name of each host as a node of Kubernetes.
    type: dict
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Forget a node whose machine is gone
  gitpod.node_prep.node_remove:
    nodes: "{{ [hostvars['workspace-3']] | gitpod.node_prep.nodes_of_machines({'workspace-3': 'workspace-3'}) }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: A list of dictionaries with C(name) and C(addresses).
  type: list
  elements: dict
"""

from ..plugin_utils._addresses import addresses_of
from ..plugin_utils._untrusted import untrusted


def nodes_of_machines(hosts, names):
    return [{"name": names[host["inventory_hostname"]], "addresses": untrusted(addresses_of(host))} for host in hosts]


class FilterModule:
    def filters(self):
        return {"nodes_of_machines": nodes_of_machines}
