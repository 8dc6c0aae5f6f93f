"""Where the inventory says `ansible_become: true` for all, what is done on the control node still needs no sudo.

No node and no cluster is needed: the cluster is one of somebody else's making, whose API refuses every connection.
"""

import pytest
import yaml
from playbook import play_all

NODES = {"meta": {"hosts": {"meta-1": None}}, "workspace": {"hosts": {"workspace-1": None}}}
CLUSTER = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "a",
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "a", "user": {"token": "abc"}}],
}


@pytest.fixture
def sudo(tmp_path):
    """A sudo that lets nobody through and writes down that it was asked; its path."""
    path = tmp_path / "sudo"
    path.write_text('#!/bin/sh\necho "$@" >> "$0.asked"\nexit 1\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("playbook", ["labels", "verify"])
def test_nothing_asks_for_sudo(python, tmp_path, sudo, playbook):
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(CLUSTER))
    variables = {
        "ansible_become": True,
        "ansible_become_exe": str(sudo),
        # Ansible asks for nothing where it is that user already, as root may be here.
        "ansible_become_user": "nobody",
        "node_prep_managed": True,
        "node_prep_kubeconfig": str(tmp_path / "kubeconfig"),
        "node_prep_artifacts": str(tmp_path / "artifacts"),
    }
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": variables, "children": NODES}}))
    ((status, output),) = play_all(python, [[f"playbooks/{playbook}.yml", "-i", str(tmp_path / "hosts.yml")]])
    assert not sudo.with_suffix(".asked").exists(), output
    assert status == 2 and "127.0.0.1:1" in output, output
