"""The load balancer's probe: a temporary service that is removed whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import load_balancer_probe as under_test
from ansible_collections.gitpod.node_prep.plugins.module_utils._interruption import SIGNALS
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec
from cluster_fixtures import REVIEWS, answers, served
from fake_api import FakeApi, status
from run_module import run

SERVICES = "/api/v1/namespaces/default/services"
ADDRESS = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}}


class Cluster(FakeApi):
    """Keeps the services that are made in it; ``after`` is how often one is looked at before it has its address, None for never."""

    after = 1
    refused = ()

    def __init__(self, content):
        super().__init__(answers=content)
        self.posts = served({}).posts
        self.made, self.looks = {}, 0

    def respond(self, method, path, query, body):
        if (method, path) == ("POST", SERVICES):
            if "POST" in self.refused:
                return self.refused["POST"]
            self.made[body["metadata"]["name"]] = body
            return 201, body
        if path.startswith(SERVICES + "/"):
            return self._service(method, path.rpartition("/")[2])
        return super().respond(method, path, query, body)

    def _service(self, method, name):
        if method in self.refused:
            return self.refused[method]
        if name not in self.made:
            return status(404, "NotFound", f'services "{name}" not found')
        if method == "DELETE":
            return 200, self.made.pop(name)
        self.looks += 1
        return 200, {**self.made[name], **(ADDRESS if self.after is not None and self.looks >= self.after else {})}


@pytest.fixture
def cluster(monkeypatch):
    """A K3s on which no service has the ports of the proxy yet."""
    monkeypatch.setattr(under_test, "INTERVAL", 0.02)
    content = answers("k3s")
    content["/api/v1/services"]["items"] = []
    with Cluster(content) as api:
        yield api


def probed(cluster, capsys, **arguments):
    arguments = {"probe_load_balancer": True, "probe_seconds": 5, **arguments}
    return run(cluster_spec.main, capsys, **arguments, **cluster.auth())


def outcome(result):
    assert "failed" not in result, result["msg"]
    assert result["changed"] is False
    return [(finding["status"], finding["found"]) for finding in result["findings"] if finding["id"] == "load_balancer_probe"]


def test_service_gets_an_address_and_is_removed(cluster, capsys):
    cluster.after = 3
    assert outcome(probed(cluster, capsys)) == [("pass", "192.0.2.10 after 0 s")]
    assert cluster.made == {}
    (call,) = [call for call in cluster.calls if (call.method, call.path) == ("POST", SERVICES)]
    assert call.body["spec"]["type"] == "LoadBalancer"
    assert [port["port"] for port in call.body["spec"]["ports"]] == [22, 80, 443]
    assert call.body["metadata"]["name"].startswith("gitpod-node-prep-probe-")
    assert call.body["metadata"]["labels"] == {"app.kubernetes.io/name": "gitpod-node-prep-probe"}
    assert cluster.looks == 3


def test_names_differ(cluster, capsys):
    for _ in range(2):
        probed(cluster, capsys)
    assert len({call.body["metadata"]["name"] for call in cluster.calls if (call.method, call.path) == ("POST", SERVICES)}) == 2


def test_service_without_an_address_is_removed_too(cluster, capsys):
    cluster.after = None
    assert outcome(probed(cluster, capsys, probe_seconds=0)) == [("fail", "no address after 0 s")]
    assert cluster.made == {}


@pytest.mark.parametrize("arguments", [{"probe_load_balancer": False}, {"only": ["cpus"]}, {"skip": {"load_balancer_probe": "it costs"}}])
def test_nothing_is_made_where_nobody_asked(cluster, capsys, arguments):
    probed(cluster, capsys, **arguments)
    assert cluster.count("POST", SERVICES) == cluster.count("DELETE") == 0


def test_check_mode_makes_nothing_and_says_so(cluster, capsys):
    assert outcome(probed(cluster, capsys, check=True)) == [("skipped", "not checked: check mode makes no service")]
    assert cluster.count("POST", SERVICES) == 0


def test_where_gitpod_runs_its_own_service_is_the_proof(capsys):
    with Cluster(answers("k3s")) as cluster:
        assert outcome(probed(cluster, capsys)) == [("skipped", "not checked: gitpod/proxy, which is Gitpod's own, has the address 192.0.2.10")]
        assert cluster.count("POST", SERVICES) == 0


def test_leftover_of_a_killed_run_is_removed_and_nothing_else(cluster, capsys):
    leftover = {"metadata": {"name": "old", "namespace": "default", "labels": {under_test.LABEL: under_test.NAME}}, "spec": {"type": "LoadBalancer"}}
    other = {"metadata": {"name": "other", "namespace": "default", "labels": {under_test.LABEL: "other"}}, "spec": {"type": "LoadBalancer"}}
    cluster.made = {"old": leftover, "other": other}
    cluster.answers["/api/v1/services"]["items"] = [leftover, other]
    outcome(probed(cluster, capsys))
    assert cluster.made == {"other": other}


FORBIDDEN = status(403, "Forbidden", 'services is forbidden: User "u" cannot create resource "services" in API group ""')


def test_missing_permission_to_create(cluster, capsys):
    cluster.refused = {"POST": FORBIDDEN}
    ((kind, text),) = outcome(probed(cluster, capsys))
    assert kind == "unknown"
    assert "the verb 'create' on the resource 'services'" in text


def test_missing_permission_to_look(cluster, capsys):
    cluster.refused = {"GET": status(403, "Forbidden", "forbidden")}
    ((kind, text),) = outcome(probed(cluster, capsys))
    assert kind == "unknown"
    assert "the verb 'get' on the resource 'services'" in text
    assert cluster.made == {}


def test_who_may_not_delete_makes_nothing(cluster, capsys):
    cluster.posts[REVIEWS] = (201, {"status": {"allowed": False}})
    ((kind, text),) = outcome(probed(cluster, capsys))
    assert kind == "unknown"
    assert "the verb 'delete' on the resource 'services'" in text
    assert cluster.count("POST", SERVICES) == 0


def test_namespace_that_is_not_there(cluster, capsys):
    cluster.refused = {"POST": status(404, "NotFound", 'namespaces "default" not found')}
    ((kind, text),) = outcome(probed(cluster, capsys))
    assert (kind, 'namespaces "default" not found' in text) == ("unknown", True)


def test_quota_is_a_failure(cluster, capsys):
    message = "exceeded quota: no-load-balancers, requested: services.loadbalancers=1"
    cluster.refused = {"POST": status(403, "Forbidden", message)}
    assert outcome(probed(cluster, capsys)) == [("fail", message)]


def test_answer_to_a_repeated_request(cluster, capsys):
    """The first answer was lost, and the service is there."""
    real = cluster.respond

    def respond(method, path, query, body):
        answer = real(method, path, query, body)
        return status(409, "AlreadyExists", "already exists") if (method, path) == ("POST", SERVICES) else answer

    cluster.respond = respond
    assert outcome(probed(cluster, capsys)) == [("pass", "192.0.2.10 after 0 s")]
    assert cluster.made == {}


def test_service_that_cannot_be_removed_is_named(cluster, capsys):
    cluster.refused = {"DELETE": status(403, "Forbidden", "forbidden")}
    result = probed(cluster, capsys)
    (name,) = cluster.made
    assert result["failed"] is True
    assert f"the temporary service default/{name} may still be there" in result["msg"]
    assert f"kubectl -n default delete service {name}" in result["msg"]


def test_lost_connection_while_waiting(cluster, capsys, monkeypatch):
    def get(_client, path):
        raise cluster_spec.KubeConnectionError("cannot reach it")

    monkeypatch.setattr(under_test, "_try", lambda client, *_: (cluster.made.update(x=1), get(client, ""))[1])
    monkeypatch.setattr(under_test.secrets, "token_hex", lambda _: "0")
    result = probed(cluster, capsys)
    assert (result["failed"], result["msg"]) == (True, "cannot reach it")
    assert cluster.count("DELETE", f"{SERVICES}/{under_test.NAME}-0") == 1


MODULE_AS_A_PROCESS = """
import json, sys
import conftest
from run_module import given
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec
with given(json.loads(sys.argv[1])):
    cluster_spec.main()
"""


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupted_probe_removes_its_service(cluster, number):
    """A process of its own, as Ansible starts one, gets the signal while the service waits for its address."""
    cluster.after = None
    arguments = {"probe_load_balancer": True, "probe_seconds": 60, **cluster.auth()}
    process = subprocess.Popen(
        [sys.executable, "-c", MODULE_AS_A_PROCESS, json.dumps(arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not cluster.looks and time.monotonic() < deadline:
        time.sleep(0.05)
    assert cluster.looks, "the service was not looked at"
    assert len(cluster.made) == 1
    process.send_signal(number)
    output = process.communicate(timeout=30)[0]
    assert cluster.made == {}
    assert "interrupted by signal" in output
    assert '"failed": true' in output


def test_handlers_of_signals_are_as_they_were(cluster, capsys):
    before = {number: signal.getsignal(number) for number in SIGNALS}
    probed(cluster, capsys)
    assert {number: signal.getsignal(number) for number in SIGNALS} == before
