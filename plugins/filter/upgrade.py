# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: upgrade
short_description: Which nodes an upgrade of K3s changes, in which order, and what speaks against it
version_added: 0.1.0
description:
  - Compares the nodes of a cluster with the release of K3s that they are to run.
  - What speaks against it are agents that would be newer than servers, nodes that are newer already, nodes that would stay more than two minor releases
    behind, and a server that is down beside the one that restarts.
options:
  _input:
    description: The nodes as the API returns them.
    type: list
    elements: dict
    required: true
  node_names:
    description: The name of each host of the inventory as a node of Kubernetes.
    type: dict
    required: true
  hosts:
    description: Hosts that the run works on.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, of which C(k3s_result) says what is installed.
    type: dict
    required: true
  version:
    description: Release that all nodes are to run, such as V(v1.24.7+k3s1).
    type: str
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: See what would be upgraded
  ansible.builtin.debug:
    msg: "{{ nodes.resources | gitpod.node_prep.upgrade({'meta-1': 'meta-1'}, ['meta-1'], hostvars, 'v1.24.8+k3s1') }}"
"""

RETURN = r"""
_value:
  description:
    - C(servers) and C(agents) are the hosts to upgrade, in order, and C(steps) a sentence for each of them.
    - C(strangers) are hosts that are no nodes yet.
    - C(removed) are the APIs that the release no longer serves, each with C(api_version) and C(resource).
    - C(refusals) are sentences; nothing may be changed where there are some.
  type: dict
"""

from ..plugin_utils._untrusted import untrusted
from ..plugin_utils._upgrade import upgrade as upgrade_of


def upgrade(resources, node_names, hosts, hostvars, version):
    installed = {host: hostvars[host].get("k3s_result", {}).get("installed", {}).get("version", "") for host in hosts}
    return untrusted(upgrade_of(resources, node_names, hosts, installed, version))


class FilterModule:
    def filters(self):
        return {"upgrade": upgrade}
