# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report about a cluster and its nodes: one document, made of what node_spec and cluster_spec found. Pure."""

from ...module_utils._node import conflicts
from ...module_utils._requirements import findings
from ...module_utils._requirements.labels import LABEL_KEYS
from ...module_utils._requirements.verdict import verdict

SCHEMA = 1
CLUSTER = "cluster"  # what a finding is about that names no node
ALL_NAMES = 6  # nodes up to which a sentence names each

# Facts of cluster_spec that describe the cluster as a whole, and what a person calls them.
CLUSTER_FACTS = (
    ("kubernetes_version", "Kubernetes"),
    ("distribution", "Distribution"),
    ("servers", "Servers"),
    ("calico_version", "Calico"),
    ("cert_manager_version", "cert-manager"),
    ("load_balancer", "Load balancer"),
    ("storage_class", "StorageClass"),
    ("runtime_socket", "Runtime socket"),
    ("runtime_state_directory", "Runtime state"),
)
SERVER_ROLES = {"control-plane", "master"}


def document(nodes, cluster, generated, names=None):
    """The report as data.

    :param nodes: dict of host to what the module node_spec returned there; the nodes are compared with each other here.
    :param cluster: what the module cluster_spec returned; empty where there is no cluster to look at.
    :param generated: time as a string.
    :param names: dict of host to its name as a node of Kubernetes; a host that is missing here has the same name there.
    :returns: dict with `schema`, `generated`, `verdict` (a sentence), `ready` (whether it is a yes), `worst`, `summary`,
        `cluster` (facts), `nodes` (list of rows), and `node_findings` and `cluster_findings`, each with the `node` that it is
        about by its name in the inventory, CLUSTER if it is about none.
    """
    facts = cluster.get("facts", {})
    hosts = {name: host for host, name in (names or {}).items()}
    across = conflicts.findings_of({host: result for host, result in nodes.items() if result["facts"]})
    on_nodes = [dict(finding, node=host) for host, result in nodes.items() for finding in list(result["findings"]) + across.get(host, [])]
    on_cluster = [dict(finding, node=hosts.get(finding["node"], finding["node"]) or CLUSTER) for finding in cluster.get("findings", [])]
    found = on_nodes + on_cluster
    ready, sentence = verdict(found, bool(cluster))
    return {
        "schema": SCHEMA,
        "generated": generated,
        "verdict": sentence,
        "ready": ready,
        "worst": findings.worst(found) if found else findings.UNKNOWN,
        "summary": findings.summary(found),
        "cluster": {name: facts.get(name, "") for name, _title in CLUSTER_FACTS} if facts else {},
        "nodes": _node_rows(nodes, {hosts.get(name, name): member for name, member in facts.get("nodes", {}).items()}),
        "node_findings": on_nodes,
        "cluster_findings": on_cluster,
    }


def _node_rows(nodes, members):
    """A row for each host, and for each node of the cluster that was no host of this run, as in a managed cluster.

    :param nodes: dict of host to what node_spec found there.
    :param members: dict of host, or else node name, to the facts of cluster_spec.
    """
    rows = [_node_row(host, members.get(host, {}), result["facts"]) for host, result in nodes.items()]
    return rows + [_node_row(name, member, {}) for name, member in members.items() if name not in nodes]


def _node_row(name, member, facts):
    roles = SERVER_ROLES & set(member.get("roles", []))
    return {
        "name": name,
        "joined": bool(member),
        "ready": member.get("ready", False),
        "role": "server" if roles else "agent" if member else "",
        "kubernetes": member.get("kubelet", ""),
        "runtime": member.get("runtime", "").replace("://", " "),
        "kernel": member.get("kernel", facts.get("kernel", "")),
        "os": member.get("os", ""),
        "address": member.get("address", ""),
        "pools": list(member.get("pools", [])),
        "labels": [key for key in LABEL_KEYS if member.get("labels", {}).get(key) == "true"],
    }


def same_findings(one, other):
    """Whether two documents say the same, whenever they were made and whatever was measured exactly (free space, for one)."""
    return _lasting(one) == _lasting(other)


def _lasting(made):
    """A document without its time and without what was measured."""
    lasting = {key: value for key, value in made.items() if key != "generated"}
    for kind in ("node_findings", "cluster_findings"):
        lasting[kind] = [_without_measures(finding) for finding in made.get(kind, [])]
    return lasting


def _without_measures(finding):
    """A finding without what was measured; of one that passed, what was required is of no interest either."""
    left_out = ("found", "required") if finding.get("status") == findings.PASS else ("found",)
    return {key: value for key, value in finding.items() if key not in left_out}


def matrix(found, subjects):
    """Which requirement has which status where.

    :param found: list of findings with a `node`.
    :param subjects: names of nodes, and CLUSTER, in their order.
    :returns: dict with `subjects` (those that something was found about) and `rows`, a list of dicts with `id`, `title`,
        `reference` and `statuses` (subject -> worst status there), in the order of the findings.
    """
    rows = {}
    for finding in found:
        row = rows.setdefault(finding["id"], {"id": finding["id"], "title": finding["title"], "reference": finding["reference"], "statuses": {}})
        known = row["statuses"].get(finding["node"], findings.PASS)
        row["statuses"][finding["node"]] = findings.worst([finding, {"status": known}])
    return {
        "subjects": [subject for subject in subjects if any(subject in row["statuses"] for row in rows.values())],
        "rows": list(rows.values()),
    }


def shortcomings(found):
    """The findings that a person shall read, those that are not passed, the worst first; nodes that share one stand together.

    :returns: list of findings with `nodes`, a list of names, in place of `node`.
    """
    together = {}
    for finding in findings.worst_first(finding for finding in found if finding["status"] != findings.PASS):
        shared = {key: value for key, value in finding.items() if key != "node"}
        names = together.setdefault(tuple(sorted(shared.items())), dict(shared, nodes=[]))["nodes"]
        # What the node says of itself and what the API says of it is often the same.
        if finding["node"] not in names:
            names.append(finding["node"])
    return list(together.values())


def known_facts(made):
    """What is known about the cluster as a whole, as a list of [title, value]."""
    return [[title, made["cluster"][name]] for name, title in CLUSTER_FACTS if made["cluster"].get(name)]
