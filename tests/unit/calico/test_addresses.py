"""From which addresses a host comes, by what is known of it."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.calico_addresses import calico_addresses

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
    ],
)
def test_the_best_that_is_known(variables, addresses):
    assert calico_addresses([{"inventory_hostname": "node-1", **variables}]) == addresses


def test_several_hosts():
    hosts = [{"inventory_hostname": "a", "k3s_node_ip": "10.0.0.1"}, {"inventory_hostname": "b", "k3s_node_ip": "10.0.0.2"}]
    assert calico_addresses(hosts) == ["10.0.0.1", "10.0.0.2"]
