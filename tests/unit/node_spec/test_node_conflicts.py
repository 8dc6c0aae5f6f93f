"""Nodes checked against each other."""

import random

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.conflicts import REQUIREMENTS, findings_of
from node_fixtures import reading


def node(number, **facts):
    return {
        "facts": {
            "hostname": f"node-{number}",
            "machine_id": f"{number:032x}",
            "product_uuid": f"0000-{number}",
            "macs": {"eth0": f"02:00:00:00:00:{number:02x}"},
            "clock": 1000.5,
            "clock_window": [1000.0, 1001.0],
            "containerd_paths": {"socket": "/run/containerd/containerd.sock", "directory": "/var/lib/containerd/tasks"},
            "cgroup": "hybrid",
            "k3s_server_settings": {"cluster-cidr": ["10.42.0.0/16"], "disable": ["traefik", "servicelb"]},
            "unreadable": {},
            **facts,
        },
        "phase": "preflight",
        "only": [],
        "skip": {},
        "container_runtime": "system",
        "server": True,
        "workloads": ["workload_workspace_regular"],
        "recommended_clock_skew": 1.0,
        "max_clock_skew": 5.0,
    }


def wrong(results):
    """(host, id) -> (status, found) of everything that is no pass."""
    return {
        (host, finding["id"]): (finding["status"], finding["found"])
        for host, findings in findings_of(results).items()
        for finding in findings
        if finding["status"] != "pass"
    }


def test_three_nodes_of_their_own():
    results = {"a": node(1), "b": node(2), "c": node(3)}
    assert wrong(results) == {}
    assert [finding["id"] for finding in findings_of(results)["b"]] == REQUIREMENTS.ids()


def test_one_node_and_none():
    assert wrong({"a": node(1)}) == {}
    assert findings_of({}) == {}


@pytest.mark.parametrize(
    ("name", "fact", "left", "right", "found"),
    [
        ("unique_hostname", "hostname", "ubuntu", "Ubuntu", "ubuntu, also on b"),
        ("unique_machine_id", "machine_id", "f" * 32, "f" * 32, "f" * 32 + ", also on b"),
        ("unique_product_uuid", "product_uuid", "ab-cd", "ab-cd", "ab-cd, also on b"),
        (
            "unique_mac",
            "macs",
            {"eth0": "02:00:00:00:00:aa", "eth1": "02:00:00:00:00:01"},
            {"ens3": "02:00:00:00:00:aa"},
            "02:00:00:00:00:aa, also on b",
        ),
    ],
)
def test_twins(name, fact, left, right, found):
    assert wrong({"a": node(1, **{fact: left}), "b": node(2, **{fact: right}), "c": node(3)}) == {
        ("a", name): ("fail", found),
        ("b", name): ("fail", found.replace("also on b", "also on a")),
    }


def test_triplets_are_all_named():
    same = {"machine_id": "e" * 32}
    assert wrong({"a": node(1, **same), "b": node(2, **same), "c": node(3, **same)})[("b", "unique_machine_id")] == (
        "fail",
        "e" * 32 + ", also on a, c",
    )


@pytest.mark.parametrize("fact", ["product_uuid", "machine_id"])
def test_an_identity_that_no_node_has_is_no_conflict(fact):
    assert wrong({"a": node(1, **{fact: ""}), "b": node(2, **{fact: ""})}) == {}


def test_one_machine_may_have_a_mac_address_twice():
    assert wrong({"a": node(1, macs={"eth0": "02:aa", "bond0": "02:aa"}), "b": node(2)}) == {}


def test_what_could_not_be_read_is_unknown_and_the_others_are_checked():
    hidden = node(1)
    del hidden["facts"]["product_uuid"]
    hidden["facts"]["unreadable"] = {"product_uuid": "Permission denied"}
    assert wrong({"a": hidden, "b": node(2), "c": node(2, hostname="c", machine_id="c", macs={})}) == {
        ("a", "unique_product_uuid"): ("unknown", "could not be read: Permission denied"),
        ("b", "unique_product_uuid"): ("fail", "0000-2, also on c"),
        ("c", "unique_product_uuid"): ("fail", "0000-2, also on b"),
    }


def test_only_and_skip_are_those_of_each_host():
    results = {"a": node(1, product_uuid="x"), "b": node(2, product_uuid="x")}
    results["a"]["skip"] = {"unique_product_uuid": "Containers of one machine."}
    results["b"]["only"] = ["memory", "unique_mac"]
    assert wrong(results) == {("a", "unique_product_uuid"): ("skipped", "not checked: Containers of one machine.")}
    assert [finding["id"] for finding in findings_of(results)["b"]] == ["unique_mac"]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (1000.5, None),
        # The control node's window for a is a second wide, so that a second of difference may be none.
        (1002.0, None),
        (1002.2, ("warning", "at least 1.2 s from b")),
        (997.0, ("warning", "at least 2.5 s from b")),
        (1006.0, ("warning", "at least 5.0 s from b")),
        (1006.2, ("fail", "at least 5.2 s from b")),
        (0.0, ("fail", "at least 999.5 s from b")),
    ],
)
def test_clock_skew_is_what_is_certain(clock, expected):
    slow = node(2, clock=1000.0, clock_window=[1000.0, 1000.5])
    found = wrong({"a": node(1, clock=clock), "b": slow})
    assert found.get(("a", "clock_skew")) == expected
    assert (("b", "clock_skew") in found) == bool(expected)


def test_the_user_says_how_far_clocks_may_differ():
    window = {"clock_window": [1000.0, 1000.0]}
    patient = dict(node(1, clock=1000.0, **window), recommended_clock_skew=2.0, max_clock_skew=60.0)
    very_patient = dict(node(2, clock=1030.0, **window), recommended_clock_skew=45.0, max_clock_skew=60.0)
    assert wrong({"a": patient, "b": very_patient}) == {("a", "clock_skew"): ("warning", "at least 30.0 s from b")}


def clocks(*advances, width=0.0, **changes):
    """Nodes a, b, c, … whose clocks are ahead of the control node's by so many seconds, and were read within a window of that width."""
    names = "abcdefghijklmnopqrstuvwxyz"
    return {
        names[number]: dict(node(number, clock=1000.0 + advance, clock_window=[1000.0 - width / 2, 1000.0 + width / 2]), **changes)
        for number, advance in enumerate(advances)
    }


def skewed(results):
    return {host: found for (host, name), found in wrong(results).items() if name == "clock_skew"}


@pytest.mark.parametrize(
    ("advances", "expected"),
    [
        ((0, -60), {"a": ("fail", "at least 60.0 s from b"), "b": ("fail", "at least 60.0 s from a")}),
        ((0, 0, -60), {"c": ("fail", "at least 60.0 s from a")}),
        ((-60, 0, 0), {"a": ("fail", "at least 60.0 s from b")}),
        ((0, 7, 0.5), {"b": ("fail", "at least 7.0 s from a")}),
        ((0, 3, 0, 0), {"b": ("warning", "at least 3.0 s from a")}),
        # The median of all is right, even where all differ.
        ((0, 60, 120), {"a": ("fail", "at least 60.0 s from b"), "c": ("fail", "at least 60.0 s from b")}),
        ((0, 0, 0, 60, 60), {"d": ("fail", "at least 60.0 s from a"), "e": ("fail", "at least 60.0 s from a")}),
        # Two halves: nobody knows which of them is right.
        ((0, 0, 60, 60), dict.fromkeys("ab", ("fail", "at least 60.0 s from c")) | dict.fromkeys("cd", ("fail", "at least 60.0 s from a"))),
        ((0, 6, 0, 6), dict.fromkeys("ac", ("fail", "at least 6.0 s from b")) | dict.fromkeys("bd", ("fail", "at least 6.0 s from a"))),
        ((0, 0.9, 0, 0.9), {}),
        ((0,), {}),
    ],
)
def test_only_a_clock_that_departs_from_the_median_is_named(advances, expected):
    assert skewed(clocks(*advances)) == expected


def test_a_clock_that_was_read_slowly_neither_accuses_nor_is_accused():
    results = clocks(0, 0, 0)
    results["c"]["facts"].update(clock=1000.0, clock_window=[980.0, 1000.0])
    assert skewed(results) == {}
    results["b"]["facts"]["clock"] = 1060.0
    assert skewed(results) == {"b": ("fail", "at least 60.0 s from a")}


def test_a_clock_that_was_not_read_takes_no_part():
    results = clocks(0, 0, -60, 0)
    del results["a"]["facts"]["clock"]
    assert skewed(results) == {
        "a": ("unknown", "could not be read: the reading has no `clock`"),
        "c": ("fail", "at least 60.0 s from b"),
    }


@pytest.mark.parametrize("seed", range(200))
def test_whatever_the_jitter_and_the_order_the_same_clocks_are_named(seed):
    """Most clocks are right up to half of the bound; the others are wrong by more than it and what the windows hide."""
    chance = random.Random(seed)
    width = chance.choice([0.001, 0.3, 2.0])
    right = [chance.uniform(-0.5, 0.5) for _ in range(chance.randint(2, 9))]
    astray = [chance.choice((-1, 1)) * chance.uniform(1.5 + 2 * width, 90) for _ in range(chance.randint(0, len(right) - 1))]
    results, expected = {}, set()
    hosts = [("right", advance) for advance in right] + [("astray", advance) for advance in astray]
    chance.shuffle(hosts)
    for number, (kind, advance) in enumerate(hosts):
        # The clock was read anywhere in the window.
        before, after = chance.uniform(0, width), chance.uniform(0, width)
        results[f"n{number}"] = node(number, clock=1000.0 + advance, clock_window=[1000.0 - before, 1000.0 + after])
        if kind == "astray":
            expected.add(f"n{number}")
    assert set(skewed(results)) == expected


def test_a_clock_without_the_control_nodes_half_is_unknown():
    alone = node(1)
    del alone["facts"]["clock_window"]
    assert wrong({"a": alone, "b": node(2)}) == {("a", "clock_skew"): ("unknown", "could not be read: the reading has no `clock_window`")}


SYSTEM = "/run/containerd/containerd.sock and /var/lib/containerd/tasks"
EMBEDDED = "/run/k3s/containerd/containerd.sock and /run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io"
MOVED = {"containerd_paths": {"socket": "/run/containerd/containerd.sock", "directory": "/data/containerd/tasks"}}
MOVED_TEXT = "/run/containerd/containerd.sock and /data/containerd/tasks"


@pytest.mark.parametrize(("phase", "status"), [("preflight", "fixable"), ("installed", "fail")])
def test_the_one_with_other_runtime_paths_is_named(phase, status):
    results = {"a": node(1), "b": node(2, **MOVED), "c": node(3)}
    for result in results.values():
        result["phase"] = phase
    assert wrong(results) == {("b", "same_runtime_paths"): (status, f"{MOVED_TEXT}; but {SYSTEM} on a, c")}
    found = next(finding for finding in findings_of(results)["b"] if finding["id"] == "same_runtime_paths")
    assert (found["fixed_by"], found["required"], found["reference"]) == ("containerd", "the same on all workspace nodes", "§5")


def test_where_no_paths_are_the_usual_ones_all_are_wrong():
    assert wrong({"a": node(1), "b": node(2, **MOVED)}) == {
        ("a", "same_runtime_paths"): ("fixable", f"{SYSTEM}; but {MOVED_TEXT} on b"),
        ("b", "same_runtime_paths"): ("fixable", f"{MOVED_TEXT}; but {SYSTEM} on a"),
    }


def test_no_role_fixes_two_kinds_of_container_runtime():
    results = {"a": node(1), "b": node(2), "c": dict(node(3), container_runtime="embedded")}
    assert wrong(results) == {("c", "same_runtime_paths"): ("fail", f"{EMBEDDED}; but {SYSTEM} on a, b")}


def test_the_paths_of_k3s_do_not_depend_on_the_containerd_of_the_node():
    results = {"a": dict(node(1), container_runtime="embedded"), "b": dict(node(2, **MOVED), container_runtime="embedded")}
    assert wrong(results) == {}


def test_two_versions_of_cgroups_are_a_warning():
    results = {"a": node(1), "b": node(2, cgroup="v1"), "c": node(3, cgroup="v2"), "meta": dict(node(4, cgroup="v2", **MOVED), workloads=["workload_meta"])}
    assert wrong(results) == {("c", "same_cgroup"): ("warning", "v2; but v1 on a, b")}
    assert next(finding["found"] for finding in findings_of(results)["meta"] if finding["id"] == "same_cgroup") == "runs no workspaces"


def test_a_workspace_node_that_could_not_be_read_is_unknown():
    hidden = node(1)
    del hidden["facts"]["containerd_paths"]
    hidden["facts"]["unreadable"] = {"containerd_paths": "Permission denied"}
    assert wrong({"a": hidden, "b": node(2)}) == {("a", "same_runtime_paths"): ("unknown", "could not be read: Permission denied")}


def test_machines_of_the_fixtures_beside_each_other():
    names = ["cloud-16gb-installed", "not-root", "containerd-on-another-disk"]
    readings = {name: reading(name) for name in names}
    results = {name: dict(node(0), phase="installed", facts=dict(facts, clock_window=[0, 2**31])) for name, facts in readings.items()}
    assert {key: status for key, (status, _found) in wrong(results).items()} == {
        ("not-root", "unique_product_uuid"): "unknown",
        ("containerd-on-another-disk", "same_runtime_paths"): "fail",
        ("containerd-on-another-disk", "same_cgroup"): "warning",
    }


def test_of_many_names_some_are_counted():
    results = {f"n{number}": node(number) for number in range(9)} | {"odd": node(9, cgroup="v2")}
    assert wrong(results) == {("odd", "same_cgroup"): ("warning", "v2; but v1 on n0, n1, n2, n3, n4 and 4 more")}


def test_many_nodes_at_once():
    names = [f"node-{number}" for number in range(200)]
    assert wrong({name: node(number) for number, name in enumerate(names)}) == {}


def servers(*settings, phase="installed", **changes):
    """Servers a, b, c, … with K3s, each told these settings."""
    return {"abcde"[number]: {**node(number, k3s_server_settings=told), "phase": phase, **changes} for number, told in enumerate(settings)}


NONE, VXLAN = {"flannel-backend": ["none"]}, {"flannel-backend": ["vxlan"]}
SAME = "same_server_settings"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([NONE, NONE, NONE], {}),
        ([VXLAN, {}, {"cluster-dns": ["10.43.0.10"]}], {}),
        ([{"disable": ["a", "b"]}, {"disable": ["b", "a"]}], {}),
        ([NONE, NONE, VXLAN], {"c": "flannel-backend is vxlan, but none on a, b"}),
        ([NONE, NONE, {}], {"c": "flannel-backend is vxlan, but none on a, b"}),
        ([NONE, VXLAN], {"a": "flannel-backend is none, but vxlan on b", "b": "flannel-backend is vxlan, but none on a"}),
        (
            [NONE, {**NONE, "secrets-encryption": ["true"]}, {**VXLAN, "disable": ["traefik"]}],
            {"b": "secrets-encryption is true, but false on a, c", "c": "flannel-backend is vxlan, but none on a, b; disable is traefik, but nothing on a, b"},
        ),
        ([NONE, None, VXLAN, NONE], {"c": "flannel-backend is vxlan, but none on a, d"}),
        ([NONE], {}),
        ([{"cluster-domain": ["x" * 99 + "\x1b"]}, {}, {}], {"a": "cluster-domain is " + "x" * 60 + " …, but cluster.local on b, c"}),
    ],
)
def test_servers_are_told_the_same(settings, expected):
    assert wrong(servers(*settings)) == {(host, SAME): ("fail", found) for host, found in expected.items()}


def test_agents_and_machines_that_are_yet_to_become_servers_take_no_part():
    assert wrong(servers(NONE, VXLAN, phase="preflight")) == {}
    assert wrong(servers(NONE, VXLAN, server=False)) == {}
    agents = {f"agent-{number}": {**node(number, k3s_server_settings=VXLAN), "phase": "installed", "server": False} for number in (6, 7, 8)}
    assert wrong(servers(NONE, NONE) | agents) == {}
    unread = servers(NONE, phase="preflight")
    del unread["a"]["facts"]["k3s_server_settings"]
    assert wrong(unread) == {}


def test_a_server_whose_configuration_was_not_understood_is_unknown():
    results = servers(NONE, NONE, NONE)
    del results["b"]["facts"]["k3s_server_settings"]
    results["b"]["facts"]["unreadable"] = {"k3s_server_settings": "/etc/rancher/k3s/config.yaml cannot be taken apart"}
    assert wrong(results) == {("b", SAME): ("unknown", "could not be read: /etc/rancher/k3s/config.yaml cannot be taken apart")}
