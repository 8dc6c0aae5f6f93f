"""Lists and objects of which a client wants the metadata only, as node_labels and cluster_spec do."""

import copy
import json

import pytest
from recordings import recorded

ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
MANY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v9"
NODE = "/api/v1/nodes/only-metadata"


@pytest.fixture(scope="module", autouse=True)
def node(api, server):
    item = copy.deepcopy(recorded("node.200"))
    item["metadata"] = {"name": "only-metadata", "labels": {"gitpod.io/workload_ide": "true"}}
    item["spec"] = {"podCIDR": "10.42.77.0/24", "podCIDRs": ["10.42.77.0/24"]}
    status, body = api.call("/api/v1/nodes", "POST", item)
    assert status == 201, body
    yield
    api.call(NODE, "DELETE")


def ask(api, path, accept, **more):
    status, text = api.text(path, headers={"Accept": accept, **more.pop("headers", {})}, **more)
    return status, json.loads(text)


def test_a_node_keeps_the_pod_network_that_it_brings(api):
    assert api.call(NODE)[1]["spec"]["podCIDR"] == "10.42.77.0/24"


def test_metadata_of_one(api):
    status, body = ask(api, NODE, ONE)
    assert status == 200
    assert sorted(body) == ["apiVersion", "kind", "metadata"]
    assert (body["kind"], body["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
    assert body["metadata"]["labels"]["gitpod.io/workload_ide"] == "true"


def test_metadata_of_a_list(api):
    status, body = ask(api, "/api/v1/nodes?limit=1", MANY)
    assert status == 200
    assert (body["kind"], body["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert [sorted(item) for item in body["items"]] == [["apiVersion", "kind", "metadata"]]
    assert body["items"][0]["kind"] == "PartialObjectMetadata"


def test_metadata_after_a_patch(api):
    patch = json.dumps({"metadata": {"labels": {"gitpod.io/workload_ide": None}}})
    status, body = ask(api, NODE, ONE, method="PATCH", body=patch, headers={"Content-Type": "application/merge-patch+json"})
    assert status == 200
    assert sorted(body) == ["apiVersion", "kind", "metadata"]
    assert "gitpod.io/workload_ide" not in body["metadata"].get("labels", {})


@pytest.mark.parametrize(
    ("path", "accept", "message"),
    [
        ("/api/v1/nodes", ONE, "you requested PartialObjectMetadata, but the requested object is a list (*core.NodeList)"),
        (NODE, MANY, "you requested PartialObjectMetadataList, but the requested object is not a list (*core.Node)"),
        (NODE, TABLE, "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"),
    ],
)
def test_forms_that_cannot_be_had(api, path, accept, message):
    status, body = ask(api, path, accept)
    assert (status, body["reason"], body["message"]) == (406, "NotAcceptable", message)


def test_the_next_form_is_taken(api):
    assert ask(api, NODE, f"{TABLE},application/json")[1]["kind"] == "Node"
