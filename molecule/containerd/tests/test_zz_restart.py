"""After a restart of the nodes everything still holds. It comes last, since a node may have another address afterwards."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]
LAB = "m-" + os.environ["MOLECULE_SCENARIO_NAME"]
NODES = ("alternative", "bad-state")


@pytest.fixture(scope="module", autouse=True)
def restarted():
    """The nodes after a restart, when containerd has come up by itself."""
    lab.restart(LAB, dict.fromkeys(NODES, "systemctl is-active containerd"))


@pytest.mark.parametrize("node", NODES)
def test_it_runs_with_the_configuration_on_disk(node):
    checked = lab.on(LAB, node, "sha256sum --check --quiet /run/containerd-node-prep/started-with")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_what_was_set():
    assert "HTTP_PROXY=http://proxy.example.com:3128" in lab.on(LAB, "alternative", "systemctl show containerd --property Environment").stdout
    assert "LimitNOFILE=400000\n" in lab.on(LAB, "bad-state", "systemctl show containerd --property LimitNOFILE").stdout


def test_the_imported_image():
    assert "example.com/molecule:1" in lab.on(LAB, "alternative", "ctr --namespace k8s.io images ls --quiet").stdout.split()
