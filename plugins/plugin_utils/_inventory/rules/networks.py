# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of pods and services, and the addresses of the nodes in relation to them. Pure.

That a text is a network at all is a matter of formats; here it is passed over where it is none.
"""

import re

from ....module_utils._requirements.thresholds import WORKSPACE_CIDR
from ..addresses import ip_address, networks_in, networks_of, one_ipv4
from ..model import by_value, first_address, machines, nodes, servers, value
from ..problem import SHOWN_HOSTS, Problem, not_the_same, on_hosts
from ..values import describe

PODS, SERVICES = "k3s_cluster_cidr", "k3s_service_cidr"
# The firewall, kernel and the checks of each node follow these.
OF_ALL_NODES = (PODS, SERVICES, "calico_cidr")
# What kube-controller-manager gives to each node, unless it is told otherwise, and how many times it can divide a network by two.
NODE_MASK, MOST_DIVISIONS = 24, 16
# What kube-apiserver takes; without the tenth address K3s has none for the cluster's DNS.
LARGEST_SERVICES, SMALLEST_SERVICES, SMALLEST_WITH_TENTH = 12, 29, 28


def _address(inventory, host):
    """The address of a node as far as the inventory says it, or None."""
    texts = (first_address(value(inventory, host, name)) for name in ("k3s_node_ip", "ansible_host"))
    return next(filter(None, map(ip_address, texts)), ip_address(host))


def _of_servers(inventory, name):
    """Each known value of a variable of the servers that is of networks, with these and the hosts."""
    for cidr, hosts in by_value(inventory, servers(inventory), name):
        networks = networks_in(cidr)
        if networks:
            yield cidr, networks, hosts


def the_same_for_all_nodes(inventory):
    for name in OF_ALL_NODES:
        found = by_value(inventory, machines(inventory), name)
        if len(found) > 1:
            yield not_the_same(name, found[:SHOWN_HOSTS], describe)


def pods_have_one_ipv4_network(inventory):
    """Calico's part is made for one; K3s wants services of the same family."""
    for name in (PODS, SERVICES):
        for cidr, networks, hosts in _of_servers(inventory, name):
            network = one_ipv4(networks)
            if not network:
                yield Problem(
                    f"{name} is {describe(cidr)}, and a cluster with Calico has one IPv4 network here.",
                    on_hosts(hosts),
                    "Write one IPv4 network, like 10.42.0.0/16 for pods and 10.43.0.0/16 for services.",
                )
            elif any(getattr(network, kind) for kind in ("is_loopback", "is_multicast", "is_link_local", "is_reserved")):
                yield Problem(
                    f"{name} is {describe(cidr)}, whose addresses no machine may have.",
                    on_hosts(hosts),
                    "Choose a private range, like 10.42.0.0/16 for pods and 10.43.0.0/16 for services.",
                )


def _node_mask(config):
    """The prefix length of what kube-controller-manager gives to each node; None where it gives nothing, or what cannot be read."""
    arguments = config.get("kube-controller-manager-arg", []) if isinstance(config, dict) else []
    text = "\n".join(map(str, arguments if isinstance(arguments, list) else [arguments]))
    if re.search(r"^(--)?allocate-node-cidrs=false$", text, re.MULTILINE):
        return None
    found = re.findall(r"^(?:--)?node-cidr-mask-size(?:-ipv4)?=([0-9]{1,3})$", text, re.MULTILINE)
    return int(found[-1]) if found else None if "node-cidr-mask-size" in text else NODE_MASK


def pods_have_room(inventory):
    count = len(nodes(inventory))
    for cidr, networks, hosts in _of_servers(inventory, PODS):
        mask = _node_mask(value(inventory, hosts[0], "k3s_config"))
        network = one_ipv4(networks)
        if mask is None or not network:
            continue
        divisions = mask - network.prefixlen
        if divisions < 0 or 2 ** min(divisions, MOST_DIVISIONS) < count:
            yield Problem(
                f"{PODS} {cidr} has room for {2**divisions if divisions >= 0 else 0} nodes, a /{mask} for each, and there are {count}.",
                on_hosts(hosts),
                "Choose a larger network, like 10.42.0.0/16.",
            )
        elif divisions > MOST_DIVISIONS:
            yield Problem(
                f"{PODS} {cidr} is too large: Kubernetes divides it into no more than {2**MOST_DIVISIONS} networks, a /{mask} for each node.",
                on_hosts(hosts),
                f"Choose a network from /{mask - MOST_DIVISIONS} on, like 10.42.0.0/16.",
            )


def services_have_the_right_size(inventory):
    for cidr, networks, hosts in _of_servers(inventory, SERVICES):
        network = one_ipv4(networks)
        if not network:
            continue
        smallest = SMALLEST_SERVICES if value(inventory, hosts[0], "k3s_cluster_dns") else SMALLEST_WITH_TENTH
        if not LARGEST_SERVICES <= network.prefixlen <= smallest:
            yield Problem(
                f"{SERVICES} {cidr} has a size that Kubernetes does not take.",
                on_hosts(hosts),
                f"Choose a network from /{LARGEST_SERVICES} to /{smallest}, like 10.43.0.0/16: K3s needs its tenth address for the DNS of the cluster.",
            )


def _reserved(inventory):
    """Name and networks of the ranges that must not touch each other or the nodes."""
    for name in (PODS, SERVICES):
        for cidr, networks, _hosts in _of_servers(inventory, name):
            yield f"{name} {cidr}", networks
    yield f"the range {WORKSPACE_CIDR} that workspaces use inside", networks_of(WORKSPACE_CIDR)


def networks_do_not_overlap(inventory):
    ranges = list(_reserved(inventory))
    for index, (name, networks) in enumerate(ranges):
        for other, theirs in ranges[index + 1 :]:
            if any(one.version == two.version and one.overlaps(two) for one in networks for two in theirs):
                yield Problem(
                    f"{name} and {other} overlap.",
                    "the variables of the servers",
                    "Choose ranges that share no address (§3).",
                )


def nodes_are_outside_of_the_networks(inventory):
    addresses = {host: _address(inventory, host) for host in nodes(inventory)}
    for name, networks in _reserved(inventory):
        inside = [host for host, known in addresses.items() if known and any(known in network for network in networks)]
        if inside:
            yield Problem(
                f"Addresses of nodes lie in {name}.",
                ", ".join(f"{host} ({addresses[host]})" for host in inside[:SHOWN_HOSTS]),
                "Choose a range that the network of the nodes does not touch, or give the nodes other addresses (§3).",
            )


def cluster_dns_is_a_service(inventory):
    for dns, hosts in by_value(inventory, servers(inventory), "k3s_cluster_dns"):
        cidr = value(inventory, hosts[0], SERVICES)
        networks = networks_in(cidr)
        if not dns or not isinstance(dns, str) or not networks:
            continue
        addresses = [ip_address(text) for text in dns.split(",")]
        if not all(one and any(one in network for network in networks) for one in addresses):
            yield Problem(
                f"k3s_cluster_dns {dns} is not an address of k3s_service_cidr {cidr}.",
                on_hosts(hosts),
                "Take an address of that range, or leave the variable empty: K3s then takes the tenth.",
            )
        elif any(one == network[1] for one in addresses for network in networks if network.num_addresses > 1):
            yield Problem(
                f"k3s_cluster_dns {dns} is the first address of k3s_service_cidr, and that is the one of the Kubernetes API.",
                on_hosts(hosts),
                "Take another address of that range, or leave the variable empty: K3s then takes the tenth.",
            )


def calico_has_the_cluster_network(inventory):
    for pool, hosts in by_value(inventory, machines(inventory), "calico_cidr"):
        cidr = value(inventory, hosts[0], PODS)
        if cidr is not None and pool != cidr:
            yield Problem(
                f"calico_cidr {pool} is not k3s_cluster_cidr {cidr}.",
                on_hosts(hosts),
                "Remove calico_cidr: it follows k3s_cluster_cidr (§7).",
            )


def calico_is_the_network(inventory):
    for backend, hosts in by_value(inventory, servers(inventory), "k3s_flannel_backend"):
        if isinstance(backend, str) and backend != "none":
            yield Problem(
                f"k3s_flannel_backend is {describe(backend)}, and the network of the cluster is Calico (D6).",
                on_hosts(hosts),
                "Remove the variable: it is 'none' then.",
            )


RULES = (
    the_same_for_all_nodes,
    pods_have_one_ipv4_network,
    pods_have_room,
    services_have_the_right_size,
    networks_do_not_overlap,
    nodes_are_outside_of_the_networks,
    cluster_dns_is_a_service,
    calico_has_the_cluster_network,
    calico_is_the_network,
)
