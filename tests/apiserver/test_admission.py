"""Whether privileged pods are admitted, where something in the cluster refuses them, and where the namespace is not as it should be."""

import time

import pytest
import runs
import scene
from server import ApiServer

ONLY = ["privileged_pods", "pod_security"]
ENFORCE = "pod-security.kubernetes.io/enforce"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
POLICY_LIMIT = 20  # seconds until a new policy is enforced
PRIVILEGED_POD = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "x", "image": "x", "securityContext": {"privileged": True}}]}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ApiServer(tmp_path_factory.mktemp("apiserver")) as server:
        server.namespace("default")
        scene.make_many(server, ["node-1"], "v1.36.2")
        yield server


@pytest.fixture
def checked(server, tmp_path):
    """What checks the two requirements in a namespace: their statuses, and the run."""

    def run(namespace, on=server):
        ran = runs.module("cluster_spec", tmp_path, kubeconfig=str(on.kubeconfig()), namespace=namespace, only=ONLY)
        assert ran.result.get("findings"), ran.output
        return tuple(item["status"] for item in ran.result["findings"]), ran

    return run


def test_a_namespace_of_a_cluster_that_refuses_nothing(server, checked):
    server.namespace("plain")
    assert checked("plain")[0] == ("pass", "pass")


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_namespace_with_a_stricter_label(server, checked, level):
    server.namespace(level, {ENFORCE: level})
    statuses, ran = checked(level)
    assert statuses == ("fail", "fail")
    assert level in ran.found("privileged_pods")
    assert f"{ENFORCE}=privileged" in ran.found("pod_security")


def test_a_cluster_with_a_stricter_default(tmp_path, checked):
    with ApiServer(tmp_path / "server", pod_security="baseline") as strict:
        scene.make_many(strict, ["node-1"], "v1.36.2")
        strict.namespace("default")
        strict.namespace("opened", {ENFORCE: "privileged"})
        assert checked("default", strict)[0] == ("fail", "fail")
        assert checked("opened", strict)[0] == ("pass", "pass")


def test_a_policy_of_the_cluster_is_named(server, checked):
    server.namespace("policed")
    deny(server, "no-privileged-pods", "policed", "ask the platform team")
    statuses, ran = checked("policed")
    assert statuses[0] == "fail"
    assert "no-privileged-pods" in ran.found("privileged_pods")
    assert "ask the platform team" in ran.found("privileged_pods")
    assert "credentials" not in ran.found("privileged_pods")


def test_a_quota_is_named(server, checked):
    server.namespace("full")
    client, path = server.client(), "/api/v1/namespaces/full/resourcequotas"
    client.create(path, {"metadata": {"name": "none-left"}, "spec": {"hard": {"pods": "0"}}})
    client.merge(f"{path}/none-left/status", {"status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}})
    await_refusal(client, "full")
    statuses, ran = checked("full")
    assert statuses[0] == "fail"
    assert "none-left" in ran.found("privileged_pods")


def test_a_web_hook_that_is_away_is_named(server, checked):
    server.namespace("hooked", {"hooked": "true"})
    hook = {
        "name": "pods.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"hooked": "true"}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    server.client().create(f"{ADMISSION}/validatingwebhookconfigurations", {"metadata": {"name": "away"}, "webhooks": [hook]})
    await_refusal(server.client(), "hooked")
    statuses, ran = checked("hooked")
    assert statuses[0] == "fail"
    assert "pods.example.com" in ran.found("privileged_pods")


def test_a_namespace_that_is_being_removed(server, checked):
    server.namespace("going")
    server.client().delete("/api/v1/namespaces/going")
    statuses, ran = checked("going")
    assert "pass" not in statuses
    assert "being deleted" in ran.found("privileged_pods")
    assert "Wait until it is gone" in ran.found("pod_security")


def test_a_namespace_that_is_not_there(checked):
    statuses, ran = checked("nowhere")
    assert statuses == ("unknown", "unknown")
    assert "kubectl create namespace nowhere" in ran.found("privileged_pods")


def test_who_may_not_make_pods_is_told_of_that_permission(server, checked, tmp_path):
    scene.allow(server.client(), "reader", ("", "nodes", ("list",)), ("", "namespaces", ("get",)))
    ran = runs.module("cluster_spec", tmp_path, kubeconfig=str(server.kubeconfig("reader", ())), only=["privileged_pods"])
    assert ran.ids("unknown") == ["privileged_pods"]
    assert "pods" in ran.found("privileged_pods")
    assert "create" in ran.found("privileged_pods")


def deny(server, name, namespace, message):
    """A ValidatingAdmissionPolicy that refuses privileged pods in a namespace, in force."""
    client = server.client()
    expression = "!object.spec.containers.exists(c, has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged)"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    client.create(
        f"{ADMISSION}/validatingadmissionpolicies",
        {"metadata": {"name": name}, "spec": {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": expression, "message": message}]}},
    )
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    client.create(
        f"{ADMISSION}/validatingadmissionpolicybindings",
        {"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": selector}}},
    )
    await_refusal(client, namespace)


def await_refusal(client, namespace):
    deadline = time.monotonic() + POLICY_LIMIT
    while client.ask("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", PRIVILEGED_POD)[0] < 400:
        assert time.monotonic() < deadline, f"privileged pods are still admitted in {namespace}"
        time.sleep(0.1)
