#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: k3s_access
short_description: Makes access to a cluster of what its K3s servers told
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Internal to the role P(gitpod.node_prep.k3s#role).
  - Makes a kubeconfig of what the role has read on each server. Nothing of a server's own kubeconfig is taken over but the certificate authority, the client
    certificate and its key, so that a server cannot have the control node run programs or read files.
  - Of several servers it asks the APIs, all at the same time and for 5 seconds at most, and takes one that answers.
  - Says which server founds the cluster and which ones join it. Nothing is special about the first one. Whoever has data goes on with them, all others join
    those; only where no server has any, and all have been asked, does the first one found a cluster.
  - Changes nothing. The result is a secret.
options:
  servers:
    description: All servers of the inventory, also those that C(--limit) leaves out.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the host.
        type: str
        required: true
      node_name:
        description: Its name in the cluster. If empty, that of the host.
        type: str
        default: ""
      api_address:
        description: Name or address at which the control node reaches the API of this server.
        type: str
        required: true
      join_address:
        description: Name or address at which the other nodes reach it. If empty, that of the API.
        type: str
        default: ""
  readings:
    description: The results of the task that read the servers, in the same order.
    type: list
    elements: dict
    required: true
  api_host:
    description: Name or address of a load balancer or a virtual IP that leads to a server that answers. If empty, there is none.
    type: str
    default: ""
  datastore:
    description: What shall keep the objects of the cluster.
    type: str
    choices: [sqlite, etcd]
    default: sqlite
  version:
    description: The wanted release of K3s. If empty, it is not asked whether that can convert the datastore.
    type: str
    default: ""
  kubeconfig:
    description: A kubeconfig on the control node. Of several servers that answer, the one that it leads to is asked, if the role has written it.
    type: path
    default: ""
  without:
    description: Names of servers that are about to leave the cluster. They are asked only where no other one answers.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - gitpod.node_prep.attributes.read_only
  - gitpod.node_prep.attributes.action
attributes:
  connection:
    description: Opens no connection to any host but the APIs of the servers.
    support: none
"""

EXAMPLES = r"""
- name: Find the cluster
  gitpod.node_prep.k3s_access:
    servers:
      - {name: meta-1, api_address: 192.0.2.11}
    readings: "{{ reading.results }}"
  register: k3s_access
  no_log: true
"""

RETURN = r"""
server:
  description: The host that is asked, one whose API answers where there is one.
  returned: success
  type: str
state:
  description: V(there), V(absent) (no server of K3s has ever run there) or V(unknown).
  returned: success
  type: str
problem:
  description: Why it is unknown, a clause.
  returned: success
  type: str
kubeconfig:
  description: A kubeconfig as a dictionary, through O(servers[].api_address) of RV(server). A secret; empty where there is none.
  returned: success
  type: dict
written:
  description: The same through O(api_host), where there is one.
  returned: success
  type: dict
token:
  description: With which others join. A secret; empty where there is none.
  returned: success
  type: str
first:
  description: The hosts that go on with their data, or the one that founds the cluster.
  returned: success
  type: list
  elements: str
joining:
  description: The hosts that join them.
  returned: success
  type: list
  elements: str
absent:
  description: The hosts that cannot be reached, and without which the others go on.
  returned: success
  type: list
  elements: str
releases:
  description: The releases of K3s that the servers run, as far as the role started them.
  returned: success
  type: list
  elements: str
join_url:
  description: Where servers join.
  returned: success
  type: str
node_url:
  description: Where agents join.
  returned: success
  type: str
join_urls:
  description: Where an agent may have joined.
  returned: success
  type: list
  elements: str
findings:
  description: Why nothing may be changed, as findings.
  returned: success
  type: list
  elements: dict
"""
