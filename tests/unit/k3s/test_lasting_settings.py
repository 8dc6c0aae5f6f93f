"""What a cluster that is there keeps, and where its servers joined."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.k3s_equal_settings import k3s_equal_settings
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s.settings import EQUAL_ON_SERVERS, changed_for_good, joined_at, parse_config

FILE = """# Written by the Ansible role gitpod.node_prep.k3s; changes made here are overwritten.
cluster-cidr: 10.42.0.0/16
cluster-domain: cluster.local
cluster-init: true
disable:
- traefik
disable-network-policy: true
flannel-backend: none
service-cidr: 10.43.0.0/16
"""
PLANNED = {
    "cluster-cidr": "10.42.0.0/16",
    "cluster-domain": "cluster.local",
    "service-cidr": "10.43.0.0/16",
    "cluster-dns": "",
    "disable": ["traefik"],
    "disable-network-policy": True,
    "flannel-backend": "none",
}


def lost(several, **changes):
    planned = {**PLANNED, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return changed_for_good(parse_config(FILE).settings, k3s_equal_settings(planned), several)


def test_what_the_file_says_is_nothing_lost():
    assert lost(True) == lost(False) == []


@pytest.mark.parametrize("several", [True, False])
def test_networks_stay(several):
    assert lost(several, cluster_cidr="10.50.0.0/16") == ["cluster-cidr is 10.42.0.0/16 in this cluster and would become 10.50.0.0/16"]
    assert lost(several, cluster_dns="10.43.0.53") == ["cluster-dns is K3s' own in this cluster and would become 10.43.0.53"]
    assert lost(several, cluster_domain="") == []


@pytest.mark.parametrize(
    "change",
    [
        {"disable": ["traefik", "servicelb"]},
        {"disable": []},
        {"disable_network_policy": False},
        {"flannel_backend": "vxlan"},
        {"secrets_encryption": True},
        {"egress_selector_mode": "disabled"},
        {"disable_helm_controller": True},
    ],
)
def test_what_several_servers_must_have_in_common_may_change_on_one(change):
    assert len(lost(True, **change)) == 1
    assert lost(False, **change) == []


def test_the_order_of_a_list_is_no_change():
    present = parse_config("disable: [servicelb, traefik]\n").settings
    assert changed_for_good(present, {"disable": ["traefik", "servicelb"]}, True) == []


def test_a_switch_that_is_off_is_none():
    assert lost(True, secrets_encryption=False) == []


def test_all_are_asked_for():
    assert list(k3s_equal_settings({})) == list(EQUAL_ON_SERVERS)
    assert k3s_equal_settings({"disable": "traefik,servicelb"})["disable"] == ["traefik", "servicelb"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (FILE, ("", True)),
        ("server: https://10.0.0.1:6443\n", ("https://10.0.0.1:6443", False)),
        ("server: 'https://[fd00::1]:6443'\n", ("https://[fd00::1]:6443", False)),
        ("server: https://user:secret@10.0.0.1:6443\n", ("", False)),
        ("  server: https://10.0.0.1:6443\n", ("", False)),
        ("server: {{ lookup('pipe', 'id') }}\n", ("", False)),
        ("", ("", False)),
    ],
)
def test_where_a_server_joined(text, found):
    assert joined_at(text) == found
