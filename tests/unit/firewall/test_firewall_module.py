"""The module on machines whose firewalls are played: what it runs, and what it says."""

import sys
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.gitpod.node_prep.plugins.module_utils._firewall import firewalld
from ansible_collections.gitpod.node_prep.plugins.modules import firewall

sys.path.insert(0, str(Path(__file__).parents[1] / "cluster"))
from run_module import run

ZONES = "public\n  target: default\n  services: ssh\n  rich rules: \n\ntrusted\n  target: ACCEPT\n  sources: \n  rich rules: \n"
UFW = {"ufw status": "Status: active\n", "ufw show added": "ufw allow 22/tcp\nufw allow from 10.0.0.9 comment 'gitpod-node-prep'\n"}
FIREWALLD = {
    "firewall-cmd --state": "running\n",
    "firewall-cmd --list-all-zones": ZONES,
    "firewall-cmd --permanent --list-all-zones": ZONES,
    "firewall-cmd --get-default-zone": "public\n",
    "firewall-cmd --get-ipsets": "\n",
}


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Plays the programs of `answers` (command to output, or to a failure's status and text) and keeps what else was run."""
    answers, commands = {}, []

    def run_command(_module, command, **options):
        assert options["environ_update"]["LC_ALL"] == "C"
        line = " ".join(command)
        answer = answers.get(line)
        if answer is None:
            commands.append(line)
            return 0, "", ""
        return (0, answer, "") if isinstance(answer, str) else (answer[0], "", answer[1])

    monkeypatch.setattr(AnsibleModule, "run_command", run_command)
    monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda _module, name: name if any(line.startswith(name) for line in answers) else None)
    monkeypatch.setattr(firewalld, "IPSETS", str(tmp_path))
    return answers, commands, tmp_path


def test_a_machine_without_a_firewall(machine, capsys):
    result = run(firewall.main, capsys)
    assert (result["changed"], result["firewalls"], result["commands"], result["diff"]) == (False, [], [], [])


def test_firewalls_that_are_installed_and_do_not_run(machine, capsys):
    answers, commands, _ = machine
    answers.update({"ufw status": "Status: inactive\n", "firewall-cmd --state": (252, "not running\n")})
    assert run(firewall.main, capsys, nodes=["10.0.0.2"])["firewalls"] == []
    assert commands == []


def test_ufw(machine, capsys):
    answers, commands, _ = machine
    answers.update(UFW)
    result = run(firewall.main, capsys, server=False, workloads=["workload_ide"], load_balancer_ports=[], nodes=["10.0.0.2"], servers=["10.0.0.2"])
    assert commands == [
        "ufw allow from 10.0.0.2 to any port 10250 proto tcp comment gitpod-node-prep",
        "ufw allow from 10.0.0.2 to any port 4789 proto udp comment gitpod-node-prep",
        "ufw delete allow from 10.0.0.9",
    ]
    assert (result["changed"], result["firewalls"], result["commands"]) == (True, ["ufw"], commands)
    assert result["diff"][0]["before"] == "ufw allow 22/tcp\nufw allow from 10.0.0.9 comment 'gitpod-node-prep'\n"
    assert result["diff"][0]["after"].splitlines()[0] == "ufw allow 22/tcp"


@pytest.mark.parametrize(("version", "protocol"), [("ufw 0.36.1\n", ""), ("ufw 0.36.2\n", " proto vrrp")])
def test_ufw_lets_vrrp_in_as_far_as_it_knows_it(machine, capsys, version, protocol):
    answers, commands, _ = machine
    answers.update(UFW, **{"ufw version": version})
    run(firewall.main, capsys, server=False, workloads=["workload_ide"], load_balancer_ports=[], vrrp_peers=["10.0.0.2"])
    assert commands[0] == f"ufw allow from 10.0.0.2{protocol} comment gitpod-node-prep"


def test_check_mode_says_the_same_and_runs_nothing(machine, capsys):
    answers, commands, _ = machine
    answers.update(UFW)
    result = run(firewall.main, capsys, check=True, state="absent")
    assert (result["changed"], result["commands"], commands) == (True, ["ufw delete allow from 10.0.0.9"], [])


def test_the_port_of_the_registry_facade_is_that_of_the_release(machine, capsys):
    answers, _, _ = machine
    answers.update(UFW)
    arguments = {"server": False, "nodes": ["10.0.0.2"], "check": True}
    assert "8080,10250,20000" in " ".join(run(firewall.main, capsys, **arguments)["commands"])
    assert "8080,10250,30000" in " ".join(run(firewall.main, capsys, gitpod_version="2022.02", **arguments)["commands"])


def test_firewalld(machine, capsys):
    answers, commands, _ = machine
    answers.update(FIREWALLD)
    result = run(firewall.main, capsys, server=False, workloads=["workload_ide"], load_balancer_ports=[80], networks=["10.42.0.0/16"])
    assert (result["changed"], result["firewalls"]) == (True, ["firewalld"])
    assert commands[2] == "firewall-cmd --reload"
    assert commands[-1] == "firewall-cmd --permanent --zone=trusted --add-source=ipset:gitpod-node-prep-pods"
    assert result["diff"][0]["after"].splitlines() == [
        "ipset gitpod-node-prep-anywhere: 0.0.0.0/1 128.0.0.0/1",
        "ipset gitpod-node-prep-pods: 10.42.0.0/16",
        'zone public: rich rule rule family="ipv4" source ipset="gitpod-node-prep-anywhere" port port="80" protocol="tcp" accept',
        "zone trusted: source ipset:gitpod-node-prep-pods",
    ]


def test_ipsets_of_ours_are_read_from_their_files(machine, capsys):
    answers, commands, folder = machine
    answers.update(FIREWALLD, **{"firewall-cmd --get-ipsets": "gitpod-node-prep-nodes others\n"})
    for name in ("gitpod-node-prep-nodes.xml", "gitpod-node-prep-nodes.xml.old", "others.xml"):
        (folder / name).write_text('<ipset type="hash:net"><entry>10.0.0.9</entry></ipset>')
    result = run(firewall.main, capsys, state="absent")
    assert commands == ["firewall-cmd --permanent --delete-ipset=gitpod-node-prep-nodes", "firewall-cmd --reload"]
    assert result["diff"][0]["before"] == "ipset gitpod-node-prep-nodes: 10.0.0.9\n"


def test_both_are_active(machine, capsys):
    answers, _, _ = machine
    answers.update(UFW, **FIREWALLD)
    assert run(firewall.main, capsys, check=True)["firewalls"] == ["ufw", "firewalld"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"nodes": ["node-1"]}, "nodes: 'node-1' is no address and no network"),
        ({"networks": ["0.0.0.0/0"]}, "networks: '0.0.0.0/0' is everybody"),
        ({"gitpod_version": "2019.1"}, "`2019.1` is no release of Gitpod"),
    ],
)
def test_what_cannot_be_is_a_sentence(machine, capsys, arguments, sentence):
    result = run(firewall.main, capsys, **arguments)
    assert result["failed"]
    assert result["msg"].startswith(sentence)


def test_a_command_that_fails_is_named_with_what_it_said(machine, capsys):
    answers, _, _ = machine
    answers.update(UFW, **{"ufw delete allow from 10.0.0.9": (1, "ERROR: problem running\n")})
    result = run(firewall.main, capsys, state="absent")
    assert result["msg"] == "`ufw delete allow from 10.0.0.9` failed with status 1: ERROR: problem running"
