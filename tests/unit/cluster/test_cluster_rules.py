"""The rules about a cluster, one reading at a time."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.facts import cluster_facts
from cluster_checks import META, OPTIONS, WORKSPACE, check, reading, status_of
from cluster_objects import calico, daemon_set, deployment, node, service, storage_class


def test_every_requirement_of_the_document_is_checked():
    assert {row.reference for row in cluster_check.REQUIREMENTS} >= {f"D{number}" for number in range(1, 12)}


# --- versions ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("v1.21.0", "pass"),
        ("v1.21.2+k3s1", "pass"),
        ("v1.20.15+k3s1", "fail"),
        ("v1.22.17-eks-48e63af", "pass"),
        ("v1.24.9-gke.3200", "pass"),
        ("v1.24.9", "pass"),
        ("v1.24.9+rke2r2", "pass"),
        ("v1.35.0+k3s1", "pass"),
        ("latest", "fail"),
        ("", "fail"),
    ],
)
def test_kubernetes_version(version, status):
    assert check("kubernetes_version", version=version)[0][0] == status


@pytest.mark.parametrize(
    ("server", "kubelet", "status"),
    [
        ("v1.24.7+k3s1", "v1.24.7+k3s1", "pass"),
        ("v1.24.7+k3s1", "v1.22.17+k3s1", "pass"),
        ("v1.24.7+k3s1", "v1.21.14+k3s1", "fail"),
        ("v1.22.17+k3s1", "v1.20.15+k3s1", "fail"),
        ("v1.24.7+k3s1", "v1.24.8+k3s1", "fail"),
        ("v1.24.7+k3s1", "v1.25.0+k3s1", "fail"),
        ("v1.22.16-eks-48e63af", "v1.22.17-eks-48e63af", "pass"),
        ("v1.28.2", "v1.25.16", "pass"),
        ("v1.28.2", "v1.24.17", "fail"),
        ("v1.27.2", "v1.24.17", "fail"),
        ("v1.24.7+k3s1", "unknown", "fail"),
        ("unknown", "v1.24.7+k3s1", "pass"),
    ],
)
def test_kubelet_version(server, kubelet, status):
    assert status_of("kubelet_version", version=server, nodes=[node("n", kubelet=kubelet)]) == status


@pytest.mark.parametrize(
    ("runtime", "status"),
    [
        ("containerd://1.5.0", "pass"),
        ("containerd://1.6.8-k3s1", "pass"),
        ("containerd://1.7.2", "pass"),
        ("containerd://2.0.2-k3s2", "pass"),
        ("containerd://1.4.13-k3s1", "fail"),
        ("containerd://1.4.4", "fail"),
        ("docker://20.10.7", "fail"),
        ("cri-o://1.24.1", "fail"),
        ("containerd://", "fail"),
        ("", "fail"),
    ],
)
def test_container_runtime(runtime, status):
    assert check("container_runtime", nodes=[node("n", runtime=runtime)]) == [(status, "n", runtime)]


@pytest.mark.parametrize(
    ("nodes", "status"),
    [
        ([node("a", runtime="containerd://1.6.8-k3s1"), node("b", runtime="containerd://1.5.13-k3s1")], "pass"),
        ([node("a", runtime="containerd://1.6.20"), node("b", runtime="containerd://1.7.2")], "pass"),
        ([node("a", runtime="containerd://1.6.20"), node("b", runtime="containerd://1.6.8-k3s1")], "fail"),
        ([node("a", runtime="containerd://1.6.20"), node("b", runtime="containerd://1.6.20", os_image="Amazon Linux 2")], "fail"),
    ],
)
def test_runtime_uniform(nodes, status):
    assert status_of("runtime_uniform", nodes=nodes) == status


SYSTEM = "/run/containerd/containerd.sock, /var/lib/containerd/io.containerd.runtime.v2.task/k8s.io"
EMBEDDED = "/run/k3s/containerd/containerd.sock, /run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io"
AMAZON = "/run/containerd/containerd.sock, /run/containerd/io.containerd.runtime.v2.task/k8s.io"


@pytest.mark.parametrize(
    ("nodes", "finding"),
    [
        ([node("a"), node("b")], ("pass", f"containerd://1.6.8-k3s1 on Ubuntu 20.04.5 LTS (a, b): {EMBEDDED}")),
        ([node("a", runtime="containerd://1.6.20")], ("pass", f"containerd://1.6.20 on Ubuntu 20.04.5 LTS (a): probably {SYSTEM}")),
        (
            [node("a", runtime="containerd://1.6.6"), node("b", runtime="containerd://1.6.6", os_image="Amazon Linux 2")],
            ("fail", f"containerd://1.6.6 on Ubuntu 20.04.5 LTS (a): probably {SYSTEM}; containerd://1.6.6 on Amazon Linux 2 (b): probably {AMAZON}"),
        ),
        (
            [node("a"), node("b", runtime="docker://20.10.7"), node("c", runtime="cri-o://1.24.1")],
            (
                "fail",
                f"containerd://1.6.8-k3s1 on Ubuntu 20.04.5 LTS (a): {EMBEDDED}; "
                "docker://20.10.7 on Ubuntu 20.04.5 LTS (b): its socket and its state directory are not known; "
                "cri-o://1.24.1 on Ubuntu 20.04.5 LTS (c): its socket and its state directory are not known",
            ),
        ),
        ([node("a", runtime="", os_image="")], ("pass", "no runtime on no named system (a): its socket and its state directory are not known")),
    ],
)
def test_what_differs_between_the_runtimes_is_shown(nodes, finding):
    assert check("runtime_uniform", nodes=nodes) == [(finding[0], "", finding[1])]


@pytest.mark.parametrize(
    ("nodes", "socket", "known"),
    [
        ([node("a")], "/run/k3s/containerd/containerd.sock", True),
        ([node("a", runtime="containerd://1.6.20")], "/run/containerd/containerd.sock", False),
        ([node("a", runtime="docker://20.10.7")], "", False),
        ([node("a", runtime="cri-o://1.24.1")], "", False),
        ([node("a", runtime="")], "", False),
        ([node("a"), node("b", runtime="containerd://1.6.20")], "", False),
        ([], "", False),
        ([node("w", {"kubernetes.io/os": "windows"}, runtime="containerd://1.6.20"), node("a")], "/run/k3s/containerd/containerd.sock", True),
    ],
)
def test_paths_of_the_runtime_that_nobody_knows_are_no_fact(nodes, socket, known):
    facts = cluster_facts(reading(nodes=nodes), OPTIONS)
    assert (facts["runtime_socket"], facts["runtime_paths_known"]) == (socket, known)
    assert bool(facts["runtime_state_directory"]) is bool(socket)


# --- which nodes, and whether there are any ---------------------------------------------------------------------------------


def test_a_cluster_without_nodes_is_a_failure_of_its_own():
    assert check("nodes", nodes=[]) == [("fail", "", "the cluster has no node")]
    assert check("nodes") == [("pass", "", "2 that can take Gitpod's pods")]


def test_without_nodes_nothing_passes_that_is_about_nodes():
    changes = {"daemon_sets": [calico(0)], "ip_pools": [{"spec": {"cidr": "10.42.0.0/16", "vxlanMode": "Always"}}]}
    findings = cluster_check.findings_of(reading(nodes=[], **changes), {**OPTIONS, "kubernetes_version": "v1.24.7+k3s1"})
    passed = {finding["id"] for finding in findings if finding["status"] == "pass"}
    assert passed == {
        # What these say is about the servers, about objects of the cluster, or about what is not there.
        "kubernetes_version",
        "kubernetes_release",
        "distribution",
        "calico",
        "calico_tested",
        "calico_dataplane",
        "calico_encapsulation",
        "privileged_pods",
        "pod_security",
        "pod_security_policies",
        "load_balancer_ports",
        "servers",
    }


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (node("x", {"kubernetes.io/os": "windows"}), "Windows"),
        (node("x", taints=[{"key": "kubernetes.io/os", "value": "windows", "effect": "NoSchedule"}]), "Windows"),
        (node("x", {"eks.amazonaws.com/compute-type": "fargate"}), "Fargate"),
        (node("x", taints=[{"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"}]), "Fargate"),
        (node("x", taints=[{"key": "virtual-kubelet.io/provider", "value": "azure", "effect": "NoSchedule"}]), "virtual node"),
        (node("x", {"type": "virtual-kubelet"}), "virtual node"),
        (node("x", {"type": "kwok"}, taints=[{"key": "kwok.x-k8s.io/node", "effect": "NoSchedule"}]), "simulated node (KWOK)"),
        (node("x", taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]), "reserved for the control plane by a taint"),
        (node("x", taints=[{"key": "node-role.kubernetes.io/master", "effect": "NoExecute"}]), "reserved for the control plane by a taint"),
    ],
)
def test_nodes_that_never_take_gitpods_pods_are_left_out_and_named(other, reason):
    other["status"].update(capacity={"cpu": "1", "memory": "1Gi"})
    other["status"]["nodeInfo"].update(osImage="Windows Server 2019", containerRuntimeVersion="docker://1", kernelVersion="10.0", kubeletVersion="v1.2.3")
    nodes = [node("m", META), other, node("w", WORKSPACE)]
    findings = cluster_check.findings_of(reading(nodes=nodes), OPTIONS)
    assert [finding for finding in findings if finding["node"] == "x"] == []
    assert check("nodes", nodes=nodes) == [
        ("skipped", "", f"not checked: these nodes: x ({reason})"),
        ("pass", "", "2 that can take Gitpod's pods"),
    ]
    assert check("nodes", nodes=[other])[0] == ("fail", "", "none of 1 can take Gitpod's pods")
    assert check("runtime_uniform", nodes=nodes)[0][0] == "pass"
    assert sorted(cluster_facts(reading(nodes=nodes), OPTIONS)["nodes"]) == ["m", "w", "x"]
    named = {"nodes": {"meta": ["m", "x"], "workspace": ["w"]}}
    assert ("fail", "x", "1") in check("cpus", named, nodes=nodes), "who names it wants it checked"


def test_of_the_nodes_that_nobody_named_those_with_gitpods_labels_are_checked():
    nodes = [node("m", META), node("gpu", cpu="1"), node("w", WORKSPACE, cpu="1"), node("win", {**META, "kubernetes.io/os": "windows"}, cpu="1")]
    options = {"nodes": {"meta": ["m"]}}
    assert check("cpus", options, nodes=nodes) == [("fail", "w", "1"), ("pass", "m", "4")]
    assert check("nodes", options, nodes=nodes)[0] == ("skipped", "", "not checked: these nodes: gpu (not among the named nodes); win (Windows)")


# --- the release that was installed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "server", "kubelet", "expected"),
    [
        ("", "v1.21.1+k3s1", "v1.21.1+k3s1", []),
        ("v1.21.2+k3s1", "v1.21.2+k3s1", "v1.21.2+k3s1", [("pass", "", "v1.21.2+k3s1")]),
        ("v1.21.2+k3s1", "v1.21.2+k3s1", "v1.21.1+k3s1", [("fail", "w", "still runs v1.21.1+k3s1"), ("pass", "", "v1.21.2+k3s1")]),
        ("v1.21.2+k3s2", "v1.21.2+k3s2", "v1.21.2+k3s1", [("fail", "w", "still runs v1.21.2+k3s1"), ("pass", "", "v1.21.2+k3s2")]),
        ("v1.21.2+k3s1", "v1.21.1+k3s1", "v1.21.2+k3s1", [("fail", "", "the API server still runs v1.21.1+k3s1"), ("pass", "w", "v1.21.2+k3s1")]),
        ("v1.21.2+k3s1", "v1.21.2+k3s1", "", [("fail", "w", "still runs something without a version"), ("pass", "", "v1.21.2+k3s1")]),
    ],
)
def test_what_was_installed_is_what_runs(wanted, server, kubelet, expected):
    changes = {"version": server, "nodes": [node("w", WORKSPACE, kubelet=kubelet)]}
    assert check("kubernetes_release", {"kubernetes_version": wanted}, **changes) == expected


def test_only_named_nodes_must_run_what_was_installed():
    nodes = [node("m", META), node("w", WORKSPACE, kubelet="v1.24.6+k3s1")]
    options = {"kubernetes_version": "v1.24.7+k3s1", "nodes": {"meta": ["m"]}}
    assert check("kubernetes_release", options, nodes=nodes) == [("pass", "", "v1.24.7+k3s1")]


# --- distribution -----------------------------------------------------------------------------------------------------------


AKS = {"kubernetes.azure.com/agentpool": "a"}
UNMANAGED = {"kubernetes.azure.com/managed": "false"}
KOPS = {"kops.k8s.io/instancegroup": "nodes"}
HYBRID = {"eks.amazonaws.com/compute-type": "hybrid"}
AUTO = {"eks.amazonaws.com/compute-type": "auto"}
EKS_A = "EKS Anywhere or EKS Distro"


@pytest.mark.parametrize(
    ("changes", "name", "status"),
    [
        ({"version": "v1.24.7+k3s1"}, "K3s", "pass"),
        ({"version": "v1.24.7", "nodes": [node("n", annotations={"k3s.io/node-args": "[]"}, kubelet="v1.24.7")]}, "K3s", "pass"),
        ({"version": "v1.24.9+rke2r2"}, "RKE2", "warning"),
        ({"version": "v1.22.17-eks-48e63af"}, "EKS", "pass"),
        ({"version": "v1.24.9-gke.3200"}, "GKE", "pass"),
        (
            {"version": "v1.24.9", "nodes": [node("n", {"kubernetes.azure.com/cluster": "c"}, kubelet="v1.24.9")]},
            "AKS",
            "pass",
        ),
        # The machines of a cloud are no mark of its service: kubeadm, Talos and kOps run there too.
        ({"version": "v1.24.9", "nodes": [node("n", provider_id="azure:///x", kubelet="v1.24.9")]}, "not recognised", "warning"),
        ({"version": "v1.24.9", "nodes": [node("n", AKS, provider_id="azure:///x", kubelet="v1.24.9")]}, "AKS", "pass"),
        ({"version": "v1.24.9", "nodes": [node("n", AKS, provider_id="vsphere://x", kubelet="v1.24.9")]}, "not recognised", "warning"),
        ({"version": "v1.24.9", "nodes": [node("n", UNMANAGED, provider_id="azure:///x", kubelet="v1.24.9")]}, "not recognised", "warning"),
        ({"version": "v1.24.9", "nodes": [node("n", KOPS, provider_id="aws:///x", kubelet="v1.24.9")]}, "not recognised", "warning"),
        ({"version": "v1.24.9", "nodes": [node("n", provider_id="gce://x", kubelet="v1.24.9", os_image="Talos (v1.3.0)")]}, "not recognised", "warning"),
        ({"version": "v1.28.4-eks-d91a302", "nodes": [node("n", provider_id="vsphere://x", kubelet="v1.28.4-eks-d91a302")]}, EKS_A, "warning"),
        ({"version": "v1.28.4-eks-d91a302", "nodes": [node("n", kubelet="v1.28.4-eks-d91a302")]}, EKS_A, "warning"),
        ({"version": "v1.21.2-eks-1-21-4", "nodes": [node("n", provider_id="aws:///x", kubelet="v1.21.2-eks-1-21-4")]}, EKS_A, "warning"),
        ({"version": "v1.28.4-eks-d91a302", "nodes": [node("n", HYBRID, provider_id="eks-hybrid:///x", kubelet="v1.28.4-eks-d91a302")]}, "EKS", "pass"),
        ({"version": "v1.28.4-eks-d91a302", "nodes": [], "groups": {"vpcresources.k8s.aws": ["v1"]}}, "EKS", "pass"),
        ({"version": "v1.28.4-eks-d91a302", "nodes": [], "groups": {"eks.amazonaws.com": ["v1"]}}, "EKS Auto Mode", "pass"),
        ({"version": "v1.28.4-eks-d91a302", "nodes": []}, EKS_A, "warning"),
        ({"version": "v1.27.4-gke.1600", "nodes": [node("n", provider_id="vsphere://x", kubelet="v1.27.4-gke.1600")]}, "not recognised", "warning"),
        ({"version": "v1.27.4-gke.1600", "nodes": [node("gk3-c-pool-1", provider_id="gce://x", kubelet="v1.27.4-gke.1600")]}, "GKE Autopilot", "fail"),
        ({"version": "v1.30.1-eks-036c24b", "nodes": [node("n", AUTO, provider_id="aws:///x", kubelet="v1.30.1-eks-036c24b")]}, "EKS Auto Mode", "pass"),
        ({"version": "v1.24.9+rke2r2", "nodes": [node("n", provider_id="aws:///x", kubelet="v1.24.9+rke2r2")]}, "RKE2", "warning"),
        ({"version": "v1.24.7+k3s1", "nodes": [node("n", provider_id="gce://x")]}, "K3s", "pass"),
        (
            {"version": "v1.25.4", "groups": {"config.openshift.io": ["v1"]}, "nodes": [node("n", provider_id="azure:///x", kubelet="v1.25.4")]},
            "OpenShift",
            "fail",
        ),
        ({"version": "v1.24.9", "nodes": [node("n", provider_id="aws:///x", kubelet="v1.24.9")]}, "not recognised", "warning"),
        ({"version": "v1.24.9", "nodes": [node("n", kubelet="v1.24.9")]}, "not recognised", "warning"),
        ({"version": "v1.24.9", "nodes": [node("n", kubelet="v1.24.9")], "rke_state": True}, "RKE", "fail"),
        (
            {"version": "v1.24.9", "nodes": [node("n", annotations={"rke.cattle.io/internal-ip": "x"}, kubelet="v1.24.9")]},
            "RKE",
            "fail",
        ),
        ({"version": "v1.24.6+5658434", "groups": {"config.openshift.io": ["v1"]}}, "OpenShift", "fail"),
        ({"version": "v1.24.6+5658434", "groups": {"apps.openshift.io": ["v1"]}}, "OpenShift", "fail"),
        (
            {"nodes": [node("n", os_image="Red Hat Enterprise Linux CoreOS 411.86", runtime="cri-o://1.24.1")]},
            "OpenShift",
            "fail",
        ),
        ({"nodes": [node("n", os_image="Fedora CoreOS 37.20221106.3.0")]}, "K3s", "pass"),
        ({"nodes": [node("n", runtime="cri-o://1.24.1")]}, "K3s", "pass"),
    ],
)
def test_distribution(changes, name, status):
    assert check("distribution", **changes) == [(status, "", name)]


@pytest.mark.parametrize(
    ("provider_id", "provider"),
    [
        ("aws:///eu-west-1a/i-0", "AWS"),
        ("gce://project/zone/name", "Google Cloud"),
        ("azure:///subscriptions/x", "Azure"),
        ("vsphere://4230", "vsphere"),
        ("k3s://n", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("version", ["v1.24.7+k3s1", "v1.24.9", "v1.24.9+rke2r2"])
def test_the_provider_is_a_fact_of_its_own(provider_id, provider, version):
    facts = cluster_facts(reading(version=version, nodes=[node("n", provider_id=provider_id, kubelet=version)]), OPTIONS)
    assert facts["provider"] == provider
    assert facts["distribution"] not in ("EKS", "GKE", "AKS")
    assert facts["load_balancer"] in ("", "K3s ServiceLB")


OF_K3S = ("k3s_", "calico_", "role k3s", "role calico", "role containerd", "role cert_manager")


@pytest.mark.parametrize(
    ("version", "machine"),
    [
        ("v1.22.17-eks-48e63af", {"provider_id": "aws:///x", "labels": {"eks.amazonaws.com/nodegroup": "n"}}),
        ("v1.30.1-eks-036c24b", {"provider_id": "aws:///x", "labels": AUTO}),
        ("v1.24.9-gke.3200", {"provider_id": "gce://x"}),
        ("v1.24.9", {"provider_id": "azure:///x", "labels": AKS}),
        ("v1.24.9", {"provider_id": "aws:///x", "labels": KOPS}),
        ("v1.24.9+rke2r2", {}),
        ("v1.24.9", {}),
    ],
)
def test_advice_can_be_followed_on_the_distribution(version, machine):
    """No variable of the roles that make a K3s, no role that does, and no installing on machines that a service makes."""
    poor = {"cpu": "2", "memory": "4Gi", "kernel": "4.15.0", "architecture": "arm64", "conditions": {"Ready": "False", "DiskPressure": "True"}}
    nodes = [
        node("a", kubelet=version, os_image="Bottlerocket OS 1.9.0", annotations={"projectcalico.org/IPv4Address": "10.0.2.15/24"}, **poor, **machine),
        node("b", kubelet=version, runtime="docker://20.10.7", annotations={"projectcalico.org/IPv4Address": "10.0.2.15/24"}, **poor, **machine),
    ]
    changes = {"daemon_sets": [calico(0)], "ip_pools": [{"spec": {"cidr": "192.168.0.0/16", "vxlanMode": "Always"}}]}
    options = {**OPTIONS, "kubernetes_version": "v1.99.0", "nodes": {"meta": ["a", "b", "c"]}, "min_kubernetes": "1.98"}
    found = [
        finding
        for change in ({}, changes, {"nodes": []})
        for finding in cluster_check.findings_of(reading(version=version, **{"nodes": nodes, **change}), options)
        if finding["status"] not in ("pass", "skipped")
    ]
    assert {"cpus", "memory", "os_release", "kernel_version", "calico", "calico_network", "runtime_uniform", "nodes"} <= {item["id"] for item in found}
    for finding in found:
        assert finding["fixed_by"] in ("", "node_labels"), finding
        assert not any(word in finding["remedy"] for word in OF_K3S), finding
        if version != "v1.24.9+rke2r2" and machine and machine.get("labels") != KOPS:
            assert "on this machine" not in finding["remedy"], finding
            assert "Install a kernel" not in finding["remedy"], finding


def test_advice_on_k3s_names_its_roles_and_variables():
    found = cluster_check.findings_of(reading(nodes=[node("a")]), OPTIONS, only=["calico", "cluster_networks"])
    assert (found[0]["fixed_by"], found[0]["remedy"]) == ("calico", "Install Calico, or let the role calico do it.")


def test_distribution_of_k3s_does_not_need_the_configmap_of_rke():
    content = reading(unreadable={"rke_state": "forbidden"})
    del content["rke_state"]
    (finding,) = cluster_check.findings_of(content, OPTIONS, only=["distribution"])
    assert finding["status"] == "pass"


# --- nodes ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirement", "changed", "status"),
    [
        ("memory", {"memory": "16000000000"}, "pass"),
        ("memory", {"memory": "15999999999"}, "fail"),
        ("memory", {"memory": "15625000Ki"}, "pass"),
        ("memory", {"memory": "15624999Ki"}, "fail"),
        ("memory", {"memory": "plenty"}, "unknown"),
        ("cpus", {"cpu": "4"}, "pass"),
        ("cpus", {"cpu": "3"}, "fail"),
        ("cpus", {"cpu": "3920m"}, "fail"),
        ("kernel_version", {"kernel": "5.4.0-150-generic"}, "pass"),
        ("kernel_version", {"kernel": "5.15.0-1051-aws"}, "pass"),
        ("kernel_version", {"kernel": "5.16.0"}, "warning"),
        ("kernel_version", {"kernel": "6.1.0-18-cloud-amd64"}, "warning"),
        ("kernel_version", {"kernel": "4.15.0-213-generic+"}, "fail"),
        ("kernel_version", {"kernel": "custom"}, "fail"),
        ("os_release", {"os_image": "Ubuntu 18.04.6 LTS"}, "pass"),
        ("os_release", {"os_image": "Ubuntu 20.04.5 LTS"}, "pass"),
        ("os_release", {"os_image": "Ubuntu 22.04.1 LTS"}, "warning"),
        ("os_release", {"os_image": "Ubuntu 24.04.3 LTS"}, "warning"),
        ("os_release", {"os_image": "Ubuntu 21.10"}, "fail"),
        ("os_release", {"os_image": "Debian GNU/Linux 12 (bookworm)"}, "fail"),
        ("os_release", {"os_image": "Bottlerocket OS 1.9.0 (aws-k8s-1.22)"}, "fail"),
        ("architecture", {"architecture": "amd64"}, "pass"),
        ("architecture", {"architecture": "arm64"}, "fail"),
        ("node_ready", {"conditions": {"Ready": "False"}}, "fail"),
        ("node_ready", {"conditions": {"Ready": "Unknown"}}, "fail"),
        ("node_pressure", {"conditions": {"DiskPressure": "True"}}, "fail"),
        ("node_pressure", {"conditions": {"MemoryPressure": "True"}}, "fail"),
        ("node_pressure", {"conditions": {"PIDPressure": "True"}}, "fail"),
        ("node_pressure", {"conditions": {"NetworkUnavailable": "True"}}, "fail"),
        ("node_pressure", {"conditions": {"NetworkUnavailable": "False"}}, "pass"),
        ("node_schedulable", {"unschedulable": True}, "warning"),
        ("node_schedulable", {"taints": [{"key": "dedicated", "effect": "NoSchedule"}]}, "warning"),
        ("node_schedulable", {"taints": [{"key": "dedicated", "effect": "NoExecute"}]}, "warning"),
        ("node_schedulable", {"taints": [{"key": "dedicated", "effect": "PreferNoSchedule"}]}, "pass"),
        ("node_schedulable", {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}, "pass"),
        ("label_values", {"labels": {"gitpod.io/workload_ide": "true"}}, "pass"),
        ("label_values", {"labels": {"gitpod.io/workload_ide": "false"}}, "fail"),
        ("label_values", {"labels": {"gitpod.io/workload_ide": ""}}, "fail"),
        ("label_values", {"labels": {"gitpod.io/diskPressure": "false"}}, "pass"),
    ],
)
def test_one_node(requirement, changed, status):
    assert status_of(requirement, nodes=[node("n", **changed)]) == status


def test_obstacles_are_listed_with_the_cordon_first():
    nodes = [node("n", unschedulable=True, taints=[{"key": "dedicated", "effect": "NoSchedule"}])]
    assert check("node_schedulable", nodes=nodes) == [("warning", "n", "cordoned, taint dedicated")]


def test_kernel_that_no_role_can_replace_through_the_api():
    (finding,) = cluster_check.findings_of(reading(nodes=[node("n", kernel="4.15.0-213-generic")]), OPTIONS, only=["kernel_version"])
    assert finding["fixed_by"] == ""
    assert finding["remedy"] == "Install a kernel of 5.4 or newer and reboot."


def test_node_that_never_reported():
    silent = node("n")
    silent["status"]["conditions"] = None
    assert check("node_ready", nodes=[silent]) == [("fail", "n", "not Ready: the kubelet never reported")]


def test_node_that_was_just_registered_says_nothing_of_itself():
    info = ("kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion", "operatingSystem", "architecture")
    fresh = {"metadata": {"name": "n"}, "spec": {}, "status": {"nodeInfo": dict.fromkeys(info, "")}}
    findings = cluster_check.findings_of(reading(nodes=[fresh], daemon_sets=[calico(0)]), OPTIONS)
    of_the_node = {finding["id"]: finding["status"] for finding in findings if finding["node"] == "n" and finding["status"] != "pass"}
    assert of_the_node == {
        "architecture": "fail",
        "container_runtime": "fail",
        "cpus": "unknown",
        "kernel_version": "fail",
        "kubelet_version": "fail",
        "memory": "unknown",
        "node_ready": "fail",
        "os_release": "fail",
    }
    facts = cluster_facts(reading(nodes=[fresh]), OPTIONS)["nodes"]["n"]
    assert (facts["ready"], facts["pools"], facts["cpus"], facts["memory_bytes"]) == (False, [], 0, 0)


def test_nodes_that_pass_are_one_finding_and_each_that_does_not_is_its_own():
    nodes = [node(f"n{number}", cpu=cpu) for number, cpu in enumerate(["8", "4", "8", "2", "1"])]
    assert check("cpus", nodes=nodes) == [("fail", "n3", "2"), ("fail", "n4", "1"), ("pass", "", "8 (n0, n2); 4 (n1)")]


def test_many_nodes_make_few_findings():
    nodes = [node(f"n{number}", META if number else WORKSPACE, memory=f"{16393240 + number}Ki") for number in range(5000)]
    findings = cluster_check.findings_of(reading(nodes=nodes), OPTIONS)
    assert len(findings) < 40
    assert max(len(finding["found"]) for finding in findings) < 500


# --- labels and pools -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", sorted({**META, **WORKSPACE}))
def test_each_of_the_five_labels_must_be_somewhere(missing):
    labels = {key: value for key, value in {**META, **WORKSPACE}.items() if key != missing}
    assert check("labels_present", nodes=[node("n", labels)]) == [("fail", "", "on no node: " + missing)]


def test_label_with_another_value_does_not_count():
    labels = {**META, **WORKSPACE, "gitpod.io/workload_ide": "false"}
    assert check("labels_present", nodes=[node("n", labels)]) == [("fail", "", "on no node: gitpod.io/workload_ide")]


def test_labels_present():
    assert status_of("labels_present") == "pass"


SERVICES = {"gitpod.io/workload_workspace_services": "true"}
THREE_POOLS = {
    "meta": ["workload_meta", "workload_ide"],
    "services": ["workload_workspace_services"],
    "workspace": ["workload_workspace_regular", "workload_workspace_headless"],
}
ONE_POOL = {"all": [key.partition("/")[2] for key in {**META, **WORKSPACE}]}


@pytest.mark.parametrize(
    ("pools", "labels", "status"),
    [
        (OPTIONS["pools"], META, "pass"),
        (OPTIONS["pools"], WORKSPACE, "pass"),
        (OPTIONS["pools"], {}, "pass"),
        (OPTIONS["pools"], SERVICES, "pass"),
        (OPTIONS["pools"], {**META, **SERVICES}, "fail"),
        (OPTIONS["pools"], {**META, **WORKSPACE}, "fail"),
        (THREE_POOLS, SERVICES, "pass"),
        (THREE_POOLS, WORKSPACE, "fail"),
        (ONE_POOL, {**META, **SERVICES}, "pass"),
        (ONE_POOL, {**META, **WORKSPACE}, "fail"),
    ],
)
def test_pool_separation(pools, labels, status):
    findings = check("pool_separation", {"pools": pools}, nodes=[node("n", labels), node("other")])
    assert findings[0][0] == status


@pytest.mark.parametrize(("gitpod", "status"), [("2022.08.1", "warning"), ("2022.01", "warning"), ("2022.09.0", "pass"), ("2022.11.3", "pass")])
def test_pool_of_the_services_needs_gitpod_2022_09(gitpod, status):
    options = {"pools": THREE_POOLS, "gitpod_version": gitpod}
    assert check("pool_separation", options, nodes=[node("n", SERVICES), node("o")])[0][0] == status
    assert check("pool_separation", {"gitpod_version": gitpod})[0][0] == "pass"


@pytest.mark.parametrize(
    ("provider_id", "kubelet", "service"),
    [
        ("aws:///eu-west-1a/i-0", "v1.22.17-eks-48e63af", "EKS"),
        ("gce://project/zone/name", "v1.24.9-gke.3200", "GKE"),
        ("azure:///subscriptions/x", "v1.24.9", "AKS"),
        ("k3s://n", "v1.24.7+k3s1", None),
        ("azure:///subscriptions/x", "v1.24.10", None),
        ("vsphere://x", "v1.28.4-eks-d91a302", None),
        ("aws:///eu-west-1a/i-0", "v1.24.7+k3s1", None),
    ],
)
@pytest.mark.parametrize("labels", [{**META, **WORKSPACE}, META])
def test_labels_of_managed_nodes_belong_in_the_node_pool(provider_id, kubelet, service, labels):
    labels = {**labels, **(AKS if service == "AKS" else {})}
    nodes = [node(name, labels, provider_id=provider_id, kubelet=kubelet) for name in ("a", "b")]
    (finding,) = cluster_check.findings_of(reading(nodes=nodes), OPTIONS, only=["labels_present"])
    text = finding["found"] + finding["remedy"]
    assert text.count(f"in the node pool of {service}") == (1 if service else 0)
    assert text.count("node pool") == (1 if service else 0)


def test_one_node_for_trying_out_is_a_warning():
    assert status_of("pool_separation", nodes=[node("n", {**META, **WORKSPACE})]) == "warning"


def test_node_labels():
    options = {"nodes": {"meta": ["m"], "workspace": ["w"]}}
    assert check("node_labels", options) == [("pass", "", "as its pool wants (2 nodes)")]
    nodes = [node("m", {"gitpod.io/workload_meta": "true"}), node("w", {**WORKSPACE, **META}), node("other", META)]
    assert check("node_labels", options, nodes=nodes) == [
        ("fail", "m", "lacks gitpod.io/workload_ide"),
        ("fail", "w", "has gitpod.io/workload_ide, has gitpod.io/workload_meta"),
    ]


def test_what_a_pool_requires_is_said():
    options = {**OPTIONS, "nodes": {"meta": ["m"]}}
    (finding,) = cluster_check.findings_of(reading(nodes=[node("m", WORKSPACE), node("n")]), options, only=["node_labels"])
    assert finding["required"] == "exactly gitpod.io/workload_meta, gitpod.io/workload_ide"


def test_what_is_on_one_node_of_several_pools_is_said():
    nodes = [node("n", {"gitpod.io/workload_meta": "true", "gitpod.io/workload_workspace_regular": "true"}), node("o")]
    findings = check("pool_separation", nodes=nodes)
    assert findings[0] == ("fail", "n", "labels of several pools: workload_meta, workload_workspace_regular")


def test_nodes_joined():
    assert check("nodes_joined", {"nodes": {"meta": ["m", "x"]}}) == [
        ("fail", "x", "not in the cluster"),
        ("pass", "m", "in the cluster"),
    ]


@pytest.mark.parametrize("requirement", ["node_labels", "nodes_joined"])
def test_without_named_nodes_there_is_nothing_to_say(requirement):
    assert check(requirement) == []


# --- networks ---------------------------------------------------------------------------------------------------------------


def cluster_ip(address):
    return {"metadata": {"name": "s"}, "spec": {"type": "ClusterIP", "clusterIP": address}}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"services": [cluster_ip("None"), cluster_ip("10.43.0.1"), cluster_ip("fd00::1")]}, None),
        ({"nodes": [node("n", pod_cidr="10.0.5.0/24")]}, "pods use 10.0.5.0/24"),
        ({"nodes": [node("n", pod_cidr="10.0.0.0/21")]}, "pods use 10.0.0.0/21"),
        ({"nodes": [node("n", pod_cidr="10.0.6.0/24")]}, None),
        ({"nodes": [node("n", pod_cidr="fd00::/64")]}, None),
        ({"nodes": [node("n", pod_cidr="nonsense")]}, None),
        ({"nodes": [node("n", address="10.0.5.7")]}, "node n has 10.0.5.7"),
        ({"nodes": [node("n", address="10.0.4.7")]}, None),
        ({"nodes": [node("n", address="10.42.0.9")]}, "node n has 10.42.0.9, which lies in the pods' 10.42.0.0/24"),
        ({"nodes": [node("n", address="10.42.1.0")]}, None),
        (
            {"nodes": [node("a"), node("n", address="10.42.1.9", pod_cidr="10.42.1.0/24")]},
            "node n has 10.42.1.9, which lies in the pods' 10.42.0.0/23",
        ),
        ({"services": [cluster_ip("10.0.5.1")]}, "service s has 10.0.5.1"),
        ({"services": [cluster_ip("10.42.0.1")]}, "service s has 10.42.0.1, which lies in the pods' 10.42.0.0/24"),
        ({"ip_pools": [{"metadata": {"name": "p"}, "spec": {"cidr": "10.0.0.0/8"}}]}, "pods use 10.0.0.0/8"),
        ({"ip_pools": [{"metadata": {"name": "p"}, "spec": {"cidr": "10.0.0.0/8", "disabled": True}}]}, None),
        (
            {"nodes": [node("m")], "ip_pools": [{"metadata": {"name": "p"}, "spec": {"cidr": "192.0.2.0/24"}}]},
            "node m has 192.0.2.10, which lies in the pods' 192.0.2.0/24",
        ),
    ],
)  # fmt: skip
def test_cluster_networks(changes, problem):
    assert check("cluster_networks", **changes) == [("fail", "", problem) if problem else ("pass", "", "apart")]


# --- privileges -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "gitpod", "may", "status", "found"),
    [
        ("v1.24.7+k3s1", "2022.08", True, "pass", "creatable"),
        ("v1.24.7+k3s1", "2022.08", False, "fail", "not creatable with these credentials, or not served"),
        ("v1.25.0+k3s1", "2022.08", False, "fail", "gone from this Kubernetes"),
        ("v1.24.7+k3s1", "2022.09", True, "pass", "creatable"),
        ("v1.24.7+k3s1", "2022.09", False, "pass", "not creatable with these credentials, or not served"),
        ("v1.25.0+k3s1", "2022.09.0", False, "pass", "gone from this Kubernetes"),
        ("v1.34.4-gke.1130000", "2022.11.3", False, "pass", "gone from this Kubernetes"),
        ("strange", "2022.08", False, "fail", "not creatable with these credentials, or not served"),
    ],
)
def test_pod_security_policies(version, gitpod, may, status, found):
    checked = check("pod_security_policies", {"gitpod_version": gitpod}, version=version, may_create_policies=may)
    assert checked == [(status, "", found)]


STRICT = 'pods "p" is forbidden: violates PodSecurity "restricted:latest": privileged'


@pytest.mark.parametrize(
    ("version", "level", "refusal", "status", "found"),
    [
        ("v1.24.7+k3s1", None, "", "pass", "not needed by this Kubernetes"),
        ("v1.24.7+k3s1", "baseline", STRICT, "pass", "not needed by this Kubernetes"),
        ("v1.25.0+k3s1", None, "", "pass", "no label, and the default is not stricter"),
        ("v1.25.0+k3s1", None, STRICT, "fail", "no label, and the default is stricter"),
        ("v1.25.0+k3s1", None, "denied by the web hook of a policy engine", "pass", "no label, and the default is not stricter"),
        ("v1.25.0+k3s1", "privileged", "", "pass", "privileged"),
        ("v1.25.0+k3s1", "baseline", STRICT, "fail", "`pod-security.kubernetes.io/enforce=baseline`"),
        ("v1.25.0+k3s1", "restricted", "", "fail", "`pod-security.kubernetes.io/enforce=restricted`"),
    ],
)
def test_pod_security(version, level, refusal, status, found):
    labels = {} if level is None else {"pod-security.kubernetes.io/enforce": level}
    namespace = {"metadata": {"name": "default", "labels": labels}}
    assert check("pod_security", version=version, namespace=namespace, privileged_pod=refusal) == [(status, "", found)]


@pytest.mark.parametrize("requirement", ["privileged_pods", "pod_security"])
@pytest.mark.parametrize(("namespace", "status"), [("default", "fail"), ("gitpod", "unknown")])
def test_namespace_that_does_not_exist_yet(requirement, namespace, status):
    changes = {"version": "v1.25.0+k3s1", "namespace": {}}
    assert check(requirement, {"namespace": namespace}, **changes) == [(status, "", f"the namespace {namespace} does not exist yet")]


@pytest.mark.parametrize("requirement", ["privileged_pods", "pod_security"])
@pytest.mark.parametrize("namespace", [{"status": {"phase": "Terminating"}}, {"metadata": {"name": "default", "deletionTimestamp": "2026-01-01T00:00:00Z"}}])
@pytest.mark.parametrize("said", ["", 'pods "p" is forbidden: unable to create new content in namespace default because it is being terminated'])
def test_namespace_that_is_being_deleted(requirement, namespace, said):
    content = reading(version="v1.25.0+k3s1", namespace={"metadata": {"name": "default"}, **namespace}, privileged_pod=said)
    (finding,) = cluster_check.findings_of(content, OPTIONS, only=[requirement])
    assert (finding["status"], finding["found"]) == ("fail", "the namespace default is being deleted")
    assert finding["remedy"].startswith("Wait until it is gone (`kubectl get namespace default -o yaml`")


def test_namespace_that_may_not_be_read_and_is_being_deleted():
    said = 'pods "p" is forbidden: unable to create new content in namespace default because it is being terminated'
    content = reading(privileged_pod=said, unreadable={"namespace": "forbidden"})
    del content["namespace"]
    (finding,) = cluster_check.findings_of(content, OPTIONS, only=["privileged_pods"])
    assert (finding["status"], finding["found"]) == ("fail", "the namespace default is being deleted")


def test_privileged_pods():
    assert check("privileged_pods") == [("pass", "", "admitted")]
    assert check("privileged_pods", privileged_pod="violates PodSecurity") == [("fail", "", "violates PodSecurity")]


# --- load balancer and storage ----------------------------------------------------------------------------------------------


def server(*arguments):
    return [node("m", META, annotations={"k3s.io/node-args": '["server"' + "".join(f', "{argument}"' for argument in arguments) + "]"})]


@pytest.mark.parametrize(
    ("changes", "status", "found"),
    [
        ({}, "pass", "K3s ServiceLB, no service to show it"),
        ({"nodes": server("--disable", "traefik")}, "pass", "K3s ServiceLB, no service to show it"),
        ({"nodes": server("--disable", "servicelb")}, "unknown", "no load balancer is known here, and no service to show one"),
        (
            {"nodes": server("--disable", "traefik,servicelb")},
            "unknown",
            "no load balancer is known here, and no service to show one",
        ),
        ({"nodes": server("--disable=servicelb")}, "unknown", "no load balancer is known here, and no service to show one"),
        (
            {"nodes": server("--no-deploy", "servicelb", "--debug")},
            "unknown",
            "no load balancer is known here, and no service to show one",
        ),
        (
            {
                "nodes": server("--disable", "servicelb"),
                "daemon_sets": [daemon_set("speaker", "metallb-system", "quay.io/metallb/speaker:v0.13.7", 2)],
            },
            "pass",
            "MetalLB, no service to show it",
        ),
        (
            {
                "nodes": server("--disable", "servicelb"),
                "daemon_sets": [daemon_set("speaker", "audio", "example.org/speaker:1", 2)],
            },
            "unknown",
            "no load balancer is known here, and no service to show one",
        ),
        ({"version": "v1.22.17-eks-48e63af"}, "pass", "the load balancer of EKS, no service to show it"),
        (
            {"nodes": server("--disable", "servicelb"), "services": [service("proxy", "LoadBalancer")]},
            "fail",
            "no load balancer is known here, and none of 1 services has an address",
        ),
        (
            {"nodes": server("--disable", "servicelb"), "services": [service("proxy", "LoadBalancer", "192.0.2.1")]},
            "pass",
            "a load balancer serves gitpod/proxy",
        ),
        ({"services": [service("proxy", "LoadBalancer", "192.0.2.1")]}, "pass", "K3s ServiceLB serves gitpod/proxy"),
        ({"services": [service("proxy", "ClusterIP")]}, "pass", "K3s ServiceLB, no service to show it"),
    ],
)
def test_load_balancer(changes, status, found):
    assert check("load_balancer", **changes) == [(status, "", found)]


TRAEFIK = {
    "metadata": {"name": "traefik", "namespace": "kube-system"},
    "spec": {"type": "LoadBalancer", "ports": [{"port": 443}, {"port": 80}, {"port": 8080}]},
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("pass", "", "free")]),
        ({"services": [TRAEFIK]}, [("fail", "", "kube-system/traefik has 80, 443")]),
        ({"services": [{**TRAEFIK, "metadata": {"name": "proxy", "namespace": "gitpod"}}]}, [("pass", "", "free")]),
        ({"services": [{**TRAEFIK, "spec": {"type": "LoadBalancer", "ports": [{"port": 8080}]}}]}, [("pass", "", "free")]),
        ({"services": [{**TRAEFIK, "spec": {"type": "ClusterIP", "ports": [{"port": 80}]}}]}, [("pass", "", "free")]),
        ({"services": [TRAEFIK], "version": "v1.22.17-eks-48e63af"}, []),
        ({"services": [TRAEFIK], "nodes": server("--disable", "servicelb")}, []),
    ],
)
def test_load_balancer_ports(changes, expected):
    assert check("load_balancer_ports", **changes) == expected


@pytest.mark.parametrize("arguments", ["not JSON", "{}", "[1, null]", "[" * 100000, '"text"'])
def test_arguments_of_k3s_that_are_none(arguments):
    nodes = [node("m", META, annotations={"k3s.io/node-args": arguments})]
    assert check("load_balancer", nodes=nodes) == [("pass", "", "K3s ServiceLB, no service to show it")]


@pytest.mark.parametrize(
    ("classes", "status", "found"),
    [
        ([], "fail", "no StorageClass at all"),
        ([storage_class("a")], "fail", "no default among: a"),
        ([storage_class("a", "storageclass.kubernetes.io/is-default-class", "false")], "fail", "no default among: a"),
        ([storage_class("a"), storage_class("b", "storageclass.kubernetes.io/is-default-class")], "pass", "b"),
        ([storage_class("a", "storageclass.beta.kubernetes.io/is-default-class")], "pass", "a"),
    ],
)
def test_storage_class(classes, status, found):
    assert check("storage_class", storage_classes=classes) == [(status, "", found)]


# --- cert-manager -----------------------------------------------------------------------------------------------------------

CHART = {"metadata": {"name": "cert-manager"}, "spec": {"chart": "cert-manager"}}
OTHER_CHART = {"metadata": {"name": "traefik"}, "spec": {"chart": "https://example.org/traefik.tgz"}}


def controller(version, available=True):
    return deployment("cm", "quay.io/jetstack/cert-manager-controller:" + version, available)


@pytest.mark.parametrize(
    ("versions", "deployments", "status", "found"),
    [
        (["v1"], [controller("v1.11.5")], "pass", "1.11.5"),
        (["v1", "v1alpha2"], [controller("v1.6.0")], "pass", "1.6.0"),
        (["v1"], [controller("v1.5.4")], "fail", "1.5.4"),
        (["v1"], [controller("v1.5.0")], "fail", "1.5.0"),
        (["v1alpha2", "v1beta1"], [controller("v1.0.0")], "fail", "API cert-manager.io/v1alpha2, v1beta1 only"),
        (["v1"], [], "warning", "API v1 is there, but no controller whose release could be seen"),
        (["v1"], [controller("v1.6.0@sha256:0123")], "pass", "1.6.0"),
    ],
)
def test_cert_manager(versions, deployments, status, found):
    assert check("cert_manager", groups={"cert-manager.io": versions}, deployments=deployments) == [(status, "", found)]


@pytest.mark.parametrize(
    ("charts", "expect_pods", "status", "found"),
    [
        ([], True, "fail", "missing"),
        ([], False, "fail", "missing"),
        ([OTHER_CHART], False, "fail", "missing"),
        ([OTHER_CHART, CHART], True, "fail", "K3s has taken up the chart cert-manager, which has not installed it yet"),
        (
            [CHART],
            False,
            "warning",
            "K3s has taken up the chart cert-manager, which has not installed it yet; not waited for, as the option expect_pods says",
        ),
    ],
)
def test_cert_manager_that_is_not_there(charts, expect_pods, status, found):
    assert check("cert_manager", {"expect_pods": expect_pods}, helm_charts=charts) == [(status, "", found)]


@pytest.mark.parametrize(
    ("available", "expect_pods", "status"),
    [(True, True, "pass"), (False, True, "fail"), (False, False, "warning"), (True, False, "pass")],
)
def test_cert_manager_ready(available, expect_pods, status):
    deployments = [controller("v1.11.5", available), deployment("proxy", "example.org/proxy:1", False)]
    assert status_of("cert_manager_ready", {"expect_pods": expect_pods}, deployments=deployments) == status


def test_cluster_issuer():
    groups = {"cert-manager.io": ["v1"]}
    assert check("cluster_issuer", groups=groups) == [("warning", "", "none")]
    assert check("cluster_issuer", groups=groups, cluster_issuers=[{"metadata": {"name": "le"}}]) == [("pass", "", "le")]
    assert check("cluster_issuer") == []


# --- what could not be read, and waiting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "requirements"),
    [
        ("storage_classes", {"storage_class"}),
        ("services", {"load_balancer", "load_balancer_ports", "cluster_networks"}),
        ("privileged_pod", {"privileged_pods"}),
        ("may_create_policies", {"pod_security_policies"}),
        ("deployments", {"cert_manager_ready"}),
        ("helm_charts", {"cert_manager"}),
        (
            "daemon_sets",
            {"load_balancer", "load_balancer_ports", "calico"}
            | {"calico_" + name for name in ("ready", "tested", "network", "dataplane", "encapsulation", "forwarding", "offload", "addresses")},
        ),
        ("ip_pools", {"cluster_networks"}),
    ],
)
def test_unreadable(key, requirements):
    content = reading(unreadable={key: "no permission to list it"})
    del content[key]
    findings = cluster_check.findings_of(content, OPTIONS)
    unknown = [finding for finding in findings if finding["status"] == "unknown"]
    assert {finding["id"] for finding in unknown} == requirements
    assert all("no permission to list it" in finding["found"] for finding in unknown)


TWICE = [node(name, annotations={"projectcalico.org/IPv4Address": "10.0.2.15/24"}) for name in ("a", "b")]


@pytest.mark.parametrize(
    ("requirement", "changes", "on_k3s", "elsewhere"),
    [
        ("node_ready", {"nodes": [node("n", conditions={"Ready": "False"})]}, True, True),
        ("calico_ready", {"daemon_sets": [calico(0)]}, True, True),
        ("calico", {}, True, False),
        ("nodes", {"nodes": []}, True, False),
        ("kubernetes_release", {"nodes": [node("n", kubelet="v1.24.6+k3s1")]}, False, False),
        ("calico_addresses", {"daemon_sets": [calico()], "nodes": TWICE}, True, True),
        ("cert_manager", {}, True, False),
        ("cpus", {"nodes": [node("n", cpu="1")]}, False, False),
        ("cpus", {}, False, False),
    ],
)
def test_settles(requirement, changes, on_k3s, elsewhere):
    findings = cluster_check.findings_of(reading(**changes), {**OPTIONS, "kubernetes_version": "v1.24.7+k3s1"}, only=[requirement])
    assert cluster_check.settles(findings, "K3s") is on_k3s
    assert cluster_check.settles(findings, "EKS") is elsewhere
