"""Which server founds a cluster, which ones join, which one is asked: never a second cluster."""

import itertools

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._servers import Server, Wanted, decide

ETCD = Wanted("", "etcd", "v1.24.7+k3s1")
OURS, THEIRS = "a" * 64, "b" * 64


def server(name, state="absent", data="", authority="", members=None, reached=True, problem="", release=""):
    told = {"state": state, "data": data, "authority": authority, "release": release}
    access = {**told, "reached": reached, "problem": problem, "kubeconfig": {}, "token": ""}
    return Server(name, name, f"{name}.api", f"{name}.join", access, members)


def fresh(name):
    return server(name)


def up(name, members=("m1", "m2", "m3"), authority=OURS):
    return server(name, "there", "etcd", authority, list(members))


def stopped(name, authority=OURS):
    return server(name, "there", "etcd", authority)


def gone(name):
    return server(name, "unknown", reached=False, problem="the server cannot be reached: timed out")


def found(servers, wanted=ETCD):
    return [finding["found"] for finding in decide(servers, wanted)["findings"]]


def test_on_fresh_machines_the_first_one_founds():
    decided = decide([fresh("m1"), fresh("m2"), fresh("m3")], ETCD)
    assert (decided["first"], decided["joining"], decided["join_url"]) == (["m1"], ["m2", "m3"], "https://m1.join:6443")
    assert (decided["state"], decided["findings"]) == ("absent", [])


@pytest.mark.parametrize("order", list(itertools.permutations(["m1", "m2", "m3"])))
@pytest.mark.parametrize("wiped", ["m1", "m2", "m3"])
@pytest.mark.parametrize("there", [up, stopped])
def test_a_wiped_server_joins_wherever_it_is_listed(order, wiped, there):
    decided = decide([fresh(name) if name == wiped else there(name) for name in order], ETCD)
    assert decided["joining"] == [wiped]
    assert sorted([*decided["first"], wiped]) == ["m1", "m2", "m3"]
    assert wiped not in decided["join_url"]
    assert decided["findings"] == []


@pytest.mark.parametrize("dead", ["m1", "m2", "m3"])
def test_the_others_go_on_without_one_that_is_dead(dead):
    decided = decide([gone(name) if name == dead else up(name) for name in ("m1", "m2", "m3")], ETCD)
    assert (decided["absent"], decided["state"], decided["findings"]) == ([dead], "there", [])
    assert dead not in decided["first"]
    assert decided["server"] != dead
    assert dead not in decided["join_url"]


def test_nobody_founds_beside_a_server_that_cannot_be_asked():
    (why,) = found([fresh("m1"), gone("m2"), fresh("m3")])
    assert why.startswith("no server that was asked has a cluster, and this cannot be said of m2 (m2: the server cannot be reached")


def test_nobody_founds_beside_a_server_that_has_lost_its_kubeconfig():
    half = server("m2", "unknown", problem="K3s is a server there, but has no /etc/rancher/k3s/k3s.yaml")
    assert "m2" in found([fresh("m1"), half, fresh("m3")])[0]


def test_nobody_founds_behind_an_address_at_which_somebody_answers():
    (why,) = found([fresh("m1"), fresh("m2"), fresh("m3")], Wanted("10.0.0.100", "etcd", "", True))
    assert why == "no server of the inventory has a cluster, and one answers at 10.0.0.100 already"


def test_servers_of_two_clusters_are_not_one():
    (why,) = found([up("m1"), up("m2", authority=THEIRS), fresh("m3")])
    assert why == "the servers belong to different clusters: m1 | m2"


def test_two_files_are_two_clusters():
    files = [server(name, "there", "sqlite", authority) for name, authority in (("m1", OURS), ("m2", OURS))]
    assert found([*files, fresh("m3")], Wanted("", "etcd", "v1.24.7+k3s1")) == ["the servers belong to different clusters: m1 | m2"]


@pytest.mark.parametrize(("version", "refused"), [("v1.21.2+k3s1", True), ("v1.22.1+k3s1", True), ("v1.22.2+k3s1", False), ("v1.24.7+k3s1", False)])
def test_sqlite_becomes_etcd_where_the_release_can(version, refused):
    servers = [server("m1", "there", "sqlite", OURS), fresh("m2"), fresh("m3")]
    assert bool(found(servers, Wanted("", "etcd", version))) is refused
    assert decide(servers, Wanted("", "etcd", version))["first"] == ["m1"]


def test_a_member_that_the_inventory_has_lost_is_named():
    (why,) = found([up("m1")])
    assert why == "the cluster has the server m2, m3, which the inventory does not name"


def test_names_of_nodes_are_compared_as_kubernetes_has_them():
    assert found([up("M1", ["m1"])]) == []


def test_the_kubeconfig_in_place_decides_between_those_that_answer():
    servers = [up("m1"), up("m2"), gone("m3")]
    assert decide(servers, ETCD)["server"] == "m1"
    assert decide(servers, ETCD, "https://m2.api:6443")["server"] == "m2"
    assert decide(servers, ETCD, "https://m3.api:6443")["server"] == "m1"


def test_the_releases_of_servers_that_run_are_told():
    def running(name, release):
        return server(name, "there", "etcd", OURS, ["m1"], release=release)

    assert decide([running("m1", "v2"), running("m2", "v1"), running("m3", "v2"), server("m4", release="v9")], Wanted("", "etcd", ""))["releases"] == [
        "v1",
        "v2",
    ]


def test_agents_join_at_the_address_of_all():
    decided = decide([up("m1"), up("m2"), up("m3")], Wanted("10.0.0.100", "etcd", ""))
    assert (decided["node_url"], decided["join_urls"]) == ("https://10.0.0.100:6443", ["https://10.0.0.100:6443"])
    assert decided["join_url"] == "https://m1.join:6443"


def test_one_server_is_as_it_was():
    decided = decide([gone("m1")], Wanted("", "sqlite", ""))
    assert (decided["state"], decided["absent"], decided["findings"], decided["first"]) == ("unknown", [], [], ["m1"])
