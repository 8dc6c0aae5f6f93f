"""objects_info lists what there is, with every word as it stands there."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.modules import objects_info
from fake_api import FakeApi, status
from run_module import run


def named(*names):
    return {"items": [{"metadata": {"name": name}, "status": {"nodeInfo": {"kubeletVersion": "v1.21.2+k3s1"}}} for name in names]}


def kubeconfig(url):
    """As the action k3s_access gives it."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "default", "cluster": {"server": url}}],
        "users": [{"name": "default", "user": {"token": "secret"}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
    }


def test_no_word_of_a_kubeconfig_is_taken_for_a_secret(capsys):
    with FakeApi(answers={"/api/v1/nodes": named("srv1", "default-1")}) as api:
        result = run(objects_info.main, capsys, resource="nodes", kubeconfig=kubeconfig(api.url))
    assert [one["metadata"]["name"] for one in result["resources"]] == ["default-1", "srv1"]
    assert result["resources"][0]["status"]["nodeInfo"]["kubeletVersion"] == "v1.21.2+k3s1"


@pytest.mark.parametrize(("api_version", "resource", "path"), [("v1", "nodes", "/api/v1/nodes"), ("batch/v1beta1", "cronjobs", "/apis/batch/v1beta1/cronjobs")])
def test_where_it_asks(capsys, api_version, resource, path):
    with FakeApi(answers={path: named("a")}) as api:
        result = run(objects_info.main, capsys, resource=resource, api_version=api_version, **api.auth())
    assert len(result["resources"]) == 1


def test_an_api_that_is_not_served_has_no_objects(capsys):
    with FakeApi(answers={}) as api:
        assert run(objects_info.main, capsys, resource="cronjobs", api_version="batch/v1beta1", **api.auth())["resources"] == []


def test_a_refusal_is_a_failure(capsys):
    with FakeApi(answers={}) as api:
        api.once[("GET", "/api/v1/nodes")] = [status(403, "Forbidden", "no")]
        assert run(objects_info.main, capsys, resource="nodes", **api.auth())["failed"]


@pytest.mark.parametrize("wrong", [{"resource": "../secrets"}, {"resource": "nodes", "api_version": "v1/../x"}, {"resource": ""}])
def test_an_address_is_not_made_of_anything(capsys, wrong):
    with FakeApi(answers={}) as api:
        result = run(objects_info.main, capsys, **wrong, **api.auth())
    assert result["failed"] and "is none" in result["msg"]
