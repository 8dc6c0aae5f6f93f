"""Nodes of a cluster that wait for a newer kernel: who is named, who is emptied and rebooted, and who is spared when one does not come back.

A container goes down at a reboot and stays down, which is the node that does not come back. For one that does, old_kernel.sh stops and starts
what a reboot would; a machine that really reboots, in no cluster, is in tests/vm.
"""

import signal
from pathlib import Path

import lab
import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.kernel_settings import KERNEL_MODULES
from lab_api import request
from playbook import play, play_until, site

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
AGENTS = ("workspace-1", "workspace-2")
OLD_KERNEL = Path(__file__).with_name("old_kernel.sh")
MARK = "/var/lib/gitpod-node-prep-reboot"
NO_REBOOT = "ln -sf /bin/true /sbin/shutdown"
REBOOT = "ln -sf /bin/systemctl /sbin/shutdown"
NEWER = "mkdir -p /boot /lib/modules/99.1.0-1-generic && touch /boot/vmlinuz-99.1.0-1-generic"


@pytest.fixture(scope="module")
def inventory():
    lab.down("reboot")
    path = lab.up("reboot", NODES)
    run = site(path)
    assert run.code == 0, run.output
    yield path
    lab.down("reboot")


def prepare(inventory, *args):
    return play("playbooks/prepare.yml", inventory, "--limit", "workspace,localhost", "-e", "kernel_min_version=99.0", *args)


def said(run):
    """The output on one line, since long messages are folded."""
    return " ".join(run.output.split())


def on(node, *command, check=True):
    return lab.podman("exec", lab.container("reboot", node), *command, check=check)


def cluster_nodes(inventory):
    return {node["metadata"]["name"]: node for node in request(inventory, "GET", "/api/v1/nodes")["items"]}


def cordoned(inventory):
    return {name for name, node in cluster_nodes(inventory).items() if node["spec"].get("unschedulable")}


def up():
    return {node for node in NODES if lab.container("reboot", node) in lab.running()}


def test_the_server_and_then_one_agent_after_the_other_is_emptied_rebooted_and_opened(inventory):
    modules = [module.name for module in KERNEL_MODULES]
    for node in NODES:
        lab.podman("cp", str(OLD_KERNEL), f"{lab.container('reboot', node)}:/root/old_kernel.sh")
        on(node, "sh", "/root/old_kernel.sh", *modules)
    run = play("playbooks/prepare.yml", inventory)
    assert run.code == 0, run.output
    # Each node once, and none before the other has come back.
    away = [int(second) for node in NODES for second in on(node, "cat", "/var/log/away").split()]
    assert len(away) == 2 * len(NODES)
    assert away == sorted(away)
    assert cordoned(inventory) == set()
    assert "workspace-1 -> localhost" in run.output.split("Cordon the node and evict its pods]")[2]
    # Nobody is taken for ready by what the kubelet reported before the reboot.
    assert {name: node["status"]["nodeInfo"]["bootID"] for name, node in cluster_nodes(inventory).items()} == {
        node: on(node, "cat", "/run/boot_id") for node in NODES
    }
    assert play("playbooks/prepare.yml", inventory).count("changed") == {}


@pytest.fixture(scope="module")
def waiting(inventory):
    """Agents on which a kernel is installed that the tests take for the minimum; a reboot is a real one."""
    for node in AGENTS:
        on(node, "sh", "-c", f"{NEWER} && {REBOOT}")
    return inventory


def test_with_never_the_nodes_that_wait_are_named_and_left_alone(waiting):
    run = prepare(waiting, "-e", "kernel_reboot=never")
    assert run.code == 0, run.output
    assert "These nodes wait for a reboot into a newer kernel, which they do not get because kernel_reboot is `never`: workspace-1, workspace-2." in said(run)
    assert up() == set(NODES)


def test_without_access_to_the_cluster_no_node_of_it_is_rebooted(waiting):
    on("meta-1", "mv", "/etc/rancher/k3s/k3s.yaml", "/root/k3s.yaml")
    try:
        run = prepare(waiting, "-e", "node_prep_kubeconfig=/nonexistent/kubeconfig")
    finally:
        on("meta-1", "mv", "/root/k3s.yaml", "/etc/rancher/k3s/k3s.yaml")
    assert run.code != 0
    assert "leave it before a reboot and are let in again after it, but there is no kubeconfig to ask the cluster with" in said(run)
    assert up() == set(NODES)


def test_a_node_that_a_killed_run_emptied_takes_pods_again_after_the_next_run(waiting):
    on("workspace-2", "sh", "-c", NO_REBOOT)
    limit = ("--limit", "workspace-2,localhost", "-e", "kernel_min_version=99.0")
    run = play_until(lambda line: line.startswith("TASK [") and "Reboot the node" in line, "playbooks/prepare.yml", waiting, *limit)
    assert run.code == -signal.SIGKILL, run.output
    on("workspace-2", "sh", "-c", REBOOT)
    assert cordoned(waiting) == {"workspace-2"}
    assert on("workspace-2", "stat", "--format=%a", MARK) == "644"
    # Without the minimum of this test the node waits for no kernel any more.
    run = play("playbooks/prepare.yml", waiting, "--limit", "workspace,localhost")
    assert run.code == 0, run.output
    assert cordoned(waiting) == set()
    assert run.count("changed") == {"workspace-2": 2}, run.output
    assert on("workspace-2", "ls", MARK, check=False) == ""
    assert play("playbooks/prepare.yml", waiting, "--limit", "workspace,localhost").count("changed") == {}


def test_a_node_that_does_not_come_back_spares_the_next_and_stays_open(waiting):
    run = prepare(waiting, "-e", "node_prep_reboot_batch=1", "-e", "kernel_reboot_timeout=10")
    assert run.code != 0
    assert up() == {"meta-1", "workspace-2"}, run.output
    assert "changed: [workspace-1 -> localhost]" in run.output.split("Cordon the node and evict its pods]")[1].split("TASK")[0]
    assert "workspace-1 was not rebooted, or did not come back: " in said(run)
    assert cordoned(waiting) == set()
    assert "workspace-2" not in run.output.split("Reboot it")[-1].split("PLAY RECAP")[0], run.output
