# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory as the collection understands it: who is a server, who an agent, who is in which pool. Pure."""

from collections import namedtuple
from functools import cached_property

from ...module_utils._requirements.labels import DEFAULT_POOLS, PREFIX, pool_workloads
from ...module_utils._requirements.workloads import WORKLOADS
from .._api_url import api_url

REQUIRED_GROUPS = ("meta", "workspace")
SERVER_GROUP = "control_plane"

# Where other nodes reach a server: its address in the cluster, if that is said. Else as the control node does.
JOIN_VARIABLES = ("k3s_node_ip", "k3s_api_host", "ansible_host")
# Where the control node reaches the API. A node's address in the cluster may be out of its reach, behind NAT or a bastion.
API_VARIABLES = ("k3s_api_host", "ansible_host")
# The same for each of several servers, where one address for all of them leads to whichever answers.
JOIN_VARIABLES_OF_ONE = ("k3s_node_ip", "ansible_host")
API_VARIABLES_OF_ONE = ("ansible_host",)
SQLITE, ETCD = "sqlite", "etcd"

# groups        dict of group to a list of hosts
# variables     dict of host to a dict of its variables, rendered; variables that cannot be rendered yet are not among them
# names         dict of host to the set of names of all its variables
# options       dict of variable to its entry in an argument specification, of all roles together
# roles         names of the roles
# place         function of a host and the name of a variable to the Place where it was set, or None
# secret_names  names of the variables whose values are never shown, beside those that shown.is_secret knows
# secret_texts  texts that are never shown, beside those of these variables
# broken        list of (host, variable, what, remedy) about variables that can never be rendered
_FIELDS = {
    "groups": {},
    "variables": {},
    "names": {},
    "options": {},
    "roles": (),
    "place": lambda host, name: None,
    "secret_names": frozenset(),
    "secret_texts": frozenset(),
    "broken": (),
}


class Inventory(namedtuple("Inventory", _FIELDS, defaults=_FIELDS.values())):
    """What an inventory says. What the rules ask again and again is worked out once."""

    @cached_property
    def managed(self):
        if not set(self.variables) - {"localhost"} and value(self, "localhost", "node_prep_kubeconfig"):
            return True
        return any(managed is True for managed, _hosts in by_value(self, self.variables, "node_prep_managed"))

    @cached_property
    def pools(self):
        for configured, _hosts in by_value(self, self.variables, "node_prep_pools"):
            if isinstance(configured, dict) and all(isinstance(labels, list) for labels in configured.values()):
                return configured
        return DEFAULT_POOLS

    @cached_property
    def nodes(self):
        hosts = dict.fromkeys(servers(self))
        for group in REQUIRED_GROUPS + tuple(self.pools):
            hosts.update(dict.fromkeys(self.groups.get(group, [])))
        return tuple(hosts)

    @cached_property
    def ours(self):
        known = {*self.nodes, "localhost"}
        return tuple(host for host in self.variables if host in known) or tuple(self.variables)

    @cached_property
    def given(self):
        """Variable -> host -> (key, value) for all hosts that give it one. Equal values have equal keys; one that is not known yet is None with the key None.

        Most hosts share the very same values, so that few have to be looked at.
        """
        found, keys = {}, {}
        for host, variables in self.variables.items():
            for name, this in variables.items():
                if id(this) not in keys:
                    keys[id(this)] = _frozen(this), this
                found.setdefault(name, {})[host] = keys[id(this)]
        for host, names in self.names.items():
            for name in names & self.options.keys():
                found.setdefault(name, {}).setdefault(host, (None, None))
        return found


def is_managed(inventory):
    """Whether somebody else makes the nodes and the servers (EKS, GKE, AKS), so that there is nothing to log in to.

    node_prep_managed says so, or a kubeconfig without any machine.
    """
    return inventory.managed


def kubeconfigs(inventory):
    """The files that give access to a managed cluster. One of a cluster of ours is written by the run itself."""
    if not is_managed(inventory):
        return []
    return [path for path, _hosts in by_value(inventory, inventory.variables, "node_prep_kubeconfig") if isinstance(path, str) and path]


def servers(inventory):
    """The hosts of the group control_plane, or else those of meta."""
    if is_managed(inventory):
        return []
    return list(inventory.groups.get(SERVER_GROUP) or inventory.groups.get("meta") or [])


def pools(inventory):
    """Pool -> label names, as configured; the default ones where the configuration is not usable."""
    return inventory.pools


def nodes(inventory):
    """The hosts that become nodes, servers first. Other hosts of the inventory are none of ours."""
    return list(inventory.nodes)


def machines(inventory):
    """The nodes that are prepared; in a managed cluster somebody else does that."""
    return [] if is_managed(inventory) else nodes(inventory)


def ours(inventory):
    """The hosts whose variables matter to the collection; all of them where the groups are missing."""
    return list(inventory.ours)


def value(inventory, host, name):
    """The value that a role will see on a host; None if nobody gives one or if it depends on what is only known later."""
    if name in inventory.names.get(host, ()):
        return inventory.variables[host].get(name)
    return _default(inventory, name)


def _default(inventory, name):
    default = inventory.options.get(name, {}).get("default")
    return None if isinstance(default, str) and "{{" in default else default


def by_value(inventory, hosts, name):
    """The different known values of a variable, as a list of (value, hosts)."""
    given, default = inventory.given.get(name, {}), _default(inventory, name)
    if not given:
        return [] if default is None or not hosts else [(default, list(hosts))]
    otherwise = _frozen(default), default
    found = {}
    for host in hosts:
        key, this = given.get(host, otherwise)
        if this is not None:
            found.setdefault(key, (this, []))[1].append(host)
    return list(found.values())


def hosts_with(inventory, hosts, name, wanted):
    """Those of the hosts whose variable has this known value."""
    return next((those for this, those in by_value(inventory, hosts, name) if this == wanted), [])


def given_values(inventory, hosts, name):
    """As by_value, but only what is said of these hosts, and an empty value too."""
    given, found = inventory.given.get(name, {}), {}
    for host in hosts if given else ():
        key, this = given.get(host, (None, None))
        if key is not None:
            found.setdefault(key, (this, []))[1].append(host)
    return list(found.values())


def _frozen(this):
    """Something hashable that is equal for equal values of the same type, as `1`, `True` and `1.0` are not."""
    if isinstance(this, dict):
        return dict, frozenset((_frozen(key), _frozen(item)) for key, item in this.items())
    if isinstance(this, (list, tuple)):
        return list, tuple(map(_frozen, this))
    kind = next((kind for kind in (str, bool, int, float) if isinstance(this, kind)), type(this))
    try:
        hash(this)
    except TypeError:
        return kind, repr(this)
    return kind, this


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


def api_host(inventory):
    """The one address of the API of all servers, that of a load balancer or a virtual IP; '' where each server has its own only."""
    hosts, virtual = servers(inventory), virtual_address(inventory)
    shared = [first_address(this) for this, of in given_values(inventory, hosts, "k3s_api_host") if len(hosts) > 1 and len(of) == len(hosts)]
    return next((str(this) for this in [*shared, virtual] if this), "")


def virtual_address(inventory):
    """The address that the servers share by the role api_vip; '' for none."""
    return next((str(this) for this, _hosts in by_value(inventory, servers(inventory), "node_prep_api_vip") if this), "")


def datastore(inventory):
    """What keeps the objects of the cluster: several servers need etcd, one may have it."""
    hosts = servers(inventory)
    wanted = [this for this, _hosts in by_value(inventory, hosts, "k3s_datastore")]
    return ETCD if len(hosts) > 1 or ETCD in wanted else SQLITE


def _addresses_of_servers(inventory):
    """For each server where the other nodes join it and where the control node reaches its API: two dicts of host to address."""
    shared = api_host(inventory)
    join, api = (JOIN_VARIABLES_OF_ONE, API_VARIABLES_OF_ONE) if shared else (JOIN_VARIABLES, API_VARIABLES)
    hosts = servers(inventory)
    return {host: address(inventory, host, join) for host in hosts}, {host: address(inventory, host, api) for host in hosts}


def plan(inventory):
    """Who does what in the cluster, from an inventory without problems. A managed cluster has neither servers nor agents of ours.

    :returns: dict with `servers` and `agents` (lists of hosts), `pools` (pool -> list of hosts), `workloads` (host -> list of the names of its
        labels), `registration_labels` (host -> list of the labels that it registers with, as `key=value`), what the API modules take:
        `labels_of_pools` (pool -> list of names of labels) and `nodes_of_pools` (pool -> list of Kubernetes node names), the `datastore`, and where
        the servers are reached, as `access_servers` (what the module k3s_access takes): by the other nodes at `join_addresses` (host -> address), by
        the control node at `api_addresses`, and all of them at `api_host` and `api_vip` ('' where there is none). `join_address` and `join_url`,
        `api_address` and `api_url` are that one, or else those of the first server; empty where there is no server of ours.
    """
    labels, hosts, first = pool_workloads(pools(inventory)), nodes(inventory), servers(inventory)
    members = {pool: list(inventory.groups.get(pool, [])) for pool in labels}
    workloads, known = _workloads(hosts, labels, members), set(first)
    joins, apis = _addresses_of_servers(inventory)
    shared = api_host(inventory)
    join, api = (shared or addresses.get(first[0], "") if first else "" for addresses in (joins, apis))
    return {
        "servers": first,
        "agents": [] if is_managed(inventory) else [host for host in hosts if host not in known],
        "datastore": datastore(inventory),
        "api_host": shared,
        "api_vip": virtual_address(inventory),
        "access_servers": [{"name": host, "node_name": node_name(inventory, host), "api_address": apis[host], "join_address": joins[host]} for host in first],
        "join_addresses": joins,
        "api_addresses": apis,
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
