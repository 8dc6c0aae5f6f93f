"""Who is let in where: the table of §4, by the role of the node."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._firewall.openings import FirewallError, ipv4_of, opening
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.ports import ports_of

ADDRESSES = {"nodes": ["10.0.0.2", "10.0.0.1"], "servers": ["10.0.0.1"], "control_nodes": ["192.0.2.9"]}
META = ["workload_meta", "workload_ide"]
WORKSPACE = ["workload_workspace_regular"]


def ports(server, workloads, addresses=ADDRESSES, load_balancer_ports=(80, 443)):
    return opening(ports_of(server, workloads, []), load_balancer_ports, addresses, []).ports


def test_a_server():
    assert ports(True, META) == {
        ("anywhere", "tcp"): [80, 443],
        ("control_nodes", "tcp"): [6443],
        ("nodes", "tcp"): [6443, 10250],
        ("nodes", "udp"): [4789],
        ("servers", "tcp"): [2379, 2380],
    }


def test_an_agent_without_workspaces():
    assert ports(False, META) == {
        ("anywhere", "tcp"): [80, 443],
        ("nodes", "tcp"): [10250],
        ("nodes", "udp"): [4789],
    }


def test_an_agent_with_workspaces():
    assert ports(False, WORKSPACE) == {
        ("anywhere", "tcp"): [80, 443],
        ("nodes", "tcp"): [8080, 10250, 20000],
        ("nodes", "udp"): [4789],
    }


def test_no_load_balancer_answers_here():
    assert ("anywhere", "tcp") not in ports(False, META, load_balancer_ports=[])


def test_the_ssh_gateway():
    assert ports(False, META, load_balancer_ports=[443, 22, 80])["anywhere", "tcp"] == [22, 80, 443]


def test_a_group_without_an_address_gets_nothing():
    alone = {"nodes": [], "servers": [], "control_nodes": ["192.0.2.9"]}
    found = opening(ports_of(True, WORKSPACE, []), [80], alone, [])
    assert found.ports == {("anywhere", "tcp"): [80], ("control_nodes", "tcp"): [6443]}
    assert found.addresses == {"control_nodes": ["192.0.2.9"]}


def test_addresses_and_networks_have_one_spelling():
    assert ipv4_of(["10.0.0.12", " 10.0.0.2 ", "10.0.0.2/32", "10.42.0.0/16"], "nodes") == ["10.0.0.2", "10.0.0.12", "10.42.0.0/16"]


def test_servers_that_share_an_address():
    found = opening(ports_of(False, META, []), [], {group: [] for group in ADDRESSES}, [], [" 10.0.0.2", "fd00::1", "10.0.0.1"])
    assert found.vrrp_peers == ["10.0.0.1", "10.0.0.2"]
    with pytest.raises(FirewallError, match=r"vrrp_peers: '0\.0\.0\.0/0' is everybody"):
        opening([], [], {}, [], ["0.0.0.0/0"])


def test_ipv6_is_passed_over():
    assert ipv4_of(["fd00::1", "10.0.0.2"], "nodes") == ["10.0.0.2"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("node-1", "nodes: 'node-1' is no address and no network like 10.0.0.0/24"),
        ("10.0.0.1/24", "nodes: '10.0.0.1/24' is no address and no network"),
        ("", "nodes: '' is no address"),
        ("0.0.0.0/0", "nodes: '0.0.0.0/0' is everybody"),
        ("::/0", "nodes: '::/0' is everybody"),
    ],
)
def test_what_names_nobody_or_everybody_is_refused(text, sentence):
    with pytest.raises(FirewallError) as error:
        ipv4_of(["10.0.0.1", text], "nodes")
    assert str(error.value).startswith(sentence)
