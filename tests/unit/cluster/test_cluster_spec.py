"""The module cluster_spec against whole clusters: recorded ones and hand-made ones."""

from copy import deepcopy

import pytest
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec
from cluster_fixtures import NAMES, PODS, REVIEWS, answers, hand_made, recorded, served
from fake_api import FakeApi, status
from run_module import run

POOLS = {"meta": ["meta-1"], "workspace": ["workspace-1", "workspace-2"]}


def checked(name, capsys, content=None, **arguments):
    with served(content or answers(name), hand_made(name).get("posts", ())) as api:
        return run(cluster_spec.main, capsys, **arguments, **api.auth())


def amiss(result):
    """(status, id, node) of everything that is not met, and was not left out."""
    return {(finding["status"], finding["id"], finding["node"]) for finding in result["findings"] if finding["status"] not in ("pass", "skipped")}


def found(result, requirement):
    return [finding["found"] for finding in result["findings"] if finding["id"] == requirement]


EKS, GKE = "ip-10-0-0-5.ec2.internal", "gke-cluster-1-cos-pool-73eeead1-k6s1"
RKE2, OPENSHIFT = "ip-172-31-15-92.us-east-2.compute.internal", "adahiya-0-master-0"

WHAT_IS_AMISS = {
    "aks": set(),
    "eks": set(),
    "gke": set(),
    "k3s": set(),
    "k3s-1.25-restricted": {("warning", "servers", ""), ("fail", "privileged_pods", ""), ("fail", "pod_security", "")},
    "k3s-without-images": {("warning", "servers", ""), ("fail", "calico_ready", ""), ("fail", "cert_manager", "")},
    "eks-vpc-cni-amazon-linux": {
        ("fail", "labels_present", ""),
        ("warning", "calico", ""),
        ("fail", "cert_manager", ""),
        ("fail", "os_release", EKS),
        ("warning", "kernel_version", EKS),
        ("fail", "cpus", EKS),
        ("fail", "memory", EKS),
    },
    "gke-dataplane-v2": {
        ("fail", "labels_present", ""),
        ("fail", "calico", ""),
        ("fail", "calico_dataplane", ""),
        ("fail", "cert_manager", ""),
        ("fail", "os_release", GKE),
        ("warning", "kernel_version", GKE),
    },
    "rke": {
        ("warning", "servers", ""),
        ("fail", "kubernetes_version", ""),
        ("fail", "distribution", ""),
        ("fail", "kubelet_version", "rke1"),
        ("fail", "container_runtime", "rke1"),
        ("fail", "labels_present", ""),
        ("fail", "calico", ""),
        ("unknown", "load_balancer", ""),
        ("fail", "storage_class", ""),
        ("fail", "cert_manager", ""),
    },
    "rke2": {
        ("warning", "servers", ""),
        ("warning", "distribution", ""),
        ("fail", "labels_present", ""),
        ("fail", "calico", ""),
        ("unknown", "load_balancer", ""),
        ("fail", "storage_class", ""),
        ("fail", "cert_manager", ""),
        ("fail", "os_release", RKE2),
        ("fail", "kernel_version", RKE2),
    },
    "openshift": {
        ("warning", "servers", ""),
        ("fail", "kubernetes_version", ""),
        ("fail", "distribution", ""),
        ("fail", "kubelet_version", OPENSHIFT),
        ("fail", "container_runtime", OPENSHIFT),
        ("fail", "labels_present", ""),
        ("fail", "calico", ""),
        ("unknown", "load_balancer", ""),
        ("fail", "storage_class", ""),
        ("fail", "cert_manager", ""),
        ("fail", "os_release", OPENSHIFT),
        ("fail", "kernel_version", OPENSHIFT),
    },
}


def test_every_hand_made_cluster_is_checked_here():
    assert sorted(WHAT_IS_AMISS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_findings(name, capsys):
    result = checked(name, capsys)
    assert "failed" not in result
    assert result["changed"] is False
    assert amiss(result) == WHAT_IS_AMISS[name]


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("aks", "AKS"),
        ("eks", "EKS"),
        ("eks-vpc-cni-amazon-linux", "EKS"),
        ("gke", "GKE"),
        ("gke-dataplane-v2", "GKE"),
        ("k3s", "K3s"),
        ("k3s-1.25-restricted", "K3s"),
        ("openshift", "OpenShift"),
        ("rke", "RKE"),
        ("rke2", "RKE2"),
    ],
)
def test_distribution(name, distribution, capsys):
    assert checked(name, capsys)["facts"]["distribution"] == distribution


def test_facts_of_a_cluster_made_by_the_roles(capsys):
    facts = checked("k3s", capsys, nodes=POOLS)["facts"]
    node = facts["nodes"].pop("meta-1")
    assert sorted(facts.pop("nodes")) == ["workspace-1", "workspace-2"]
    assert node == {
        "ready": True,
        "pools": ["meta"],
        "labels": {"gitpod.io/workload_meta": "true", "gitpod.io/workload_ide": "true"},
        "roles": ["control-plane", "etcd", "master"],
        "address": "192.0.2.10",
        "kubelet": "v1.24.7+k3s1",
        "runtime": "containerd://1.6.12",
        "kernel": "5.4.0-150-generic",
        "os": "Ubuntu 20.04.5 LTS",
        "architecture": "amd64",
        "cpus": 4,
        "memory_bytes": 16786677760,
    }
    assert facts == {
        "kubernetes_version": "v1.24.7+k3s1",
        "distribution": "K3s",
        "servers": "3 (meta-1, workspace-1, workspace-2)",
        "calico_version": "3.24.5",
        "cert_manager_version": "1.11.5",
        "load_balancer": "K3s ServiceLB",
        "storage_class": "local-path",
        "runtime_socket": "/run/containerd/containerd.sock",
        "runtime_state_directory": "/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io",
        "runtime_paths_known": False,
        "edition": "",
        "provider": "",
    }


def test_recording_of_a_real_k3s(capsys):
    with recorded() as api:
        result = run(cluster_spec.main, capsys, **api.auth())
    assert amiss(result) == {
        ("warning", "servers", ""),
        ("fail", "labels_present", ""),
        ("fail", "calico", ""),
        ("fail", "storage_class", ""),
        ("fail", "cert_manager", ""),
        *(("fail", "os_release", name) for name in ("a1", "a2", "s1")),
        *(("warning", "kernel_version", name) for name in ("a1", "a2", "s1")),
        *(("fail", "cpus", name) for name in ("a1", "a2", "s1")),
    }
    assert result["facts"]["kubernetes_version"] == "v1.21.2+k3s1"
    assert result["facts"]["nodes"]["s1"]["roles"] == ["control-plane", "master"]
    assert result["facts"]["nodes"]["a1"]["runtime"] == "containerd://1.6.20"
    assert result["facts"]["nodes"]["a1"]["memory_bytes"] == 25276510208


def test_where_images_cannot_be_pulled_what_was_taken_up_is_a_warning(capsys):
    result = checked("k3s-without-images", capsys, expect_pods=False)
    assert amiss(result) == {("warning", "servers", ""), ("warning", "calico_ready", ""), ("warning", "cert_manager", "")}
    assert "not waited for" in found(result, "calico_ready")[0]
    assert "taken up the chart cert-manager" in found(result, "cert_manager")[0]


def test_where_images_cannot_be_pulled_what_was_not_taken_up_still_fails(capsys):
    content = answers("k3s-without-images")
    content["/apis/apps/v1/daemonsets"]["items"] = []
    content["/apis/helm.cattle.io/v1/helmcharts"]["items"] = []
    result = checked("k3s", capsys, content, expect_pods=False)
    assert amiss(result) == {("warning", "servers", ""), ("fail", "calico", ""), ("fail", "cert_manager", "")}


def test_named_nodes_must_be_there_with_the_labels_of_their_pool(capsys):
    nodes = {"meta": ["meta-1", "meta-2"], "workspace": ["workspace-1", "workspace-2"]}
    content = answers("k3s")
    labels = content["/api/v1/nodes"]["items"][1]["metadata"]["labels"]
    labels["gitpod.io/workload_ide"] = "true"
    del labels["gitpod.io/workload_workspace_regular"]
    result = checked("k3s", capsys, content, nodes=nodes)
    assert amiss(result) == {
        ("fail", "nodes_joined", "meta-2"),
        ("fail", "node_labels", "workspace-1"),
        ("fail", "pool_separation", "workspace-1"),
    }
    assert found(result, "node_labels")[0] == "lacks gitpod.io/workload_workspace_regular, has gitpod.io/workload_ide"


def test_thresholds_are_options(capsys):
    arguments = {
        "min_kubernetes": "1.25",
        "min_kernel": "5.10",
        "min_containerd": "1.7",
        "min_cpus": 8,
        "min_memory_bytes": 17000000000,
        "min_cert_manager": "1.12",
    }
    result = checked("k3s", capsys, **arguments)
    assert {(kind, identity) for kind, identity, _node in amiss(result)} == {
        ("fail", "kubernetes_version"),
        ("fail", "kubelet_version"),
        ("fail", "kernel_version"),
        ("fail", "container_runtime"),
        ("fail", "cpus"),
        ("fail", "memory"),
        ("fail", "cert_manager"),
    }


def test_skipped_requirement_shows_the_reason(capsys):
    result = checked("rke", capsys, skip={"storage_class": "volumes are made by hand"})
    (finding,) = [finding for finding in result["findings"] if finding["id"] == "storage_class"]
    assert finding["status"] == "skipped"
    assert finding["found"] == "not checked: volumes are made by hand"


def test_only_some_requirements(capsys):
    result = checked("k3s", capsys, only=["cpus", "calico"])
    assert [finding["id"] for finding in result["findings"]] == ["calico", "cpus"]


def test_findings_have_the_shape_that_is_documented(capsys):
    result = checked("openshift", capsys)
    for finding in result["findings"]:
        assert sorted(finding) == sorted(["id", "title", "status", "found", "required", "remedy", "reference", "fixed_by", "node"])
        assert all(isinstance(value, str) for value in finding.values())
        if finding["status"] in ("fail", "warning", "unknown"):
            assert finding["remedy"]
            assert finding["found"]


def test_every_requirement_has_a_finding_or_a_reason_for_none(capsys):
    silent = set(cluster_spec.cluster_check.REQUIREMENTS.ids()) - {
        finding["id"] for finding in checked("k3s", capsys, nodes=POOLS, kubernetes_version="v1.24.7+k3s1")["findings"]
    }
    assert silent == {"load_balancer_probe"}  # only where the user asked for it


def test_without_a_domain_its_requirements_are_skipped(capsys):
    skipped = {finding["id"]: finding["found"] for finding in checked("k3s", capsys)["findings"] if finding["status"] == "skipped"}
    assert skipped == {"dns_names": "not checked: no domain given", "certificate": "not checked: no domain given"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"only": ["cpu"]}, "only: there is no requirement `cpu`"),
        ({"skip": {"cpu": "why not"}}, "skip: there is no requirement `cpu`"),
        ({"skip": {"cpus": ""}}, "skip: give the reason for leaving out `cpus`"),
        ({"gitpod_version": "2021.12"}, "gitpod_version: `2021.12` is no release of Gitpod"),
        ({"domain": "https://gitpod.example.com"}, "domain: `https://gitpod.example.com` is not a domain"),
        ({"domain": "localhost"}, "domain: `localhost` is not a domain"),
        ({"domain": "a." * 110 + "example"}, "is not a domain"),
        ({"namespace": "a/b"}, "namespace: `a/b` is not a name of a namespace"),
        ({"namespace": ""}, "namespace: `` is not a name of a namespace"),
        ({"certificate": "../x"}, "certificate: `../x` is not a name of a"),
        ({"kubernetes_version": "latest"}, "kubernetes_version: `latest` is no version such as v1.24.7+k3s1"),
        ({"min_kernel": "new"}, "min_kernel: `new` is no version"),
        ({"pools": {"meta": ["workload_metal"]}}, "'workload_metal', which Gitpod does not know"),
        ({"nodes": {"mesa": ["m1"]}}, "the pools are: meta, workspace"),
    ],
)
def test_wrong_options_are_refused_before_any_request(arguments, message, capsys):
    with served(answers("k3s")) as api:
        result = run(cluster_spec.main, capsys, **arguments, **api.auth())
        assert result["failed"] is True
        assert message in result["msg"]
        assert api.requests == []


# --- what cannot be read ----------------------------------------------------------------------------------------------------


def test_missing_permission_is_unknown_and_named(capsys):
    content = answers("k3s")
    content["/apis/apps/v1/daemonsets"] = status(403, "Forbidden", 'daemonsets.apps is forbidden: User "u" cannot list resource')
    result = checked("k3s", capsys, content)
    assert amiss(result) == {
        ("unknown", identity, "")
        for identity in (
            "calico",
            "calico_ready",
            "calico_tested",
            "calico_network",
            "calico_dataplane",
            "calico_encapsulation",
            "calico_forwarding",
            "calico_offload",
            "calico_addresses",
            "load_balancer",
            "load_balancer_ports",
        )
    }
    assert "the verb 'list' on the resource 'daemonsets.apps'" in found(result, "calico")[0]
    assert result["facts"]["calico_version"] == ""


def test_groups_that_cannot_be_read_make_no_false_failures(capsys):
    content = answers("k3s")
    content["/apis"] = status(403, "Forbidden", "forbidden")
    result = checked("k3s", capsys, content)
    assert {kind for kind, _identity, _node in amiss(result)} == {"unknown"}


@pytest.mark.parametrize("path", ["/version", "/api/v1/nodes"])
def test_without_version_or_nodes_there_is_no_judgement(path, capsys):
    content = answers("k3s")
    content[path] = status(403, "Forbidden", "forbidden")
    result = checked("k3s", capsys, content)
    assert result["failed"] is True
    assert result["status"] == 403


def test_privileged_pod_that_is_refused(capsys):
    with served(answers("k3s")) as api:
        message = 'pods "p" is forbidden: violates PodSecurity "baseline:latest": privileged'
        api.posts[PODS] = status(403, "Forbidden", message)
        result = run(cluster_spec.main, capsys, **api.auth())
    assert amiss(result) == {("fail", "privileged_pods", "")}
    assert found(result, "privileged_pods") == [message]


@pytest.mark.parametrize(
    "answer",
    [
        status(
            403,
            "Forbidden",
            'pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "default"',
        ),
        status(404, "NotFound", 'namespaces "default" not found'),
    ],
)
def test_privileged_pod_that_may_not_be_tried(answer, capsys):
    with served(answers("k3s")) as api:
        api.posts[PODS] = answer
        result = run(cluster_spec.main, capsys, **api.auth())
    assert amiss(result) == {("unknown", "privileged_pods", "")}


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (403, 'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found', "fail"),
        (403, 'pods "p" is forbidden: PodSecurityPolicy: unable to admit pod: []', "fail"),
        (400, 'admission webhook "validate.policy" denied the request: privileged', "fail"),
        (500, 'Internal error occurred: failed calling webhook "validate.policy": no endpoints available', "fail"),
        (400, 'admission webhook "mutate.policy" does not support dry run', "unknown"),
        (422, "Invalid", "unknown"),
    ],
)
def test_who_refuses_a_privileged_pod(code, message, kind, capsys):
    with served(answers("k3s")) as api:
        api.posts[PODS] = status(code, "Refused", message)
        result = run(cluster_spec.main, capsys, **api.auth())
    assert amiss(result) == {(kind, "privileged_pods", "")}
    assert message in found(result, "privileged_pods")[0]


@pytest.mark.usefixtures("quick")
def test_refusal_of_a_cluster_that_has_just_started_is_waited_out(capsys):
    with served(answers("k3s")) as api:
        refusal = 'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found'
        api.once[("POST", PODS)] = [status(403, "Forbidden", refusal)] * 2
        api.once[("GET", "/api/v1/namespaces/default")] = [status(404, "NotFound", 'namespaces "default" not found')]
        result = run(cluster_spec.main, capsys, wait=10, **api.auth())
        assert amiss(result) == set()
        assert api.count("POST", PODS) == 3


def test_namespace_that_may_not_be_read_does_not_keep_from_trying(capsys):
    content = answers("k3s")
    content["/api/v1/namespaces/default"] = status(403, "Forbidden", "forbidden")
    assert amiss(checked("k3s", capsys, content)) == set()
    content = answers("k3s-1.25-restricted")
    content["/api/v1/namespaces/default"] = status(403, "Forbidden", "forbidden")
    wrong = {("warning", "servers", ""), ("fail", "privileged_pods", ""), ("unknown", "pod_security", "")}
    assert amiss(checked("k3s-1.25-restricted", capsys, content)) == wrong


@pytest.mark.parametrize(
    ("path", "verb", "resource", "requirement"),
    [
        ("/api/v1/namespaces/kube-system/configmaps/calico-config", "get", "configmaps", "calico_forwarding"),
        ("/api/v1/services", "list", "services", "load_balancer_ports"),
        ("/apis/crd.projectcalico.org/v1/ippools", "list", "ippools.crd.projectcalico.org", "calico_encapsulation"),
        ("/apis/crd.projectcalico.org/v1/felixconfigurations", "list", "felixconfigurations.crd.projectcalico.org", "calico_dataplane"),
        ("/apis/cert-manager.io/v1/clusterissuers", "list", "clusterissuers.cert-manager.io", "cluster_issuer"),
    ],
)
def test_each_missing_permission_is_named(path, verb, resource, requirement, capsys):
    content = answers("k3s")
    content[path] = status(403, "Forbidden", "forbidden")
    result = checked("k3s", capsys, content)
    assert {kind for kind, _identity, _node in amiss(result)} == {"unknown"}
    assert f"the verb '{verb}' on the resource '{resource}'" in found(result, requirement)[0]


def test_page_of_a_proxy_instead_of_a_list(capsys):
    content = answers("k3s")
    content["/apis/storage.k8s.io/v1/storageclasses"] = (200, "<html>Please log in</html>")
    result = checked("k3s", capsys, content)
    assert amiss(result) == {("unknown", "storage_class", "")}
    assert "Please log in" in found(result, "storage_class")[0]


def test_pod_is_tried_as_a_dry_run_in_the_namespace(capsys):
    content = answers("k3s")
    content["/api/v1/namespaces/gitpod"] = {"metadata": {"name": "gitpod"}}
    with served(content) as api:
        api.posts["/api/v1/namespaces/gitpod/pods"] = (201, {})
        result = run(cluster_spec.main, capsys, namespace="gitpod", **api.auth())
        assert amiss(result) == set()
        (call,) = [call for call in api.calls if call.path == "/api/v1/namespaces/gitpod/pods"]
        assert call.query == {"dryRun": "All"}
        assert call.body["spec"]["hostPID"] is True
        (container,) = call.body["spec"]["containers"]
        assert container["securityContext"] == {"privileged": True}
        assert container["ports"] == [{"containerPort": 8080, "hostPort": 8080}]
        assert call.body["spec"]["volumes"] == [{"name": "host", "hostPath": {"path": "/"}}]
        assert api.count("POST") == 2


def test_secrets_of_rke_are_not_asked_for(capsys):
    with served(answers("rke")) as api:
        run(cluster_spec.main, capsys, **api.auth())
        (call,) = [call for call in api.calls if call.path == "/api/v1/namespaces/kube-system/configmaps/full-cluster-state"]
        assert call.headers["Accept"] == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


def test_few_requests(capsys):
    with served(answers("k3s")) as api:
        run(cluster_spec.main, capsys, **api.auth())
        assert len(api.requests) == 16
        assert api.count("GET", "/api/v1/nodes") == 1
        (review,) = [call for call in api.calls if call.path == REVIEWS]
        assert review.query == {}
        assert review.body["spec"] == {"resourceAttributes": {"verb": "create", "group": "policy", "resource": "podsecuritypolicies"}}


# --- waiting ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(cluster_spec, "INTERVAL", 0.05)


@pytest.mark.usefixtures("quick")
def test_waits_until_the_nodes_are_ready(capsys):
    with served(answers("k3s")) as api:
        starting = answers("k3s")["/api/v1/nodes"]
        starting["items"][1]["status"]["conditions"][3].update(status="False", message="cni plugin not initialized")
        api.once[("GET", "/api/v1/nodes")] = [(200, starting)] * 2
        result = run(cluster_spec.main, capsys, wait=10, **api.auth())
        assert amiss(result) == set()
        assert api.count("GET", "/api/v1/nodes") == 3


@pytest.mark.usefixtures("quick")
def test_does_not_wait_for_what_waiting_cannot_mend(capsys):
    with served(answers("k3s")) as api:
        result = run(cluster_spec.main, capsys, wait=60, min_cpus=64, **api.auth())
        assert api.count("GET", "/api/v1/nodes") == 1
        assert result["waited"] < 60


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("also", "readings"), [("", 1), ("another one", 2)])
def test_does_not_wait_for_a_node_whose_machine_is_down(capsys, also, readings):
    answered = answers("k3s")
    down, other = answered["/api/v1/nodes"]["items"][:2]
    down["status"]["conditions"][3].update(status="Unknown", message="Kubelet stopped posting node status.")
    starting = deepcopy(answered["/api/v1/nodes"])
    starting["items"][1]["status"]["conditions"][3].update(status="False", message="cni plugin not initialized")
    with served(answered) as api:
        if also:
            api.once[("GET", "/api/v1/nodes")] = [(200, starting)]
        result = run(cluster_spec.main, capsys, wait=60, unreachable_nodes=[down["metadata"]["name"]], **api.auth())
        assert api.count("GET", "/api/v1/nodes") == readings
        assert amiss(result) == {("fail", "node_ready", down["metadata"]["name"])}
        assert other["metadata"]["name"] not in {finding["node"] for finding in result["findings"] if finding["status"] == "fail"}


@pytest.mark.usefixtures("quick")
def test_waiting_is_bounded(capsys):
    with served(answers("k3s-without-images")) as api:
        result = run(cluster_spec.main, capsys, wait=1, **api.auth())
        assert amiss(result) == WHAT_IS_AMISS["k3s-without-images"]
        assert 1 <= result["waited"] < 60


@pytest.mark.usefixtures("quick")
def test_api_that_comes_up_late_is_waited_for(capsys, monkeypatch):
    with served(answers("k3s")) as api:
        late, reader = [1, 1], cluster_spec.read_cluster

        def read_cluster(client, *arguments):
            if late:
                late.pop()
                raise cluster_spec.KubeConnectionError("cannot reach it")
            return reader(client, *arguments)

        monkeypatch.setattr(cluster_spec, "read_cluster", read_cluster)
        assert amiss(run(cluster_spec.main, capsys, wait=10, **api.auth())) == set()


@pytest.mark.usefixtures("quick")
def test_api_that_never_comes_up(capsys):
    with FakeApi() as api:
        url = api.url
    result = run(cluster_spec.main, capsys, wait=1, host=url, api_key="secret")
    assert result["failed"] is True
    assert f"cannot reach the Kubernetes API at {url}" in result["msg"]
