# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule about the networks of a cluster (requirements section 3). Pure; see _cluster.check."""

import ipaddress
from bisect import bisect_right

from ..._requirements.requirement import Requirements
from ..._requirements.thresholds import WORKSPACE_CIDR
from ..._text import listed
from ..verdict import failed, passed
from .nodes import name_of

REQUIREMENTS = Requirements()


class _Ranges:
    """Networks of one IP version as sorted ranges, so that thousands of addresses are quickly looked for."""

    def __init__(self, networks):
        self._networks = sorted(ipaddress.collapse_addresses(networks))
        self._starts = [int(network.network_address) for network in self._networks]

    def holding(self, address):
        """The network that holds the address, or None."""
        index = bisect_right(self._starts, int(address)) - 1
        return self._networks[index] if index >= 0 and address in self._networks[index] else None


@REQUIREMENTS.add(
    "cluster_networks",
    "Networks of the cluster",
    "§3",
    "Choose other networks for pods and services (`k3s_cluster_cidr`, `k3s_service_cidr`), or move the nodes.",
)
def cluster_networks(reading, _options):
    """Pods, nodes and services apart from each other and from the network inside workspaces. The API shows addresses of services, not their network."""
    if not reading["nodes"]:
        return
    pods = _pod_networks(reading)
    ranges = {version: _Ranges(network for network in pods if network.version == version) for version in (4, 6)}
    inside = ipaddress.ip_network(WORKSPACE_CIDR)
    problems = ["pods use %s" % network for network in pods if network.version == inside.version and network.overlaps(inside)]
    for kind, name, address in _addresses(reading):
        network = ranges[address.version].holding(address)
        if network:
            problems.append("%s %s has %s, which lies in the pods' %s" % (kind, name, address, network))
        elif address in inside:
            problems.append("%s %s has %s" % (kind, name, address))
    required = "nodes, pods and services apart from each other and from " + WORKSPACE_CIDR
    yield failed(listed(problems), required) if problems else passed("apart", required)


def _pod_networks(reading):
    texts = [cidr for node in reading["nodes"] for cidr in node["spec"]["podCIDRs"]]
    texts += [pool["spec"]["cidr"] for pool in reading["ip_pools"] if not pool["spec"]["disabled"]]
    networks = [network_of(text) for text in dict.fromkeys(texts)]
    return [network for network in networks if network is not None]


def _addresses(reading):
    for node in reading["nodes"]:
        for entry in node["status"]["addresses"]:
            if entry["type"] == "InternalIP" and address_of(entry["address"]):
                yield "node", name_of(node), address_of(entry["address"])
    for service in reading["services"]:
        address = address_of(service["spec"]["clusterIP"])
        if address:
            yield "service", service["metadata"]["name"], address


def network_of(text):
    """'10.42.0.0/16' as a network, or None where it is none."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def address_of(text):
    """'10.0.0.5' as an address, or None where it is none, as 'None' of a service without one."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
