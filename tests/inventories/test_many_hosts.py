"""A large inventory: what is said of it fits a screen, and no step before the first connection takes one host after the other."""

import json
import re

import pytest
from playbook import message_in, play

LONGEST = 45  # lines of a message: a screen
CHECK = "playbooks/parts/inventory.yml"


@pytest.fixture
def inventory(tmp_path):
    def make(hosts, more=""):
        path = tmp_path / f"{hosts}.ini"
        path.write_text(f"[meta]\nmeta-1\n[workspace]\nw[1:{hosts - 1}]\n[all:vars]\nk3s_cluster_cidr=10.128.0.0/10\n{more}")
        return path

    return make


def test_five_thousand_hosts_are_refused_on_a_screen(inventory):
    run = play("playbooks/site.yml", inventory(5000, "k3s_disable=traefik\nk3s_verison=v1\n"))
    assert run.code == 2
    assert message_in(run.output).startswith("The inventory has 2 problems.")
    assert len(message_in(run.output).splitlines()) <= LONGEST
    assert len(run.recap) == 1


def test_more_hosts_are_no_more_steps(inventory):
    few, many = (play(CHECK, inventory(hosts)) for hosts in (3, 200))
    assert (few.code, many.code) == (0, 0)
    assert len(many.output.splitlines()) == len(few.output.splitlines())


@pytest.mark.parametrize(("limit", "hosts"), [((), 2), (("--limit", "w1,w2,w3"), 3), (("--limit", "all"), 200)])
def test_the_check_takes_part_in_few_hosts(inventory, limit, hosts):
    """All of them would take part in each of its steps. With a limit only the play knows which hosts that leaves in."""
    run = play(CHECK, inventory(200), "--list-hosts", *limit)
    assert int(re.search(r"Check the inventory.*?hosts \((\d+)\)", run.output, re.DOTALL).group(1)) == hosts


KNOWN = """
- import_playbook: gitpod.node_prep.parts.inventory
- hosts: all:localhost
  gather_facts: false
  tasks:
    - ansible.builtin.assert:
        that:
          - node_prep_inventory.agents == ["w1", "w2"]
          - node_prep_inventory.executor == executor
          - node_prep_inventory.limited == limited
"""


@pytest.mark.parametrize(
    ("limit", "found", "hosts"),
    [
        ((), {"executor": "meta-1", "limited": False}, {"meta-1", "w1", "w2", "localhost"}),
        (("--limit", "w2"), {"executor": "w2", "limited": True}, {"w2"}),
    ],
)
def test_all_hosts_know_what_was_found(inventory, tmp_path, limit, found, hosts):
    (tmp_path / "mine.yml").write_text(KNOWN)
    run = play(tmp_path / "mine.yml", inventory(3), "-e", json.dumps(found), *limit)
    assert run.code == 0, run.output
    assert run.recap.keys() == hosts
