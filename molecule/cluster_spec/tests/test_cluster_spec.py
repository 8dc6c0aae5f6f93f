"""That the role has only looked: nothing of its own is in the cluster or on the node."""

import os
from pathlib import Path

import pytest
from kubernetes import client, config

testinfra_hosts = ["meta-1"]
KUBECONFIG = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "kubeconfig"


@pytest.fixture(scope="module")
def api():
    return client.CoreV1Api(config.new_client_from_config(str(KUBECONFIG)))


def test_the_pod_that_was_tried_was_never_made(api):
    assert "gitpod-node-prep-probe" not in [pod.metadata.name for pod in api.list_pod_for_all_namespaces().items]


def test_the_service_that_tried_the_load_balancer_is_gone(api):
    assert [item.metadata.name for item in api.list_service_for_all_namespaces().items if item.spec.type == "LoadBalancer"] == []


def test_the_nodes_are_as_they_were(api):
    labels = {node.metadata.name: node.metadata.labels for node in api.list_node().items}
    assert {key for key in labels["meta-1"] if key.startswith("gitpod.io/")} == {"gitpod.io/workload_meta", "gitpod.io/workload_ide"}
    assert {key for key in labels["workspace-1"] if key.startswith("gitpod.io/")} == {
        "gitpod.io/workload_workspace_services",
        "gitpod.io/workload_workspace_regular",
        "gitpod.io/workload_workspace_headless",
    }
