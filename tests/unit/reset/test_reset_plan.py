"""What of a reading is the cluster's."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset import ours, plan as plans, processes, reader, rules

OWN = "pid:[1]"
UNIT = "/etc/systemd/system/k3s.service"
NOTHING = reader.Reading(
    units={"k3s.service": {"ActiveState": "inactive", "UnitFileState": ""}, "k3s-agent.service": {"ActiveState": "inactive"}},
    own_units=[],
    programs=[],
    processes=[],
    own_namespace=OWN,
    mounts=[],
    fstab=set(),
    places={},
    namespaces={},
    containers=[],
    interfaces=["lo", "eth0", "docker0", "calibrate0", "cali", "vethcali1", "cni-podman0", "kube-ipvs1"],
    tunnel=[],
    routes={("-4", ours.BIRD): [], ("-4", ours.FELIX): []},
    rules={"iptables-nft": rules.parse("*filter\n:DOCKER - [0:0]\n-A INPUT -j DOCKER\nCOMMIT\n")},
    tables=[("inet", "own"), ("ip", "filter")],
    sets=["blocklist", "california", "MY-KUBE-SET"],
    files=[],
    unread=[],
)


def planned(whole=True, data=(), names_in=lambda _path: None, **changes):
    return plans.plan_of(NOTHING._replace(**changes), whole, data, ".aside", names_in)


def lines(**changes):
    return plans.lines_of(planned(**changes))


def process(pid, name="sleep", network="net:[1]", arguments=()):
    return processes.Process(pid, 1, name, "S", list(arguments), OWN, network)


def test_of_others_nothing():
    assert lines() == []


@pytest.mark.parametrize("name", ["cali0123456789a", "vxlan.calico", "vxlan-v6.calico", "flannel.1", "cni0", "kube-ipvs0"])
def test_interfaces(name):
    assert lines(interfaces=["eth0", name]) == ["interface " + name]


@pytest.mark.parametrize("name", ["cali40s:abc", "cali60this-host", "KUBE-CLUSTER-IP", "inet6:KUBE-SRC-A"])
def test_sets(name):
    assert lines(sets=["blocklist", name]) == ["ipset " + name]


def test_tables_of_kube_proxy():
    assert lines(tables=[("ip", "kube-proxy"), ("inet", "own")]) == ["nftables: table ip kube-proxy"]


@pytest.mark.parametrize(
    ("unit", "stop", "forget"),
    [
        ({"ActiveState": "active", "UnitFileState": "enabled"}, ["k3s.service"], []),
        ({"ActiveState": "activating", "UnitFileState": "disabled"}, ["k3s.service"], []),
        ({"ActiveState": "inactive", "UnitFileState": "enabled"}, ["k3s.service"], []),
        ({"ActiveState": "failed", "UnitFileState": "disabled"}, [], ["k3s.service"]),
        ({"ActiveState": "inactive", "UnitFileState": "disabled"}, [], []),
    ],
)
def test_units(unit, stop, forget):
    found = planned(whole=False, units={"k3s.service": unit}, own_units=[UNIT])
    assert (found.stop, found.forget, found.unit_files) == (stop, forget, [])


def test_a_unit_of_somebody_else_runs_on():
    assert lines(units={"k3s.service": {"ActiveState": "active", "UnitFileState": "enabled"}}) == []


def test_programs_go_where_that_is_wanted():
    found = {"own_units": [UNIT], "programs": ["/usr/local/bin/k3s"]}
    assert lines(**found) == ["file " + UNIT, "file /usr/local/bin/k3s"]
    assert plans.lines_of(plans.plan_of(NOTHING._replace(**found), False, [], "", lambda _path: None)) == []


def test_a_network_namespace_in_which_others_work_stays_and_so_does_what_plugins_made():
    found = planned(
        processes=[process(5, "podman", "net:[7]")],
        namespaces={"/run/netns/cni-a": "net:[6]", "/run/netns/cni-b": "net:[7]"},
        interfaces=["cni0", "cali1"],
        files=["/var/lib/calico", ours.FILES_OF_PLUGINS],
        rules={"iptables-nft": rules.parse("*nat\n:CNI-HOSTPORT-DNAT - [0:0]\n:KUBE-X - [0:0]\nCOMMIT\n")},
    )
    assert (found.namespaces, found.interfaces, found.files) == (["/run/netns/cni-a"], ["cali1"], ["/var/lib/calico"])
    assert found.rules["iptables-nft"]["nat"].chains == ["KUBE-X"]
    assert found.kept


def test_the_pods_themselves_are_no_others():
    shim = process(5, "containerd-shim", "net:[1]", ("containerd-shim-runc-v2", "-namespace", "k8s.io", ours.SYSTEM_SOCKET))
    pause = process(6, "pause", "net:[7]")._replace(parent=5)
    found = planned(processes=[shim, pause], namespaces={"/run/netns/cni-b": "net:[7]"})
    assert found.namespaces == ["/run/netns/cni-b"]
    assert plans.lines_of(found)[:2] == ["process 6 (pause)", "process 5 (containerd-shim)"]


def test_routes_of_the_machines_own_bird_stay():
    routes = {("-4", ours.BIRD): ["192.0.2.0/24 via 10.0.0.1"], ("-4", ours.FELIX): ["blackhole 10.42.0.0/26"]}
    assert set(planned(routes=routes).routes) == set(routes)
    assert set(planned(routes=routes, processes=[process(5, "bird")]).routes) == {("-4", ours.FELIX)}


def test_data_that_are_not_there_are_none_to_move():
    found = planned(data=["/a", "/b"], names_in=lambda path: [] if path == "/b" else None)
    assert plans.lines_of(found) == ["/b is moved aside"]


K3S = {"units": [], "ours": False, "left": [], "processes": [], "release": ""}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"kubernetes": {}, "k3s": K3S, "programs": {}}, []),
        ({"kubernetes": {}, "k3s": {**K3S, "ours": True, "processes": ["k3s (pid 3)"]}, "programs": {"/usr/local/bin/k3s": "/opt/k3s/v1/k3s"}}, []),
        (
            {"kubernetes": {}, "k3s": {**K3S, "units": [UNIT], "release": "v1.20.4+k3s1", "left": ["/usr/local/bin/k3s-uninstall.sh"]}, "programs": {}},
            [f"K3s v1.20.4+k3s1 of somebody else ({UNIT}, /usr/local/bin/k3s-uninstall.sh): remove it with `/usr/local/bin/k3s-uninstall.sh`"],
        ),
        (
            {"kubernetes": {}, "k3s": K3S, "programs": {"/usr/local/bin/k3s": ""}},
            ["K3s of an unknown release of somebody else (/usr/local/bin/k3s): remove it with `k3s-uninstall.sh`"],
        ),
        (
            {"kubernetes": {"k0s": ["the process k0s"]}, "k3s": K3S, "programs": {}},
            ["k0s (the process k0s): remove it with `k0s stop && k0s reset`"],
        ),
    ],
)
def test_what_somebody_else_installed_is_refused(found, said):
    assert plans.foreign_problems(found, "/opt/k3s") == said
