"""The labels as the cluster has them."""

import os
from pathlib import Path

import pytest
from kubernetes import client, config

testinfra_hosts = ["meta-1"]
KUBECONFIG = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "kubeconfig"


@pytest.fixture(scope="module")
def labels():
    api = client.CoreV1Api(config.new_client_from_config(str(KUBECONFIG)))
    return {node.metadata.name: node.metadata.labels for node in api.list_node().items}


def gitpod(labels):
    return {key: value for key, value in labels.items() if key.startswith("gitpod.io/")}


def test_node_that_moved_has_the_labels_of_its_pool_and_other_keys_survive(labels):
    assert gitpod(labels["meta-1"]) == {
        "gitpod.io/workload_meta": "true",
        "gitpod.io/workload_ide": "true",
        "gitpod.io/registry-facade_ready_ns_default": "1",
    }


def test_the_other_pool(labels):
    assert gitpod(labels["workspace-1"]) == {
        "gitpod.io/workload_workspace_services": "true",
        "gitpod.io/workload_workspace_regular": "true",
        "gitpod.io/workload_workspace_headless": "true",
    }


def test_foreign_labels_survive(labels):
    assert labels["meta-1"]["example.com/team"] == "a"
    assert labels["workspace-1"]["example.com/team"] == "b"
    assert labels["meta-1"]["kubernetes.io/hostname"] == "meta-1"
