"""node_drain as a process of its own, as Ansible starts it, against an API on a socket."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._deadline import Deadline
from ansible_collections.gitpod.node_prep.plugins.module_utils._interruption import SIGNALS
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.errors import KubeConnectionError
from ansible_collections.gitpod.node_prep.plugins.modules import node_drain
from fake_api import NODES, FakeApi, status
from run_module import run

PODS = "/api/v1/pods"
EVICTION = "/api/v1/namespaces/default/pods/a/eviction"
BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."
POD = {"metadata": {"namespace": "default", "name": "a", "ownerReferences": [{"kind": "ReplicaSet", "controller": True}]}}


class Cluster(FakeApi):
    """One node with one pod, which a budget keeps."""

    def __init__(self, cordoned=False):
        super().__init__(answers={PODS: {"items": [POD]}, "/api/v1": {"resources": []}})
        self.node = {"kind": "Node", "metadata": {"name": "n1", "annotations": {}}, "spec": {"unschedulable": cordoned}}
        self.posts[EVICTION] = status(429, "TooManyRequests", BUDGET)

    def respond(self, method, path, query, body):
        if path == f"{NODES}/n1":
            if method == "PATCH":
                self.node["spec"].update(body["spec"])
                annotations = {**self.node["metadata"]["annotations"], **body["metadata"]["annotations"]}
                self.node["metadata"]["annotations"] = {key: value for key, value in annotations.items() if value is not None}
            return 200, self.node
        return super().respond(method, path, query, body)

    @property
    def closed(self):
        return self.node["spec"]["unschedulable"]


@pytest.fixture
def cluster():
    with Cluster() as cluster:
        yield cluster


def drained(cluster, capsys, **arguments):
    start = time.monotonic()
    result = run(node_drain.main, capsys, name="n1", **arguments, **cluster.auth())
    return result, time.monotonic() - start


@pytest.mark.parametrize("retry_after", [None, "10", "120"])
def test_a_budget_takes_as_long_as_it_may_and_the_api_is_asked_once_a_look(cluster, capsys, retry_after):
    code, body = cluster.posts[EVICTION]
    cluster.posts[EVICTION] = (code, body, {"Retry-After": retry_after} if retry_after else {})
    result, seconds = drained(cluster, capsys, wait=3)
    assert result["failed"] is True
    assert result["pods"] == {"default/a": BUDGET}
    assert 2.9 < seconds < 4
    assert cluster.count("POST", EVICTION) == (1 if retry_after else 2)
    assert not cluster.closed


class Looks:
    """A node whose API cannot be reached a number of times."""

    def __init__(self, failures):
        self.failures = failures

    def read(self):
        if self.failures:
            self.failures -= 1
            raise KubeConnectionError("connection refused")
        return "the node"


def test_an_api_whose_server_restarts_is_waited_for(monkeypatch):
    monkeypatch.setattr(node_drain, "SECONDS_BETWEEN_LOOKS", 0)
    assert node_drain._first_look(Looks(3), Deadline(30)) == "the node"
    with pytest.raises(KubeConnectionError):
        node_drain._first_look(Looks(1), Deadline(0))


def test_an_api_that_becomes_silent_does_not_prolong_a_drain(cluster, capsys):
    real = cluster.respond

    def respond(method, path, query, body):
        if path == EVICTION:
            time.sleep(8)
        return real(method, path, query, body)

    cluster.respond = respond
    result, seconds = drained(cluster, capsys, wait=2)
    assert result["failed"] is True
    assert "did not answer within" in result["msg"]
    assert seconds < 3.5
    assert not cluster.closed


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (PODS, {}),
        (PODS, {"items": [{}]}),
        (PODS, {"items": "none"}),
        (PODS, (200, "<html>")),
        (PODS, (200, "[]")),
        (PODS, status(403, "Forbidden", "no")),
        (PODS, status(500, "InternalError", "no")),
        ("/api/v1", status(403, "Forbidden", "no")),
        ("/api/v1", status(404, "NotFound", "no")),
        ("/api/v1", (200, "")),
    ],
)
def test_an_odd_answer_or_a_refusal_after_the_cordon_opens_the_node_again(cluster, capsys, path, answer):
    cluster.answers[path] = answer
    result, _seconds = drained(cluster, capsys, wait=3)
    assert result["failed"] is True
    assert not cluster.closed
    assert ("PATCH", f"{NODES}/n1") in cluster.requests


def test_a_permission_to_evict_that_is_missing_is_named_as_roles_name_it(cluster, capsys):
    cluster.posts[EVICTION] = status(403, "Forbidden", "forbidden")
    result, _seconds = drained(cluster, capsys, wait=3)
    assert "it is the verb 'create' on the resource 'pods/eviction'" in result["msg"]
    assert not cluster.closed


def test_a_permission_to_list_that_is_missing_is_named_without_the_query(cluster, capsys):
    cluster.answers[PODS] = status(403, "Forbidden", "forbidden")
    result, _seconds = drained(cluster, capsys, wait=3)
    assert "it is the verb 'list' on the resource 'pods'" in result["msg"]


MODULE_AS_A_PROCESS = """
import json, sys
import conftest
from run_module import given
from ansible_collections.gitpod.node_prep.plugins.modules import node_drain
with given(json.loads(sys.argv[1])):
    node_drain.main()
"""


def started(auth, **arguments):
    return subprocess.Popen(
        [sys.executable, "-c", MODULE_AS_A_PROCESS, json.dumps({"name": "n1", **arguments, **auth})],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )


def waited_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_drain_that_a_signal_ends_leaves_the_node_open(cluster, number):
    process = started(cluster.auth(), wait=60)
    waited_for(lambda: cluster.count("POST", EVICTION))
    assert cluster.closed
    process.send_signal(number)
    output = process.communicate(timeout=30)[0]
    assert not cluster.closed
    assert json.loads(output)["msg"] == f"interrupted by signal {int(number)}"


def test_a_drain_that_a_signal_ends_leaves_a_node_closed_that_somebody_else_had_cordoned():
    with Cluster(cordoned=True) as cluster:
        process = started(cluster.auth(), wait=60)
        waited_for(lambda: cluster.count("POST", EVICTION))
        process.terminate()
        assert '"failed": true' in process.communicate(timeout=30)[0]
        assert cluster.closed


def test_more_signals_do_not_keep_the_node_from_being_opened(cluster):
    cluster.delay = 0.5
    process = started(cluster.auth(), wait=60)
    waited_for(lambda: cluster.count("POST", EVICTION))
    for _ in range(5):
        process.terminate()
        time.sleep(0.1)
    process.communicate(timeout=30)
    assert not cluster.closed


def test_a_signal_while_the_cordon_is_under_way_leaves_the_node_open(cluster):
    real = cluster.respond

    def respond(method, path, query, body):
        if method == "PATCH" and body["spec"]["unschedulable"]:
            time.sleep(1)
        return real(method, path, query, body)

    cluster.respond = respond
    process = started(cluster.auth(), wait=60)
    waited_for(lambda: cluster.count("PATCH"))
    process.terminate()
    process.communicate(timeout=30)
    assert cluster.count("PATCH") == 2
    assert not cluster.closed


def test_a_drain_that_is_done_keeps_the_node_closed(cluster, capsys):
    cluster.answers[PODS] = {"items": None}
    assert drained(cluster, capsys, wait=3)[0]["changed"] is True
    assert cluster.closed
    assert cluster.node["metadata"]["annotations"] == {"node-prep.gitpod.io/cordoned": "true"}


def test_a_wait_for_a_node_that_a_signal_ends_opens_it(cluster):
    cluster.node["spec"]["unschedulable"] = True
    cluster.node["metadata"]["annotations"] = {"node-prep.gitpod.io/cordoned": "true"}
    process = started(cluster.auth(), state="returned", wait=60)
    waited_for(lambda: cluster.count("GET", f"{NODES}/n1"))
    process.terminate()
    process.communicate(timeout=30)
    assert not cluster.closed


def test_a_hanging_login_is_killed_with_the_module(cluster, tmp_path):
    script = f"echo $$ > {tmp_path}/pid; sleep 60"
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]}}
    config = {
        "current-context": "context-1",
        "contexts": [{"name": "context-1", "context": {"cluster": "cluster-1", "user": "user-1"}}],
        "clusters": [{"name": "cluster-1", "cluster": {"server": cluster.url}}],
        "users": [{"name": "user-1", "user": user}],
    }
    process = started({"kubeconfig": config})
    waited_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    process.terminate()
    assert "interrupted by signal 15" in process.communicate(timeout=30)[0]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
