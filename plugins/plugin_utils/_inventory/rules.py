# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory must be like before any of its hosts is contacted.

Pure functions over an Inventory. Each rule yields the Problems that it sees; RULES names them all.
"""

import ipaddress
import re
from collections import namedtuple

from ...module_utils._containerd.registries import RegistryError, files_of
from ...module_utils._k3s.release import VersionError, embedded_problem, parse_version
from ...module_utils._requirements import gitpod_releases
from ...module_utils._requirements.labels import without_prefix
from ...module_utils._requirements.names import is_domain
from ...module_utils._requirements.thresholds import MIN_KUBERNETES, WORKSPACE_CIDR
from ...module_utils._requirements.workloads import WORKLOADS
from ...module_utils._text import listed
from ...module_utils._versions import parse_numbers
from .model import (
    API_VARIABLES,
    JOIN_VARIABLES,
    REQUIRED_GROUPS,
    SERVER_GROUP,
    address,
    by_value,
    first_address,
    is_managed,
    nodes,
    ours,
    pools,
    servers,
    value,
)
from .variables import describe, name_problems, or_nearest, value_problems

OLDEST_K3S = parse_numbers(MIN_KUBERNETES)  # D1
# §5: one pair of runtime paths for the whole cluster, and one Gitpod on it.
SAME_EVERYWHERE = ("k3s_version", "k3s_container_runtime", "node_prep_gitpod_version", "node_prep_domain")
SHOWN_HOSTS = 8
# The name of a machine, also one that only a local resolver or /etc/hosts knows.
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}\Z")

# what: is wrong, a sentence. where: the hosts, the variable or the group. remedy: what to do, a sentence.
Problem = namedtuple("Problem", "what where remedy")


def problems(inventory):
    """Everything that is wrong with an inventory."""
    return [problem for rule in RULES for problem in rule(inventory)]


def message(found):
    """The one message about all problems."""
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    parts = [f"The inventory has {count}. No node was contacted."]
    for number, problem in enumerate(found, 1):
        parts.append(f"{number}. {problem.what}\n   Where: {problem.where}\n   To do: {problem.remedy}")
    return "\n\n".join(parts)


def _hosts(hosts):
    return f"{'host' if len(hosts) == 1 else 'hosts'} {listed(hosts, SHOWN_HOSTS)}"


def _told_once(found):
    """One Problem for all hosts that share it.

    :param found: tuples of host, what, remedy.
    """
    hosts = {}
    for host, what, remedy in found:
        hosts.setdefault((what, remedy), []).append(host)
    return [Problem(what, _hosts(names), remedy) for (what, remedy), names in hosts.items()]


# ---- groups and pools


def required_groups(inventory):
    for group in REQUIRED_GROUPS:
        if not inventory.groups.get(group) and not is_managed(inventory):
            yield Problem(
                f"The group {group} {'has no host' if group in inventory.groups else 'is missing'}.",
                "the groups of the inventory",
                f"Add a group {group} with at least one host: meta runs Gitpod itself, workspace runs the workspaces (D4).",
            )


def number_of_servers(inventory):
    hosts = servers(inventory)
    if len(hosts) < 2:
        return
    group = SERVER_GROUP if inventory.groups.get(SERVER_GROUP) else "meta"
    why = "several servers come with a later release" if len(hosts) % 2 else "an even number of servers cannot agree on a majority"
    yield Problem(
        f"{len(hosts)} servers are not possible: {why}.",
        f"group {group}: {', '.join(hosts)}",
        f"Leave one host in the group {SERVER_GROUP}; those of meta and workspace that are not in it join as agents.",
    )


def pools_are_lists(inventory):
    for configured, hosts in by_value(inventory, ours(inventory), "node_prep_pools"):
        for pool, labels in configured.items() if isinstance(configured, dict) else ():
            for what, remedy in value_problems(f"node_prep_pools.{pool}", labels, {"type": "list", "elements": "str"}):
                yield Problem(what, _hosts(hosts), remedy)


def pools_are_the_same_everywhere(inventory):
    if len(by_value(inventory, ours(inventory), "node_prep_pools")) > 1:
        yield Problem(
            "node_prep_pools is not the same for all hosts.",
            "the variables of groups and hosts",
            "Set it once, in group_vars/all.",
        )


def pools_have_hosts(inventory):
    others = set(inventory.groups) - {"all", "ungrouped"} - set(pools(inventory))
    for pool in pools(inventory):
        if not inventory.groups.get(pool) and pool not in REQUIRED_GROUPS:
            yield Problem(
                f"The pool {pool} has no host: there is no group of that name, or nothing in it.",
                "node_prep_pools",
                or_nearest(pool, others, f"Add a group {pool} with at least one host, or remove the pool."),
            )


def one_pool_per_host(inventory):
    hosts, first, configured = nodes(inventory), set(servers(inventory)), pools(inventory)
    pools_of = {}
    for pool in configured:
        for host in inventory.groups.get(pool, []):
            pools_of.setdefault(host, []).append(pool)
    for host in hosts:
        names = pools_of.get(host, [])
        # A cluster of one node, for trying Gitpod out, has only this node to put everything on.
        if len(names) > 1 and len(hosts) > 1:
            yield Problem(
                f"{host} is in several pools: {', '.join(names)}.",
                "the groups of the inventory",
                "Leave it in one of them; splitting pools later costs downtime (D4).",
            )
        if not names and host not in first:
            yield Problem(
                f"{host} is in no pool, so it would get no label.",
                "node_prep_pools",
                "Add its group to node_prep_pools, or the host to a group that is there.",
            )


def labels_of_pools(inventory):
    given = set()
    for pool, labels in pools(inventory).items():
        for label in filter(lambda label: isinstance(label, str), labels):
            given.add(without_prefix(label))
            if without_prefix(label) not in WORKLOADS:
                yield Problem(
                    f"The pool {pool} has the label {label}, which Gitpod does not know.",
                    "node_prep_pools",
                    or_nearest(without_prefix(label), WORKLOADS, f"The labels are {', '.join(WORKLOADS)}."),
                )
    missing = [label for label in WORKLOADS if label not in given]
    if missing and given <= set(WORKLOADS):
        yield Problem(
            f"No pool has {', '.join(missing)}; Gitpod needs each of the five labels on at least one node (D3).",
            "node_prep_pools",
            "Add each to a pool.",
        )


# ---- variables


def known_names(inventory):
    hosts_of = {}
    for host in ours(inventory):
        for name in inventory.names[host]:
            hosts_of.setdefault(name, []).append(host)
    for name in sorted(hosts_of):
        for what, remedy in name_problems([name], inventory.options, inventory.roles):
            yield Problem(what, _hosts(hosts_of[name]), remedy)


def right_types(inventory):
    return _told_once(
        (host, what, remedy)
        for host in ours(inventory)
        for name in sorted(set(inventory.variables[host]) & set(inventory.options))
        for what, remedy in value_problems(name, inventory.variables[host][name], inventory.options[name])
    )


def same_everywhere(inventory):
    for name in SAME_EVERYWHERE:
        found = by_value(inventory, nodes(inventory), name)
        if len(found) > 1:
            yield Problem(
                f"{name} is not the same for all nodes.",
                "; ".join(f"{this} on {_hosts(hosts)}" for this, hosts in found),
                "Set it once, in group_vars/all.",
            )


def k3s_release(inventory):
    for version, hosts in by_value(inventory, nodes(inventory), "k3s_version"):
        if not isinstance(version, str):
            continue
        try:
            release = parse_version(version)
        except VersionError:
            numbers = re.search(r"\d+\.\d+\.\d+", version)
            yield Problem(
                f"k3s_version is {describe(version)}, which is not the name of a K3s release.",
                _hosts(hosts),
                f"Write it as the release is named, like v{numbers.group() if numbers else '1.24.7'}+k3s1.",
            )
            continue
        embedded = [host for host in hosts if value(inventory, host, "k3s_container_runtime") == "embedded"]
        if release[:2] < OLDEST_K3S:
            yield Problem(
                f"K3s {version} is too old: Gitpod needs Kubernetes 1.21 or newer (D1).",
                _hosts(hosts),
                "Set k3s_version to a newer release; v1.24.7+k3s1 is the default.",
            )
        elif embedded and embedded_problem(version):
            yield Problem(
                f"K3s {version} bundles containerd 1.4, and Gitpod needs 1.5 or newer (D7).",
                _hosts(embedded),
                "Use K3s v1.22 or newer, or the containerd of the node (k3s_container_runtime: system).",
            )


def gitpod_release(inventory):
    for version, hosts in by_value(inventory, ours(inventory), "node_prep_gitpod_version"):
        if not isinstance(version, str):
            continue
        try:
            gitpod_releases.release(version)
        except ValueError as error:
            what = f"node_prep_gitpod_version: {error}."
            yield Problem(what, _hosts(hosts), "Set it to the release of Gitpod that you install.")


def domain_is_a_name(inventory):
    for domain, hosts in by_value(inventory, ours(inventory), "node_prep_domain"):
        if isinstance(domain, str) and domain and not is_domain(domain):
            yield Problem(
                f"node_prep_domain is {describe(domain)}, which is not the name of a domain.",
                _hosts(hosts),
                "Write it without a scheme, a port or a path, like gitpod.example.com.",
            )


# ---- containerd


def registries_can_be_written(inventory):
    option = inventory.options.get("containerd_registries", {})
    for registries, hosts in by_value(inventory, nodes(inventory), "containerd_registries"):
        if value_problems("containerd_registries", registries, option):
            continue  # Another rule is about types.
        try:
            files_of(registries)
        except RegistryError as error:
            yield Problem(f"containerd_registries: {error}.", _hosts(hosts), "See the README of the role containerd for what it may hold.")


def versions_of_packages_can_be_read(inventory):
    for text, hosts in by_value(inventory, nodes(inventory), "containerd_min_version"):
        if isinstance(text, str) and text and parse_numbers(text) is None:
            yield Problem(
                f"containerd_min_version is {describe(text)}, which is not a version.",
                _hosts(hosts),
                "Write the lowest version that will do, like 1.5 or 1.6.20.",
            )


# ---- networks


def _networks(text):
    """The networks of an option (two with a comma between them in a dual-stack cluster); ValueError if it is something else."""
    parts = text.split(",")
    if not all("/" in part for part in parts):
        raise ValueError("the length of the prefix is missing")
    return [ipaddress.ip_network(part) for part in parts]


def _ip_address(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _address(inventory, host):
    """The address of a node as far as the inventory says it, or None."""
    texts = (first_address(value(inventory, host, name)) for name in ("k3s_node_ip", "ansible_host"))
    return next(filter(None, map(_ip_address, texts)), _ip_address(host))


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
                    _hosts(hosts),
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
                _hosts(hosts),
                "Take an address of that range, or leave the variable empty: K3s then takes the tenth.",
            )


def calico_has_the_cluster_network(inventory):
    for pool, hosts in by_value(inventory, servers(inventory), "calico_cidr"):
        cidr = value(inventory, hosts[0], "k3s_cluster_cidr")
        if cidr is not None and pool != cidr:
            yield Problem(
                f"calico_cidr {pool} is not k3s_cluster_cidr {cidr}.",
                _hosts(hosts),
                "Remove calico_cidr: it follows k3s_cluster_cidr (§7).",
            )


def machines_have_addresses(inventory):
    """An `ansible_host` that is given must say something."""
    empty = [host for host in nodes(inventory) if inventory.variables[host].get("ansible_host", host) in (None, "")] if not is_managed(inventory) else []
    if empty:
        yield Problem(
            "ansible_host is empty.",
            _hosts(empty),
            "Write the address of the machine, or remove the variable: then the name in the inventory is the address.",
        )


def node_ips_are_addresses(inventory):
    for text, hosts in by_value(inventory, nodes(inventory), "k3s_node_ip"):
        if not isinstance(text, str) or not text:
            continue
        found = [_ip_address(part.strip()) for part in text.split(",")]
        if not all(one and not (one.is_unspecified or one.is_loopback or one.is_multicast or one.is_link_local) for one in found):
            yield Problem(
                f"k3s_node_ip is {describe(text)}, which is not an address at which other nodes reach this one.",
                _hosts(hosts),
                "Write the address of the machine in the network of the nodes, like 10.0.0.11, without the length of a prefix.",
            )
        elif len(hosts) > 1:
            yield Problem(f"{text} is the k3s_node_ip of {len(hosts)} hosts.", _hosts(hosts), "Give each host the address of its own machine.")


def server_is_reached_somewhere(inventory):
    """Where agents join and the kubeconfig leads must be known before the first connection: it is tried before anything is changed."""
    for host in servers(inventory)[:1]:
        for name in JOIN_VARIABLES:
            if name in inventory.names[host] and name not in inventory.variables[host]:
                yield Problem(
                    f"{name} of the server {host} cannot be worked out before the first connection, and it says where the other nodes join.",
                    _hosts([host]),
                    "Write an address instead of the template, or remove the variable.",
                )
        text = address(inventory, host, API_VARIABLES)
        if not HOST.match(text) and not _ip_address(text):
            yield Problem(
                f"The address of the server is {describe(text)}, which is neither the name nor the address of a machine.",
                f"{' or '.join(API_VARIABLES)} of host {host}",
                "Write it without a scheme, a user, a port or a path, like 10.0.0.11 or meta.example.com.",
            )


def addresses_are_unique(inventory):
    hosts_at = {}
    for host in nodes(inventory):
        given = inventory.variables[host].get("ansible_host")
        if given not in (None, ""):
            hosts_at.setdefault((str(given), str(inventory.variables[host].get("ansible_port", 22))), []).append(host)
    for (text, port), hosts in hosts_at.items():
        if len(hosts) > 1:
            yield Problem(
                f"{' and '.join(hosts)} have the same address {text}, port {port}.",
                "ansible_host",
                "Give each host the address of its own machine.",
            )


RULES = (
    required_groups,
    number_of_servers,
    pools_are_lists,
    pools_are_the_same_everywhere,
    pools_have_hosts,
    one_pool_per_host,
    labels_of_pools,
    known_names,
    right_types,
    same_everywhere,
    k3s_release,
    gitpod_release,
    domain_is_a_name,
    registries_can_be_written,
    versions_of_packages_can_be_read,
    cidrs_are_networks,
    networks_do_not_overlap,
    nodes_are_outside_of_the_networks,
    cluster_dns_is_a_service,
    calico_has_the_cluster_network,
    machines_have_addresses,
    node_ips_are_addresses,
    server_is_reached_somewhere,
    addresses_are_unique,
)
