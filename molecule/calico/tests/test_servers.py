"""The manifest that K3s applies, after a good run and after attempts with a broken mirror and wrong settings."""

import hashlib
import json

import pytest
import yaml

MANIFEST = "/var/lib/rancher/k3s/server/manifests/calico.yaml"

testinfra_hosts = ["ansible://fresh", "ansible://live"]


@pytest.fixture
def documents(host):
    found = [document for document in yaml.safe_load_all(host.file(MANIFEST).content_string) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in found}


@pytest.fixture
def environment(documents):
    spec = documents["DaemonSet", "calico-node"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return {variable["name"]: variable.get("value") for variable in container["env"]}


def test_ip_forwarding_is_allowed_in_pods(documents):
    text = documents["ConfigMap", "calico-config"]["data"]["cni_network_config"]
    plugin = json.loads(text.replace("__CNI_MTU__", "0"))["plugins"][0]
    assert plugin["container_settings"] == {"allow_ip_forwarding": True}


def test_the_pool_is_that_of_k3s(environment):
    assert environment["CALICO_IPV4POOL_CIDR"] == "10.42.0.0/16"
    assert environment["CALICO_IPV4POOL_VXLAN"] == "Always"
    assert environment["CALICO_IPV4POOL_BLOCK_SIZE"] == "26"


def test_the_checksum_offload_is_declared_broken_for_the_older_of_the_two_kernels(environment):
    assert environment["FELIX_FEATUREDETECTOVERRIDE"] == "ChecksumOffloadBroken=true"


def test_the_mtu_of_the_refused_attempts_was_not_written(documents):
    assert documents["ConfigMap", "calico-config"]["data"]["veth_mtu"] == "0"


def test_the_rest_of_calico_is_there(documents):
    assert ("Deployment", "calico-kube-controllers") in documents
    assert ("CustomResourceDefinition", "ippools.crd.projectcalico.org") in documents


def test_only_root_reads_it(host):
    file = host.file(MANIFEST)
    assert (file.user, file.group, file.mode) == ("root", "root", 0o600)


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/var/lib/rancher/k3s", 0o755),
        ("/var/lib/rancher/k3s/server", 0o700),
        ("/var/lib/rancher/k3s/server/manifests", 0o700),
    ],
)
def test_the_directories_are_as_k3s_makes_them(host, path, mode):
    assert (host.file(path).user, host.file(path).mode) == ("root", mode)


def test_nothing_else_lies_where_k3s_would_apply_it(host):
    assert host.file("/var/lib/rancher/k3s/server/manifests").listdir() == ["calico.yaml"]


def test_what_was_downloaded_is_the_published_file(host):
    (name,) = [name for name in host.file("/var/cache").listdir() if name.startswith("calico")]
    header = json.loads(host.file(MANIFEST).content_string.split("\n", 1)[0].removeprefix("# gitpod.node_prep.calico "))
    assert hashlib.sha256(host.file(f"/var/cache/{name}").content).hexdigest() == header["source"]
