"""verify.yml by who may see everything, little or nothing, and by who cannot log in."""

import time

import pytest
import runs
import scene
import shapes
import yaml
from server import ApiServer

HANG = 60  # seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A cluster where all is well; `few` may list its nodes, `nobody` nothing."""
    shape = shapes.load("k3s-calico")
    with ApiServer(tmp_path_factory.mktemp("apiserver"), version=shape["version"]) as server:
        shapes.make(server, shape)
        scene.allow(server.client(), "few", ("", "nodes", ("list",)))
        yield server


def test_who_sees_the_nodes_only_is_not_told_that_all_is_well(server, tmp_path):
    ran = runs.verify(server.kubeconfig("few", ()), tmp_path)
    assert ran.code != 0, ran.output
    assert not ran.report["verdict"].startswith("Ready"), ran.report["verdict"]
    assert "permission" in ran.found("calico")
    assert "daemonsets" in ran.found("calico")


def test_the_role_that_is_missing_is_printed(server, tmp_path):
    ran = runs.verify(server.kubeconfig("few", ()), tmp_path)
    assert "ClusterRole" in ran.output


def test_with_the_role_that_is_given_everything_is_seen(server, tmp_path):
    ran = runs.module("cluster_spec", tmp_path, kubeconfig=str(server.kubeconfig("few", ())))
    scene.grant(server.client(), "enabled", *yaml.safe_load_all(ran.result["cluster_role"]))
    enabled = runs.module("cluster_spec", tmp_path, kubeconfig=str(server.kubeconfig("enabled", ())))
    assert enabled.ids("unknown") == [], enabled.output
    assert enabled.ids("fail") == []


def test_a_run_without_an_inventory_is_no_reason_to_warn(server, tmp_path):
    assert "duplicate localhost" not in runs.verify(server.kubeconfig(), tmp_path).output


def test_who_sees_nothing_is_told_what_is_missing(server, tmp_path):
    ran = runs.verify(server.kubeconfig("nobody", ()), tmp_path)
    assert ran.code != 0
    assert "nodes" in ran.output
    assert "Traceback" not in ran.output
    assert "system:anonymous" not in ran.output


def test_who_acts_as_somebody_else_sees_no_more_than_they_do(server, tmp_path):
    """Or is refused by name."""
    login = {**server.credentials("admin", ("system:masters",)), "as": "few"}
    ran = runs.verify(server.kubeconfig(login=login), tmp_path)
    assert "calico" in ran.ids("unknown") if ran.result else "`as`" in ran.output


PLUGINS = {
    "that fails": ("sh", ["-c", "echo 'the session of alice has expired' >&2; exit 1"], "the session of alice has expired"),
    "that is not installed": ("gitpod-no-such-plugin", [], "gitpod-no-such-plugin"),
    "that prints no credentials": ("echo", ["hello"], "echo"),
}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_login_is_the_message_and_nobody_goes_on_anonymously(server, tmp_path, plugin):
    command, arguments, said = PLUGINS[plugin]
    ran = runs.verify(_with_plugin(server, command, arguments), tmp_path)
    assert ran.code != 0
    assert said in ran.output
    assert "system:anonymous" not in ran.output
    assert "permission is missing" not in ran.output


def test_a_login_that_hangs_has_a_deadline(server, tmp_path):
    start = time.monotonic()
    kubeconfig = _with_plugin(server, "sh", ["-c", f"sleep {HANG}"])
    ran = runs.module("cluster_spec", tmp_path, kubeconfig=str(kubeconfig), timeout=3)
    assert ran.code != 0
    assert time.monotonic() - start < HANG / 2
    assert "3 s" in ran.result["msg"]


def _with_plugin(server, command, arguments):
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": arguments, "interactiveMode": "Never"}
    return server.kubeconfig(login={"exec": plugin})
