"""The rules about Calico, one reading at a time."""

import json

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check
from cluster_checks import OPTIONS, check, reading, status_of
from cluster_objects import calico, daemon_set, node

AUTO_MODE = "v1.30.1-eks-036c24b"
AUTO_NODE = node("i-0", {"eks.amazonaws.com/compute-type": "auto"}, provider_id="aws:///eu-west-1a/i-0", kubelet=AUTO_MODE)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, ("fail", "missing")),
        ({"daemon_sets": [calico()]}, ("pass", "3.24.5 in kube-system")),
        ({"daemon_sets": [calico(namespace="calico-system")]}, ("pass", "3.24.5 in calico-system")),
        ({"daemon_sets": [calico(image="registry.example:5000/calico/node@sha256:0123")]}, ("pass", "there in kube-system")),
        ({"daemon_sets": [daemon_set("aws-node", "kube-system", "cni:v1.11.4", 2)]}, ("fail", "missing")),
        (
            {"version": "v1.22.17-eks-48e63af", "daemon_sets": [daemon_set("aws-node", "kube-system", "cni:v1.11.4", 2)]},
            ("warning", "missing; the VPC CNI of EKS is there"),
        ),
        ({"version": "v1.22.17-eks-48e63af"}, ("fail", "missing")),
        ({"version": AUTO_MODE, "nodes": [AUTO_NODE]}, ("warning", "missing; EKS Auto Mode brings the VPC CNI")),
        ({"version": AUTO_MODE, "nodes": [AUTO_NODE], "daemon_sets": [calico(1)]}, ("pass", "3.24.5 in kube-system")),
    ],
)
def test_calico(changes, finding):
    assert check("calico", **changes) == [(finding[0], "", finding[1])]


@pytest.mark.parametrize(
    ("ready", "expect_pods", "status"),
    [(2, True, "pass"), (1, True, "fail"), (0, True, "fail"), (0, False, "warning"), (2, False, "pass")],
)
def test_calico_ready(ready, expect_pods, status):
    assert status_of("calico_ready", {"expect_pods": expect_pods}, daemon_sets=[calico(ready)]) == status


def test_calico_that_was_just_created_has_no_status():
    fresh = calico()
    del fresh["status"]
    assert check("calico_ready", daemon_sets=[fresh]) == [("fail", "", "ready on 0 of 2 nodes")]


@pytest.mark.parametrize(
    ("version", "calico_version", "status"),
    [
        ("v1.24.7+k3s1", "v3.24.5", "pass"),
        ("v1.25.5+k3s1", "v3.24.5", "pass"),
        ("v1.21.6+k3s1", "v3.24.5", "warning"),
        ("v1.26.0+k3s1", "v3.24.5", "warning"),
        ("v1.21.6+k3s1", "v3.21.6", "pass"),
        ("v1.24.7+k3s1", "v2.6.0", "warning"),
    ],
)
def test_calico_tested(version, calico_version, status):
    daemon_sets = [calico(image="docker.io/calico/node:" + calico_version)]
    assert status_of("calico_tested", version=version, daemon_sets=daemon_sets) == status


def test_releases_that_calico_is_tested_with_are_named():
    daemon_sets = [calico(image="docker.io/calico/node:v3.24.5")]
    (finding,) = cluster_check.findings_of(reading(version="v1.26.0+k3s1", daemon_sets=daemon_sets), OPTIONS, only=["calico_tested"])
    assert finding["required"] == "Kubernetes 1.22 to 1.25 for Calico 3.24"


def test_calico_of_gke_is_googles_affair():
    assert check("calico_tested", version="v1.24.9-gke.3200", daemon_sets=[calico(image="gke.gcr.io/calico/node:v3.23.3-gke.2")]) == []


@pytest.mark.parametrize(
    ("image", "status", "found"),
    [
        ("registry.example:5000/calico/node@sha256:0123", "unknown", "no release can be read"),
        ("registry.example:5000/calico/node:master", "unknown", "no release can be read"),
        ("calico/node", "unknown", "no release can be read"),
        ("", "unknown", "no release can be read"),
        ("calico/node:v3.24.5.6.7", "unknown", "no release can be read"),
        ("1.2.3:5000/calico/node:latest", "unknown", "no release can be read"),
        ("registry.example:3.24.5/calico/node:latest", "unknown", "no release can be read"),
        ("quay.io/tigera/cnx-node:v3.24.1", "unknown", "Calico Enterprise"),
        ("registry.example/cnx-node:v3.24.1", "unknown", "Calico Enterprise"),
        ("registry.example:5000/calico/node:v3.24.5@sha256:0123", "pass", "Calico 3.24.5 on"),
        ("calico/node:v3.24.5-hotfix", "pass", "Calico 3.24.5-hotfix on"),
        ("rancher/hardened-calico:v3.24.5-build20221123", "pass", "Calico 3.24.5-build20221123 on"),
        ("calico/node:v3.24", "pass", "Calico 3.24 on"),
        ("calico/node:v2022.11.1", "warning", "Calico 2022.11.1 on"),
    ],
)
def test_a_tag_of_calico_that_cannot_be_read_is_never_a_pass(image, status, found):
    (finding,) = check("calico_tested", daemon_sets=[calico(image=image)])
    assert (finding[0], found in finding[2]) == (status, True), finding


def test_the_release_is_that_of_calicos_own_container():
    """An injected container may stand first."""
    item = calico(image="calico/node:v3.20.1")
    item["spec"]["template"]["spec"]["containers"].insert(0, {"name": "proxy", "image": "example.org/proxy:v3.24.5"})
    (finding,) = check("calico_tested", daemon_sets=[item])
    assert finding == ("warning", "", "Calico 3.20.1 on Kubernetes 1.24.7")


def test_pools_are_not_counted_as_nodes():
    pools = [pool(vxlanMode="Always")] * 4
    assert check("calico_encapsulation", ip_pools=pools, daemon_sets=[calico()]) == [("pass", "", "VXLAN")]


@pytest.mark.parametrize(
    ("pools", "environment", "expected"),
    [
        (["10.42.0.0/16"], {}, ["pass"]),
        (["192.168.0.0/16"], {}, ["fail", "fail"]),
        (["10.42.0.0/24"], {}, ["fail", "pass"]),
        ([], {"CALICO_IPV4POOL_CIDR": "10.42.0.0/16"}, ["pass"]),
        ([], {"CALICO_IPV4POOL_CIDR": "192.168.0.0/16"}, ["fail", "fail"]),
        (["10.42.0.0/16"], {"CALICO_IPV4POOL_CIDR": "192.168.0.0/16"}, ["pass"]),
        (["fd00::/48"], {}, ["fail", "fail"]),
        ([], {}, []),
    ],
)
def test_calico_network(pools, environment, expected):
    nodes = [node("a", pod_cidr="10.42.0.0/24"), node("b", pod_cidr="10.42.1.0/24")]
    ip_pools = [{"metadata": {"name": "p"}, "spec": {"cidr": cidr}} for cidr in pools]
    ip_pools.append({"metadata": {"name": "off"}, "spec": {"cidr": "10.0.0.0/8", "disabled": True}})
    findings = check("calico_network", nodes=nodes, ip_pools=ip_pools, daemon_sets=[calico(**environment)])
    assert [status for status, _node, _found in findings] == expected


@pytest.mark.parametrize(
    ("daemon_sets", "status"),
    [
        ([], "pass"),
        ([calico()], "pass"),
        ([calico(FELIX_BPFENABLED="false")], "pass"),
        ([calico(FELIX_BPFENABLED="true")], "fail"),
        ([daemon_set("anetd", "kube-system", "gke.gcr.io/cilium/cilium:v1.15.6", 2)], "fail"),
    ],
)
def test_calico_dataplane(daemon_sets, status):
    assert status_of("calico_dataplane", daemon_sets=daemon_sets) == status


CILIUM = daemon_set("cilium", "kube-system", "quay.io/cilium/cilium:v1.15.6", 2)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"kube-proxy-replacement": "true"}, ("fail", "Cilium's eBPF, in place of kube-proxy")),
        ({"kube-proxy-replacement": "strict", "cni-chaining-mode": "none"}, ("fail", "Cilium's eBPF, in place of kube-proxy")),
        ({"kube-proxy-replacement": "false"}, ("fail", "Cilium's eBPF")),
        ({}, ("fail", "Cilium's eBPF")),
        ({"kube-proxy-replacement": "false", "cni-chaining-mode": "aws-cni"}, ("pass", "standard, with Cilium behind it (aws-cni)")),
        ({"kube-proxy-replacement": "true", "cni-chaining-mode": "aws-cni"}, ("fail", "Cilium's eBPF, in place of kube-proxy")),
    ],
)
def test_cilium_as_data_plane(config, expected):
    assert check("calico_dataplane", daemon_sets=[CILIUM], cilium_config={"data": config}) == [(expected[0], "", expected[1])]


def test_cilium_whose_configuration_may_not_be_read():
    content = reading(daemon_sets=[CILIUM], unreadable={"cilium_config": "forbidden"}, permissions={"cilium_config": "get configmaps"})
    del content["cilium_config"]
    (finding,) = cluster_check.findings_of(content, OPTIONS, only=["calico_dataplane"])
    assert finding["status"] == "unknown"
    assert finding["remedy"].startswith("Let these credentials `get configmaps`, or")


def test_vpp_is_no_standard_data_plane():
    installations = [{"spec": {"calicoNetwork": {"linuxDataplane": "VPP"}}}]
    assert check("calico_dataplane", daemon_sets=[calico()], installations=installations) == [("fail", "", "Calico's VPP")]


# --- the addresses that Calico speaks from ----------------------------------------------------------------------------------


def at(name, internal, ipv4="", ipv6=""):
    noted = {"projectcalico.org/IPv4Address": ipv4, "projectcalico.org/IPv6Address": ipv6}
    return node(name, address=internal, annotations={key: value for key, value in noted.items() if value})


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([at("a", "192.0.2.1", "192.0.2.1/24"), at("b", "192.0.2.2", "192.0.2.2/24")], [("pass", "", "as the nodes' InternalIP (2 nodes)")]),
        ([at("a", "192.0.2.1", "10.0.2.15/24"), at("b", "192.0.2.2", "10.0.2.15/24")], [("fail", "", "10.0.2.15 on several nodes: a, b")]),
        (
            [at("a", "192.0.2.1", "10.0.2.15/24"), at("b", "10.0.2.15", "10.0.2.15/24"), at("c", "192.0.2.3", "192.0.2.3/24")],
            [("fail", "", "10.0.2.15 on several nodes: a, b"), ("pass", "c", "as the nodes' InternalIP")],
        ),
        (
            [at("a", "192.0.2.1", "192.0.2.1/24"), at("b", "192.0.2.2", "10.9.0.2/16")],
            [("warning", "b", "10.9.0.2, and the node's InternalIP is 192.0.2.2"), ("pass", "a", "as the nodes' InternalIP")],
        ),
        ([at("a", "192.0.2.1"), at("b", "192.0.2.2")], []),
        ([at("a", "192.0.2.1", "nonsense"), at("b", "192.0.2.2", "/24")], []),
        ([at("a", "192.0.2.1", "192.0.2.1")], [("pass", "a", "as the nodes' InternalIP")]),
        ([at("a", "fd01::1", "192.0.2.1/24", "fd01:0::1/64")], [("pass", "a", "as the nodes' InternalIP")]),
        ([at("a", "fd01::1", "", "fe80::1/64"), at("b", "fd01::2", "", "fe80::1/64")], [("fail", "", "fe80::1 on several nodes: a, b")]),
        ([], []),
    ],
)
def test_calico_addresses(nodes, expected):
    assert check("calico_addresses", nodes=nodes, daemon_sets=[calico()]) == expected
    assert check("calico_addresses", nodes=nodes) == []


@pytest.mark.parametrize("requirement", ["calico_ready", "calico_tested", "calico_network", "calico_encapsulation", "calico_forwarding", "calico_offload"])
def test_without_calico_it_is_said_once(requirement):
    assert check(requirement) == []


def test_kernel_minimum_of_newer_releases():
    changes = {"version": "v1.30.2", "daemon_sets": [calico(image="calico/node:v3.29.1")]}
    nodes = [node("a", kernel="5.10.0"), node("b", kernel="5.4.0-150-generic"), node("c", kernel="strange")]
    assert check("calico_tested", nodes=nodes, **changes) == [
        ("fail", "", "an older kernel on b"),
        ("pass", "", "Calico 3.29.1 on Kubernetes 1.30.2"),
    ]
    assert status_of("calico_tested", nodes=nodes[:1], **changes) == "pass"


@pytest.mark.parametrize("cidr", ["", "10.42.0.0/99", "everything", "10.42.0.0/16/8"])
def test_strange_pool(cidr):
    pools = [pool(cidr=cidr)]
    assert check("calico_network", ip_pools=pools, daemon_sets=[calico()]) == [("fail", "", f"the pool `{cidr}`, which is no network")]
    assert check("calico_network", nodes=[node("n", pod_cidr=cidr)], ip_pools=[pool()], daemon_sets=[calico()]) == [("fail", "n", cidr)]


# --- encapsulation, forwarding, checksum offload ----------------------------------------------------------------------------


def pool(**spec):
    return {"metadata": {"name": "p"}, "spec": {"cidr": "10.42.0.0/16", **spec}}


@pytest.mark.parametrize(
    ("pools", "environment", "expected"),
    [
        ([pool(vxlanMode="Always", ipipMode="Never")], {}, [("pass", "VXLAN")]),
        ([pool(vxlanMode="CrossSubnet")], {}, [("pass", "VXLAN between subnets")]),
        ([pool(vxlanMode="Never", ipipMode="Always")], {}, [("warning", "IPIP for 10.42.0.0/16")]),
        ([pool(ipipMode="CrossSubnet")], {}, [("warning", "IPIP for 10.42.0.0/16")]),
        ([pool(vxlanMode="Never", ipipMode="Never")], {}, [("warning", "none for 10.42.0.0/16")]),
        ([pool()], {"CALICO_IPV4POOL_CIDR": "10.42.0.0/16", "CALICO_IPV4POOL_VXLAN": "Always"}, [("warning", "none for 10.42.0.0/16")]),
        ([pool(disabled=True)], {}, []),
        ([], {"CALICO_IPV4POOL_CIDR": "10.42.0.0/16", "CALICO_IPV4POOL_VXLAN": "Always"}, [("pass", "VXLAN")]),
        ([], {"CALICO_IPV4POOL_CIDR": "10.42.0.0/16"}, [("warning", "IPIP for 10.42.0.0/16")]),
        ([], {"CALICO_IPV4POOL_CIDR": "10.42.0.0/16", "CALICO_IPV4POOL_IPIP": "Never"}, [("warning", "none for 10.42.0.0/16")]),
        ([], {"CALICO_IPV6POOL_CIDR": "fd00::/64"}, [("warning", "none for fd00::/64")]),
        ([], {}, []),
    ],
)
def test_calico_encapsulation(pools, environment, expected):
    checked = check("calico_encapsulation", ip_pools=pools, daemon_sets=[calico(**environment)])
    assert [(status, found) for status, _node, found in checked] == expected


@pytest.mark.parametrize(("ipip", "needs"), [("Always", "IP protocol 4 (IPIP) and TCP 179 (BGP)"), ("Never", "TCP 179 (BGP)")])
def test_what_another_encapsulation_needs_is_said(ipip, needs):
    content = reading(ip_pools=[pool(ipipMode=ipip)], daemon_sets=[calico()])
    (finding,) = cluster_check.findings_of(content, OPTIONS, only=["calico_encapsulation"])
    assert needs in finding["remedy"]


def config(*plugins):
    return {"data": {"cni_network_config": json.dumps({"plugins": list(plugins)}).replace('"mtu"', "__CNI_MTU__")}}


FORWARDS = {"type": "calico", "mtu": "mtu", "container_settings": {"allow_ip_forwarding": True}}
PORTMAP = {"type": "portmap"}
NOT_ALLOWED = ("fail", "", "not allowed in kube-system/calico-config")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"calico_config": config(FORWARDS, PORTMAP)}, ("pass", "", "allowed")),
        ({"calico_config": config(PORTMAP, FORWARDS)}, ("pass", "", "allowed")),
        ({"calico_config": config({"type": "calico"}, PORTMAP)}, NOT_ALLOWED),
        ({"calico_config": config({**FORWARDS, "container_settings": {"allow_ip_forwarding": False}})}, NOT_ALLOWED),
        ({"calico_config": config({**FORWARDS, "container_settings": {"allow_ip_forwarding": "true"}})}, NOT_ALLOWED),
        ({"calico_config": config({**FORWARDS, "type": "flannel"})}, NOT_ALLOWED),
        ({"calico_config": config({**FORWARDS, "container_settings": None})}, NOT_ALLOWED),
        ({"calico_config": {"data": {"cni_network_config": "no JSON"}}}, NOT_ALLOWED),
        ({"calico_config": {"data": {"cni_network_config": "[" * 100000}}}, NOT_ALLOWED),
        ({"calico_config": {"data": {"cni_network_config": '{"plugins": null}'}}}, NOT_ALLOWED),
        ({"calico_config": {"data": {}}}, ("unknown", "", "no ConfigMap kube-system/calico-config to see it in")),
        ({"calico_config": {}}, ("unknown", "", "no ConfigMap kube-system/calico-config to see it in")),
        ({"installations": [{"spec": {"calicoNetwork": {"containerIPForwarding": "Enabled"}}}]}, ("pass", "", "allowed")),
        ({"installations": [{"spec": {"calicoNetwork": {}}}]}, ("fail", "", "not allowed by Calico's operator")),
    ],
)
def test_calico_forwarding(changes, expected):
    assert check("calico_forwarding", daemon_sets=[calico()], **changes) == [expected]


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "v1.22.17-eks-48e63af"},
        {"nodes": [node("m", annotations={"k3s.io/node-args": '["server", "--disable", "servicelb"]'})]},
        {"daemon_sets": [calico(), daemon_set("speaker", "metallb-system", "quay.io/metallb/speaker:v0.13.7", 2)]},
    ],
)
def test_only_servicelb_needs_pods_that_forward(changes):
    assert check("calico_forwarding", **{"daemon_sets": [calico()], **changes}) == []


BROKEN = {"FELIX_FEATUREDETECTOVERRIDE": "ChecksumOffloadBroken=true"}


def felix(name, override):
    return [{"metadata": {"name": name}, "spec": {"featureDetectOverride": override}}]


@pytest.mark.parametrize(
    ("kernel", "vxlan", "environment", "configurations", "expected"),
    [
        ("5.4.0-150-generic", "Always", BROKEN, [], ("pass", "declared broken")),
        ("5.4.0-150-generic", "CrossSubnet", {}, felix("default", "ChecksumOffloadBroken=true"), ("pass", "declared broken")),
        ("5.4.0-150-generic", "Always", {}, felix("default", "SNATFullyRandom=false, ChecksumOffloadBroken=true"), ("pass", "declared broken")),
        ("5.4.0-150-generic", "Always", {}, felix("node.other", "ChecksumOffloadBroken=true"), ("fail", "not declared broken, and an older kernel on old")),
        ("5.4.0-150-generic", "Always", {}, felix("default", "ChecksumOffloadBroken=false"), ("fail", "not declared broken, and an older kernel on old")),
        ("5.6.19", "Always", {}, [], ("fail", "not declared broken, and an older kernel on old")),
        ("strange", "Always", {}, [], ("fail", "not declared broken, and an older kernel on old")),
        ("5.7.0", "Always", {}, [], ("pass", "no kernel is older than 5.7")),
        ("5.4.0-150-generic", "Never", {}, [], None),
    ],
)
def test_calico_offload(kernel, vxlan, environment, configurations, expected):
    changes = {"ip_pools": [pool(vxlanMode=vxlan)], "felix_configurations": configurations, "daemon_sets": [calico(**environment)]}
    nodes = [node("old", kernel=kernel), node("new", kernel="5.15.0-91-generic")]
    assert check("calico_offload", nodes=nodes, **changes) == ([(expected[0], "", expected[1])] if expected else [])


@pytest.mark.parametrize(
    ("environment", "changes", "status"),
    [
        ({}, {"felix_configurations": [{"metadata": {"name": "default"}, "spec": {"bpfEnabled": True}}]}, "fail"),
        ({"FELIX_BPFENABLED": "false"}, {"felix_configurations": [{"metadata": {"name": "default"}, "spec": {"bpfEnabled": True}}]}, "pass"),
        ({}, {"felix_configurations": [{"metadata": {"name": "default"}, "spec": {"bpfEnabled": False}}]}, "pass"),
        ({}, {"installations": [{"spec": {"calicoNetwork": {"linuxDataplane": "BPF"}}}]}, "fail"),
        ({}, {"installations": [{"spec": {"calicoNetwork": {"linuxDataplane": "Iptables"}}}]}, "pass"),
    ],
)
def test_ebpf_may_be_switched_on_in_several_places(environment, changes, status):
    assert status_of("calico_dataplane", daemon_sets=[calico(**environment)], **changes) == status
