"""Nodes as the API shows them, on lab nodes with systemd and containerd: registration, labels, readiness, node password."""

import re

import nodes
import pytest
from kube import Api
from recordings import differences, recorded
from sandbox import LIMIT

MERGE = "application/merge-patch+json"
MACHINE = (
    "uname -r; . /etc/os-release; echo $PRETTY_NAME; cat /etc/machine-id; containerd --version; nproc --all;awk '/MemTotal/ {print $2 \"Ki\"}' /proc/meminfo"
)
NO_CNI = "cni plugin not initialized"


@pytest.fixture(scope="module")
def api(cluster, tmp_path_factory):
    """Requests to the server, over the network."""
    folder = tmp_path_factory.mktemp("pki")
    for name in ("server-ca.crt", "client-admin.crt", "client-admin.key"):
        (folder / name).write_text(cluster[0].run(f"cat /var/lib/rancher/k3s/server/tls/{name}") + "\n")
    return Api(cluster[0].address, folder)


def node(api, name):
    status, body = api.call(f"/api/v1/nodes/{name}")
    return body if status == 200 else None


def ready(api, name):
    """The condition Ready of a node."""
    return next(each for each in node(api, name)["status"]["conditions"] if each["type"] == "Ready")


def wait_until_ready(api, name):
    nodes.wait_for(lambda: ready(api, name)["status"] == "True", LIMIT, f"{name} to be Ready")


def test_both_are_ready(api):
    for name in ("server", "agent"):
        wait_until_ready(api, name)


@pytest.mark.parametrize("name", ["server", "agent"])
def test_shape(api, name):
    wait_until_ready(api, name)
    assert differences(node(api, name), recorded("node.200")) == []


@pytest.mark.parametrize("index", [0, 1], ids=["server", "agent"])
def test_what_the_node_says_of_its_machine(api, cluster, release, index):
    machine = cluster[index]
    kernel, system, identity, containerd, processors, memory = machine.run(MACHINE).split("\n")
    status = node(api, machine.name)["status"]
    info = status["nodeInfo"]
    assert (info["kernelVersion"], info["osImage"], info["machineID"]) == (kernel, system, identity)
    assert info["kubeletVersion"] == release
    assert info["containerRuntimeVersion"] == "containerd://" + re.search(r"\d+\.\d+\.\d+", containerd).group()
    assert (status["capacity"]["cpu"], status["capacity"]["memory"]) == (processors, memory)
    assert status["addresses"] == [{"type": "InternalIP", "address": machine.address}, {"type": "Hostname", "address": machine.name}]


def test_labels(api):
    for name in ("server", "agent"):
        labels = node(api, name)["metadata"]["labels"]
        assert labels["contract/first"] == name
        assert (labels["kubernetes.io/hostname"], labels["kubernetes.io/os"], labels["kubernetes.io/arch"]) == (name, "linux", "amd64")
        roles = {key: value for key, value in labels.items() if key.startswith("node-role.kubernetes.io/")}
        assert roles == ({f"node-role.kubernetes.io/{role}": "true" for role in ("control-plane", "master")} if name == "server" else {})


def test_no_secret_in_the_annotations(api):
    for name in ("server", "agent"):
        annotations = node(api, name)["metadata"]["annotations"]
        assert '"--token","********"' in annotations["k3s.io/node-args"]
        assert "contract-secret" not in str(annotations)


def test_who_listens(cluster):
    server, agent = (nodes.listeners(machine) for machine in cluster)
    assert (server[6443], server[10250]) == ("k3s-server", "k3s-server")
    assert agent[10250] == "k3s-agent"


def test_files_of_a_node(cluster):
    for machine in cluster:
        secret = "/etc/rancher/node/password {client-ca.crt,server-ca.crt,client-kubelet.key,serving-kubelet.key}"
        modes = machine.run(f"cd /var/lib/rancher/k3s/agent; stat --format %a {secret}; stat --format %F pod-manifests /var/lib/kubelet")
        assert modes.split("\n") == ["600"] * 5 + ["directory"] * 2
        assert re.fullmatch("[0-9a-f]{32}", machine.run("cat /etc/rancher/node/password"))


def test_labels_after_a_restart(api, cluster):
    """node-label adds at each start of the agent, and never removes."""
    agent = cluster[1]
    assert api.call("/api/v1/nodes/agent", "PATCH", {"metadata": {"labels": {"contract/first": None, "contract/api": "kept"}}}, MERGE)[0] == 200
    agent.run("sed -i 's/^node-label.*/node-label: [contract\\/second=agent]/' /etc/rancher/k3s/config.yaml")
    agent.start()
    labels = node(api, "agent")["metadata"]["labels"]
    assert (labels.get("contract/first"), labels["contract/second"], labels["contract/api"]) == (None, "agent", "kept")
    assert api.call("/api/v1/nodes/agent", "PATCH", {"metadata": {"labels": {"contract/second": None}}}, MERGE)[0] == 200
    agent.start()
    assert node(api, "agent")["metadata"]["labels"]["contract/second"] == "agent"


def test_without_a_network(api, cluster):
    agent = cluster[1]
    agent.run("mkdir /etc/cni/away; mv /etc/cni/net.d/* /etc/cni/away; systemctl restart containerd")
    agent.start()
    condition = nodes.wait_for(lambda: ready(api, "agent")["status"] == "False" and ready(api, "agent"), LIMIT, "the agent to be NotReady")
    assert condition["reason"] == "KubeletNotReady"
    assert NO_CNI in condition["message"]
    taints = {(taint["key"], taint["effect"]) for taint in node(api, "agent")["spec"]["taints"]}
    assert ("node.kubernetes.io/not-ready", "NoSchedule") in taints
    agent.run("cp /etc/cni/away/* /etc/cni/net.d")  # containerd notices what is written there, not what is moved there
    wait_until_ready(api, "agent")


def test_another_node_password(api, cluster):
    agent = cluster[1]
    agent.run("systemctl stop k3s; cp /etc/rancher/node/password /root/kept; echo 00112233445566778899aabbccddeeff > /etc/rancher/node/password")
    agent.run("systemctl start --no-block k3s")
    nodes.wait_for(lambda: "Node password rejected, duplicate hostname" in agent.journal(), LIMIT, "the refusal in the journal")
    assert agent.run("systemctl is-active k3s", check=False) == "activating"
    agent.run("systemctl stop k3s; cp /root/kept /etc/rancher/node/password")
    agent.start()


def test_deleted_node_registers_anew(api, cluster):
    agent = cluster[1]
    agent.run("systemctl stop k3s; rm -r /etc/rancher/node")
    assert api.call("/api/v1/nodes/agent", "DELETE")[0] == 200
    nodes.wait_for(lambda: node(api, "agent") is None, LIMIT, "the node to be gone")
    agent.start()
    wait_until_ready(api, "agent")


def test_without_a_runtime(api, cluster):
    agent = cluster[1]
    agent.run("systemctl stop k3s containerd")
    assert api.call("/api/v1/nodes/agent", "DELETE")[0] == 200
    nodes.wait_for(lambda: node(api, "agent") is None, LIMIT, "the node to be gone")
    agent.run("systemctl start --no-block k3s")
    wanted = '"Failed to run kubelet" err="failed to run Kubelet: failed to create kubelet: get remote runtime typed version failed:'
    nodes.wait_for(lambda: wanted in agent.journal(), LIMIT, "the kubelet's failure in the journal")
    assert node(api, "agent") is None
