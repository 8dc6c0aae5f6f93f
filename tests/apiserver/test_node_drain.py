"""node_drain with real budgets and real permissions."""

import time

import pytest
import runs
import scene

NODE = "workspace-1"
PODS = "/api/v1/namespaces/default/pods"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
WAIT = 5  # seconds
# A run may take longer than its wait by what Ansible and a look take, measured in the same minute, and by as much again for a machine that is busy.
SLACK = 3
READY = [{"type": kind, "status": "True"} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]


@pytest.fixture
def node(empty):
    """A node with one pod that runs; the server is returned."""
    client = empty.client()
    scene.make_many(empty, [NODE], "v1.36.2")
    client.merge(f"/api/v1/nodes/{NODE}", {"spec": {"taints": []}})
    client.create(PODS, scene.pod("web-1", NODE))
    client.merge(f"{PODS}/web-1/status", {"status": {"phase": "Running", "conditions": READY}})
    yield empty
    client.ask("DELETE", f"{PODS}/web-1", {"gracePeriodSeconds": 0})
    client.delete(BUDGETS)


def budget(server, status):
    """A budget for the pod; without a status its controller has not looked at it yet."""
    client = server.client()
    made = client.create(BUDGETS, {"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}})
    if status is not None:
        client.merge(f"{BUDGETS}/web/status", {"status": {"observedGeneration": made["metadata"]["generation"], **status}})


def drain(server, folder, user="admin", groups=("system:masters",), **options):
    return runs.module("node_drain", folder, kubeconfig=str(server.kubeconfig(user, groups)), name=NODE, **options)


def timed(server, folder, **options):
    """(seconds, run) of a drain."""
    start = time.monotonic()
    ran = drain(server, folder, **options)
    return time.monotonic() - start, ran


def is_cordoned(server):
    return server.client().get(f"/api/v1/nodes/{NODE}")["spec"].get("unschedulable", False)


NONE_ALLOWED = {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}


@pytest.mark.parametrize("status", [pytest.param(NONE_ALLOWED, id="that allows none"), pytest.param(None, id="that is still being processed")])
def test_a_budget_keeps_the_pod_for_as_long_as_was_asked_for_and_no_longer(node, tmp_path, status):
    budget(node, status)
    at_once, _ran = timed(node, tmp_path, wait=0)
    took, ran = timed(node, tmp_path, wait=WAIT)
    assert ran.code != 0
    assert list(ran.result["pods"]) == ["default/web-1"]
    assert WAIT <= took <= WAIT + SLACK * at_once
    assert not is_cordoned(node)


def test_a_budget_that_allows_it_lets_the_pod_go(node, tmp_path):
    budget(node, {**NONE_ALLOWED, "disruptionsAllowed": 1, "currentHealthy": 2})
    ran = drain(node, tmp_path, wait=WAIT)
    assert ran.result["evicted"] == ["default/web-1"], ran.output
    assert is_cordoned(node)
    assert node.client().get(PODS)["items"] == []


def test_who_may_not_evict_is_told_of_evictions(node, tmp_path):
    scene.allow(node.client(), "cordoner", ("", "nodes", ("get", "patch")), ("", "pods", ("list",)))
    ran = drain(node, tmp_path, "cordoner", (), wait=WAIT)
    assert ran.result["resource"] == "pods/eviction", ran.output
    assert "'pods/eviction'" in ran.result["msg"]
    assert not is_cordoned(node)


def test_a_list_is_named_without_its_query(node, tmp_path):
    scene.allow(node.client(), "blind", ("", "nodes", ("get", "patch")))
    ran = drain(node, tmp_path, "blind", (), wait=WAIT)
    assert ran.result["resource"] == "pods", ran.output
    assert "fieldSelector" not in ran.result["msg"].split("refused")[1]
    assert not is_cordoned(node)


def test_what_was_drained_is_returned(node, tmp_path):
    drain(node, tmp_path, wait=WAIT)
    ran = drain(node, tmp_path, state="returned", wait=WAIT)
    assert ran.result["changed"], ran.output
    assert not is_cordoned(node)
