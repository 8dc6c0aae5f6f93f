"""Where a virtual address may be on a machine, and what is said where it may not."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._api_vip.place import NoPlace, Place, place
from hypothesis import given, strategies as st

MACHINE = [("eth0", "10.0.0.11/24"), ("eth0", "fd00::11/64"), ("eth1", "192.168.7.5/16")]
PEERS = ["10.0.0.13", "10.0.0.12"]


def found(address="10.0.0.100", interface="", node_ip="", peers=PEERS, addresses=MACHINE, ours=False):
    return place(address, interface, node_ip, peers, addresses, ours)


def test_the_interface_whose_network_holds_it():
    assert found() == Place("eth0", "10.0.0.11", ["10.0.0.12", "10.0.0.13"], 254)
    assert found(" 192.168.200.1 ", peers=[]) == Place("eth1", "192.168.7.5", [], 254)


def test_the_own_address_among_the_peers_is_passed_over():
    assert found(peers=["10.0.0.11", *PEERS, "10.0.0.12"]) == found()


@pytest.mark.parametrize("node_ip", ["10.0.0.11", " 10.0.0.11,fd00::11", "fd00::11,10.0.0.11", "fd00::11"])
def test_the_own_address_as_k3s_has_it(node_ip):
    assert found(node_ip=node_ip).node_ip == "10.0.0.11"


def test_one_of_two_addresses_of_an_interface():
    two = [("eth0", "10.0.0.9/24"), ("eth0", "10.0.0.11/24")]
    assert found(addresses=two).node_ip == "10.0.0.9"
    assert found(addresses=two, node_ip="10.0.0.11").node_ip == "10.0.0.11"


def test_what_our_keepalived_has_put_there_is_no_address_of_the_machine():
    held = [*MACHINE, ("eth0", "10.0.0.100/32")]
    assert found(addresses=held, ours=True) == found()
    assert found(addresses=held[::-1], ours=True) == found()
    for addresses, ours in ((held, False), ([*MACHINE, ("eth0", "10.0.0.100/24")], True)):
        with pytest.raises(NoPlace, match=r"^10\.0\.0\.100 is an address of this machine itself \(eth0\)\."):
            found(addresses=addresses, ours=ours)


def test_a_network_of_two_machines_has_neither_first_nor_last():
    assert found("10.0.0.10", peers=[], addresses=[("eth0", "10.0.0.11/31")]).interface == "eth0"


REFUSED = [
    ({"address": ""}, "api_vip_address is '', which is no IPv4 address of a machine."),
    ({"address": "gitpod.example.com"}, "api_vip_address is 'gitpod.example.com', which is no IPv4"),
    ({"address": "fd00::1"}, "api_vip_address is 'fd00::1', which is no IPv4"),
    ({"address": "10.0.0.100/24"}, "api_vip_address is '10.0.0.100/24', which is no IPv4"),
    ({"address": "0.0.0.0"}, "api_vip_address is '0.0.0.0', which is no IPv4"),
    ({"address": "127.0.0.2"}, "api_vip_address is '127.0.0.2', which is no IPv4"),
    ({"address": "224.0.0.18"}, "api_vip_address is '224.0.0.18', which is no IPv4"),
    ({"address": "169.254.1.1"}, "api_vip_address is '169.254.1.1', which is no IPv4"),
    ({"address": "255.255.255.255"}, "api_vip_address is '255.255.255.255', which is no IPv4"),
    ({"address": "10.0.0.11"}, "10.0.0.11 is an address of this machine itself (eth0)."),
    ({"address": "192.168.7.5"}, "192.168.7.5 is an address of this machine itself (eth1)."),
    ({"address": "10.0.0.0"}, "10.0.0.0 is the first or the last address of 10.0.0.0/24"),
    ({"address": "10.0.0.255"}, "10.0.0.255 is the first or the last address of 10.0.0.0/24"),
    ({"address": "10.0.1.1"}, "10.0.1.1 is in no network of this machine; the machine has eth0 10.0.0.11/24, eth1 192.168.7.5/16."),
    ({"interface": "eth1"}, "10.0.0.100 is in no network of eth1; the machine has eth0 10.0.0.11/24"),
    ({"addresses": [("eth0", "fd00::11/64")]}, "10.0.0.100 is in no network of this machine; the machine has no IPv4 address."),
    # As in clouds that give a machine an address alone.
    ({"addresses": [("eth0", "10.0.0.11/32")]}, "10.0.0.100 is in no network of this machine; the machine has eth0 10.0.0.11/32."),
    ({"addresses": [*MACHINE, ("eth2", "10.0.0.21/16")]}, "10.0.0.100 is in networks of eth0 and eth2. Say which of them"),
    ({"node_ip": "192.168.7.5"}, "api_vip_node_ip is 192.168.7.5, and eth0, whose network holds 10.0.0.100, has 10.0.0.11."),
    ({"node_ip": "server-1"}, "api_vip_node_ip is 'server-1', which is no IPv4"),
    ({"peers": ["10.0.0.100"]}, "10.0.0.100 is the virtual address, and one of api_vip_peers."),
    ({"peers": ["server-2"]}, "api_vip_peers is 'server-2', which is no IPv4 address of a machine."),
    ({"peers": ["10.0.0.12", "10.0.1.13"]}, "api_vip_peers has 10.0.1.13, which is not in 10.0.0.0/24, so that 10.0.0.100 cannot move there."),
]


@pytest.mark.parametrize(("differs", "sentence"), REFUSED, ids=[sentence for _differs, sentence in REFUSED])
def test_refused(differs, sentence):
    with pytest.raises(NoPlace) as error:
        found(**differs)
    assert str(error.value).startswith(sentence)
    assert str(error.value).endswith(".")


def test_of_two_networks_with_the_address_the_interface_is_named():
    both = [*MACHINE, ("eth2", "10.0.0.21/16")]
    assert found(addresses=both, interface="eth2").node_ip == "10.0.0.21"
    assert found(addresses=both, interface="eth0").node_ip == "10.0.0.11"


@given(st.sets(st.integers(1, 99), min_size=1, max_size=9))
def test_each_server_has_a_priority_of_its_own_in_one_order(numbers):
    servers = [f"10.0.0.{number}" for number in sorted(numbers)]
    priorities = [found(peers=servers, addresses=[("eth0", server + "/24")]).priority for server in servers]
    assert priorities == sorted(set(priorities), reverse=True)
    assert all(1 <= priority <= 254 for priority in priorities)
