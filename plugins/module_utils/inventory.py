# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory as the collection understands it: who is a server, who an agent, who is in which pool. Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import namedtuple

from ansible_collections.gitpod.node_prep.plugins.module_utils.labels import DEFAULT_POOLS, LABEL_KEYS, PREFIX, wanted_labels

REQUIRED_GROUPS = ("meta", "workspace")
SERVER_GROUP = "control_plane"

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
    hosts = servers(inventory)
    for group in REQUIRED_GROUPS + tuple(pools(inventory)):
        hosts.extend(host for host in inventory.groups.get(group, []) if host not in hosts)
    return hosts


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
    found = []
    for host in hosts:
        this = value(inventory, host, name)
        members = next((members for known, members in found if known == this), None)
        if members is not None:
            members.append(host)
        elif this is not None:
            found.append((this, [host]))
    return found


def node_name(inventory, host):
    """The name of a host as a node of Kubernetes."""
    return value(inventory, host, "k3s_node_name") or host


def bare(label):
    """Name of a label without its prefix."""
    return label[len(PREFIX) :] if label.startswith(PREFIX) else label


def plan(inventory):
    """Who does what in the cluster, from an inventory without problems. A managed cluster has neither servers nor agents of ours.

    :returns: dict with ``servers`` and ``agents`` (lists of hosts), ``pools`` (pool -> list of hosts), ``labels`` (host -> list
        of label names without the prefix), and what the API modules take: ``labels_of_pools`` (pool -> list of label names) and
        ``nodes_of_pools`` (pool -> list of Kubernetes node names).
    """
    labels, hosts, first = pools(inventory), nodes(inventory), servers(inventory)
    members = {pool: list(inventory.groups.get(pool, [])) for pool in labels}
    wanted = wanted_labels(labels, members)
    return {
        "servers": first,
        "agents": [] if is_managed(inventory) else [host for host in hosts if host not in first],
        "pools": members,
        "labels_of_pools": {pool: list(names) for pool, names in labels.items()},
        "nodes_of_pools": {pool: [node_name(inventory, host) for host in members[pool]] for pool in labels},
        "labels": {host: [bare(key) for key in LABEL_KEYS if key in wanted.get(host, ())] for host in hosts},
    }
