"""What api_vip_info says of a machine laid out in a directory, in a network that is played."""

import hashlib
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._api_vip import arp
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host
from ansible_collections.gitpod.node_prep.plugins.modules import api_vip_info

OPTIONS = {"address": "10.0.0.100", "interface": "", "node_ip": "", "peers": ["10.0.0.12"], "router_id": 51}
IP = "2: eth0    inet 10.0.0.11/24 brd 10.0.0.255 scope global eth0\n"
HELD = IP + "2: eth0    inet 10.0.0.100/32 scope global eth0\n"
STOPPED = "Id=keepalived.service\nActiveState=inactive\nUnitFileState=\n\nId=k3s.service\nActiveState=inactive\nUnitFileState=\n"
RUNNING = "Id=keepalived.service\nActiveState=active\nUnitFileState=enabled\n\nId=k3s.service\nActiveState=active\nUnitFileState=enabled\n"
CONFIG = "# Written by the role api_vip of gitpod.node_prep; changes are overwritten.\n10.0.0.100/32 dev eth0\n"


class Machine(Host):
    """A host below a directory, with the output of commands given."""

    def __init__(self, root):
        super().__init__(str(root))
        self.ip, self.units = IP, STOPPED

    def output(self, *command):
        return self.ip if command[0] == "ip" else self.units

    def put(self, path, text):
        target = Path(self.path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def share(machine, config=CONFIG):
    machine.units = RUNNING
    machine.put("/etc/keepalived/keepalived.conf", config)
    machine.put("/run/keepalived-node-prep/started-with", f"{hashlib.sha256(config.encode()).hexdigest()}  /etc/keepalived/keepalived.conf\n")


def said(machine, owners=None, **differs):
    """What the module returns; `owners` is address to MAC addresses."""
    asked = []

    def ask(interface, addresses, seconds):
        asked.append((interface, addresses))
        return {address: set((owners or {}).get(address, ())) for address in addresses}

    return api_vip_info.survey(machine, {**OPTIONS, **differs}, ask), asked


def test_a_fresh_machine(machine):
    result, asked = said(machine)
    assert result == {
        "problems": [],
        "findings": [],
        "interface": "eth0",
        "node_ip": "10.0.0.11",
        "peers": ["10.0.0.12"],
        "priority": 254,
        "holds": False,
        "ours": False,
        "active": False,
        "enabled": False,
        "current": False,
        "serves": False,
    }
    assert asked == [("eth0", ["10.0.0.100", "10.0.0.12"])]


def test_a_server_that_shares_the_address_does_not_ask_again(machine):
    share(machine)
    result, asked = said(machine)
    assert (result["problems"], result["holds"], asked) == ([], False, [])
    assert result["ours"] and result["active"] and result["enabled"] and result["current"] and result["serves"]


def test_the_one_that_has_it(machine):
    share(machine)
    machine.ip = HELD
    result, _asked = said(machine)
    assert (result["problems"], result["holds"], result["node_ip"]) == ([], True, "10.0.0.11")


def test_a_reload_that_was_missed(machine):
    share(machine)
    machine.put("/etc/keepalived/keepalived.conf", CONFIG + "# changed\n")
    assert said(machine)[0]["current"] is False
    Path(machine.path("/run/keepalived-node-prep/started-with")).unlink()
    assert said(machine)[0]["current"] is False


def test_another_address_than_before_is_asked_for(machine):
    share(machine)
    assert said(machine, address="10.0.0.101")[1] == [("eth0", ["10.0.0.101", "10.0.0.12"])]


def test_an_address_that_a_dead_keepalived_has_left_is_no_obstacle(machine):
    share(machine)
    machine.ip, machine.units = HELD, STOPPED
    result, asked = said(machine)
    assert (result["problems"], result["holds"]) == ([], True)
    assert asked


def test_a_peer_may_have_the_address(machine):
    assert said(machine, {"10.0.0.100": ["02:02"], "10.0.0.12": ["02:02"]})[0]["problems"] == []


@pytest.mark.parametrize("peer", [[], ["02:02"]])
def test_a_stranger_may_not(machine, peer):
    result, _asked = said(machine, {"10.0.0.100": ["02:09"], "10.0.0.12": peer})
    assert result["problems"] == [
        "10.0.0.100 is in use already: the machine with the MAC address 02:09 answers for it, and it is none of api_vip_peers. Choose a free address."
    ]
    assert (result["interface"], result["node_ip"], result["peers"], result["priority"]) == ("", "", [], 0)
    assert [(finding["id"], finding["status"], finding["found"]) for finding in result["findings"]] == [("api_vip", "fail", result["problems"][0])]


def test_all_that_speaks_against_it_is_told_at_once(machine):
    machine.put("/etc/keepalived/keepalived.conf", "vrrp_instance mine {\n}\n")
    result, asked = said(machine, address="10.9.9.9")
    assert [text.split(" ")[0] for text in result["problems"]] == ["/etc/keepalived/keepalived.conf", "10.9.9.9"]
    assert (result["ours"], asked) == (False, [])


def test_a_number_that_the_protocol_does_not_have(machine):
    for number in (0, 256):
        assert said(machine, router_id=number)[0]["problems"] == [f"api_vip_router_id is {number}, and a virtual router has a number from 1 to 255."]


def test_a_network_that_cannot_be_asked(machine):
    def fail(*_arguments):
        raise arp.NoAnswer("eth0 is no Ethernet")

    result = api_vip_info.survey(machine, OPTIONS, fail)
    assert result["problems"] == ["The network could not be asked whether 10.0.0.100 is free: eth0 is no Ethernet."]


def test_without_an_address_only_keepalived_is_looked_at(machine):
    share(machine)
    machine.ip = None
    result, asked = said(machine, address="")
    assert (result["problems"], result["ours"], result["active"], result["holds"], asked) == ([], True, True, False, [])
