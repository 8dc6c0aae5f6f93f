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
  - Refuses values of the wrong format or out of range, node names and labels that Kubernetes does not take, sizes of networks that K3s or Calico cannot use,
    and releases of K3s, Calico, cert-manager, containerd and Gitpod that do not go together. The functions that say so are those that the roles use.
  - Refuses variables whose type or choice is not that of the role's argument specification. A string where a list belongs is refused too.
  - Refuses variables and groups whose name is a slip away from a known one, such as C(k3s_verison), C(K3S_VERSION) or the group C(control-plane). A slip is
    another case or separator, or a character exchanged, missing, added or replaced; names of 12 characters or more may have two. Other names that begin like
    those of a role are somebody else's; RV(notes) names them.
  - Refuses templates that can never be rendered, because of their syntax, a filter that is not installed, a variable that nobody sets, or a vault without
    its password. Values whose template needs something that is only known later, such as facts, are left to the roles.
  - One message lists the problems, a screen of them at most, each with the hosts, the file and line where Ansible knows them, and what to write instead in
    the format at hand (YAML, INI or the command line).
  - Never shows a value that comes from a vault or a lookup, that of a variable or key whose name is that of a secret, or the login in a URL. Neither
    does it show C(k3s_config), C(k3s_environment), C(containerd_registries), C(cert_manager_values), kubeconfigs and proxies.
  - Warns where C(--tags) leaves out all that follows.
  - Where the variable C(node_prep_managed) is true, as for EKS, GKE and AKS, the groups hold names of Kubernetes nodes, may be empty, and
    there are neither servers nor agents.
  - Looks at the control node too. Refuses missing or old packages and collections, folders that cannot be written, and a kubeconfig of a managed cluster that
    is none.
options:
  writes:
    description: What names a folder on the control node, such as a variable, and the folder. The run will write there; it is made where it is missing.
    type: dict
    default: {}
notes:
  - The pools are those of the variable C(node_prep_pools) of the hosts.
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
datastore:
  description: What keeps the objects of the cluster, V(etcd) with several servers or where C(k3s_datastore) says so, else V(sqlite).
  returned: success
  type: str
  sample: sqlite
api_host:
  description: The one address that leads to whichever server answers, C(k3s_api_host) of all of several servers or C(node_prep_api_vip). Empty for none.
  returned: success
  type: str
  sample: api.example.com
api_vip:
  description: The virtual address that the servers share, C(node_prep_api_vip). Empty for none.
  returned: success
  type: str
access_servers:
  description: The servers as the module M(gitpod.node_prep.k3s_access) takes them.
  returned: success
  type: list
  elements: dict
join_addresses:
  description: Where the other nodes reach each server, by host.
  returned: success
  type: dict
  sample: {meta-1: 10.0.0.11}
api_addresses:
  description: Where the control node reaches the API of each server, by host.
  returned: success
  type: dict
  sample: {meta-1: 192.0.2.11}
join_address:
  description:
    - RV(api_host), else where the other nodes reach the first server, by its variables. C(k3s_node_ip), if it is set, else C(k3s_api_host), else
      C(ansible_host), else its name.
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
    - Where the control node reaches the API. RV(api_host), else C(k3s_api_host) of the first server, else C(ansible_host), else its name. It differs from
      RV(join_address) behind NAT or a bastion.
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
notes:
  description: Names of variables that begin like those of a role and are none of this collection's; no role reads them.
  returned: success
  type: list
  elements: str
  sample: [report_email]
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
