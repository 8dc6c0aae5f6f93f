# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts about a cluster that a summary shows, from its reading. Pure; what could not be read is empty."""

from .._requirements.labels import pool_keys
from .._requirements.reading import Unreadable
from .._text import printable
from . import distribution
from .check import checked_part
from .rules import addons, calico
from .rules.labels import labels_of
from .rules.load_balancer import load_balancer_name
from .rules.nodes import is_ready, name_of, node_facts
from .rules.servers import describe, servers_of
from .runtimes import paths_of
from .shapes import ClusterReading

_ROLE = "node-role.kubernetes.io/"


def cluster_facts(facts, options):
    """Plain facts, of all nodes, those too that are not checked.

    :param facts: what _cluster.reader.read_cluster returned, or the ClusterReading of it.
    :param options: the options of the module cluster_spec.
    """
    reading = checked_part(ClusterReading.of(facts), options)
    runtimes = {paths_of(node) for node in reading.get("nodes")}
    runtime = runtimes.pop() if len(runtimes) == 1 else None  # the installer is told one pair for all nodes
    keys_of_pools = pool_keys(options["pools"])
    facts = {
        "kubernetes_version": reading.get("version")["gitVersion"],
        "distribution": _or_empty(distribution.recognise, reading),
        "edition": _or_empty(distribution.edition, reading),
        "provider": _or_empty(distribution.provider, reading),
        "servers": describe(*servers_of(_all_nodes(reading))),
        "nodes": {name_of(node): _node(node, keys_of_pools) for node in _all_nodes(reading)},
        "calico_version": _or_empty(_calico_version, reading),
        "cert_manager_version": _or_empty(_cert_manager_version, reading),
        "load_balancer": _or_empty(load_balancer_name, reading),
        "storage_class": _or_empty(addons.default_storage_class, reading),
        "runtime_socket": runtime.socket if runtime else "",
        "runtime_state_directory": runtime.state_directory if runtime else "",
        "runtime_paths_known": bool(runtime and runtime.known),
    }
    return printable(facts)


def _all_nodes(reading):
    try:
        return reading.all_nodes
    except Unreadable:
        return []


def _or_empty(function, reading):
    try:
        return function(reading)
    except Unreadable:
        return ""


def _calico_version(reading):
    daemon_set = calico.calico_daemon_set(reading)
    return calico.calico_version(daemon_set) if daemon_set else ""


def _cert_manager_version(reading):
    return addons.cert_manager_version(addons.cert_manager_deployments(reading))


def _node(node, keys_of_pools):
    info, on_node = node["status"]["nodeInfo"], node_facts(node)
    labels = labels_of(node)
    addresses = {address["type"]: address["address"] for address in node["status"]["addresses"]}
    return {
        "ready": is_ready(node),
        "pools": [pool for pool, keys in keys_of_pools.items() if keys and all(labels.get(key) == "true" for key in keys)],
        "labels": labels,
        "roles": sorted(key[len(_ROLE) :] for key in node["metadata"]["labels"] if key.startswith(_ROLE)),
        "address": addresses.get("InternalIP", ""),
        "kubelet": info["kubeletVersion"],
        "runtime": info["containerRuntimeVersion"],
        "kernel": info["kernelVersion"],
        "os": info["osImage"],
        "architecture": info["architecture"],
        "cpus": on_node.get("cpus", 0),
        "memory_bytes": on_node.get("memory_bytes", 0),
    }
