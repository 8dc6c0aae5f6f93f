# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes get another release of K3s, in which order, and what speaks against it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..module_utils._cluster.candidates import CONTROL_PLANE
from ..module_utils._k3s.release import numbers_of, parse_version
from ..module_utils._kube.drain import is_ready
from ..module_utils._text import listed
from ._removed_apis import removed_on_the_way

MOST_NAMES = 20  # that a sentence lists
CORDONED = "node-prep.gitpod.io/cordoned"
# How many minor releases a kubelet may be older than the API, by Kubernetes' policy on version skew before 1.28.
MOST_BEHIND = 2


class Node(NamedTuple):
    """A node of the cluster. host: its name in the inventory, '' where it is not there. release: of its kubelet. cordoned: by a run of ours."""

    name: str
    host: str
    release: str
    server: bool
    ready: bool
    cordoned: bool


def upgrade(resources, node_names, hosts, installed, wanted):
    """What an upgrade does.

    :param resources: the nodes as the API returns them.
    :param node_names: dict of each host of the inventory to its name as a node.
    :param hosts: those that this run works on.
    :param installed: dict of these hosts to the release that their link `k3s` leads to, '' for none.
    :param wanted: the release that all nodes are to run.
    :returns: dict with `servers` and `agents` (the hosts to upgrade, in order), `steps` (a sentence for each of them), `strangers` (hosts that are no nodes
        yet), `removed` (APIs that go, of _removed_apis) and `refusals` (sentences; nothing may be changed where there are some).
    """
    names = {node: host for host, node in node_names.items()}
    nodes = [node for node in (_node(resource, names) for resource in resources) if node.name]
    there = {node.host: node for node in nodes if node.host}
    due = [there[host] for host in hosts if host in there and _is_due(there[host], installed.get(host, ""), wanted)]
    # A server that is down already is the first to be mended.
    servers = sorted((node for node in due if node.server), key=lambda node: node.ready)
    agents = [node for node in due if not node.server]
    return {
        "servers": [node.host for node in servers],
        "agents": [node.host for node in agents],
        "steps": [_step(node, wanted) for node in servers + agents],
        "strangers": [host for host in hosts if host not in there],
        "removed": removed_on_the_way([node.release for node in nodes], wanted) if due else [],
        "refusals": [reason for rule in RULES for reason in rule(nodes, due, wanted)] if due else [],
    }


def _node(resource, hosts):
    resource = resource if isinstance(resource, Mapping) else {}
    metadata, status = (_mapping(resource, name) for name in ("metadata", "status"))
    labels, annotations, info = _mapping(metadata, "labels"), _mapping(metadata, "annotations"), _mapping(status, "nodeInfo")
    name = str(metadata.get("name", ""))
    return Node(
        name,
        hosts.get(name, ""),
        str(info.get("kubeletVersion", "")),
        any(label in labels for label in CONTROL_PLANE),
        is_ready(resource),
        CORDONED in annotations,
    )


def _mapping(value, name):
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_due(node, installed, wanted):
    """Also a node that a run which was killed has left in the midst of it."""
    return node.cordoned or node.release != wanted or installed not in ("", wanted)


def _step(node, wanted):
    return f"{node.host}: {node.release or 'no release'} -> {wanted}" if node.release != wanted else f"{node.host}: is made to end what was begun"


def servers_first(nodes, due, wanted):
    """No agent may be newer than the servers."""
    agents = [node.name for node in due if not node.server and node.release != wanted]
    older = [node.name for node in nodes if node.server and node not in due and node.release != wanted]
    if agents and older:
        yield (
            f"{listed(agents, MOST_NAMES)} would be newer than the servers {listed(older, MOST_NAMES)}, which this run leaves out. "
            "Upgrade the servers first, or leave --limit out."
        )


def nobody_is_newer(nodes, _due, wanted):
    newer = [f"{node.name} ({node.release})" for node in nodes if (numbers_of(node.release) or ()) > parse_version(wanted)]
    if newer:
        yield f"{listed(newer, MOST_NAMES)} would be newer than {wanted}, and K3s cannot be downgraded. Set k3s_version to what the newest of them runs."


def nobody_stays_too_far_behind(nodes, due, wanted):
    major, minor = parse_version(wanted)[:2]
    others = [(node, numbers_of(node.release)) for node in nodes if node not in due]
    behind = [f"{node.name} ({node.release})" for node, numbers in others if numbers and (numbers[0] != major or minor - numbers[1] > MOST_BEHIND)]
    if behind:
        yield f"The kubelet of {listed(behind, MOST_NAMES)} would be more than {MOST_BEHIND} minor releases older than the servers. Upgrade it first."


def the_others_serve(nodes, due, _wanted):
    """While one server restarts, the others have to have etcd's majority, and the API."""
    if not any(node.server for node in due):
        return
    servers = [node for node in nodes if node.server]
    down = [node.name for node in servers if not node.ready]
    if len(servers) > 1 and down:
        yield f"{listed(down, MOST_NAMES)} is not ready, and no server is stopped while another one is down. Mend it first, or remove it (remove.yml)."


RULES = (servers_first, nobody_is_newer, nobody_stays_too_far_behind, the_others_serve)
