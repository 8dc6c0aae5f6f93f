"""A restart keeps the cluster, and takes up what changed on disk meanwhile. Last by name: it ends the server of the other tests."""

import pytest
from conftest import MANIFESTS, start_server
from sandbox import LIMIT, SERVER

KEPT = ("token", "tls/server-ca.crt", "tls/client-admin.crt", "tls/server-ca.key")


@pytest.fixture(scope="module")
def restarted(sandbox, server, api):
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"kept": "yes"}}
    assert api.call("/api/v1/namespaces/default/configmaps", "POST", item)[0] == 201
    before = {name: sandbox.path(SERVER / name).read_bytes() for name in KEPT}
    status = server.stop()
    shorter = "\n---\n".join(part for part in MANIFESTS["good.yaml"].split("\n---\n") if "name: second" not in part)
    sandbox.path(SERVER / "manifests/good.yaml").write_text(shorter.replace('answer: "42"', 'answer: "43"'))
    process = start_server(sandbox, "again")
    yield before, status, process
    process.stop()


def test_end_by_signal(restarted):
    assert restarted[1] in (0, 1), "K3s ends with either status when it is told to stop: its parts race for the last word"


def test_files_are_kept(sandbox, restarted):
    assert {name: sandbox.path(SERVER / name).read_bytes() for name in KEPT} == restarted[0]


def test_objects_are_kept(api, restarted):
    status, body = api.call("/api/v1/namespaces/default/configmaps/kept")
    assert (status, body["data"]) == (200, {"kept": "yes"})


def test_tells_systemd_again(restarted):
    process = restarted[2]
    assert process.wait_for(process.notified, LIMIT, "READY=1").strip() == "READY=1"


def test_changed_manifest(api, restarted):
    def changed():
        body = api.call("/api/v1/namespaces/deployed/configmaps/first")[1]
        return body["data"]["answer"] == "43" and api.call("/api/v1/namespaces/deployed/configmaps/second")[0] == 404

    restarted[2].wait_for(changed, LIMIT, "the changed manifest to be applied and what it no longer has to be removed")
