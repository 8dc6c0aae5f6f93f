# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the machines are reached. Pure."""

from ....module_utils._requirements.names import is_machine
from ....module_utils._text import listed
from ..addresses import ip_address
from ..model import API_VARIABLES, JOIN_VARIABLES, address, by_value, is_managed, machines, nodes, servers
from ..problem import SHOWN_HOSTS, Problem, on_hosts, told_once
from ..values import describe


def machines_have_addresses(inventory):
    """An `ansible_host` that is given must say something."""
    empty = [host for host in machines(inventory) if inventory.variables[host].get("ansible_host", host) in (None, "")]
    if empty:
        yield Problem(
            "ansible_host is empty.",
            on_hosts(empty),
            "Write the address of the machine, or remove the variable: then the name in the inventory is the address.",
        )


def node_ips_are_addresses(inventory):
    hosts_at = {}
    for text, hosts in by_value(inventory, nodes(inventory), "k3s_node_ip"):
        if not isinstance(text, str) or not text:
            continue
        found = [ip_address(part.strip()) for part in text.split(",")]
        if not all(one and not (one.is_unspecified or one.is_loopback or one.is_multicast or one.is_link_local) for one in found):
            yield Problem(
                f"k3s_node_ip is {describe(text)}, which is not an address at which other nodes reach this one.",
                on_hosts(hosts),
                "Write the address of the machine in the network of the nodes, like 10.0.0.11, without the length of a prefix.",
            )
        elif not is_managed(inventory) and not any(one.version == 4 for one in found):
            yield Problem(
                f"k3s_node_ip is {describe(text)}, which is no IPv4 address, and the network of the pods is IPv4.",
                on_hosts(hosts),
                "Write the IPv4 address of the machine, like 10.0.0.11, alone or before the other one with a comma between them.",
            )
        else:
            for one in found:
                hosts_at.setdefault(str(one), []).extend(hosts)
    for text, hosts in hosts_at.items():
        if len(hosts) > 1:
            yield Problem(f"{text} is the k3s_node_ip of {len(hosts)} hosts.", on_hosts(hosts), "Give each host the address of its own machine.")


def servers_are_reached_somewhere(inventory):
    """Where nodes join and the kubeconfig leads must be known before the first connection: it is tried before anything is changed."""
    told = []
    for host in servers(inventory):
        for name in JOIN_VARIABLES:
            if name in inventory.names[host] and name not in inventory.variables[host]:
                told.append(
                    (
                        host,
                        f"{name} of a server cannot be worked out before the first connection, and it says where the other nodes join.",
                        "Write an address instead of the template, or remove the variable.",
                    )
                )
        text = address(inventory, host, API_VARIABLES)
        if not is_machine(text) and not ip_address(text):
            yield Problem(
                f"The address of the server is {describe(text)}, which is neither the name nor the address of a machine.",
                f"{' or '.join(API_VARIABLES)} of host {host}",
                "Write it without a scheme, a user, a port or a path, like 10.0.0.11 or meta.example.com.",
            )
    yield from told_once(told)


def addresses_are_unique(inventory):
    hosts_at = {}
    for host in nodes(inventory):
        given = inventory.variables[host].get("ansible_host")
        if given not in (None, ""):
            hosts_at.setdefault((str(given), str(inventory.variables[host].get("ansible_port", 22))), []).append(host)
    for (text, port), hosts in hosts_at.items():
        if len(hosts) > 1:
            yield Problem(
                f"{' and '.join(hosts) if len(hosts) == 2 else listed(hosts, SHOWN_HOSTS)} have the same address {text}, port {port}.",
                "ansible_host",
                "Give each host the address of its own machine.",
            )


RULES = (
    machines_have_addresses,
    node_ips_are_addresses,
    servers_are_reached_somewhere,
    addresses_are_unique,
)
