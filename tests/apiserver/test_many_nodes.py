"""A cluster with more nodes than one page of a list."""

import pytest
import runs
import scene

NODES = 1200
PAGES = 3  # of 500


@pytest.fixture(scope="module")
def crowd(server):
    """Names of the nodes of the server."""
    names = [f"node-{number:04}" for number in range(NODES)]
    scene.make_many(server, names, "v1.36.2")
    return names


def test_every_page_is_read(server, crowd, tmp_path):
    before = scene.requests(server.client())
    ran = runs.module("cluster_spec", tmp_path, kubeconfig=str(server.kubeconfig()))
    assert sorted(ran.result["facts"]["nodes"]) == crowd, ran.output[:2000]
    assert scene.requests(server.client()) - before == {"LIST": PAGES}


def test_labels_reach_every_page(server, crowd, tmp_path):
    half = len(crowd) // 2
    nodes = {"meta": crowd[:half], "workspace": crowd[half:]}
    before = scene.requests(server.client())
    ran = runs.module("node_labels", tmp_path, kubeconfig=str(server.kubeconfig()), nodes=nodes)
    assert len(ran.result["changed_nodes"]) == NODES, ran.output[:2000]
    made = scene.requests(server.client()) - before
    assert (made["LIST"], made["PATCH"]) == (1, NODES)
    assert runs.module("node_labels", tmp_path, kubeconfig=str(server.kubeconfig()), nodes=nodes).result["changed"] is False
