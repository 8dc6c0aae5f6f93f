"""Who tries what, and what it means that a port is not reached."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._reachability.plan import CONTROL_NODE, SOURCES, findings_of, plan, skipped
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.ports import PORTS, ports_of

META = ["workload_meta", "workload_ide"]
WORKSPACE = ["workload_workspace_regular"]


def node(number, server=False, workloads=WORKSPACE, problem="", calico_vxlan=False, join_address="", **states):
    """What reachability_listen returns; states: tcp8080='served' and the like."""
    ports = [
        {
            "protocol": port.protocol,
            "number": port.number,
            "purpose": port.purpose,
            "state": states.get(f"{port.protocol}{port.number}", "opened"),
        }
        for port in ports_of(server, workloads, [])
    ]
    return {
        "address": f"10.0.0.{number}",
        "join_address": join_address or f"10.0.0.{number}",
        "control_node_address": f"192.0.2.{number}",
        "server": server,
        "calico_vxlan": calico_vxlan,
        "problem": problem,
        "ports": [] if problem else ports,
    }


def cluster(**changes):
    nodes = {"s1": node(1, server=True, workloads=META), "s2": node(2, server=True, workloads=META), "w1": node(3), "w2": node(4)}
    return {**nodes, **changes}


def tried(nodes):
    return {source: {(t["to"], t["protocol"], t["number"]) for t in targets} for source, targets in plan(nodes).items()}


def answers(nodes, **troubles):
    """The answers to the plan; troubles: by destination, a dict from (source, protocol, number) to the trouble."""
    return {
        source: [
            {
                "to": t["to"],
                "protocol": t["protocol"],
                "number": t["number"],
                "trouble": troubles.get(t["to"], {}).get((source, t["protocol"], t["number"]), ""),
            }
            for t in targets
        ]
        for source, targets in plan(nodes).items()
    }


def test_every_port_of_the_requirements_has_its_sources():
    assert {(port.protocol, port.number) for port in PORTS} <= set(SOURCES)


def test_who_tries_what():
    assert tried(cluster()) == {
        "s1": {
            ("s2", "tcp", 6443),
            ("s2", "tcp", 2379),
            ("s2", "tcp", 2380),
            *((to, "tcp", 10250) for to in ("s2", "w1", "w2")),
            *((to, "udp", 4789) for to in ("s2", "w1", "w2")),
            *((to, "tcp", 8080) for to in ("w1", "w2")),
        },
        "s2": {
            ("s1", "tcp", 6443),
            ("s1", "tcp", 2379),
            ("s1", "tcp", 2380),
            *((to, "tcp", 10250) for to in ("s1", "w1", "w2")),
            *((to, "udp", 4789) for to in ("s1", "w1", "w2")),
            *((to, "tcp", 8080) for to in ("w1", "w2")),
        },
        "w1": {
            *((to, "tcp", 6443) for to in ("s1", "s2")),
            *((to, "tcp", 10250) for to in ("s1", "s2", "w2")),
            *((to, "udp", 4789) for to in ("s1", "s2", "w2")),
            ("w2", "tcp", 8080),
            ("w1", "tcp", 20000),
        },
        "w2": {
            *((to, "tcp", 6443) for to in ("s1", "s2")),
            *((to, "tcp", 10250) for to in ("s1", "s2", "w1")),
            *((to, "udp", 4789) for to in ("s1", "s2", "w1")),
            ("w1", "tcp", 8080),
            ("w2", "tcp", 20000),
        },
        CONTROL_NODE: {("s1", "tcp", 6443), ("s2", "tcp", 6443)},
    }


def test_each_is_tried_at_the_address_under_which_it_is_known_there():
    targets = plan(cluster())
    assert {t["address"] for t in targets["w1"] if t["to"] == "s1"} == {"10.0.0.1"}
    assert [t["address"] for t in targets[CONTROL_NODE]] == ["192.0.2.1", "192.0.2.2"]


def test_nodes_try_the_api_where_they_will_join_and_all_else_at_the_address_of_the_node():
    targets = plan(cluster(s1=node(1, server=True, workloads=META, join_address="gateway.example.com")))
    assert {(t["number"], t["address"]) for source in ("s2", "w1", "w2") for t in targets[source] if t["to"] == "s1"} == {
        (6443, "gateway.example.com"),
        *((number, "10.0.0.1") for number in (2379, 2380, 10250, 4789)),
    }
    assert [t["address"] for t in targets[CONTROL_NODE]] == ["192.0.2.1", "192.0.2.2"]


def test_a_server_that_is_not_reached_where_nodes_join():
    nodes = cluster(s1=node(1, server=True, workloads=META, join_address="203.0.113.7"))
    (finding,) = findings_of(nodes, answers(nodes, s1={("w1", "tcp", 6443): "no answer within 3 s"}))["s1"]
    assert finding["status"] == "fail"
    assert finding["found"] == (
        "TCP 6443 on s1 (at 203.0.113.7, where the other nodes join), for the Kubernetes API and the K3s supervisor, is not reached from w1: "
        "no answer within 3 s"
    )
    assert finding["remedy"].endswith(" If they cannot reach s1 there, set `k3s_node_ip` of s1 to an address at which they can, such as 10.0.0.1.")
    (finding,) = findings_of(nodes, answers(nodes, s1={(CONTROL_NODE, "tcp", 6443): "no answer within 3 s"}))["s1"]
    assert "where the other nodes join" not in finding["found"]
    assert finding["remedy"].endswith(" If the control node cannot reach s1 at 192.0.2.1, set `k3s_api_host` of s1.")


def test_a_port_in_use_is_tried_as_it_is():
    targets = plan(cluster(s1=node(1, server=True, tcp6443="served")))
    assert {(t["to"], t["served"]) for t in targets["w1"] if t["number"] == 6443} == {("s1", True), ("s2", False)}


def test_a_machine_alone():
    assert tried({"one": node(1, server=True)}) == {"one": {("one", "tcp", 20000)}, CONTROL_NODE: {("one", "tcp", 6443)}}
    assert plan({}) == {CONTROL_NODE: []}
    assert findings_of({}, {}) == {}


def test_all_reached():
    nodes = cluster(w2=node(4, tcp10250="served"))
    checked = findings_of(nodes, answers(nodes))
    assert {host: [finding["status"] for finding in found] for host, found in checked.items()} == {name: ["pass"] for name in nodes}
    assert checked["w2"] == [
        {
            "id": "reachability",
            "title": "Reachability",
            "status": "pass",
            "found": "reached in all 10 attempts; in use already and tested as it is: TCP 10250",
            "required": "reached from every node that needs it",
            "remedy": "",
            "reference": "§4",
            "fixed_by": "",
        }
    ]


def test_a_blocked_pair_is_named():
    nodes = cluster()
    checked = findings_of(nodes, answers(nodes, w1={("s2", "udp", 4789): "no answer within 3 s", ("w2", "udp", 4789): "no answer within 3 s"}))
    assert [finding["status"] for host in ("s1", "s2", "w2") for finding in checked[host]] == ["pass"] * 3
    (finding,) = checked["w1"]
    assert finding["status"] == "fail"
    assert finding["found"] == "UDP 4789 on w1, for Calico's VXLAN, is not reached from s2, w2: no answer within 3 s"
    assert finding["remedy"] == (
        "Let UDP 4789 in on w1 (10.0.0.3) from s2 (10.0.0.2), w2 (10.0.0.4): in the firewall of w1 (`calico_firewall: present` opens ufw and firewalld), "
        "and in whatever filters between them (security groups)."
    )


def test_troubles_of_different_kinds_are_told_apart():
    nodes = cluster()
    troubles = {("s1", "tcp", 8080): "connection refused", ("s2", "tcp", 8080): "no answer within 3 s", ("s1", "tcp", 10250): "connection refused"}
    found = [finding["found"] for finding in findings_of(nodes, answers(nodes, w1=troubles))["w1"]]
    assert sorted(found) == [
        "TCP 10250 on w1, for the kubelet, is not reached from s1: connection refused",
        "TCP 8080 on w1, for Gitpod's node daemon, is not reached from s1: connection refused",
        "TCP 8080 on w1, for Gitpod's node daemon, is not reached from s2: no answer within 3 s",
    ]


def test_the_control_node_is_named():
    nodes = cluster()
    (finding,) = findings_of(nodes, answers(nodes, s1={(CONTROL_NODE, "tcp", 6443): "no route to host"}))["s1"]
    assert finding["found"] == "TCP 6443 on s1, for the Kubernetes API and the K3s supervisor, is not reached from the control node: no route to host"
    assert "from the control node: in" in finding["remedy"]


def test_many_sources_are_named_one_by_one_unless_they_are_all():
    nodes = {"s1": node(1, server=True), **{f"w{number}": node(number) for number in range(2, 9)}}
    silent = {(source, "udp", 4789): "no answer within 3 s" for source in nodes}
    (finding,) = findings_of(nodes, answers(nodes, s1=silent))["s1"]
    assert finding["found"] == "UDP 4789 on s1, for Calico's VXLAN, is not reached from all 7 other nodes: no answer within 3 s"
    assert "from all 7 other nodes: in" in finding["remedy"]
    del silent["w5", "udp", 4789]
    (finding,) = findings_of(nodes, answers(nodes, s1=silent))["s1"]
    assert "from w2, w3, w4, w6, w7, w8: no" in finding["found"]
    refused = {(source, "tcp", 6443): "connection refused" for source in [*nodes, CONTROL_NODE]}
    (finding,) = findings_of(nodes, answers(nodes, s1=refused))["s1"]
    assert "from all 7 other nodes, the control node: connection refused" in finding["found"]


def test_silence_of_a_listener_that_had_ended_proves_nothing():
    nodes = cluster(w1=node(3, tcp10250="served"))
    troubles = {("s1", "tcp", 8080): "connection refused", ("s1", "tcp", 10250): "connection refused"}
    checked = findings_of(nodes, answers(nodes, w1=troubles), ended=["w1"])["w1"]
    assert {(finding["status"], finding["found"]) for finding in checked} == {
        ("unknown", "TCP 8080 on w1 was not tested from s1: the listener had ended by then"),
        ("fail", "TCP 10250 on w1, for the kubelet, is not reached from s1: connection refused"),
    }


@pytest.mark.parametrize(
    ("calico_vxlan", "status", "found"),
    [
        (True, "skipped", "not checked: UDP 4789 on w1 is in use by Calico's VXLAN, which answers no test"),
        (False, "unknown", "UDP 4789 on w1, for Calico's VXLAN, could not be tested: another program holds it"),
    ],
)
def test_udp_in_use_cannot_be_tested(calico_vxlan, status, found):
    nodes = cluster(w1=node(3, udp4789="served", calico_vxlan=calico_vxlan))
    assert not [t for targets in plan(nodes).values() for t in targets if t["to"] == "w1" and t["protocol"] == "udp"]
    checked = findings_of(nodes, answers(nodes))["w1"]
    assert [(finding["status"], finding["found"]) for finding in checked[1:]] == [(status, found)]
    assert checked[0]["status"] == "pass"


def test_a_node_without_the_address_that_it_is_given():
    nodes = cluster(w1=node(3, problem="this machine cannot listen at the address 10.9.9.9: Cannot assign requested address"))
    assert not [t for targets in plan(nodes).values() for t in targets if t["to"] == "w1"]
    (finding,) = findings_of(nodes, answers(nodes))["w1"]
    assert (finding["status"], finding["remedy"]) == ("fail", "Set `k3s_node_ip` to an address that w1 has.")


def test_left_out():
    assert skipped(["a"], "No firewall.")["a"][0]["found"] == "not checked: No firewall."
    assert skipped(["a"], "No firewall.")["a"][0]["status"] == "skipped"


ODD = [None, 5, "text", ["x"], {"x": 1}, [{"to": "w1"}], [{"to": ["w1"], "protocol": "tcp", "number": 8080, "trouble": ""}]]


@pytest.mark.parametrize("answer", ODD, ids=str)
def test_a_machine_that_answers_with_something_else_leaves_the_others_checked(answer):
    nodes = cluster(odd=answer)
    checked = findings_of(nodes, {**answers(nodes), "odd": answer})
    assert {found["status"] for name in ("s1", "s2", "w1", "w2") for found in checked[name]} == {"unknown"}
    assert [found["status"] for found in checked["odd"]] == ["fail"]
    assert "is no answer of it" in checked["odd"][0]["found"]
    assert checked["odd"][0]["remedy"] == "See which program the `ansible_python_interpreter` of odd is."


@pytest.mark.parametrize("answer", ODD, ids=str)
def test_what_a_machine_did_not_try_is_not_passed(answer):
    nodes = cluster()
    checked = findings_of(nodes, {**answers(nodes), "w1": answer})
    assert {finding["status"] for finding in checked["w2"]} == {"unknown"}
    assert "was not tested from w1, which answered with something else" in checked["w2"][0]["found"]


def test_ports_that_nobody_needs_are_not_tried():
    odd = node(5)
    odd["ports"] = [*odd["ports"], {"protocol": "tcp", "number": 22, "purpose": "x", "state": "opened"}]
    assert 22 not in {target["number"] for targets in plan(cluster(odd=odd)).values() for target in targets}
