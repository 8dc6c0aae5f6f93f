"""containerd under running containers: it restarts on one node after the other, only where something differs, and the containers go on."""

import lab
import pytest
from playbook import play

NODES = ("first", "second")
# A container of Kubernetes, as far as containerd can tell. Its root holds no more than `sleep` needs.
CONTAINER = """
mkdir -p /srv/root && cp --dereference --parents /bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*') /srv/root
ctr --namespace k8s.io run --detach --rootfs /srv/root sleeper /bin/sleep infinity
"""
# Long enough that two nodes which restart at the same time are seen to do so.
SLOW = """
mkdir -p /etc/systemd/system/containerd.service.d
printf '[Service]\\nExecStopPost=/bin/sleep 3\\n' >/etc/systemd/system/containerd.service.d/slow.conf
"""
CHANGED = ("-e", "containerd_sandbox_image=registry.example.com/pause:1")
# Read of one clock, which the nodes share with this machine.
STOPPED, STARTED = "ActiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic"


def on(node, script):
    return lab.podman("exec", lab.container("rolling", node), "sh", "-c", script)


def prepare(inventory, *args):
    return play("tests/integration/playbooks/containerd.yml", inventory, *args)


def moments(node):
    return [int(on(node, f"systemctl show containerd --property {which} --value")) for which in (STOPPED, STARTED)]


def sleeper(node):
    (line,) = [line for line in on(node, "ctr --namespace k8s.io tasks ls").splitlines() if line.startswith("sleeper")]
    return line.split()


@pytest.fixture(scope="module")
def inventory():
    lab.down("rolling")
    path = lab.up("rolling", {node: ["workspace"] for node in NODES})
    run = prepare(path)
    assert run.code == 0, run.output
    for node in NODES:
        on(node, CONTAINER)
        on(node, SLOW)
    yield path
    lab.down("rolling")


def test_one_node_after_the_other_restarts_and_containers_go_on(inventory):
    before = [sleeper(node) for node in NODES]
    run = prepare(inventory, *CHANGED)
    assert run.code == 0, run.output
    one, other = sorted(moments(node) for node in NODES)
    assert 0 < one[0] < one[1] < other[0] < other[1]
    assert [sleeper(node) for node in NODES] == before
    assert {line[2] for line in before} == {"RUNNING"}


def test_without_a_difference_nothing_restarts(inventory):
    before = [moments(node) for node in NODES]
    run = prepare(inventory, *CHANGED)
    assert run.count("changed") == {}
    assert [moments(node) for node in NODES] == before
