"""The report as data."""

import pytest
import report_sample as sample
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._report.document import document, known_facts, matrix, same_findings, shortcomings


def made(nodes=None, cluster=None, generated="2026-01-02T03:04:05Z", names=None):
    return document(sample.nodes() if nodes is None else nodes, sample.cluster() if cluster is None else cluster, generated, names)


def test_what_the_whole_says():
    report = made()
    assert report["schema"] == 1
    assert report["generated"] == "2026-01-02T03:04:05Z"
    assert report["worst"] == "fail"
    # Two of each node's own and five comparisons with the other one, and two of the cluster.
    assert report["summary"] == "1 fail, 1 warning, 14 pass"
    assert known_facts(report) == [
        ["Kubernetes", "v1.24.7+k3s1"],
        ["Distribution", "K3s"],
        ["Runtime socket", "/run/containerd/containerd.sock"],
        ["Runtime state", "/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io"],
    ]


def test_rows_of_nodes():
    server, agent = made()["nodes"]
    assert server == {
        "name": "meta-1",
        "joined": True,
        "ready": True,
        "role": "server",
        "kubernetes": "v1.24.7+k3s1",
        "runtime": "containerd 1.6.20",
        "kernel": "5.4.0-150-generic",
        "os": "Ubuntu 20.04.6 LTS",
        "address": "192.0.2.1",
        "pools": ["meta"],
        "labels": sample.META,
    }
    assert (agent["role"], agent["ready"], agent["labels"]) == ("agent", False, sample.WORKSPACE)


def test_a_label_counts_only_with_the_value_true():
    cluster = sample.cluster()
    cluster["facts"]["nodes"]["meta-1"]["labels"]["gitpod.io/workload_ide"] = "false"
    assert made(cluster=cluster)["nodes"][0]["labels"] == ["gitpod.io/workload_meta"]


def test_a_node_is_known_by_its_name_in_the_inventory():
    cluster = sample.cluster()
    cluster["findings"].append(sample.finding("node_ready", "fail", node="meta-1"))
    report = made(nodes={"alias": sample.nodes()["meta-1"]}, cluster=cluster, names={"alias": "meta-1"})
    assert [(row["name"], row["joined"]) for row in report["nodes"]] == [("alias", True), ("workspace-1", True)]
    assert report["cluster_findings"][-1]["node"] == "alias"


@pytest.mark.parametrize("hostnames", [("workspace-1", "meta-1"), ("same", "same"), ("", "{{ x }}")], ids=["swapped", "equal", "odd"])
def test_no_row_follows_what_a_machine_calls_itself(hostnames):
    nodes = sample.nodes()
    for host, hostname in zip(nodes, hostnames, strict=True):
        nodes[host]["facts"]["hostname"] = hostname
    rows = made(nodes=nodes)["nodes"]
    assert [(row["name"], row["role"], row["labels"]) for row in rows] == [
        ("meta-1", "server", sample.META),
        ("workspace-1", "agent", sample.WORKSPACE),
    ]


def test_a_machine_without_a_reading_is_compared_with_none():
    nodes = sample.nodes()
    nodes["workspace-1"].update(facts={}, findings=[sample.finding("unreachable", "fail", reference="D5")])
    report = made(nodes=nodes, cluster={})
    assert [finding["id"] for finding in report["node_findings"] if finding["node"] == "workspace-1"] == ["unreachable"]
    assert [finding["id"] for finding in report["node_findings"] if finding["node"] == "meta-1"][2:] == sample.COMPARED


def test_nodes_without_a_cluster_and_a_cluster_without_hosts():
    (row,) = made(nodes={"meta-1": sample.nodes()["meta-1"]}, cluster={})["nodes"]
    assert (row["joined"], row["ready"], row["role"], row["kernel"]) == (False, False, "", "5.4.0-150-generic")
    assert [row["name"] for row in made(nodes={})["nodes"]] == ["meta-1", "workspace-1"]


def test_nothing_checked_is_no_yes():
    report = made(nodes={}, cluster={})
    assert (report["worst"], report["ready"], report["verdict"]) == ("unknown", False, "Nothing was checked")


def test_findings_name_their_node():
    report = made()
    assert {finding["node"] for finding in report["node_findings"]} == {"meta-1", "workspace-1"}
    assert {finding["node"] for finding in report["cluster_findings"]} == {"cluster"}


def test_nodes_are_compared():
    nodes = sample.nodes()
    nodes["workspace-1"]["facts"]["machine_id"] = "meta-1"
    report = made(nodes=nodes)
    conflicting = [finding for finding in report["node_findings"] if finding["id"] == "unique_machine_id"]
    assert [finding["status"] for finding in conflicting] == ["fail", "fail"]


def test_same_findings_whenever_and_whatever_was_measured():
    later = sample.nodes()
    later["meta-1"]["findings"][1]["found"] = "411.9 GB"
    assert same_findings(made(), made(nodes=later, generated="2027-01-01T00:00:00Z"))


def test_same_findings_where_something_passes_for_another_reason():
    """Check mode checks machines as what the roles can still change, so that less is required of them."""
    checked = sample.nodes()
    checked["meta-1"]["findings"][0]["required"] = "less"
    assert same_findings(made(), made(nodes=checked))


def test_another_judgement():
    fixed = sample.nodes()
    fixed["workspace-1"]["findings"][0]["status"] = "pass"
    moved = sample.cluster()
    moved["facts"]["nodes"]["workspace-1"]["ready"] = True
    assert not same_findings(made(), made(nodes=fixed))
    assert not same_findings(made(), made(cluster=moved))
    assert not same_findings(made(), {})


def test_matrix():
    report = made()
    table = matrix(report["node_findings"], ["meta-1", "workspace-1", "unknown"])
    assert table["subjects"] == ["meta-1", "workspace-1"]
    assert table["rows"][0] == {
        "id": "memory",
        "title": "Memory",
        "reference": "D8",
        "statuses": {"meta-1": "pass", "workspace-1": "fail"},
    }


def test_matrix_shows_the_worst():
    found = [
        sample.finding("cpus", node="a"),
        sample.finding("cpus", "fail", node="a"),
        sample.finding("cpus", "warning", node="a"),
    ]
    assert matrix(found, ["a"])["rows"][0]["statuses"] == {"a": "fail"}


def test_shortcomings_the_worst_first_and_nodes_together():
    found = [
        sample.finding("a", node="one"),
        sample.finding("b", "warning", node="one"),
        sample.finding("c", "fail", node="one"),
        sample.finding("b", "warning", node="two"),
        sample.finding("b", "warning", "other", node="three"),
        sample.finding("d", "skipped", node="one"),
    ]
    assert [(row["id"], row["nodes"]) for row in shortcomings(found)] == [
        ("c", ["one"]),
        ("b", ["one", "two"]),
        ("b", ["three"]),
        ("d", ["one"]),
    ]
