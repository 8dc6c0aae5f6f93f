"""Nodes of a cluster that wait for a newer kernel: who is named, who is emptied and rebooted, and who is spared when one does not come back.

A container goes down at a reboot and stays down, which is the node that does not come back. A machine that does, in no cluster: tests/vm.
"""

import json

import lab
import pytest
from kubernetes import config
from playbook import play, site

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
AGENTS = ("workspace-1", "workspace-2")
NEWER = "mkdir -p /boot /lib/modules/99.1.0-1-generic && touch /boot/vmlinuz-99.1.0-1-generic"


@pytest.fixture(scope="module")
def inventory():
    lab.down("reboot")
    path = lab.up("reboot", NODES)
    run = site(path)
    assert run.code == 0, run.output
    for node in AGENTS:
        lab.podman("exec", lab.container("reboot", node), "sh", "-c", NEWER)
    yield path
    lab.down("reboot")


def prepare(inventory, *args):
    return play("playbooks/prepare.yml", inventory, "--limit", "workspace,localhost", "-e", "kernel_min_version=99.0", *args)


def said(run):
    """The output on one line, since long messages are folded."""
    return " ".join(run.output.split())


def cordoned(inventory):
    client = config.new_client_from_config(str(inventory.parent / "artifacts" / "kubeconfig"))
    response = client.rest_client.request("GET", client.configuration.host + "/api/v1/nodes")
    return {node["metadata"]["name"] for node in json.loads(response.read())["items"] if node["spec"].get("unschedulable")}


def up():
    return {node for node in NODES if lab.container("reboot", node) in lab.running()}


def test_with_never_the_nodes_that_wait_are_named_and_left_alone(inventory):
    run = prepare(inventory, "-e", "kernel_reboot=never")
    assert run.code == 0, run.output
    assert "These nodes wait for a reboot into a newer kernel, which they do not get because kernel_reboot is `never`: workspace-1, workspace-2." in said(run)
    assert up() == set(NODES)


def test_without_a_kubeconfig_no_node_of_a_cluster_is_rebooted(inventory):
    run = prepare(inventory, "-e", "node_prep_kubeconfig=/nonexistent/kubeconfig")
    assert run.code != 0
    assert "so its pods have to leave before the reboot, but there is no kubeconfig /nonexistent/kubeconfig" in said(run)
    assert up() == set(NODES)


def test_a_node_that_does_not_come_back_spares_the_next_and_stays_open(inventory):
    run = prepare(inventory, "-e", "node_prep_reboot_batch=1", "-e", "kernel_reboot_timeout=10", "-e", "kernel_ready_timeout=5")
    assert run.code != 0
    assert up() == {"meta-1", "workspace-2"}, run.output
    assert "changed: [workspace-1 -> localhost]" in run.output.split("Cordon the node and evict its pods]")[1].split("TASK")[0]
    assert "the node workspace-1 was not ready within 5 s: its kubelet does not renew its lease" in said(run)
    assert cordoned(inventory) == set()
    assert "workspace-2" not in run.output.split("Reboot it")[-1].split("PLAY RECAP")[0], run.output
