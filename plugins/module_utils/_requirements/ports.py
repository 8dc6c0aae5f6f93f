# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports that a node must be able to offer (§4). Pure."""

from collections import namedtuple

from . import gitpod_releases
from .workloads import is_workspace_node

API_PORT = 6443
KUBELET_PORT = 10250

# A port of §4. `where`: `server`, `node`, `workspace` (a workspace node). Those of the load balancer are an option of the module, that of the registry
# facade differs by release of Gitpod.
Port = namedtuple("Port", "protocol number where purpose")
PORTS = (
    Port("tcp", API_PORT, "server", "the Kubernetes API and the K3s supervisor"),
    Port("tcp", 2379, "server", "etcd"),
    Port("tcp", 2380, "server", "etcd"),
    Port("tcp", KUBELET_PORT, "node", "the kubelet"),
    Port("udp", 4789, "node", "Calico's VXLAN"),
    Port("tcp", 8080, "workspace", "Gitpod's node daemon"),
)
# §3: what the range of local ports must not touch.
NODE_PORTS = (30000, 32767)
PROXY_PORTS = (22, 80, 443)  # §4: where the load balancer answers

# The option of modules for the ports at which the load balancer answers on a node, documented in the doc fragment `node`.
LOAD_BALANCER_OPTIONS = {"load_balancer_ports": {"type": "list", "elements": "int", "default": [80, 443]}}


def ports_of(server, workloads, load_balancer_ports, gitpod_version=gitpod_releases.DEFAULT):
    """The Port rows that a node must be able to offer: whether it is a server, its workloads, TCP ports of the load balancer, release of Gitpod."""
    where = {"server": server, "node": True, "workspace": is_workspace_node(workloads)}
    registry = Port("tcp", gitpod_releases.release(gitpod_version).registry_port, "workspace", "Gitpod's registry facade")
    rows = [port for port in PORTS + (registry,) if where[port.where]]
    return rows + [Port("tcp", number, "node", "the load balancer") for number in load_balancer_ports]
