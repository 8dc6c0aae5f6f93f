# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many servers there are, what keeps their objects, and what they must have in common. Pure."""

from ....module_utils._k3s.settings import EQUAL_ON_SERVERS
from ..model import ETCD, SERVER_GROUP, SQLITE, by_value, given_values, servers
from ..problem import SHOWN_HOSTS, Problem, not_the_same, on_hosts
from ..values import describe

# Beside the networks, which are the same for all nodes.
SAME_FOR_SERVERS = ("k3s_cluster_dns", "k3s_cluster_domain", "k3s_flannel_backend", "k3s_disable_network_policy", "k3s_disable", "k3s_version")
# Keys of k3s_config by which a server would found or join a cluster of its own.
DECIDED = {
    "cluster-init": "k3s_datastore",
    "cluster-reset": "k3s_datastore",
    "datastore-endpoint": "k3s_datastore",
    "server": "control_plane",
    "token": "k3s_token",
    "agent-token": "k3s_token",
}


def number_of_servers(inventory):
    hosts = servers(inventory)
    if len(hosts) < 2 or len(hosts) % 2:
        return
    group = SERVER_GROUP if inventory.groups.get(SERVER_GROUP) else "meta"
    yield Problem(
        f"{len(hosts)} servers are not possible: an even number of them survives no more losses than one server less, and may split into two halves.",
        f"group {group}: {', '.join(hosts[:SHOWN_HOSTS])}",
        f"Name 1, 3 or 5 hosts in the group {SERVER_GROUP}; those of meta and workspace that are not in it join as agents.",
    )


def several_servers_have_etcd(inventory):
    hosts = servers(inventory)
    for wanted, named in given_values(inventory, hosts, "k3s_datastore"):
        if wanted == SQLITE and len(hosts) > 1:
            yield Problem(
                f"k3s_datastore is {SQLITE}, and that is the file of one server, where there are {len(hosts)}.",
                on_hosts(named),
                f"Remove the variable, or write {ETCD}.",
            )


def servers_are_told_the_same(inventory):
    """A server with another value would silently differ, or be refused by those that are there."""
    hosts = servers(inventory)
    for name in SAME_FOR_SERVERS:
        found = by_value(inventory, hosts, name)
        if len(found) > 1:
            yield not_the_same(name, found[:SHOWN_HOSTS], describe)._replace(what=f"{name} is not the same for all servers.")
    configurations = by_value(inventory, hosts, "k3s_config")
    for key in EQUAL_ON_SERVERS:
        values = {repr(config.get(key)) for config, _hosts in configurations if isinstance(config, dict)}
        if len(values) > 1:
            yield Problem(
                f"k3s_config has not the same {key} for all servers.",
                on_hosts(hosts),
                "Set it once, in group_vars/all.",
                "k3s_config",
            )


def founding_is_decided_by_looking(inventory):
    for config, hosts in by_value(inventory, servers(inventory), "k3s_config"):
        for key in sorted(DECIDED.keys() & config.keys()) if isinstance(config, dict) else ():
            yield Problem(
                f"k3s_config has the key {key}: which server founds the cluster and which ones join it is found out in each run.",
                on_hosts(hosts),
                f"Take it out of k3s_config; {DECIDED[key]} says what is wanted.",
                "k3s_config",
            )


RULES = (number_of_servers, several_servers_have_etcd, servers_are_told_the_same, founding_is_decided_by_looking)
