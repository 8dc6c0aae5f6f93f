"""The stand-in for K3s in its parts: what the contract tests cannot see, or cannot wait for."""

import ast
import hashlib
import time
from pathlib import Path

import build_standin
import pytest
from k3s_standin import api, config, deploy, errors, flags, kinds, nodes, patches, release, runtime, store, token, validation

PACKAGE = Path(build_standin.PACKAGE)
RELEASE = "v1.24.7+k3s1"


@pytest.fixture
def cluster(tmp_path):
    """An API over an empty store."""
    objects = store.Store(str(tmp_path / "state.db"))
    network = nodes.Network(objects, "10.42.0.0/16", "10.43.0.0/16", "192.0.2.1:6443")
    made = api.Api(objects, network, nodes.NodeController(objects, network, cloud_controller=True))
    for group, plural, kind in kinds.OF_K3S:
        create(made, "apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec={
            "group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
            "versions": [{"name": "v1", "served": True, "storage": True}]})  # fmt: skip
    for name in ("default", "kube-system", nodes.LEASES):
        create(made, "v1", "Namespace", name)
    yield made
    objects.close()


def create(cluster, version, kind, name, namespace="", **more):
    item = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}
    return cluster.create(cluster.resource_of(item), namespace, item, "test")


# -- the file ------------------------------------------------------------------------------------------------------------


def test_file_has_the_same_bytes_each_time(tmp_path):
    path = tmp_path / "k3s"
    assert build_standin.build(path, RELEASE) == build_standin.build(path, RELEASE) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.read_bytes().startswith(b"#!/usr/bin/env python3\nPK")
    assert path.stat().st_mode & 0o777 == 0o755
    assert build_standin.build(path, "v1.23.13+k3s1") != build_standin.build(path, RELEASE)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_runs_on_python_3_8(path):
    ast.parse(path.read_text(), feature_version=(3, 8))


# -- flags and configuration ---------------------------------------------------------------------------------------------


def test_flags_of_a_command_and_a_release():
    assert "tls-san" in flags.flags_of("server") and "tls-san" not in flags.flags_of("agent")
    assert "node-label" in flags.flags_of("server") and "node-label" in flags.flags_of("agent")
    assert "egress-selector-mode" in flags.flags_of("server", 24) and "egress-selector-mode" not in flags.flags_of("server", 21)


def options(command, *arguments, environ=None):
    return config.parse(command, arguments, environ or {})


def test_options():
    found = options("server", "--disable=traefik", "--disable", "servicelb", "-t", "secret", "--disable-network-policy", "--https-listen-port=7443")
    assert (found["disable"], found["token"], found["disable-network-policy"]) == (["traefik", "servicelb"], "secret", True)
    assert (found["https-listen-port"], found["flannel-backend"], found["node-label"]) == (7443, "vxlan", [])


def test_options_from_the_environment():
    assert options("agent", environ={"K3S_TOKEN": "secret"})["token"] == "secret"
    assert options("agent", "--token=other", environ={"K3S_TOKEN": "secret"})["token"] == "other"


def test_file_goes_before_the_command_line(tmp_path):
    (tmp_path / "c.yaml").write_text("token: secret\nnode-label: [a=b, c=d]\ndisable-agent: true\nhttps-listen-port: 7443\n")
    (tmp_path / "c.yaml.d").mkdir()
    (tmp_path / "c.yaml.d" / "more.yaml").write_text("token: other\nnode-label+: [e=f]\n")
    arguments = config.with_config_file(["--config", str(tmp_path / "c.yaml"), "--node-name=n"], {})
    assert arguments[:6] == ["--token=other", "--node-label=a=b", "--node-label=c=d", "--node-label=e=f", "--disable-agent=true", "--https-listen-port=7443"]
    assert arguments[-1] == "--node-name=n"


def test_secrets_are_left_out():
    words = config.node_args("agent", ["--token=secret", "-t", "secret", "--server=https://a:6443"])
    assert words == ["agent", "--token", "********", "-t", "********", "--server", "https://a:6443"]
    assert config.node_env({"K3S_TOKEN": "secret", "K3S_URL": "u", "HOME": "/root"}) == {"K3S_TOKEN": "********", "K3S_URL": "u"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [("secret", ("", "", "secret")), (f"K10{'a' * 64}::server:se:cret\n", ("a" * 64, "server", "se:cret")), ("K10server:secret", ("", "server", "secret"))],
)
def test_token(text, parts):
    assert token.parse(text) == parts


@pytest.mark.parametrize(("text", "problem"), [("", "empty"), ("K10ab::server:secret", "hash length"), (f"K10{'a' * 64}::secret", "format")])
def test_token_that_is_none(text, problem):
    with pytest.raises(ValueError, match=problem):
        token.parse(text)


# -- releases ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "containerd"),
    [
        ("v1.21.6+k3s1", "1.4.12-k3s1"),
        ("v1.22.4+k3s1", "1.5.7-k3s1"),
        ("v1.22.17+k3s1", "1.5.11-k3s1"),
        ("v1.23.13+k3s1", "1.5.13-k3s1"),
        ("v1.24.4+k3s1", "1.5.13-k3s1"),
        ("v1.24.7+k3s1", "1.6.8-k3s1"),
        ("v1.24.9+k3s1", "1.6.12-k3s1"),
        ("v1.24.17+k3s1", "1.7.3-k3s1"),
    ],
)
def test_bundled_containerd(version, containerd):
    assert release.bundled_containerd(version) == containerd


@pytest.mark.parametrize(("text", "shown"), [("1.6.20~ds1", "1.6.20"), ("1.6.8-k3s1", "1.6.8-k3s1"), ("v1.7.2", "1.7.2"), ("1.5.9-0ubuntu1~20.04.4", "1.5.9")])
def test_version_of_containerd_as_the_kubelet_shows_it(text, shown):
    assert runtime.as_kubelet_shows(text) == shown


@pytest.mark.parametrize(("minor", "served"), [(21, True), (24, True), (25, False)])
def test_pod_security_policies_until_1_24(minor, served):
    assert served == any(resource.plural == "podsecuritypolicies" for resource in kinds.built_in(minor))


# -- nodes ---------------------------------------------------------------------------------------------------------------

READY = [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]


def taints(node):
    return {(taint["key"].rpartition("/")[2], taint["effect"]) for taint in node["spec"].get("taints", [])}


def test_node_that_stops_reporting(cluster):
    create(cluster, "v1", "Node", "n", status={"conditions": [dict(READY[0])]})
    create(cluster, "coordination.k8s.io/v1", "Lease", "n", nodes.LEASES, spec={"renewTime": store.now()})
    cluster.nodes.sweep(time.time() + nodes.GRACE - 5)
    assert cluster.store.get(nodes.NODE, "", "n")["status"]["conditions"][0]["status"] == "True"
    cluster.nodes.sweep(time.time() + nodes.GRACE + 5)
    node = cluster.store.get(nodes.NODE, "", "n")
    condition = node["status"]["conditions"][0]
    assert (condition["status"], condition["reason"], condition["message"]) == ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    assert taints(node) == {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}


def test_taints_follow_the_node(cluster):
    node = {"spec": {"taints": [{"key": "own", "effect": "NoExecute"}]}, "status": {"conditions": [dict(READY[0], status="False")]}}
    cluster.nodes.settle(node)
    assert taints(node) == {("own", "NoExecute"), ("not-ready", "NoSchedule"), ("not-ready", "NoExecute")}
    node["status"]["conditions"] = READY
    node["spec"]["unschedulable"] = True
    cluster.nodes.settle(node)
    assert taints(node) == {("own", "NoExecute"), ("unschedulable", "NoSchedule")}


def test_time_of_change_stays_while_nothing_changes(cluster):
    create(cluster, "v1", "Node", "n", status={"conditions": [dict(READY[0])]})
    found = cluster.store.get(nodes.NODE, "", "n")
    wanted = {**found, "status": {"conditions": [dict(READY[0], lastTransitionTime=store.now())]}}
    changed = cluster.update(nodes.NODE, found, wanted, "test", "status")
    assert changed["status"]["conditions"][0]["lastTransitionTime"] == READY[0]["lastTransitionTime"]


def test_password_of_a_node(cluster):
    assert nodes.ensure_password(cluster, "n", "first")
    assert nodes.ensure_password(cluster, "n", "first")
    assert not nodes.ensure_password(cluster, "n", "second")
    cluster.nodes.forget("n")
    assert nodes.ensure_password(cluster, "n", "second")


def test_node_may_change_only_itself(cluster):
    create(cluster, "v1", "Node", "n")

    def request(path, method):
        return cluster.handle(api.Request(method, path, {}, patches.MERGE, b"{}", "system:node:n", ["system:nodes"], "test"))

    assert request("/api/v1/nodes/n", "PATCH")[0] == 200
    for path, method in (("/api/v1/nodes/m", "PATCH"), ("/api/v1/nodes", "GET"), ("/api/v1/namespaces/kube-system/secrets", "GET")):
        with pytest.raises(errors.ApiError, match="is forbidden: User"):
            request(path, method)


# -- store ---------------------------------------------------------------------------------------------------------------


def test_store_survives(tmp_path):
    first = store.Store(str(tmp_path / "state.db"))
    first.save(nodes.NODE, {"metadata": {"name": "n"}})
    kept = first.get(nodes.NODE, "", "n")
    first.save(nodes.NODE, {"metadata": {"name": "m"}})
    first.remove(nodes.NODE, "", "m")
    first.close()
    second = store.Store(str(tmp_path / "state.db"))
    assert second.list(nodes.NODE) == [kept]
    assert int(second.save(nodes.NODE, {"metadata": {"name": "l"}})["metadata"]["resourceVersion"]) > int(kept["metadata"]["resourceVersion"])


def test_store_gives_copies(cluster):
    create(cluster, "v1", "Node", "n")
    cluster.store.get(nodes.NODE, "", "n")["metadata"]["name"] = "changed"
    assert cluster.store.get(nodes.NODE, "", "n")["metadata"]["name"] == "n"


# -- patches -------------------------------------------------------------------------------------------------------------


def test_strategic_merge_of_lists():
    item = {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "a"}, {"type": "Other", "status": "False"}]}, "list": [1, 2]}
    patch = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}, "list": [3]}
    merged = patches.apply(patches.STRATEGIC, item, patch)
    assert merged["status"]["conditions"] == [{"type": "Ready", "status": "True", "reason": "a"}, {"type": "Other", "status": "False"}]
    assert merged["list"] == [3]
    assert item["list"] == [1, 2]


def test_directives_are_refused():
    with pytest.raises(errors.ApiError, match="no directive"):
        patches.apply(patches.STRATEGIC, {}, {"spec": {"$patch": "replace"}})


# -- manifests -----------------------------------------------------------------------------------------------------------


def test_file_is_tried_again(cluster, tmp_path, monkeypatch, capsys):
    controller = deploy.DeployController(cluster, str(tmp_path), set())
    (tmp_path / "late.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: late}\n")
    controller.scan()
    controller.scan()
    assert capsys.readouterr().err.count('namespaces \\"late\\" not found') == 1
    create(cluster, "v1", "Namespace", "late")
    later = time.monotonic() + deploy.RETRY + 1
    monkeypatch.setattr(deploy.time, "monotonic", lambda: later)
    controller.scan()
    assert cluster.store.get(cluster.resource("", "v1", "configmaps"), "late", "c")


def test_disabled_add_on_is_removed(cluster, tmp_path):
    path = tmp_path / "extra.yaml"
    path.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    deploy.DeployController(cluster, str(tmp_path), set()).scan()
    maps = cluster.resource("", "v1", "configmaps")
    assert cluster.store.get(maps, "default", "c")
    deploy.DeployController(cluster, str(tmp_path), {"extra"}).scan()
    assert cluster.store.get(maps, "default", "c") is None
    assert not path.exists()


# -- pods ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({"hostPID": True, "containers": []}, "hostPID=true"),
        ({"containers": [{"name": "p", "securityContext": {"privileged": True}}]}, "privileged"),
        ({"containers": [{"name": "p", "ports": [{"hostPort": 80}]}]}, "hostPort"),
        ({"containers": [], "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}, "hostPath"),
    ],
)
def test_pod_security(spec, fault):
    pod = {"metadata": {"name": "p"}, "spec": spec}
    pods = next(resource for resource in kinds.built_in() if resource.plural == "pods")
    validation.pod_security(pods, pod, {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}})
    with pytest.raises(errors.ApiError, match=fault):
        validation.pod_security(pods, pod, {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}})
