# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a firewall of a node has to let in (§4), whichever program it is. Pure; ufw.py and firewalld.py say the same in their words."""

import ipaddress
from collections import namedtuple

from .._reachability import plan as reachability

# By this name our rules are recognised.
MARK = "gitpod-node-prep"

# Who is let in at a port: the name of a list of addresses, by the source of the reachability test.
GROUPS = {
    "nodes": "nodes",
    "servers": "servers",
    "control_node": "control_nodes",
    # What a node asks itself passes every firewall. §4 wants the port of the registry facade open, and the nodes are the narrowest that this can mean.
    "itself": "nodes",
}
ANYWHERE = "anywhere"

# Servers that share a virtual address. What they say to each other has a protocol of its own, without ports.
VRRP_PEERS = "vrrp_peers"

# ports: (group, protocol) to the sorted numbers that this group may reach; addresses: group to its sorted IPv4 addresses and networks;
# networks: those of pods and services, which may reach the node and be reached through it; vrrp_peers: the sorted addresses that may speak VRRP with it.
Opening = namedtuple("Opening", "ports addresses networks vrrp_peers")

# What has to be run, each a list of arguments, and what is there before and afterwards, as lines for the diff.
Plan = namedtuple("Plan", "commands before after")


class FirewallError(ValueError):
    """Something that the module will not do; the text is a sentence for the user."""


def opening(ports, load_balancer_ports, addresses, networks, vrrp_peers=()):
    """What is to be let in. Groups without an address are left out.

    :param ports: the Port rows of the node.
    :param load_balancer_ports: TCP ports that anybody may reach.
    :param addresses: dict of group to a list of addresses.
    :param networks: the networks of pods and services.
    :param vrrp_peers: addresses of the servers that share a virtual address with this one.
    """
    numbers = {(ANYWHERE, "tcp"): set(load_balancer_ports)}
    for port in ports:
        for source in reachability.SOURCES[port.protocol, port.number]:
            numbers.setdefault((GROUPS[source], port.protocol), set()).add(port.number)
    known = {group: ipv4_of(listed, group) for group, listed in addresses.items()}
    wanted = {key: sorted(found) for key, found in sorted(numbers.items()) if found and (key[0] == ANYWHERE or known[key[0]])}
    used = {group: known[group] for group, _protocol in wanted if group != ANYWHERE}
    return Opening(wanted, used, ipv4_of(networks, "networks"), ipv4_of(vrrp_peers, VRRP_PEERS))


def ipv4_of(texts, option):
    """Addresses and networks in one spelling, sorted, each once. IPv6 is passed over: the network of the cluster is IPv4."""
    found = set()
    for text in texts:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            raise FirewallError("%s: '%s' is no address and no network like 10.0.0.0/24: %s." % (option, text, error))
        if network.prefixlen == 0:
            raise FirewallError("%s: '%s' is everybody, and this list names whom to let in. Give addresses or networks." % (option, text))
        if network.version == 4:
            found.add(network)
    return [str(network.network_address) if network.prefixlen == 32 else str(network) for network in sorted(found)]
