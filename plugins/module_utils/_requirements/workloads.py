# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node is for: the five workloads that Gitpod spreads over nodes (D3). Pure."""

from . import gitpod_releases

# The five labels of D3, without the prefix `gitpod.io/`.
WORKLOADS = (
    "workload_meta",
    "workload_ide",
    "workload_workspace_services",
    "workload_workspace_regular",
    "workload_workspace_headless",
)
# Options of modules about what a node is for, documented in the doc fragment `node`.
NODE_OPTIONS = {
    "server": {"type": "bool", "default": True},
    "workloads": {"type": "list", "elements": "str", "choices": list(WORKLOADS), "default": list(WORKLOADS)},
}
NODE_OPTIONS.update(gitpod_releases.OPTIONS)
# The labels that make a node a workspace node (requirements §3 and §4).
WORKSPACE_WORKLOADS = ("workload_workspace_regular", "workload_workspace_headless")


def is_workspace_node(workloads):
    """Whether a node with these workloads (names as in WORKLOADS) runs workspaces."""
    return bool(set(workloads) & set(WORKSPACE_WORKLOADS))
