# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual address of the servers, in relation to all that has an address of its own. Pure."""

from ....module_utils._requirements.thresholds import WORKSPACE_CIDR
from ....module_utils._text import listed
from ..addresses import ip_address, networks_in
from ..model import by_value, given_values, machines, servers, value
from ..problem import SHOWN_HOSTS, Problem, not_the_same, on_hosts
from ..values import describe
from .networks import PODS, SERVICES

VIP, API_HOST, OF_ROLE = "node_prep_api_vip", "k3s_api_host", "api_vip_address"
FREE = "Choose a free address of the network of the servers."
# Variables that follow the virtual address, and what to do where they say something else.
FOLLOWERS = {
    API_HOST: f"Remove {API_HOST}, which follows {VIP}; or remove {VIP}, if the address of the API is that of a load balancer.",
    OF_ROLE: f"Set {VIP} to the virtual address, and remove {OF_ROLE}, which follows it.",
}
# What the servers must agree on to share the address.
SAME_FOR_SERVERS = ("api_vip_router_id", "api_vip_state")


def _virtual(inventory):
    """Each virtual address with the machines that have it; what is no address is a matter of formats."""
    for text, hosts in by_value(inventory, machines(inventory), VIP):
        if isinstance(text, str) and ip_address(text.strip()):
            yield text.strip(), hosts


def _own(inventory, host):
    """The addresses of a machine, as far as the inventory says them."""
    texts = [host, *(value(inventory, host, name) for name in ("ansible_host", "k3s_node_ip"))]
    return {ip_address(part.strip()) for text in texts if isinstance(text, str) for part in text.split(",")} - {None}


def the_same_for_all(inventory):
    found = by_value(inventory, machines(inventory), VIP)
    if len(found) > 1:
        yield not_the_same(VIP, found[:SHOWN_HOSTS], describe)
    for name in SAME_FOR_SERVERS:
        found = by_value(inventory, servers(inventory), name)
        if len(found) > 1:
            yield not_the_same(name, found[:SHOWN_HOSTS], describe)._replace(what=f"{name} is not the same for all servers.")


def it_is_no_machines_own(inventory):
    for text, _hosts in _virtual(inventory):
        owners = [host for host in machines(inventory) if ip_address(text) in _own(inventory, host)]
        if owners:
            yield Problem(
                f"{VIP} {text} is the address of {listed(owners, SHOWN_HOSTS)} too, and a virtual address is one that no machine has.",
                on_hosts(owners),
                FREE,
                VIP,
            )


def it_is_outside_of_the_networks(inventory):
    ranges = [(f"{name} {cidr}", cidr) for name in (PODS, SERVICES) for cidr, _hosts in by_value(inventory, servers(inventory), name)]
    ranges.append((f"the range {WORKSPACE_CIDR} that workspaces use inside", WORKSPACE_CIDR))
    for text, hosts in _virtual(inventory):
        for name, cidr in ranges:
            if any(ip_address(text) in network for network in networks_in(cidr)):
                yield Problem(f"{VIP} {text} lies in {name}.", on_hosts(hosts), FREE, VIP)


def nothing_else_is_the_address_of_the_api(inventory):
    """The certificate, the agents and the kubeconfig have one address, and keepalived carries the same."""
    for name, remedy in FOLLOWERS.items():
        for other, hosts in given_values(inventory, servers(inventory), name):
            virtual = value(inventory, hosts[0], VIP)
            if other and isinstance(virtual, str) and other != virtual and (virtual or name == OF_ROLE):
                yield Problem(f"{name} is {describe(other)}, and {VIP} is {describe(virtual)}.", on_hosts(hosts), remedy)


RULES = (
    the_same_for_all,
    it_is_no_machines_own,
    it_is_outside_of_the_networks,
    nothing_else_is_the_address_of_the_api,
)
