"""Every real release of K3s at hand, beside the one that all other tests use: a cluster in one run, and a second run that changes nothing."""

import k3s_source
import lab
import pytest
from lab_api import request
from playbook import site

LAB = "releases"
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}


@pytest.fixture(params=k3s_source.find().others)
def release(request):
    lab.down(LAB)
    yield request.param
    lab.down(LAB)


def test_fresh_nodes_become_a_cluster_in_one_run(release):
    inventory = lab.up(LAB, NODES, release=release)
    run = site(inventory)
    assert run.code == 0, run.output
    nodes = request(inventory, "GET", "/api/v1/nodes")["items"]
    assert {node["metadata"]["name"]: node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes} == dict.fromkeys(NODES, release)
    run = site(inventory)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output
