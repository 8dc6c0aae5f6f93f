"""What ufw is told, from what it prints. The listings are those of ufw 0.36.2."""

import re

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._firewall import ufw
from ansible_collections.gitpod.node_prep.plugins.module_utils._firewall.openings import Opening
from hypothesis import given, strategies as st

SERVER = Opening(
    {
        ("anywhere", "tcp"): [80, 443],
        ("control_nodes", "tcp"): [6443],
        ("nodes", "tcp"): [6443],
        ("nodes", "udp"): [4789],
        ("servers", "tcp"): [2379, 2380, 10250],
    },
    {"control_nodes": ["192.0.2.9"], "nodes": ["10.0.0.2", "10.0.0.3"], "servers": ["10.0.0.2"]},
    ["10.42.0.0/16"],
    [],
)
RULES = [
    "allow 80,443/tcp",
    "allow from 192.0.2.9 to any port 6443 proto tcp",
    "allow from 10.0.0.2 to any port 2379,2380,6443,10250 proto tcp",
    "allow from 10.0.0.3 to any port 6443 proto tcp",
    "allow from 10.0.0.2 to any port 4789 proto udp",
    "allow from 10.0.0.3 to any port 4789 proto udp",
    "allow from 10.42.0.0/16",
    "route allow from 10.42.0.0/16",
    "route allow to 10.42.0.0/16",
]
NOTHING = "Added user rules (see 'ufw status' for running firewall):\n(None)\n"
LISTED = """Added user rules (see 'ufw status' for running firewall):
ufw limit 22/tcp
ufw allow from 10.0.0.12 to any port 2379,2380,6443,10250 proto tcp comment 'gitpod-node-prep'
ufw route allow to 10.42.0.0/16 comment 'gitpod-node-prep'
ufw allow from 10.0.0.13 to any port 6443 proto tcp comment 'the admin\\x27s'
ufw deny in on eth0 from 10.9.9.9
"""


def listing(*rules, comment="gitpod-node-prep"):
    return NOTHING.replace("(None)\n", "") + "".join(f"ufw {rule} comment '{comment}'\n" for rule in rules)


def test_active():
    assert ufw.is_active("Status: active\n\nTo  Action  From\n")
    assert ufw.is_active("WARN: uid is 0 but '/usr' is owned by 1000\nStatus: active\n")
    assert not ufw.is_active("Status: inactive\n")
    assert not ufw.is_active("Status: actively looked for\n")


def test_what_it_lists():
    assert ufw.parse(LISTED) == {
        "limit 22/tcp": "",
        "allow from 10.0.0.12 to any port 2379,2380,6443,10250 proto tcp": "gitpod-node-prep",
        "route allow to 10.42.0.0/16": "gitpod-node-prep",
        "allow from 10.0.0.13 to any port 6443 proto tcp": "the admin\\x27s",
        "deny in on eth0 from 10.9.9.9": "",
    }
    assert ufw.parse(NOTHING) == {}


def test_the_rules_of_a_server():
    assert sorted(ufw.rules(SERVER)) == sorted(RULES)


@pytest.mark.parametrize(
    ("version", "rule"),
    [
        ("ufw 0.36.2\nCopyright 2008-2023 Canonical Ltd.\n", "allow from 10.0.0.2 proto vrrp"),
        ("WARN: uid is 0\nufw 0.40\n", "allow from 10.0.0.2 proto vrrp"),
        # All that came before has no word for it.
        ("ufw 0.36.1\nCopyright 2008-2021 Canonical Ltd.\n", "allow from 10.0.0.2"),
        ("ufw 0.36\n", "allow from 10.0.0.2"),
        ("a version that is none\n", "allow from 10.0.0.2"),
    ],
)
def test_servers_that_share_an_address_may_speak_vrrp(version, rule):
    found = ufw.rules(SERVER._replace(vrrp_peers=["10.0.0.2"]), version)
    assert sorted(found) == sorted([*RULES, rule])


def test_a_node_without_rules_gets_all():
    plan = ufw.plan(NOTHING, ["allow 80,443/tcp", "route allow from 10.42.0.0/16"])
    assert plan.commands == [
        ["ufw", "allow", "80,443/tcp", "comment", "gitpod-node-prep"],
        ["ufw", "route", "allow", "from", "10.42.0.0/16", "comment", "gitpod-node-prep"],
    ]
    assert (plan.before, plan.after) == (
        [],
        ["ufw allow 80,443/tcp comment 'gitpod-node-prep'", "ufw route allow from 10.42.0.0/16 comment 'gitpod-node-prep'"],
    )


def test_a_node_that_has_them_gets_nothing():
    plan = ufw.plan(listing(*RULES), RULES)
    assert plan.commands == []
    assert plan.before == plan.after


def test_rules_of_a_node_that_left_go_after_the_new_ones_came():
    plan = ufw.plan(listing("allow from 10.0.0.9 to any port 4789 proto udp"), ["allow from 10.0.0.2 to any port 4789 proto udp"])
    assert plan.commands == [
        ["ufw", "allow", "from", "10.0.0.2", "to", "any", "port", "4789", "proto", "udp", "comment", "gitpod-node-prep"],
        ["ufw", "delete", "allow", "from", "10.0.0.9", "to", "any", "port", "4789", "proto", "udp"],
    ]


def test_only_ours_are_removed():
    assert ufw.plan(LISTED, []).commands == [
        ["ufw", "delete", "allow", "from", "10.0.0.12", "to", "any", "port", "2379,2380,6443,10250", "proto", "tcp"],
        ["ufw", "route", "delete", "allow", "to", "10.42.0.0/16"],
    ]
    assert ufw.plan(LISTED, []).after == [
        "ufw limit 22/tcp",
        "ufw allow from 10.0.0.13 to any port 6443 proto tcp comment 'the admin\\x27s'",
        "ufw deny in on eth0 from 10.9.9.9",
    ]


def test_a_rule_that_somebody_else_made_stays_theirs():
    theirs = listing("allow 80,443/tcp", comment="web")
    assert ufw.plan(theirs, ["allow 80,443/tcp"]).commands == []
    assert ufw.plan(theirs, []).commands == []


class Ufw:
    """Does what the commands of a plan say."""

    def __init__(self, rules):
        self.rules = dict(rules)

    def listing(self):
        return "".join(f"ufw {rule}" + (f" comment '{comment}'" if comment else "") + "\n" for rule, comment in self.rules.items())

    def run(self, command):
        line = " ".join(command[1:])
        if " comment " in line:
            rule, comment = line.split(" comment ")
            self.rules[rule] = comment
        else:
            del self.rules[re.sub(r"^(route )?delete ", r"\1", line)]


@given(
    st.dictionaries(st.sampled_from(RULES), st.sampled_from(["", "web", "gitpod-node-prep"])),
    st.lists(st.sampled_from(RULES), unique=True),
)
def test_from_wherever_it_starts_the_second_run_changes_nothing_and_the_removal_leaves_the_others(before, wanted):
    machine = Ufw(before)
    for command in ufw.plan(machine.listing(), wanted).commands:
        machine.run(command)
    assert set(wanted) <= set(machine.rules)
    assert ufw.plan(machine.listing(), wanted).commands == []
    for command in ufw.plan(machine.listing(), []).commands:
        machine.run(command)
    assert machine.rules == {rule: comment for rule, comment in before.items() if comment != "gitpod-node-prep"}
