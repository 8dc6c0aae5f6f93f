# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory as the collection understands it: who is a server, who an agent, who is in which pool. Pure."""

from collections import namedtuple

from ...module_utils._requirements.labels import DEFAULT_POOLS, PREFIX, pool_workloads
from ...module_utils._requirements.workloads import WORKLOADS
from .._api_url import api_url

REQUIRED_GROUPS = ("meta", "workspace")
SERVER_GROUP = "control_plane"

# Where other nodes reach a server: its address in the cluster, if that is said. Else as the control node does.
JOIN_VARIABLES = ("k3s_node_ip", "k3s_api_host", "ansible_host")
# Where the control node reaches the API. A node's address in the cluster may be out of its reach, behind NAT or a bastion.
API_VARIABLES = ("k3s_api_host", "ansible_host")

# groups     dict of group to a list of hosts
# variables  dict of host to a dict of its variables, rendered; variables that cannot be rendered yet are not among them
# names      dict of host to the set of names of all its variables
# options    dict of variable to its entry in an argument specification, of all roles together
# roles      names of the roles
Inventory = namedtuple("Inventory", "groups variables names options roles")


def is_managed(inventory):
    """Whether somebody else makes the nodes and the servers (EKS, GKE, AKS), so that there is nothing to log in to.

    node_prep_managed says so, or a kubeconfig without any machine.
    """
    if not set(inventory.variables) - {"localhost"} and value(inventory, "localhost", "node_prep_kubeconfig"):
        return True
    return any(managed is True for managed, _hosts in by_value(inventory, inventory.variables, "node_prep_managed"))


def servers(inventory):
    """The hosts of the group control_plane, or else those of meta."""
    if is_managed(inventory):
        return []
    return list(inventory.groups.get(SERVER_GROUP) or inventory.groups.get("meta") or [])


def pools(inventory):
    """Pool -> label names, as configured; the default ones where the configuration is not usable."""
    for configured, _hosts in by_value(inventory, inventory.variables, "node_prep_pools"):
        if isinstance(configured, dict) and all(isinstance(labels, list) for labels in configured.values()):
            return configured
    return DEFAULT_POOLS


def nodes(inventory):
    """The hosts that become nodes, servers first. Other hosts of the inventory are none of ours."""
    hosts = dict.fromkeys(servers(inventory))
    for group in REQUIRED_GROUPS + tuple(pools(inventory)):
        hosts.update(dict.fromkeys(inventory.groups.get(group, [])))
    return list(hosts)


def ours(inventory):
    """The hosts whose variables matter to the collection; all of them where the groups are missing."""
    known = set(nodes(inventory)) | {"localhost"}
    return [host for host in inventory.variables if host in known] or list(inventory.variables)


def value(inventory, host, name):
    """The value that a role will see on a host; None if nobody gives one or if it depends on what is only known later."""
    if name in inventory.names.get(host, ()):
        return inventory.variables[host].get(name)
    default = inventory.options.get(name, {}).get("default")
    return None if isinstance(default, str) and "{{" in default else default


def by_value(inventory, hosts, name):
    """The different known values of a variable, as a list of (value, hosts)."""
    found = {}
    for host in hosts:
        this = value(inventory, host, name)
        if this is not None:
            found.setdefault(_frozen(this), (this, []))[1].append(host)
    return list(found.values())


def _frozen(this):
    """Something hashable that is equal for equal values."""
    if isinstance(this, dict):
        return dict, frozenset((key, _frozen(item)) for key, item in this.items())
    if isinstance(this, (list, tuple)):
        return list, tuple(map(_frozen, this))
    try:
        hash(this)
    except TypeError:
        return type(this), repr(this)
    return this


def node_name(inventory, host):
    """The name of a host as a node of Kubernetes."""
    return value(inventory, host, "k3s_node_name") or host


def address(inventory, host, variables):
    """The address of a host by the first of these variables that says one, else by its name."""
    given = (first_address(value(inventory, host, name)) for name in variables)
    return next((text for text in given if text), host)


def first_address(text):
    """The first address of a variable that may hold two, separated by a comma; '' for none."""
    return "" if text is None else str(text).split(",", 1)[0].strip().strip("[]")


def plan(inventory):
    """Who does what in the cluster, from an inventory without problems. A managed cluster has neither servers nor agents of ours.

    :returns: dict with `servers` and `agents` (lists of hosts), `pools` (pool -> list of hosts), `workloads` (host -> list of the names of its
        labels), `registration_labels` (host -> list of the labels that it registers with, as `key=value`), what the API modules take:
        `labels_of_pools` (pool -> list of names of labels) and `nodes_of_pools` (pool -> list of Kubernetes node names), and where the first
        server is reached: `join_address` and `join_url` by the other nodes, `api_address` and `api_url` by the control node; all four are
        empty where there is no server of ours.
    """
    labels, hosts, first = pool_workloads(pools(inventory)), nodes(inventory), servers(inventory)
    members = {pool: list(inventory.groups.get(pool, [])) for pool in labels}
    workloads, known = _workloads(hosts, labels, members), set(first)
    join, api = (address(inventory, first[0], variables) if first else "" for variables in (JOIN_VARIABLES, API_VARIABLES))
    return {
        "servers": first,
        "agents": [] if is_managed(inventory) else [host for host in hosts if host not in known],
        "join_address": join,
        "join_url": api_url(join),
        "api_address": api,
        "api_url": api_url(api),
        "pools": members,
        "labels_of_pools": labels,
        "nodes_of_pools": {pool: [node_name(inventory, host) for host in members[pool]] for pool in labels},
        "workloads": workloads,
        "registration_labels": {host: [f"{PREFIX}{name}=true" for name in names] for host, names in workloads.items()},
    }


def _workloads(hosts, labels, members):
    """Host -> names of the labels of all its pools, in the order of WORKLOADS."""
    found = {host: set() for host in hosts}
    for pool, names in labels.items():
        for host in members[pool]:
            found[host].update(names)
    return {host: [name for name in WORKLOADS if name in names] for host, names in found.items()}
