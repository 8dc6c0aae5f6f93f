"""The firewalls let in what the requirements name, from whom they name, and nothing else; rules of others are as they were."""

import re

import pytest
import testinfra

FOREIGN_UFW = ["ufw allow 22/tcp", "ufw allow from 10.42.0.0/16 comment 'mine'", "ufw deny from 192.0.2.66 to any port 6443 proto tcp"]


@pytest.fixture(scope="module")
def nodes(request):
    """Name of a node to the node."""
    inventory = request.config.option.ansible_inventory
    return {name: testinfra.get_host(f"ansible://{name}?ansible_inventory={inventory}") for name in ("plain", "fresh", "live", "ufw", "firewalld")}


@pytest.fixture(scope="module")
def addresses(nodes):
    """Name of a node to its address."""
    return {name: node.ansible.get_variables()["ansible_host"] for name, node in nodes.items()}


def answers(host, address, port):
    return host.run(f"timeout 2 bash -c '</dev/tcp/{address}/{port}'").rc == 0


def test_the_rules_of_ufw(nodes, addresses):
    plain, fresh = addresses["plain"], addresses["fresh"]
    controller = nodes["ufw"].check_output("echo ${SSH_CONNECTION%% *}")
    ours = [
        f"allow from {plain} to any port 6443,8080,10250,20000 proto tcp",
        f"allow from {plain} to any port 4789 proto udp",
        f"allow from {fresh} to any port 2379,2380,6443,8080,10250,20000 proto tcp",
        f"allow from {fresh} to any port 4789 proto udp",
        f"allow from {controller} to any port 6443 proto tcp",
        "allow 80,443/tcp",
        "route allow from 10.42.0.0/16",
        "route allow to 10.42.0.0/16",
        "allow from 10.43.0.0/16",
        "route allow from 10.43.0.0/16",
        "route allow to 10.43.0.0/16",
    ]
    shown = nodes["ufw"].check_output("ufw show added").splitlines()[1:]
    assert sorted(shown) == sorted(FOREIGN_UFW + [f"ufw {rule} comment 'gitpod-node-prep'" for rule in ours])


def test_ufw_filters_by_them(nodes):
    status = nodes["ufw"].check_output("ufw status")
    assert status.startswith("Status: active")
    assert len(re.findall(r"# gitpod-node-prep$", status, re.MULTILINE)) == 12


@pytest.mark.parametrize("when", ["", "--permanent"])
def test_the_rules_of_firewalld(nodes, when):
    assert sorted(nodes["firewalld"].check_output(f"firewall-cmd {when} --zone=public --list-rich-rules").splitlines()) == [
        'rule family="ipv4" source ipset="gitpod-node-prep-anywhere" port port="443" protocol="tcp" accept',
        'rule family="ipv4" source ipset="gitpod-node-prep-anywhere" port port="80" protocol="tcp" accept',
        'rule family="ipv4" source ipset="gitpod-node-prep-nodes" port port="10250" protocol="tcp" accept',
        'rule family="ipv4" source ipset="gitpod-node-prep-nodes" port port="20000" protocol="tcp" accept',
        'rule family="ipv4" source ipset="gitpod-node-prep-nodes" port port="4789" protocol="udp" accept',
        'rule family="ipv4" source ipset="gitpod-node-prep-nodes" port port="8080" protocol="tcp" accept',
    ]
    assert nodes["firewalld"].check_output(f"firewall-cmd {when} --zone=public --list-ports") == "9100/tcp"
    assert nodes["firewalld"].check_output(f"firewall-cmd {when} --zone=trusted --list-sources").split() == ["10.7.0.0/16", "ipset:gitpod-node-prep-pods"]


@pytest.mark.parametrize("when", ["", "--permanent"])
def test_the_addresses_that_firewalld_lets_in(nodes, addresses, when):
    expected = {
        "anywhere": {"0.0.0.0/1", "128.0.0.0/1"},
        "nodes": {addresses["plain"], addresses["fresh"]},
        "pods": {"10.42.0.0/16", "10.43.0.0/16"},
    }
    assert nodes["firewalld"].check_output(f"firewall-cmd {when} --get-ipsets").split() == [f"gitpod-node-prep-{name}" for name in expected]
    for name, entries in expected.items():
        assert set(nodes["firewalld"].check_output(f"firewall-cmd {when} --ipset=gitpod-node-prep-{name} --get-entries").split()) == entries


def test_a_node_of_the_cluster_reaches_what_it_needs_and_nothing_else(nodes, addresses):
    assert answers(nodes["plain"], addresses["ufw"], 6443)
    assert answers(nodes["plain"], addresses["ufw"], 8080)
    assert answers(nodes["plain"], addresses["firewalld"], 8080)
    for node, port in (("ufw", 9999), ("firewalld", 9999), ("firewalld", 6443)):
        assert not answers(nodes["plain"], addresses[node], port), (node, port)


def test_a_stranger_reaches_nothing(nodes, addresses):
    assert answers(nodes["live"], addresses["ufw"], 22)
    for node in ("ufw", "firewalld"):
        for port in (6443, 8080, 9999):
            assert not answers(nodes["live"], addresses[node], port), (node, port)


# A pod of Calico as far as a firewall sees it: a namespace at the other end of a veth pair, behind the address of the node.
POD = """
set -e
ip netns add pod-{name}
ip link add cali-{name} type veth peer name eth0 netns pod-{name}
ip addr add {network}.1/24 dev cali-{name}
ip link set cali-{name} up
ip -n pod-{name} addr add {network}.2/24 dev eth0
ip -n pod-{name} link set eth0 up
ip -n pod-{name} route add default via {network}.1
sysctl -q -w net.ipv4.ip_forward=1
iptables -t nat -A POSTROUTING -s {network}.0/24 -o eth0 -j MASQUERADE
"""


@pytest.mark.parametrize("firewall", ["ufw", "firewalld"])
def test_pods_reach_the_node_and_through_it_the_others(nodes, addresses, firewall):
    node = nodes[firewall]
    reached = {}
    for name, network in (("ours", "10.42.0"), ("other", "10.55.0")):
        node.check_output(POD.format(name=name, network=network))
        for what, address, port in (("node", f"{network}.1", 9999), ("fresh", addresses["fresh"], 22)):
            reached[name, what] = node.run(f"ip netns exec pod-{name} timeout 2 bash -c '</dev/tcp/{address}/{port}'").rc == 0
        node.check_output(f"ip netns del pod-{name}")
    assert reached == {("ours", "node"): True, ("ours", "fresh"): True, ("other", "node"): False, ("other", "fresh"): False}


def test_where_no_firewall_is_active_none_appears(nodes):
    assert not nodes["plain"].exists("ufw")
    assert not nodes["plain"].exists("firewall-cmd")
