# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the servers of a cluster, as far as they are nodes of it: those of a service are not. Pure; see _cluster.check."""

from ..._requirements.findings import WARNING
from ..._requirements.requirement import Requirements
from ..._text import listed
from ..candidates import CONTROL_PLANE, ETCD_MEMBER
from ..verdict import failed, passed

REQUIREMENTS = Requirements()

# What becomes of a cluster whose only server is lost.
_LOSS = "where that one is lost, the API, scheduling and joining stop while pods run on; with its disk all data of the cluster is lost that no backup has"


@REQUIREMENTS.add(
    "servers",
    "Servers",
    "§6",
    "Name three servers in the group `control_plane`; one with `k3s_datastore: etcd` grows to three. Where one is enough, say why in `cluster_spec_skip`.",
    severity=WARNING,
)
def _servers(reading, _options):
    """How many may be lost. All of them count, those too that are not checked since Gitpod's pods do not come to them."""
    required = "three, or a larger odd number"
    servers, members = servers_of(reading.all_nodes)
    found = describe(servers, members)
    if not servers:
        yield passed("none is a node of the cluster", required)
    elif 1 in (len(servers), len(members)):
        yield failed("%s: %s" % (found, _LOSS), required)
    elif len(members) % 2:
        yield passed(found, required)
    elif members:
        yield failed("%s: no more of them may be lost than of %d, and two halves that do not see each other both stop" % (found, len(members) - 1), required)
    else:
        yield passed(found + ", which keep their data elsewhere", required)


def servers_of(nodes):
    """The names of the servers among the nodes, and of those that keep the etcd.

    K3s and RKE2 label the latter. Where nobody does, as with kubeadm, all servers are taken for members; a K3s without the label has a database outside.
    """
    servers = [node for node in nodes if any(label in node["metadata"]["labels"] for label in CONTROL_PLANE)]
    members = [node for node in nodes if ETCD_MEMBER in node["metadata"]["labels"]]
    outside = len(servers) > 1 and any("+k3s" in node["status"]["nodeInfo"]["kubeletVersion"] for node in servers)
    if not members and not outside:
        members = servers
    return [_name_of(node) for node in servers], [_name_of(node) for node in members]


def describe(servers, members):
    """'3 (a, b, c)', and who keeps the etcd where these do not all do so; '' for none."""
    if not servers:
        return ""
    keepers = ", etcd on %s" % listed(members) if members and set(members) != set(servers) else ""
    return "%d (%s)%s" % (len(servers), listed(servers), keepers)


def _name_of(node):
    return node["metadata"]["name"]
