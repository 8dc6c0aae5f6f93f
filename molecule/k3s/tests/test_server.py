"""The server with the node's containerd, and the cluster that it and its agent are."""

import os
import stat
from pathlib import Path

import pytest
import yaml
from kubernetes import client, config

testinfra_hosts = ["server"]
KUBECONFIG = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "server" / "kubeconfig"


def test_configuration(host):
    address = host.interface("eth0").addresses[0]
    assert yaml.safe_load(host.file("/etc/rancher/k3s/config.yaml").content_string) == {
        "node-name": "server",
        "cluster-cidr": "10.42.0.0/16",
        "service-cidr": "10.43.0.0/16",
        "cluster-domain": "cluster.local",
        "flannel-backend": "none",
        "disable-network-policy": True,
        "disable": ["traefik"],
        "tls-san": [address],
        "container-runtime-endpoint": "unix:///run/containerd/containerd.sock",
        "kubelet-arg": ["cgroup-driver=cgroupfs"],
        "kube-proxy-arg": ["conntrack-max-per-core=0"],
    }


def test_it_made_its_own_token(host):
    assert not host.file("/etc/rancher/k3s/token").exists
    assert host.file("/var/lib/rancher/k3s/server/token").mode == 0o600


def test_no_tools_for_a_containerd_that_is_not_used(host):
    assert not host.file("/usr/local/bin/crictl").exists
    assert not host.file("/usr/local/bin/ctr").exists


def test_it_starts_after_the_containerd_of_the_node(host):
    assert "containerd.service" in host.check_output("systemctl show --property=After --value k3s").split()


def test_the_kubeconfig_is_for_its_owner_alone():
    assert stat.S_IMODE(KUBECONFIG.stat().st_mode) == 0o600


@pytest.fixture(scope="module")
def nodes():
    api = client.CoreV1Api(config.new_client_from_config(str(KUBECONFIG)))
    return {node.metadata.name: node for node in api.list_node().items}


def test_the_kubeconfig_reaches_the_cluster_with_both_nodes(nodes):
    assert set(nodes) == {"server", "agent"}


def test_both_run_the_release(host, nodes):
    assert {node.status.node_info.kubelet_version for node in nodes.values()} == {host.ansible.get_variables()["k3s_version"]}


def test_the_agent_was_registered_with_its_labels(nodes):
    mine = {key: value for key, value in nodes["agent"].metadata.labels.items() if key.startswith("gitpod.io/")}
    assert mine == {"gitpod.io/workload_meta": "true", "gitpod.io/workload_ide": "true"}
