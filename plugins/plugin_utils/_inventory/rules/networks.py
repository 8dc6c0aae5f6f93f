# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of pods and services, and the addresses of the nodes in relation to them. Pure."""

import ipaddress

from ....module_utils._requirements.thresholds import WORKSPACE_CIDR
from ..model import by_value, first_address, nodes, servers, value
from ..problem import SHOWN_HOSTS, Problem, on_hosts
from ..values import describe
from .addresses import ip_address


def _networks(text):
    """The networks of an option (two with a comma between them in a dual-stack cluster); ValueError if it is something else."""
    parts = text.split(",")
    if not all("/" in part for part in parts):
        raise ValueError("the length of the prefix is missing")
    return [ipaddress.ip_network(part) for part in parts]


def _address(inventory, host):
    """The address of a node as far as the inventory says it, or None."""
    texts = (first_address(value(inventory, host, name)) for name in ("k3s_node_ip", "ansible_host"))
    return next(filter(None, map(ip_address, texts)), ip_address(host))


def cidrs_are_networks(inventory):
    for name in ("k3s_cluster_cidr", "k3s_service_cidr", "calico_cidr"):
        for cidr, hosts in by_value(inventory, nodes(inventory), name):
            if not isinstance(cidr, str):
                continue
            try:
                _networks(cidr)
            except ValueError as error:
                yield Problem(
                    f"{name} is {describe(cidr)}, which is not a network: {error}.",
                    on_hosts(hosts),
                    "Write it like 10.42.0.0/16.",
                )


def _reserved(inventory):
    """Name and networks of the ranges that must not touch each other or the nodes. Another rule is about unusable ones."""
    for name in ("k3s_cluster_cidr", "k3s_service_cidr"):
        # All servers must have the same, so some of them are enough.
        for cidr, _hosts_of_it in by_value(inventory, servers(inventory)[:SHOWN_HOSTS], name):
            try:
                yield f"{name} {cidr}", _networks(str(cidr))
            except ValueError:
                continue
    yield f"the range {WORKSPACE_CIDR} that workspaces use inside", _networks(WORKSPACE_CIDR)


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
        cidr = value(inventory, hosts[0], "k3s_service_cidr")
        if not dns or not isinstance(dns, str) or not isinstance(cidr, str):
            continue
        try:
            inside = all(any(ipaddress.ip_address(text) in network for network in _networks(cidr)) for text in dns.split(","))
        except ValueError:
            inside = False
        if not inside:
            yield Problem(
                f"k3s_cluster_dns {dns} is not an address of k3s_service_cidr {cidr}.",
                on_hosts(hosts),
                "Take an address of that range, or leave the variable empty: K3s then takes the tenth.",
            )


def calico_has_the_cluster_network(inventory):
    for pool, hosts in by_value(inventory, servers(inventory), "calico_cidr"):
        cidr = value(inventory, hosts[0], "k3s_cluster_cidr")
        if cidr is not None and pool != cidr:
            yield Problem(
                f"calico_cidr {pool} is not k3s_cluster_cidr {cidr}.",
                on_hosts(hosts),
                "Remove calico_cidr: it follows k3s_cluster_cidr (§7).",
            )


RULES = (
    cidrs_are_networks,
    networks_do_not_overlap,
    nodes_are_outside_of_the_networks,
    cluster_dns_is_a_service,
    calico_has_the_cluster_network,
)
