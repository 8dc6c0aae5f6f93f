# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: removal
short_description: Says which nodes are removed from a cluster, and why they must not be
version_added: 0.1.0
description:
  - Refuses the last node of a label of Gitpod, the last server, and what would leave etcd without its majority.
options:
  _input:
    description: Names of hosts or of nodes, as a list, or as one text with commas.
    type: raw
    required: true
  resources:
    description: The nodes of the cluster as its API shows them.
    type: list
    elements: dict
    required: true
  node_names:
    description: The name of each host as a node of Kubernetes.
    type: dict
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: See what would be removed
  ansible.builtin.debug:
    msg: "{{ 'workspace-3' | gitpod.node_prep.removal(nodes.resources, {'workspace-3': 'workspace-3'}) }}"
"""

RETURN = r"""
_value:
  description:
    - C(nodes) are dictionaries with C(name), C(host) (empty where the inventory has none), C(present) (in the cluster), C(ready) and C(server).
    - C(refusals) are sentences; nothing may be removed where there are some.
  type: dict
"""

from ..plugin_utils._removal import removal as removal_of
from ..plugin_utils._untrusted import untrusted


def removal(names, resources, node_names):
    listed = names.split(",") if isinstance(names, str) else names
    return untrusted(removal_of([str(name).strip() for name in listed if str(name).strip()], resources, node_names))


class FilterModule:
    def filters(self):
        return {"removal": removal}
