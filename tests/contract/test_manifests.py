"""The deploy controller: files in server/manifests become objects, and an Addon says which file was applied."""

import hashlib

import pytest
from conftest import MANIFESTS
from recordings import differences, recorded
from sandbox import LIMIT, SERVER

ADDONS = "/apis/k3s.cattle.io/v1/namespaces/kube-system/addons"


@pytest.fixture(scope="module")
def addons(api, server):
    """The Addons once all good files are applied, by name."""

    def applied():
        found = {item["metadata"]["name"]: item for item in api.call(ADDONS)[1].get("items", [])}
        return found if all(found.get(name, {}).get("spec", {}).get("checksum") for name in ("good", "chart", "crd")) else None

    return server.wait_for(applied, LIMIT, "the manifests to be applied")


@pytest.mark.parametrize("name", ["good", "chart", "crd"])
def test_addon(addons, name):
    addon, path = addons[name], f"{SERVER}/manifests/{name}.yaml"
    assert addon["spec"] == {"source": path, "checksum": hashlib.sha256(MANIFESTS[f"{name}.yaml"].encode()).hexdigest()}
    assert (addon["kind"], addon["apiVersion"]) == ("Addon", "k3s.cattle.io/v1")


def test_objects(api, addons):
    status, item = api.call("/api/v1/namespaces/deployed/configmaps/first")
    assert (status, item["data"]) == (200, {"answer": "42"})
    assert item["metadata"]["annotations"]["objectset.rio.cattle.io/owner-name"] == "good"
    status, item = api.call("/apis/apps/v1/namespaces/deployed/daemonsets/each")
    assert status == 200 and {"desiredNumberScheduled", "numberReady"} <= set(item["status"])
    assert api.call("/apis/helm.cattle.io/v1/namespaces/kube-system/helmcharts/chart")[0] == 200


def test_definition_is_served(api, addons):
    definition = api.call("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.contract.example.com")[1]
    assert {"Established": "True", "NamesAccepted": "True"}.items() <= {each["type"]: each["status"] for each in definition["status"]["conditions"]}.items()
    assert differences(definition["spec"]["names"], recorded("crds.200")["items"][0]["spec"]["names"]) == []
    item = {"apiVersion": "contract.example.com/v1", "kind": "Thing", "metadata": {"name": "one"}, "spec": {"size": 1}}
    status, body = api.call("/apis/contract.example.com/v1/things", "POST", item)
    assert (status, body["spec"]) == (201, {"size": 1})
    assert [each["spec"] for each in api.call("/apis/contract.example.com/v1/things")[1]["items"]] == [{"size": 1}]


@pytest.mark.parametrize("name", ["broken", "unknown"])
def test_file_that_cannot_be_applied(server, addons, name):
    path = f"{SERVER}/manifests/{name}.yaml"
    assert any(f"failed to process {path}: " in line for line in server.lines("level=error")), name
    assert not addons.get(name, {}).get("spec", {}).get("checksum")


def test_file_that_is_no_manifest(api, addons):
    assert "ignored" not in addons
    assert api.call("/api/v1/namespaces/ignored")[0] == 404
