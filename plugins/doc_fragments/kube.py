# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What node_labels and cluster_spec share in their documentation."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - Seconds that the connection to the API, and then each wait for data, may take.
    type: int
    default: 30
requirements:
  - kubernetes >= 24.2.0
notes:
  - Runs where a kubeconfig is, usually on the controller (C(delegate_to=localhost)), and never on a node.
"""

    # The default of the option pools, which both modules and their roles share (D4).
    POOLS = r"""
options:
  pools:
    description:
      - The Gitpod labels of each pool, a dictionary of pool name to a list of label names, with or without the prefix
        C(gitpod.io/).
      - The labels are C(workload_meta), C(workload_ide), C(workload_workspace_services), C(workload_workspace_regular) and
        C(workload_workspace_headless); any other is refused.
      - The default is the two pools of the set-up document (D4). From Gitpod 2022.09 on, C(workload_workspace_services) may
        stand in a third pool.
    type: dict
    default:
      meta: [workload_meta, workload_ide]
      workspace: [workload_workspace_services, workload_workspace_regular, workload_workspace_headless]
"""
