"""What may be removed from a cluster."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.removal import removal

META = ("meta", "ide")
REGULAR = ("workspace_services", "workspace_regular", "workspace_headless")


def node(name, labels=(), server=False, ready=True):
    found = {f"gitpod.io/workload_{label}": "true" for label in labels}
    if server:
        found["node-role.kubernetes.io/master"] = "true"
    return {"metadata": {"name": name, "labels": found}, "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]}}


def cluster(down=(), servers=("m1", "m2", "m3"), agents=("w1", "w2")):
    return [node(name, META, True, name not in down) for name in servers] + [node(name, REGULAR, False, name not in down) for name in agents]


NAMES = {name: name for name in ("m1", "m2", "m3", "w1", "w2")}


def refusals(names, nodes):
    return removal(names, nodes, NAMES)["refusals"]


@pytest.mark.parametrize(
    ("names", "nodes"),
    [
        ("w1", cluster()),
        ("m1", cluster()),
        (["w1", "m3"], cluster()),
        ("m1", cluster(down=["m1"])),
        ("w1", cluster(down=["w1"])),
        ("m2", cluster(servers=["m1", "m2"])),
        ("m5,m4", cluster(servers=["m1", "m2", "m3", "m4", "m5"])),
        ("m4,m5", cluster(servers=["m1", "m2", "m3", "m4", "m5"], down=["m4", "m5"])),
    ],
)
def test_what_may_go(names, nodes):
    assert refusals(names, nodes) == []


def test_the_last_of_a_label_stays():
    found = refusals("w1,w2", cluster())
    assert len(found) == 3
    assert found[0].startswith("w1, w2 would leave no node with the label gitpod.io/workload_workspace_services, which Gitpod needs (D3).")


def test_the_last_server_stays():
    assert any("would leave no server" in reason for reason in refusals("m1", cluster(servers=["m1"])))


def test_the_majority_stays():
    (why,) = refusals("m1", cluster(down=["m3"]))
    assert why == "Of the 2 servers that stay, m3 is not ready, so that etcd would have no majority. Start them first."


def test_without_a_majority_nobody_goes():
    (why,) = refusals("m1", cluster(servers=["m1", "m2", "m3"], down=["m1", "m2"]))
    assert "no majority" in why


def test_an_unknown_name_is_named_with_those_that_there_are():
    (why,) = refusals("w9", cluster())
    assert why == "Neither the cluster nor the inventory knows w9; the cluster has m1, m2, m3, w1, w2."


def test_a_node_that_is_gone_already_may_be_cleaned_up():
    found = removal("w1", cluster(agents=["w2"]), NAMES)
    assert found == {"nodes": [{"name": "w1", "host": "w1", "present": False, "ready": False, "server": False}], "refusals": []}


def test_a_machine_that_the_inventory_has_lost():
    (one,) = removal("W3", [*cluster(), node("w3")], NAMES)["nodes"]
    assert (one["name"], one["host"], one["present"]) == ("w3", "", True)


@pytest.mark.parametrize("odd", [[None], [{}], [{"metadata": []}], [{"metadata": {"name": 3, "labels": "x"}, "status": 7}]])
def test_odd_answers_of_an_api(odd):
    assert refusals("w1", [*cluster(), *odd]) == []
