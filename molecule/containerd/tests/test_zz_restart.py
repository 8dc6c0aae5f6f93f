"""After a restart of the nodes everything still holds. It comes last, since a node may have another address afterwards."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]
NODES = ("alternative", "bad-state")


def run(node, command):
    name = lab.container("m-" + os.environ["MOLECULE_SCENARIO_NAME"], node)
    return subprocess.run(("podman", "--runtime", "runc", "exec", name, "sh", "-c", command), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def restarted():
    """The nodes after a restart, when containerd has come up by itself."""
    for node in NODES:
        name = lab.container("m-" + os.environ["MOLECULE_SCENARIO_NAME"], node)
        subprocess.run(("podman", "--runtime", "runc", "restart", "--time", "10", name), check=True, capture_output=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if all(run(node, "systemctl is-active containerd").stdout == "active\n" for node in NODES):
            return
        time.sleep(0.5)
    pytest.fail("containerd does not run 60 s after the restart")


@pytest.mark.parametrize("node", NODES)
def test_it_runs_with_the_configuration_on_disk(node):
    checked = run(node, "sha256sum --check --quiet /run/containerd-node-prep/started-with")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_what_was_set():
    assert "HTTP_PROXY=http://proxy.example.com:3128" in run("alternative", "systemctl show containerd --property Environment").stdout
    assert "LimitNOFILE=400000\n" in run("bad-state", "systemctl show containerd --property LimitNOFILE").stdout


def test_the_imported_image():
    assert "example.com/molecule:1" in run("alternative", "ctr --namespace k8s.io images ls --quiet").stdout.split()
