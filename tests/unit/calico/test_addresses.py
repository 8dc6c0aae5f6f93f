"""From which addresses a host comes, by what is known of it; from where a run has come; whose firewall it changes."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.calico_addresses import calico_addresses
from ansible_collections.gitpod.node_prep.plugins.filter.calico_control_nodes import calico_control_nodes
from ansible_collections.gitpod.node_prep.plugins.filter.calico_firewall_changes import calico_firewall_changes

READ = {"facts": {"addresses": [["eth0", "10.0.0.11/24"], ["eth1", "192.0.2.11/32"], ["eth0", "fd00::11/64"]]}}


@pytest.mark.parametrize(
    ("variables", "addresses"),
    [
        ({"k3s_node_ip": "10.1.0.11", "node_spec_result": READ, "ansible_host": "198.51.100.1"}, ["10.1.0.11"]),
        ({"k3s_node_ip": "10.1.0.11, fd01::11"}, ["10.1.0.11", "fd01::11"]),
        ({"k3s_node_ip": "", "node_spec_result": READ, "ansible_host": "198.51.100.1"}, ["10.0.0.11", "192.0.2.11", "fd00::11"]),
        ({"node_spec_result": {"facts": {}}, "ansible_host": "198.51.100.1"}, ["198.51.100.1"]),
        ({"ansible_host": "198.51.100.1"}, ["198.51.100.1"]),
        ({}, ["node-1"]),
        ({"ansible_host": ""}, ["node-1"]),
        ({"k3s_node_ip": "10.1.0.11,"}, ["10.1.0.11"]),
        # A node says what it likes.
        *(
            ({"node_spec_result": {"facts": {"addresses": odd}}}, ["node-1"])
            for odd in (None, "ab", 7, {}, [None, "ab", ["eth0"], ["eth0", 7], ["eth0", "/24"]])
        ),
        ({"node_spec_result": {"facts": None}}, ["node-1"]),
        ({"node_spec_result": "odd"}, ["node-1"]),
    ],
)
def test_the_best_that_is_known(variables, addresses):
    assert calico_addresses([{"inventory_hostname": "node-1", **variables}]) == addresses


def test_several_hosts():
    hosts = [{"inventory_hostname": "a", "k3s_node_ip": "10.0.0.1"}, {"inventory_hostname": "b", "k3s_node_ip": "10.0.0.2"}]
    assert calico_addresses(hosts) == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("lines", "control_nodes"),
    [
        (["192.0.2.10"], ["192.0.2.10"]),
        (["fe80::1%eth0"], ["fe80::1"]),
        (["::ffff:192.0.2.10"], ["192.0.2.10"]),
        # Not by SSH
        ([], []),
        (["192.0.2.10 and more"], []),
        (["Authorised"], []),
    ],
)
def test_the_address_of_the_control_node_is_an_address(lines, control_nodes):
    assert calico_control_nodes(lines) == control_nodes


def test_every_host_whose_firewall_changes_is_named_and_not_the_first_alone():
    hosts = [
        {"inventory_hostname": "a"},
        {"inventory_hostname": "b", "calico_firewall_result": {"changed": False}},
        {"inventory_hostname": "c", "calico_firewall_result": {"changed": True}},
        {"inventory_hostname": "d", "calico_firewall_result": {"skipped": True}},
        {"inventory_hostname": "e", "calico_firewall_result": None},
    ]
    assert calico_firewall_changes(hosts) == ["c"]
    assert calico_firewall_changes(hosts[:2]) == []
