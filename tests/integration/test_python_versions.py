"""Every module that works on a node, run there by Python 3.9 and by 3.11; the node with 3.9 also has a containerd that is really too old."""

import json
import os
import subprocess

import k3s_source
import lab
import pytest
from house import PLUGINS, reached
from playbook import CHECKOUT, LIMIT, play

# Debian's releases bring these versions.
PYTHON = {"meta-1": "3.9", "workspace-1": "3.11"}
CONTAINERD = {"meta-1": "1.4.13", "workspace-1": "1.6.20"}
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}
SUITES = {"meta-1": "bullseye", "workspace-1": "bookworm"}
PLAYBOOK = "tests/integration/playbooks/python_versions.yml"

each_node = pytest.mark.parametrize("node", sorted(PYTHON))


@pytest.fixture(scope="module")
def inventory():
    lab.down("pythons")
    # One test prepares the nodes for the containerd that K3s brings, which is new enough from 1.22 on.
    yield lab.up("pythons", NODES, SUITES, k3s_source.find().embedded)
    lab.down("pythons")


@pytest.fixture(scope="module")
def tasks(inventory):
    """[(name, {node: result}), ...] of one run of the playbook."""
    run = subprocess.run(
        ("ansible-playbook", PLAYBOOK, "-i", str(inventory)),
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert (run.returncode, run.stderr) == (0, ""), run.stdout[-5000:] + run.stderr
    return [(task["task"]["name"], task["hosts"]) for play in json.loads(run.stdout)["plays"] for task in play["tasks"]]


def result(tasks, name, node):
    return next(hosts[node] for task, hosts in tasks if task == name)


def finding(tasks, name, node, identity):
    return next(one for one in result(tasks, name, node)["findings"] if one["id"] == identity)


def node_modules():
    """The modules that are no mere documentation of an action, and do not work where a kubeconfig is."""
    paths = [path for path in (PLUGINS / "modules").glob("*.py") if "def main(" in path.read_text()]
    return {f"gitpod.node_prep.{path.stem}" for path in paths if PLUGINS / "module_utils/_kube/client.py" not in reached(path)}


def test_prepare_nodes_for_the_containerd_of_k3s(inventory):
    first, second = (play("playbooks/prepare.yml", inventory, "-e", "k3s_container_runtime=embedded") for _ in range(2))
    assert first.code == 0, first.output
    assert second.code == 0, second.output
    assert second.count("changed") == {}, second.output


@each_node
def test_python_is_the_one_that_is_meant(tasks, node):
    version = result(tasks, "Read which Python this is", node)["ansible_facts"]["ansible_python"]["version"]
    assert f"{version['major']}.{version['minor']}" == PYTHON[node]


@each_node
def test_every_module_of_a_node_has_run_without_a_warning(tasks, node):
    actions = {hosts[node]["action"] for _, hosts in tasks}
    assert {action for action in actions if action.startswith("gitpod.node_prep.")} == node_modules()
    for name, hosts in tasks:
        for words in ("Traceback", "Warning:"):
            assert words not in json.dumps(hosts[node]), name
        assert not {"warnings", "deprecations", "module_stderr"} & set(hosts[node]), name


@each_node
def test_what_they_found(tasks, node):
    assert result(tasks, "Look at the kernel", node)["running"] == os.uname().release
    files = result(tasks, "Look at files", node)["files"]
    assert [files[path]["type"] for path in ("/etc/hostname", "/etc", "/nowhere")] == ["file", "directory", "absent"]
    k3s = result(tasks, "Look at K3s", node)
    assert (k3s["binary"]["path"], k3s["binary"]["intact"]) == (result(tasks, "Install K3s", node)["path"], True)
    assert k3s["unit"]["exists"] is False
    assert result(tasks, "Import images", node)["images"] == ["example.com/molecule:1"]
    assert result(tasks, "Look at the images", node)["archives_missing"] == []


@each_node
def test_every_port_was_reached(tasks, node):
    answers = result(tasks, "Try the ports of every node", node)["answers"]
    assert {(answer["to"], answer["number"]) for answer in answers} >= {(to, port) for to in NODES for port in (6443, 4789)}
    assert {answer["trouble"] for answer in answers} == {""}


@each_node
def test_a_held_port_names_its_process(tasks, node):
    held = finding(tasks, "Check the node with its ports held", node, "ports")
    assert held["status"] == "fail"
    assert "is held by reachability (pid " in held["found"]


@each_node
def test_containerd_is_what_the_release_has(tasks, node):
    assert result(tasks, "Look at containerd", node)["version"] == CONTAINERD[node]


def test_a_real_containerd_below_the_minimum(tasks):
    preflight = finding(tasks, "Check the node with its ports held", "meta-1", "containerd")
    installed = finding(tasks, "Check the node as if it were installed", "meta-1", "containerd")
    assert (preflight["status"], installed["status"]) == ("fixable", "fail")
    assert "1.4.13" in installed["found"] and "1.5" in installed["required"]
    assert finding(tasks, "Check the node as if it were installed", "workspace-1", "containerd")["status"] == "pass"


def test_prepare_refuses_where_apt_has_no_newer_one(tasks, inventory):
    run = play("playbooks/prepare.yml", inventory)
    assert run.code != 0
    assert "but 1.5 or newer is needed" in run.output, run.output
