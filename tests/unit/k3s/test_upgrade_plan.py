"""Which nodes an upgrade changes, in which order, and what holds it back."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._upgrade import CORDONED, upgrade

OLD, NEW = "v1.21.1+k3s1", "v1.21.2+k3s1"
SERVERS, AGENTS = ("m1", "m2", "m3"), ("w1", "w2")
HOSTS = {host: host for host in SERVERS + AGENTS}


def node(name, release=OLD, ready=True, cordoned=False):
    labels = {"node-role.kubernetes.io/control-plane": "true"} if name.startswith("m") else {}
    return {
        "metadata": {"name": name, "labels": labels, "annotations": {CORDONED: "x"} if cordoned else {}},
        "status": {"nodeInfo": {"kubeletVersion": release}, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def cluster(**differs):
    return [node(name, **differs.get(name, {})) for name in HOSTS]


def plan(nodes, wanted=NEW, hosts=tuple(HOSTS), installed=None):
    return upgrade(nodes, HOSTS, hosts, installed or {}, wanted)


def test_servers_come_first():
    found = plan(cluster())
    assert (found["servers"], found["agents"], found["refusals"]) == (list(SERVERS), list(AGENTS), [])
    assert found["steps"][0] == f"m1: {OLD} -> {NEW}"


def test_nothing_to_do():
    found = plan(cluster(), wanted=OLD)
    assert found == {"servers": [], "agents": [], "steps": [], "strangers": [], "removed": [], "refusals": []}


def test_a_run_goes_on_where_another_one_was_killed():
    done = {"release": NEW}
    nodes = cluster(m1=done, m2={**done, "cordoned": True}, m3=done, w1=done, w2=done)
    assert plan(nodes)["servers"] == ["m2"]
    # The link was switched, and K3s not restarted; or the other way round, by hand.
    assert plan(cluster(), wanted=OLD, installed={"w1": NEW})["agents"] == ["w1"]


def test_what_somebody_else_cordoned_is_none_of_ours():
    nodes = cluster()
    nodes[3]["spec"] = {"unschedulable": True}
    assert plan(nodes, wanted=OLD)["steps"] == []


def test_new_machines_are_no_nodes_yet():
    nodes = [item for item in cluster() if item["metadata"]["name"] != "w2"]
    assert plan(nodes)["strangers"] == ["w2"]


@pytest.mark.parametrize(
    ("nodes", "wanted", "hosts", "why"),
    [
        (cluster(), NEW, AGENTS, "w1, w2 would be newer than the servers m1, m2, m3, which this run leaves out."),
        (cluster(m1={"release": NEW}), NEW, ("w1",), "w1 would be newer than the servers m2, m3, which this run leaves out."),
        (cluster(w1={"release": "v1.22.1+k3s1"}), NEW, tuple(HOSTS), "w1 (v1.22.1+k3s1) would be newer than v1.21.2+k3s1"),
        (cluster(), "v1.20.9+k3s1", tuple(HOSTS), "w1 (v1.21.1+k3s1), w2 (v1.21.1+k3s1) would be newer than v1.20.9+k3s1"),
        (cluster(w1={"release": "v1.18.1+k3s1"}), NEW, SERVERS, "The kubelet of w1 (v1.18.1+k3s1) would be more than 2 minor releases older"),
        (cluster(m2={"ready": False}), NEW, tuple(HOSTS), "m2 is not ready, and no server is stopped while another one is down."),
        (cluster(m2={"ready": False}), NEW, ("m1",), "m2 is not ready, and no server is stopped while another one is down."),
    ],
)
def test_refusals(nodes, wanted, hosts, why):
    assert why in " ".join(plan(nodes, wanted, hosts)["refusals"])


@pytest.mark.parametrize(
    ("nodes", "hosts"),
    [
        (cluster(m1={"release": NEW}, m2={"release": NEW}, m3={"release": NEW}), AGENTS),
        (cluster(w1={"release": "v1.19.1+k3s1"}), SERVERS),
        (cluster(w1={"ready": False}), tuple(HOSTS)),
        (cluster(m1={"release": NEW}, m2={"release": NEW}, m3={"release": NEW, "ready": False}), AGENTS),
        (cluster(w1={"release": "v1.20.0-eks-1"}), tuple(HOSTS)),
    ],
)
def test_what_may_be_upgraded(nodes, hosts):
    assert plan(nodes, hosts=hosts)["refusals"] == []


@pytest.mark.parametrize("nodes", [[{}], [None], [{"metadata": None}], [{"metadata": {"name": "m1", "labels": []}, "status": "x"}], ["x"]])
def test_an_api_may_say_anything(nodes):
    plan(nodes)
