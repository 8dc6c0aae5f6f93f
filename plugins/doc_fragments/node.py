# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What firewall, node_spec and reachability_listen share in their documentation: what a node is for, which decides its ports."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server:
    description: Whether the node runs a K3s server, and so offers the ports of the API and of etcd (§4).
    type: bool
    default: true
  workloads:
    description:
      - Gitpod's workloads that the node carries or will carry, as names of labels without C(gitpod.io/).
      - A node with V(workload_workspace_regular) or V(workload_workspace_headless) is a workspace node, which offers more ports and needs more disk.
    type: list
    elements: str
    choices: &workloads
      - workload_meta
      - workload_ide
      - workload_workspace_services
      - workload_workspace_regular
      - workload_workspace_headless
    default: *workloads
"""

    LOAD_BALANCER = r"""
options:
  load_balancer_ports:
    description:
      - TCP ports at which the load balancer answers on this node, for everybody (§4).
      - Add V(22) where Gitpod's SSH gateway is on; make it an empty list where the load balancer is elsewhere.
    type: list
    elements: int
    default: [80, 443]
"""

    GITPOD = r"""
options:
  gitpod_version:
    description:
      - Release of Gitpod that the cluster is for, such as V(2022.08); from V(2022.01) on, and where it is not given, the last one.
      - It decides the port of the registry facade on workspace nodes (§4), what cgroup v2 means (§3), which Ubuntu is in the matrix (§10), and
        whether PodSecurityPolicies are needed (§8).
    type: str
    default: "2022.11.3"
"""
