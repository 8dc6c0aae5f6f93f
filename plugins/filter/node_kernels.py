# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping

DOCUMENTATION = r"""
name: node_kernels
short_description: The kernels of all nodes of a cluster
version_added: 0.1.0
description:
  - Takes the kernels of the nodes in the run as the role P(gitpod.node_prep.kernel#role) has read them (C(kernel_result)), and those of others as the
    cluster shows them.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  names:
    description: The Kubernetes node name of each host, C(node_names) of M(gitpod.node_prep.inventory_check).
    type: dict
    required: true
  members:
    description: The Node objects of the cluster; an empty list where it was not asked.
    type: list
    elements: dict
    default: []
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Write Calico's manifest
  ansible.builtin.include_role:
    name: gitpod.node_prep.calico
    tasks_from: cluster
  vars:
    calico_kernels: "{{ hostvars | gitpod.node_prep.node_kernels(node_prep_inventory.node_names) }}"
"""

RETURN = r"""
_value:
  description: Kernel releases as C(uname -r) prints them; an empty text for a node whose kernel is not known.
  type: list
  elements: str
"""

from ..plugin_utils._untrusted import untrusted


def node_kernels(hostvars, names, members=()):
    kernels = dict.fromkeys(names.values(), "")
    kernels.update((_text(member, "metadata", "name"), _text(member, "status", "nodeInfo", "kernelVersion")) for member in members)
    read = {name: _text(hostvars[host].get("kernel_result"), "running") for host, name in names.items()}
    kernels.update((name, kernel) for name, kernel in read.items() if kernel)
    return untrusted(list(kernels.values()))


def _text(answer, *path):
    """What an answer of a machine or an API says at a place; '' where it says nothing there."""
    for key in path:
        answer = answer.get(key) if isinstance(answer, Mapping) else None
    return answer if isinstance(answer, str) else ""


class FilterModule:
    def filters(self):
        return {"node_kernels": node_kernels}
