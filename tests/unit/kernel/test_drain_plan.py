"""Which pods have to leave a node."""

from random import Random

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube import drain


def pod(name, owner="ReplicaSet", phase="Running", annotations=None, leaving=False, **spec):
    metadata = {"namespace": "default", "name": name, "annotations": annotations}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "controller": True}]
    if leaving:
        metadata["deletionTimestamp"] = "2022-11-30T12:00:00Z"
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase}}


@pytest.mark.parametrize("owner", ["ReplicaSet", "StatefulSet", "Job", "ReplicationController"])
def test_what_a_controller_would_start_again_leaves(owner):
    assert drain.plan([pod("a", owner)], force=False) == (["default/a"], [], [])


@pytest.mark.parametrize(
    "staying",
    [
        pod("a", "DaemonSet"),
        # Gitpod's node daemon has such a volume, and saves the workspaces that leave.
        pod("a", "DaemonSet", volumes=[{"name": "cacerts", "emptyDir": {}}]),
        pod("a", "Node", annotations={"kubernetes.io/config.mirror": "x"}),
        pod("a", None, phase="Succeeded"),
        pod("a", "Job", phase="Failed"),
    ],
)
def test_what_stays(staying):
    assert drain.plan([staying], force=True) == ([], [], [])


def test_a_pod_that_terminates_is_waited_for_and_not_asked_twice():
    assert drain.plan([pod("a", leaving=True), pod("b", None, leaving=True)], force=False) == ([], ["default/a", "default/b"], [])


def test_a_pod_of_nobody_is_named_unless_forced():
    lonely = [pod("a", None, volumes=[{"emptyDir": {}}])]
    assert drain.plan(lonely, force=False) == ([], [], ["default/a"])
    assert drain.plan(lonely, force=True) == (["default/a"], [], [])


def test_an_owner_that_does_not_control_a_pod_would_not_start_it_again():
    owned = pod("a")
    owned["metadata"]["ownerReferences"] = [{"kind": "ConfigMap"}]
    assert drain.plan([owned], force=False).unmanaged == ["default/a"]


@pytest.mark.parametrize(("status", "ready"), [("True", True), ("False", False), ("Unknown", False)])
def test_ready(status, ready):
    node = {"status": {"conditions": [{"type": "MemoryPressure", "status": "True"}, {"type": "Ready", "status": status}]}}
    assert drain.is_ready(node) is ready


def test_a_node_without_conditions_is_not_ready():
    assert drain.is_ready({}) is False


@pytest.mark.parametrize(("spec", "cordoned"), [({}, False), ({"unschedulable": True}, True), ({"unschedulable": False}, False)])
def test_cordoned(spec, cordoned):
    assert drain.is_cordoned({"spec": spec}) is cordoned


def test_who_closed_a_node_is_told_by_the_patch_that_closed_it():
    assert drain.is_cordoned_by_us(drain.CORDONED)
    assert not drain.is_cordoned_by_us({"metadata": {}, "spec": {"unschedulable": True}})
    assert not drain.is_cordoned_by_us({**drain.CORDONED, "spec": {}})


@pytest.mark.parametrize(
    ("resources", "version"),
    [
        ([{"name": "pods"}, {"name": "pods/eviction", "group": "policy", "version": "v1beta1"}], "policy/v1beta1"),
        ([{"name": "pods/eviction", "group": "policy", "version": "v1"}], "policy/v1"),
        ([], "policy/v1"),
    ],
)
def test_the_version_of_an_eviction_is_the_one_that_the_api_names(resources, version):
    assert drain.eviction_version({"resources": resources}) == version


KEYS = [
    *("metadata", "spec", "status", "annotations", "ownerReferences", "controller", "kind", "name", "namespace", "phase", "deletionTimestamp"),
    *("conditions", "type", "nodeInfo", "bootID", "unschedulable", "resources", "group", "version", "node-prep.gitpod.io/cordoned"),
]
VALUES = [None, True, False, 0, 1.5, "", "Ready", "True", "Node", "DaemonSet", "pods/eviction", "a/b", "\x1b"]


def anything(random, depth=5):
    """Any JSON, of the names that an API uses."""
    kind = random.randrange(4 if depth else 1)
    if kind == 0:
        return random.choice(VALUES)
    if kind == 1:
        return [anything(random, depth - 1) for _ in range(random.randrange(4))]
    return {random.choice(KEYS): anything(random, depth - 1) for _ in range(random.randrange(8))}


def test_whatever_an_api_sends_nothing_raises():
    random = Random(11)
    for _ in range(20000):
        answer = anything(random)
        for force in (True, False):
            for pods in drain.plan(answer if isinstance(answer, list) else [answer], force):
                assert all(isinstance(name, str) for name in pods)
        assert drain.is_pod(answer) in (True, False)
        assert drain.is_ready(answer) in (True, False)
        assert drain.is_cordoned(answer) in (True, False)
        assert drain.is_cordoned_by_us(answer) in (True, False)
        assert isinstance(drain.boot_id(answer), str)
        assert isinstance(drain.eviction_version(answer), str)
        assert not isinstance(answer, dict) or drain.is_node(answer) in (True, False)


@pytest.mark.parametrize(
    "metadata", [None, {}, {"name": "a"}, {"namespace": "a"}, {"namespace": "", "name": "a"}, {"namespace": "a", "name": "../b"}, {"namespace": 1, "name": "a"}]
)
def test_a_pod_that_cannot_be_named_is_none(metadata):
    assert not drain.is_pod({"metadata": metadata})
    assert drain.is_pod(pod("a"))


@pytest.mark.parametrize("answer", [{}, {"metadata": None}, {"kind": "Status", "metadata": {}}, {"kind": "NodeList", "metadata": {}}])
def test_an_answer_that_is_no_node_is_not_taken_for_an_open_one(answer):
    assert not drain.is_node(answer)
    assert drain.is_node({"kind": "Node", "metadata": {}})
