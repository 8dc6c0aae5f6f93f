# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What node_labels, node_drain and cluster_spec share in their documentation."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - Seconds that the login may take, and then each request to the API, from the look-up of its name to the last byte, with all repetitions
        that the API asks for.
    type: int
    default: 30
requirements:
  - kubernetes >= 24.2.0
notes:
  - A login that a kubeconfig has and that gives no credentials (a plugin fails, a token file is empty) is a failure; nothing is asked without
    credentials instead. A plugin has no terminal to ask on, and is killed with what it has started when the time is up.
  - C(as), C(as-groups), C(as-uid) and C(as-user-extra) of the kubeconfig's user are honoured, unless O(impersonate_user) or
    O(impersonate_groups) name somebody.
  - Runs where a kubeconfig is, usually on the control node (C(delegate_to=localhost)), and never on a node.
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
