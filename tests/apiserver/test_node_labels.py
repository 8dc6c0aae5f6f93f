"""node_labels on the nodes of several kinds of clusters."""

import pytest
import runs
import scene
import shapes

FOREIGN = {"gitpod.io/workspace_0_ready_ns_default": "true", "gitpod.io/diskPressure": "false", "team": "a"}
WRONG = {"gitpod.io/workload_meta": "true", "gitpod.io/workload_ide": "false"}
META = {"gitpod.io/workload_meta", "gitpod.io/workload_ide"}
WORKSPACE = {f"gitpod.io/workload_workspace_{name}" for name in ("services", "regular", "headless")}


@pytest.fixture(params=["eks", "gke-calico", "aks", "k3s-flannel", "talos-azure"])
def labelled(request, empty, tmp_path):
    """(server, names of the nodes, what runs the module): nodes with labels of others, and of ours in the wrong places."""
    shape = shapes.load(request.param)
    for machine in shape["nodes"].values():
        machine.pop("pool")
    shape["machine"].setdefault("labels", {}).update(FOREIGN | WRONG)
    shapes.make_nodes(empty.client(), shape)
    names = list(shape["nodes"])
    kubeconfig = str(empty.kubeconfig())

    def run(**options):
        return runs.module("node_labels", tmp_path, kubeconfig=kubeconfig, nodes={"meta": names[:1], "workspace": names[1:]}, **options)

    return empty, names, run


def gitpod_labels(server):
    """Node to what it has of the five labels, all of which must be `true`."""
    found = {}
    for node in server.client().get("/api/v1/nodes")["items"]:
        ours = {key: value for key, value in node["metadata"]["labels"].items() if key.startswith("gitpod.io/workload_")}
        assert set(ours.values()) <= {"true"}
        found[node["metadata"]["name"]] = set(ours)
    return found


def test_labels_are_set_and_removed_and_those_of_others_stay(labelled):
    server, names, run = labelled
    ran = run()
    assert ran.result["changed"], ran.output
    assert gitpod_labels(server) == {names[0]: META} | dict.fromkeys(names[1:], WORKSPACE)
    for node in server.client().get("/api/v1/nodes")["items"]:
        assert FOREIGN.items() <= node["metadata"]["labels"].items()


def test_a_second_run_is_one_list_request(labelled):
    server, _names, run = labelled
    run()
    before = scene.requests(server.client())
    assert run().result["changed"] is False
    assert scene.requests(server.client()) - before == {"LIST": 1}


def test_absent_removes_the_five_and_nothing_else(labelled):
    server, names, run = labelled
    run()
    run(state="absent")
    assert gitpod_labels(server) == {name: set() for name in names}
    for node in server.client().get("/api/v1/nodes")["items"]:
        assert FOREIGN.items() <= node["metadata"]["labels"].items()


def test_who_may_not_patch_is_told_so_and_nothing_has_changed(empty, tmp_path):
    shapes.make_nodes(empty.client(), shapes.load("eks"))
    names = list(shapes.load("eks")["nodes"])
    scene.allow(empty.client(), "reader", ("", "nodes", ("get", "list")))
    before = gitpod_labels(empty)
    ran = runs.module("node_labels", tmp_path, kubeconfig=str(empty.kubeconfig("reader", ())), nodes={"meta": names, "workspace": []})
    assert (ran.code, ran.result["verb"], ran.result["resource"]) == (2, "patch", "nodes"), ran.output
    assert gitpod_labels(empty) == before


@pytest.mark.parametrize(("shape", "service"), [("eks", "EKS"), ("aks", "AKS"), ("gke-calico", "GKE"), ("talos-azure", ""), ("kops-aws", ""), ("aro", "")])
def test_only_where_a_service_makes_the_nodes_is_its_node_pool_named(empty, tmp_path, shape, service):
    data = shapes.load(shape)
    shapes.make_nodes(empty.client(), data)
    names = list(data["nodes"])
    ran = runs.module("node_labels", tmp_path, kubeconfig=str(empty.kubeconfig()), nodes={"meta": [], "workspace": names})
    warnings = " ".join(ran.output.partition("localhost | ")[0].split())
    assert ("node pool" in warnings) == bool(service), warnings
    assert service in warnings
