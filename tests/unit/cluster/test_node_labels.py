"""The module node_labels against an API: what it asks, what it patches, and how it fails."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.modules import node_labels
from cluster_objects import node
from fake_api import NODES, FakeApi, status
from run_module import run

WORKSPACE = {
    "gitpod.io/workload_workspace_services": "true",
    "gitpod.io/workload_workspace_regular": "true",
    "gitpod.io/workload_workspace_headless": "true",
}
META = {"gitpod.io/workload_meta": "true", "gitpod.io/workload_ide": "true"}
FOREIGN = {"team": "a", "gitpod.io/ws-daemon_ready_ns_default": "1"}
POOLS = {"meta": ["m1"], "workspace": ["w1", "w2"]}


@pytest.fixture
def api():
    with FakeApi([node("m1", FOREIGN), node("w1", FOREIGN), node("w2", FOREIGN), node("other", {"gitpod.io/workload_meta": "true"})]) as api:
        yield api


def test_labels_the_pools_and_nothing_else(api, capsys):
    result = run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    assert result["changed"] is True
    assert result["changed_nodes"] == ["m1", "w1", "w2"]
    assert api.labels("m1") == {**FOREIGN, **META}
    assert api.labels("w1") == api.labels("w2") == {**FOREIGN, **WORKSPACE}
    assert api.labels("other") == {"gitpod.io/workload_meta": "true"}
    assert result["nodes"] == {"m1": META, "w1": WORKSPACE, "w2": WORKSPACE, "other": {"gitpod.io/workload_meta": "true"}}


def test_second_run_is_one_list_request(api, capsys):
    run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    api.calls.clear()
    result = run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    assert result["changed"] is False
    assert result["changed_nodes"] == []
    assert api.requests == [("GET", NODES)]


def test_only_the_node_that_differs_is_patched(api, capsys):
    run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    api.labels("w1")["gitpod.io/workload_workspace_regular"] = "false"
    api.calls.clear()
    result = run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    assert result["changed_nodes"] == ["w1"]
    # One node is read in full, to see who makes the nodes.
    assert api.requests == [("GET", NODES), ("GET", NODES + "/w1"), ("PATCH", NODES + "/w1")]
    assert api.calls[2].body == {"metadata": {"labels": {"gitpod.io/workload_workspace_regular": "true"}}}
    assert api.calls[2].headers["Content-Type"] == "application/merge-patch+json"


def test_only_metadata_are_asked_for(api, capsys):
    run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    asked = {(call.method, call.path): call.headers["Accept"] for call in api.calls}
    assert asked["GET", NODES] == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    assert asked["PATCH", NODES + "/m1"] == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


def test_node_moved_to_the_other_pool(api, capsys):
    run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    result = run(node_labels.main, capsys, nodes={"meta": ["m1", "w1"], "workspace": ["w2"]}, **api.auth())
    assert result["changed_nodes"] == ["w1"]
    assert api.labels("w1") == {**FOREIGN, **META}


def test_node_of_two_pools_carries_both(api, capsys):
    run(node_labels.main, capsys, nodes={"meta": ["m1"], "workspace": ["m1"]}, **api.auth())
    assert api.labels("m1") == {**FOREIGN, **META, **WORKSPACE}


def test_absent_takes_the_five_off_the_named_nodes(api, capsys):
    run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    result = run(node_labels.main, capsys, nodes={"workspace": ["w1"]}, state="absent", **api.auth())
    assert result["changed_nodes"] == ["w1"]
    assert api.labels("w1") == FOREIGN
    assert api.labels("w2") == {**FOREIGN, **WORKSPACE}


def test_check_mode_patches_nothing_and_shows_the_difference(api, capsys):
    result = run(node_labels.main, capsys, check=True, nodes={"meta": ["other"]}, **api.auth())
    assert result["changed"] is True
    assert api.requests == [("GET", NODES), ("GET", NODES + "/other")]
    assert result["diff"] == [
        {
            "before_header": "node other",
            "after_header": "node other",
            "before": {"gitpod.io/workload_meta": "true"},
            "after": META,
        }
    ]


def test_missing_node_stops_before_anything_is_patched(api, capsys):
    result = run(node_labels.main, capsys, nodes={"meta": ["m1", "typo"]}, **api.auth())
    assert result["failed"] is True
    assert "no node named typo" in result["msg"]
    assert "m1, other, w1, w2" in result["msg"]
    assert api.count("PATCH") == 0


def test_missing_node_is_a_warning_in_check_mode(api, capsys):
    result = run(node_labels.main, capsys, check=True, nodes={"meta": ["m1", "newcomer"]}, **api.auth())
    assert "failed" not in result
    assert result["changed_nodes"] == ["m1"]
    assert "no node named newcomer" in result["warnings"][0]


def test_long_lists_of_names_are_cut(capsys):
    with FakeApi([node(f"n{number:04}") for number in range(1000)]) as api:
        result = run(node_labels.main, capsys, nodes={"meta": ["typo"]}, **api.auth())
    assert "n0019 and 980 more" in result["msg"]
    assert len(result["msg"]) < 500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"nodes": {"meta": ["m1"]}, "pools": {"meta": ["workload_metal"]}}, "'workload_metal', which Gitpod does not know"),
        ({"nodes": {"meta": ["m1"]}, "pools": {"meta": ["gitpod.io/other"]}}, "'gitpod.io/other', which Gitpod does not know"),
        ({"nodes": {"mesa": ["m1"]}}, "the pools are: meta, workspace"),
        ({"nodes": {"meta": "m1"}}, "the nodes of the pool 'meta' must be a list of names, and not 'm1'"),
        ({"nodes": {}, "pools": {"meta": "workload_meta"}}, "the labels of the pool 'meta' must be a list"),
        ({"nodes": {"meta": [1]}}, "must be a list of names"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_request(api, capsys, arguments, message):
    result = run(node_labels.main, capsys, **arguments, **api.auth())
    assert result["failed"] is True
    assert message in result["msg"]
    assert api.requests == []


@pytest.mark.parametrize(("size", "requests"), [(5000, 1), (5001, 2)])
def test_as_many_nodes_as_kubernetes_supports_are_one_list_request(capsys, size, requests):
    names = [f"n{number:04}" for number in range(size)]
    with FakeApi([node(name) for name in names]) as api:
        result = run(node_labels.main, capsys, nodes={"meta": names[-3:]}, **api.auth())
        assert result["changed_nodes"] == names[-3:]
        assert len(result["nodes"]) == size
        assert api.count("GET", NODES) == requests


def test_conflict_is_tried_once_more_with_what_the_node_now_has(api, capsys):
    path = NODES + "/m1"
    api.once[("PATCH", path)] = [status(409, "Conflict", "the object has been modified")]
    api.labels("m1")["gitpod.io/workload_workspace_regular"] = "true"
    run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    assert api.requests == [("GET", NODES), ("GET", path), ("PATCH", path), ("GET", path), ("PATCH", path)]
    assert api.labels("m1") == {**FOREIGN, **META}


def test_second_conflict_is_a_failure(api, capsys):
    api.once[("PATCH", NODES + "/m1")] = [status(409, "Conflict", "the object has been modified")] * 2
    result = run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    assert result["status"] == 409
    assert "the labels of m1 were not changed" in result["msg"]


def test_node_that_vanished_is_named_and_the_others_are_done(api, capsys):
    api.once[("PATCH", NODES + "/w1")] = [status(404, "NotFound", 'nodes "w1" not found')]
    result = run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    assert result["failed"] is True
    assert "the labels of w1 were not changed" in result["msg"]
    assert "vanished" in result["msg"]
    assert result["changed"] is True
    assert result["changed_nodes"] == ["m1", "w2"]


def test_missing_permission_to_list_names_verb_and_resource(api, capsys):
    api.answers[NODES] = status(403, "Forbidden", 'nodes is forbidden: User "u" cannot list resource "nodes"')
    result = run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    assert "the verb 'list' on the resource 'nodes'" in result["msg"]
    assert (result["status"], result["reason"], result["verb"], result["resource"]) == (403, "Forbidden", "list", "nodes")


def test_missing_permission_to_patch_names_verb_and_resource(api, capsys):
    for name in ("m1", "w1", "w2"):
        api.once[("PATCH", f"{NODES}/{name}")] = [status(403, "Forbidden", "forbidden")]
    result = run(node_labels.main, capsys, nodes=POOLS, **api.auth())
    assert "the labels of m1, w1, w2 were not changed" in result["msg"]
    assert "the verb 'patch' on the resource 'nodes'" in result["msg"]
    assert result["changed"] is False


def test_value_that_the_api_finds_invalid(api, capsys):
    api.once[("PATCH", NODES + "/m1")] = [status(422, "Invalid", 'Node "m1" is invalid: metadata.labels: Invalid value')]
    result = run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    assert "is invalid: metadata.labels" in result["msg"]
    assert result["status"] == 422


def test_busy_api_is_asked_again(api, capsys):
    api.once[("GET", NODES)] = [status(429, "TooManyRequests", "please try again later")] * 2
    api.once[("PATCH", NODES + "/m1")] = [status(503, "ServiceUnavailable", "starting")]
    result = run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    assert result["changed_nodes"] == ["m1"]
    assert api.labels("m1") == {**FOREIGN, **META}


@pytest.mark.parametrize(
    ("provider_id", "kubelet", "service"),
    [
        ("aws:///eu-west-1a/i-0123456789abcdef0", "v1.22.17-eks-48e63af", "EKS"),
        ("gce://project/europe-west1-b/gke-node", "v1.24.9-gke.3200", "GKE"),
        ("azure:///subscriptions/x/virtualMachines/0", "v1.24.9", "AKS"),
    ],
)
def test_managed_nodes_are_warned_about(capsys, provider_id, kubelet, service):
    labels = {"kubernetes.azure.com/cluster": "c"} if service == "AKS" else {}
    with FakeApi([node("m1", labels, provider_id=provider_id, kubelet=kubelet)]) as api:
        result = run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
        again = run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    assert f"{service} makes these nodes from a template" in result["warnings"][0]
    assert "m1" in result["warnings"][0]
    assert again["warnings"] == []


@pytest.mark.parametrize(
    ("provider_id", "kubelet"),
    [
        ("aws:///eu-west-1a/i-0123", "v1.24.7+k3s1"),
        ("aws:///eu-west-1a/i-0123", "v1.24.7"),
        ("azure:///subscriptions/x/virtualMachines/0", "v1.24.7"),
        ("vsphere://4230", "v1.28.4-eks-d91a302"),
    ],
)
def test_k3s_on_the_machines_of_a_cloud_is_not_managed(capsys, provider_id, kubelet):
    with FakeApi([node("m1", provider_id=provider_id, kubelet=kubelet)]) as api:
        result = run(node_labels.main, capsys, nodes={"meta": ["m1"]}, **api.auth())
    assert result["warnings"] == []


def test_message_names_the_kubeconfig_that_is_missing(capsys):
    result = run(node_labels.main, capsys, nodes=POOLS, kubeconfig="/nowhere/kubeconfig")
    assert result["failed"] is True
    assert "there is no kubeconfig /nowhere/kubeconfig" in result["msg"]


def test_secrets_of_a_kubeconfig_are_in_no_result(api, capsys):
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "users": [{"name": "u", "user": {"token": "very-secret"}}],
    }
    result = run(node_labels.main, capsys, nodes=POOLS, kubeconfig=content)
    assert result["changed"] is True
    assert "very-secret" not in str(result)
