#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: inventory_check
short_description: Refuses an inventory that cannot become a cluster, before the first connection
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Looks at the whole inventory on the control node, whatever hosts the play or C(--limit) names, and connects to none of them.
  - Refuses missing groups, an even number of servers, hosts in two pools, pools without a group, labels that Gitpod does not know
    or that no pool has, networks that overlap each other, the nodes or C(10.0.5.0/24), K3s releases that do not exist or are too
    old, hosts with the same address, and addresses at which nobody can be reached, such as an empty C(ansible_host).
  - Refuses variables whose type or choice is not that of the role's argument specification, and variables that start with the
    name of a role but are none of its own, such as C(k3s_verison). A string where a list belongs is refused too.
  - One message lists all problems, each with the place and what to do. Secrets are never part of it.
  - Values whose template needs something that is only known later, such as facts, are left to the roles.
  - Where the variable C(node_prep_managed) is true, as for EKS, GKE and AKS, the groups hold names of Kubernetes nodes, may be empty, and
    there are neither servers nor agents.
notes:
  - Has no options. The pools are those of the variable C(node_prep_pools) of the hosts.
extends_documentation_fragment:
  - gitpod.node_prep.attributes.read_only
  - gitpod.node_prep.attributes.action
attributes:
  connection:
    description: Opens no connection to any host.
    support: none
"""

EXAMPLES = r"""
- name: Check the inventory
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Check the inventory before the first connection
      gitpod.node_prep.inventory_check:
      register: node_prep_plan
"""

RETURN = r"""
servers:
  description: The hosts of C(control_plane), or else of C(meta).
  returned: success
  type: list
  elements: str
  sample: [meta-1]
agents:
  description: All other hosts of the pools.
  returned: success
  type: list
  elements: str
  sample: [workspace-1, workspace-2]
join_address:
  description:
    - Where the other nodes reach the first server, by its variables. C(k3s_node_ip), if it is set, else C(k3s_api_host), else C(ansible_host), else its name.
    - Agents join there, and the reachability test tries it there. Empty where there is no server, as in a managed cluster; so are the three that follow.
  returned: success
  type: str
  sample: 10.0.0.11
join_url:
  description: The same as a URL, an IPv6 address in brackets.
  returned: success
  type: str
  sample: https://10.0.0.11:6443
api_address:
  description:
    - Where the control node reaches the API. C(k3s_api_host) of the first server, else C(ansible_host), else its name. It differs from RV(join_address) behind
      NAT or a bastion.
    - The certificate of the API must be made out to both.
  returned: success
  type: str
  sample: 192.0.2.11
api_url:
  description: The same as a URL, as the kubeconfig names it.
  returned: success
  type: str
  sample: https://192.0.2.11:6443
pools:
  description: The hosts of each pool, by the pool's name.
  returned: success
  type: dict
  sample:
    meta: [meta-1]
    workspace: [workspace-1, workspace-2]
labels_of_pools:
  description: The names of the labels of each pool, without the prefix C(gitpod.io/), as P(gitpod.node_prep.node_labels#module) takes them.
  returned: success
  type: dict
  sample:
    meta: [workload_meta, workload_ide]
    workspace: [workload_workspace_services, workload_workspace_regular, workload_workspace_headless]
nodes_of_pools:
  description: The Kubernetes node names of each pool, by the pool's name; C(k3s_node_name) or else the name in the inventory.
  returned: success
  type: dict
  sample:
    meta: [meta-1]
    workspace: [workspace-1, workspace-2]
executor:
  description: The host in whose name the control node works on the cluster and the report, the first server where C(--limit) leaves it in.
  returned: success
  type: str
  sample: meta-1
limited:
  description: Whether C(--limit) leaves nodes out.
  returned: success
  type: bool
asked_nodes_of_pools:
  description: As C(nodes_of_pools), without the nodes that C(--limit) leaves out.
  returned: success
  type: dict
node_names:
  description: The Kubernetes node name of each host.
  returned: success
  type: dict
  sample:
    meta-1: meta-1
variables_of_the_cluster:
  description: Names of variables about the cluster in which C(executor) must follow the first server, which C(--limit) leaves out.
  returned: success
  type: list
  elements: str
workloads:
  description: The names of the labels of each node, by host.
  returned: success
  type: dict
  sample:
    meta-1: [workload_meta, workload_ide]
registration_labels:
  description: The labels that each node registers with, by host.
  returned: success
  type: dict
  sample:
    meta-1: [gitpod.io/workload_meta=true, gitpod.io/workload_ide=true]
"""
