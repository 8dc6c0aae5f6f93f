"""What servers are told, compared by what K3s makes of it."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s.server_settings import comparable, of_files
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s.settings import EQUAL_ON_SERVERS, parse_config
from hypothesis import given, settings, strategies as st


def test_the_last_file_counts_unless_it_only_adds():
    files = [parse_config(text) for text in ("disable: [a]\ncluster-cidr: 10.1.0.0/16\n", "disable+:\n- b\n", "cluster-cidr: 10.2.0.0/16\n")]
    assert of_files(files) == {"disable": ["a", "b"], "cluster-cidr": ["10.2.0.0/16"]}
    assert of_files([*files, parse_config("disable: c\n")])["disable"] == ["c"]
    assert of_files([parse_config("disable+: [a]\n")]) == {"disable": ["a"]}
    assert of_files([]) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", "cluster-cidr: 10.42.0.0/16\nservice-cidr: 10.43.0.0/16\ncluster-dns: 10.43.0.10\ncluster-domain: cluster.local\nflannel-backend: vxlan\n"),
        ("", "disable-network-policy: false\ndisable-helm-controller: 0\nsecrets-encryption: False\ndisable-cloud-controller: no\n"),
        ("", "egress-selector-mode: agent\ndisable: []\n"),
        ("disable: [traefik, servicelb]\n", "disable:\n- servicelb\n- traefik\n"),
        ("disable: traefik\n", "disable: [traefik, traefik]\n"),
        ("secrets-encryption: true\n", "secrets-encryption: 'True'\n"),
        ("disable-network-policy:  true # Calico\n", 'disable-network-policy: "true"\n'),
        ("service-cidr: 10.53.0.0/16\n", "service-cidr: 10.53.0.0/16\ncluster-dns: 10.53.0.10\n"),
        ("service-cidr: fd00:53::/112,10.53.0.0/16\n", "service-cidr: fd00:53::/112,10.53.0.0/16\ncluster-dns: 10.53.0.10\n"),
        ("node-name: a\ntoken: x\ntls-san: [a]\n", "node-name: b\ntoken: y\n"),
    ],
)
def test_what_comes_to_the_same(one, other):
    assert comparable(parse_config(one).settings) == comparable(parse_config(other).settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cluster-cidr", "10.44.0.0/16"),
        ("service-cidr", "10.44.0.0/16"),
        ("cluster-dns", "10.43.0.11"),
        ("cluster-domain", "example.com"),
        ("flannel-backend", "none"),
        ("disable-network-policy", "true"),
        ("disable", "traefik"),
        ("disable-helm-controller", "1"),
        ("disable-cloud-controller", "yes"),
        ("egress-selector-mode", "disabled"),
        ("secrets-encryption", "true"),
    ],
)
def test_what_differs_from_the_choice_of_k3s(name, value):
    own, other = comparable({}), comparable({name: [value]})
    # The address of the DNS service follows the network of the services.
    assert {key for key in own if own[key] != other[key]} == {name} | ({"cluster-dns"} if name == "service-cidr" else set())


@pytest.mark.parametrize(
    ("networks", "address"),
    [([], "10.43.0.10"), (["10.53.0.0/16"], "10.53.0.10"), (["fd00:53::/112"], "fd00:53::a"), (["10.0.0.0/31"], ""), (["10.43.0.1/16"], ""), (["x"], "")],
)
def test_the_address_of_the_dns_service_follows_that_of_the_services(networks, address):
    assert comparable({"service-cidr": networks})["cluster-dns"] == address


def test_two_networks_have_an_order():
    assert comparable({"cluster-cidr": ["10.42.0.0/16", "fd42::/56"]}) != comparable({"cluster-cidr": ["fd42::/56", "10.42.0.0/16"]})


ODD = st.text(max_size=9) | st.sampled_from(["10.43.0.0/16", "10.43.0.1/16", "10.0.0.0/31", "fd00::/126", "::/0", "TRUE", "²", ""])


@settings(max_examples=50)
@given(told=st.dictionaries(st.sampled_from(EQUAL_ON_SERVERS), st.lists(ODD, max_size=3)))
def test_no_setting_raises(told):
    found = comparable(told)
    assert list(found) == list(EQUAL_ON_SERVERS)
    assert all(isinstance(value, str) for value in found.values())
