"""The built collection, installed elsewhere, works from there: the playbook by its full name, and a single role in a playbook of one's own."""

import os
import subprocess
import tarfile

import lab
import pytest
from playbook import CHECKOUT, play

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    subprocess.run(("ansible-galaxy", "collection", "build", "--output-path", str(folder)), cwd=CHECKOUT, check=True, capture_output=True)
    (path,) = folder.glob("gitpod-node_prep-*.tar.gz")
    return path


@pytest.fixture(scope="module")
def elsewhere(tarball, tmp_path_factory):
    """A folder that knows nothing of the checkout, with the collection installed."""
    folder = tmp_path_factory.mktemp("elsewhere")
    configuration = folder / "ansible.cfg"
    configuration.write_text("[defaults]\ncollections_path = collections\n")
    # Without its dependencies, which the test environment has: Galaxy may be out of reach.
    install = ("ansible-galaxy", "collection", "install", str(tarball), "--no-deps", "--offline", "-p", str(folder / "collections"))
    # With the configuration of the checkout the collection would be there already.
    subprocess.run(install, cwd=folder, env={**os.environ, "ANSIBLE_CONFIG": str(configuration)}, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def inventory():
    lab.down("package")
    yield lab.up("package", NODES)
    lab.down("package")


@pytest.fixture
def outside(elsewhere, monkeypatch):
    monkeypatch.setenv("ANSIBLE_CONFIG", str(elsewhere / "ansible.cfg"))
    return elsewhere


def test_the_tarball_holds_what_users_need_and_nothing_else(tarball):
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    top = {name.split("/")[0] for name in names}
    assert {"README.md", "LICENSE", "MANIFEST.json", "meta", "playbooks", "plugins", "roles", "inventories"} <= top
    assert not top & {"tests", "molecule", "build", ".lab", ".venv", ".git", "Makefile"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_site_runs_by_its_full_name(outside, inventory):
    run = play("gitpod.node_prep.site", inventory, "--check", cwd=outside)
    assert run.code == 0, run.output
    assert str(CHECKOUT / "roles") not in run.output


def test_a_single_role_works_in_a_playbook_of_ones_own(outside, inventory):
    playbook = outside / "mine.yml"
    playbook.write_text("""
- hosts: workspace
  become: true
  gather_facts: false
  tasks:
    - name: Install containerd
      ansible.builtin.include_role:
        name: gitpod.node_prep.containerd
""")
    run = play(playbook, inventory, cwd=outside)
    assert run.code == 0, run.output
    assert lab.podman("exec", lab.container("package", "workspace-1"), "systemctl", "is-active", "containerd") == "active"
    assert os.listdir(outside / "collections" / "ansible_collections" / "gitpod") == ["node_prep"]
