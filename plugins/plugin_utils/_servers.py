# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which server founds a cluster, which ones join it, and which one is asked, from what each of them told. Pure.

Nothing follows from the order of the inventory but the choice between servers that are alike. A second cluster beside the first would be the worst that
can be done to it, so whoever cannot be asked is taken for one that may hold it.
"""

from __future__ import annotations

from typing import NamedTuple

from ..module_utils._k3s.release import VersionError, conversion_problem
from ..module_utils._requirements import findings
from ..module_utils._requirements.requirement import Requirement
from ._api_url import api_url
from ._k3s_access import ABSENT, THERE, UNKNOWN

ETCD, SQLITE = "etcd", "sqlite"

ONE_CLUSTER = Requirement(
    "one_cluster",
    "One cluster",
    "§6",
    findings.FAIL,
    "",
    "See on the servers which cluster they belong to before anything is installed.",
)
REQUIRED = "servers of one cluster, or of none yet"


class Server(NamedTuple):
    """One server of the inventory.

    name: of the host. node_name: in the cluster. api, join: address at which the control node and the other nodes reach it. access: what
    _k3s_access.access returned. members: names of the nodes that keep its etcd, as its API says, in lower case; None where its API does not answer, or
    was not asked.
    """

    name: str
    node_name: str
    api: str
    join: str
    access: dict
    members: list | None = None

    @property
    def has_data(self):
        return bool(self.access["data"])


class Wanted(NamedTuple):
    """What the inventory says: the one address of all APIs or '', the datastore, the release of K3s or '', and whether that address answers already."""

    api_host: str
    datastore: str
    version: str
    api_host_answers: bool = False


def decide(servers, wanted, preferred="", without=()):
    """What a run does with the servers.

    :param preferred: URL of the API that is asked where it answers, and others do too.
    :param without: names of servers, of hosts or of nodes, that are only asked where no other one answers.
    :returns: dict with `server` (the host that is asked), `state` and `problem` (of the cluster, as of _k3s_access.access), `first` (hosts that go on with
        their data, or the one that founds the cluster), `joining` (hosts that join them), `absent` (hosts that cannot be reached, and without which the
        others go on), `join_url` (where servers join), `node_url` (where agents do), `join_urls` (where these may have joined), `releases` (of K3s that
        the servers run) and `findings` (why nothing may be changed).
    """
    others = [server for server in servers if not {server.name, server.node_name} & set(without)]
    asked = _asked(others if any(server.members is not None for server in others) else servers, preferred)
    with_data = [server for server in servers if server.has_data]
    first = with_data or [server for server in servers if server.access["state"] == ABSENT][:1] or servers[:1]
    named = {server.name for server in first}
    entrance = next((server for server in servers if server.members is not None), first[0])
    going_on = len(servers) > 1 and asked.members is not None
    return {
        "server": asked.name,
        "state": asked.access["state"],
        "problem": asked.access["problem"],
        "first": [server.name for server in first],
        "joining": [server.name for server in servers if server.name not in named],
        "absent": [server.name for server in servers if going_on and not server.access["reached"]],
        "join_url": api_url(entrance.join),
        "node_url": api_url(wanted.api_host or entrance.join),
        "releases": sorted({server.access["release"] for server in with_data} - {""}),
        "join_urls": [api_url(wanted.api_host)] if wanted.api_host else [api_url(server.join) for server in servers],
        "findings": [finding for rule in RULES for finding in rule(servers, wanted)],
    }


def _asked(servers, preferred):
    """The server that is asked: one whose API answers, else one that has an API, else one of which nobody knows, else the first."""
    orders = (
        lambda server: server.members is not None and api_url(server.api) == preferred,
        lambda server: server.members is not None,
        lambda server: server.access["state"] == THERE,
        lambda server: server.access["state"] == UNKNOWN,
        lambda server: True,
    )
    return next(server for order in orders for server in servers if order(server))


def _finding(found, remedy):
    return findings.make(ONE_CLUSTER, findings.FAIL, found, REQUIRED, remedy)


def _names(servers):
    return ", ".join(server.name for server in servers)


def one_authority(servers, _wanted):
    """Servers of different clusters have different certificate authorities."""
    authorities = {}
    for server in servers:
        if server.has_data:
            authorities.setdefault(server.access["authority"], []).append(server)
    files = [server for server in servers if server.access["data"] == SQLITE]
    if len(authorities) > 1 or len(files) > 1:
        groups = authorities.values() if len(authorities) > 1 else [[server] for server in files]
        yield _finding(
            "the servers belong to different clusters: " + " | ".join(_names(group) for group in groups),
            "Decide which cluster stays. Leave the servers of the other one out, or move /var/lib/rancher/k3s away on them, and with it that cluster.",
        )


def nobody_may_hold_a_cluster(servers, wanted):
    """Where no server that was asked has a cluster, one that was not may have it."""
    if len(servers) < 2 or any(server.has_data for server in servers):
        return
    unknown = [server for server in servers if server.access["state"] != ABSENT]
    if unknown:
        why = "; ".join(f"{server.name}: {server.access['problem'] or 'it is a server without its data'}" for server in unknown)
        yield _finding(
            f"no server that was asked has a cluster, and this cannot be said of {_names(unknown)} ({why})",
            "Have all servers answer once, so that no second cluster is founded beside one that is there; leave out those that are gone for good.",
        )
    elif wanted.api_host_answers:
        yield _finding(
            f"no server of the inventory has a cluster, and one answers at {wanted.api_host} already",
            "Name its servers in the inventory, so that the new ones join it; or take another address (k3s_api_host, node_prep_api_vip) for a new cluster.",
        )


def data_can_be_kept(servers, wanted):
    """The file of a single server becomes an etcd only where the release of K3s can do that."""
    if wanted.datastore != ETCD or not wanted.version:
        return
    for server in servers:
        if server.access["data"] == SQLITE:
            try:
                problem = conversion_problem(wanted.version)
            except VersionError:
                continue
            if problem:
                yield _finding(
                    f"{server.name} keeps its cluster in SQLite, and {problem}", "Leave it the only server (k3s_datastore: sqlite), or upgrade K3s first."
                )


def no_server_is_forgotten(servers, _wanted):
    """A member that the inventory no longer names counts for the majority still."""
    members = next((server.members for server in servers if server.members is not None), [])
    known = {server.node_name.lower() for server in servers}
    others = [name for name in members if name not in known]
    if others:
        yield _finding(
            f"the cluster has the server {', '.join(others)}, which the inventory does not name",
            f"Put it back, or remove it from the cluster: `ansible-playbook gitpod.node_prep.remove -e node_prep_remove={others[0]}`.",
        )


RULES = (one_authority, nobody_may_hold_a_cluster, data_can_be_kept, no_server_is_forgotten)
