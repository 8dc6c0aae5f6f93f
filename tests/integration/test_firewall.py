"""Nodes with an active ufw: the run says what is blocked before it changes anything, and opens exactly that where it is told to."""

import lab
import pytest
from playbook import play

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}
ACTIVATE = "apt-get -qq update && apt-get -qq install -y ufw && ufw allow 22/tcp && ufw allow 9100/tcp && ufw --force enable"
OPEN = ("-e", "calico_firewall=present")


def on(node, command):
    return lab.podman("exec", lab.container("firewall", node), "sh", "-c", command)


@pytest.fixture(scope="module")
def inventory():
    lab.down("firewall")
    path = lab.up("firewall", NODES)
    for node in NODES:
        on(node, ACTIVATE)
    yield path
    lab.down("firewall")


def prepare(inventory, *args):
    return play("playbooks/prepare.yml", inventory, *args)


def test_a_closed_firewall_stops_the_run_before_anything_is_changed(inventory):
    run = prepare(inventory)
    assert run.code == 2, run.output
    assert run.count("changed") == {}, run.output
    assert "TCP 6443 on meta-1, for the Kubernetes API and the K3s supervisor, is not reached from workspace-1, the control node" in run.output
    assert "TCP 10250 on workspace-1, for the kubelet, is not reached from meta-1" in run.output
    assert "`calico_firewall: present` opens ufw and firewalld" in run.output


def test_check_mode_with_the_opening_reaches_the_end_and_opens_nothing(inventory):
    before = on("meta-1", "ufw status")
    run = prepare(inventory, *OPEN, "--check")
    assert run.code == 0, run.output
    assert on("meta-1", "ufw status") == before


def test_the_opening_lets_the_nodes_through_and_a_second_run_changes_nothing(inventory):
    run = prepare(inventory, *OPEN)
    assert run.code == 0, run.output
    run = prepare(inventory, *OPEN)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output
    address = on("workspace-1", "hostname -I").split()[0]
    assert any("6443" in line and address in line for line in on("meta-1", "ufw status").splitlines())


def test_taking_it_back_leaves_the_rules_of_others(inventory):
    run = prepare(inventory, "-e", "calico_firewall=absent", "-e", "reachability_skip=closed on purpose")
    assert run.code == 0, run.output
    rules = on("meta-1", "ufw status")
    assert "9100/tcp" in rules
    assert "gitpod-node-prep" not in rules
    assert "6443" not in rules
