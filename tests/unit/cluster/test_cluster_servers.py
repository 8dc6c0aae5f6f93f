"""How many servers a cluster has, and how many of them it can lose."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.facts import cluster_facts
from cluster_checks import META, OPTIONS, check, reading
from cluster_objects import node

ROLE = "node-role.kubernetes.io/"
TAINT = [{"key": ROLE + "control-plane", "effect": "NoSchedule"}]
LOSS = "where that one is lost, the API, scheduling and joining stop while pods run on; with its disk all data of the cluster is lost that no backup has"
EVEN = "no more of them may be lost than of %d, and two halves that do not see each other both stop"


def machine(name, *roles, kubelet="v1.24.7+k3s1", **more):
    return node(name, {**META, **{ROLE + role: "true" for role in roles}}, kubelet=kubelet, **more)


def etcd(*names):
    return [machine(name, "control-plane", "master", "etcd") for name in names]


def kubeadm(*names):
    return [machine(name, "control-plane", kubelet="v1.31.2") for name in names]


AGENTS = [machine("w1"), machine("w2")]


@pytest.mark.parametrize(
    ("nodes", "status", "found"),
    [
        (AGENTS, "pass", "none is a node of the cluster"),
        ([], "pass", "none is a node of the cluster"),
        ([machine("a", "control-plane", "master"), *AGENTS], "warning", f"1 (a): {LOSS}"),
        ([machine("a", "master")], "warning", f"1 (a): {LOSS}"),
        ([*etcd("a"), *AGENTS], "warning", f"1 (a): {LOSS}"),
        ([*etcd("a", "b", "c"), *AGENTS], "pass", "3 (a, b, c)"),
        (etcd("a", "b", "c", "d", "e"), "pass", "5 (a, b, c, d, e)"),
        (etcd(*"abcdefg"), "pass", "7 (a, b, c, d, e and 2 more)"),
        (etcd("a", "b"), "warning", f"2 (a, b): {EVEN % 1}"),
        (etcd("a", "b", "c", "d"), "warning", f"4 (a, b, c, d): {EVEN % 3}"),
        # A database outside: any number of servers may stop but the last one.
        ([machine("a", "control-plane"), machine("b", "control-plane")], "pass", "2 (a, b), which keep their data elsewhere"),
        # A server of three that has no etcd yet, or none at all.
        ([*etcd("a", "b"), machine("c", "control-plane")], "warning", f"3 (a, b, c), etcd on a, b: {EVEN % 1}"),
        ([*etcd("a"), machine("b", "control-plane")], "warning", f"2 (a, b), etcd on a: {LOSS}"),
        ([machine("a", "control-plane"), machine("b", "control-plane"), *(machine(f"e{n}", "etcd") for n in range(3))], "pass", "2 (a, b), etcd on e0, e1, e2"),
        # kubeadm labels no members of etcd.
        (kubeadm("a", "b", "c"), "pass", "3 (a, b, c)"),
        (kubeadm("a", "b"), "warning", f"2 (a, b): {EVEN % 1}"),
        ([machine("a", "controlplane", "etcd", "worker", kubelet="v1.20.9")], "warning", f"1 (a): {LOSS}"),
        # Those count too to which no pod of Gitpod comes.
        ([node("a", {ROLE + "control-plane": ""}, taints=TAINT), *AGENTS], "warning", f"1 (a): {LOSS}"),
    ],
)
def test_how_many_servers_may_be_lost(nodes, status, found):
    assert check("servers", nodes=nodes) == [(status, "", found)]


@pytest.mark.parametrize(("nodes", "version", "ours"), [(etcd("a"), "v1.24.7+k3s1", True), (kubeadm("a"), "v1.31.2", False)], ids=["K3s", "kubeadm"])
def test_only_a_k3s_is_told_of_variables_of_the_roles(nodes, version, ours):
    (finding,) = cluster_check.findings_of(reading(nodes=nodes, version=version), OPTIONS, only=["servers"])
    assert ("k3s_datastore: etcd" in finding["remedy"]) == ours
    assert "cluster_spec_skip" in finding["remedy"]


def test_a_user_who_wants_one_server_says_so():
    (finding,) = cluster_check.findings_of(reading(nodes=etcd("a")), OPTIONS, only=["servers"], skip={"servers": "A trial."})
    assert (finding["status"], finding["found"]) == ("skipped", "not checked: A trial.")


def test_the_servers_are_a_fact():
    assert cluster_facts(reading(nodes=[*etcd("a", "b", "c"), *AGENTS]), OPTIONS)["servers"] == "3 (a, b, c)"
    assert cluster_facts(reading(nodes=AGENTS), OPTIONS)["servers"] == ""
    assert cluster_facts({"unreadable": {"nodes": "no"}}, OPTIONS)["servers"] == ""
