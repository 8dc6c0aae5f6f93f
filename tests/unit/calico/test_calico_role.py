"""The role's variables: their documentation has the same defaults, for each entry point."""

from pathlib import Path

import pytest
import yaml
from jinja2 import Environment

ROLE = Path(__file__).parents[3] / "roles" / "calico"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())


def test_each_part_has_its_variables():
    node, cluster = set(SPECS["node"]["options"]), set(SPECS["cluster"]["options"])
    assert node | cluster | {"calico_cluster_part"} == set(SPECS["main"]["options"])
    assert node & cluster == set()


def test_the_firewall_is_left_alone_unless_it_is_asked_for():
    assert DEFAULTS["calico_firewall"] == "ignore"


@pytest.mark.parametrize(
    ("addresses", "method"),
    [
        ([""], "first-found"),
        ([], "first-found"),
        (["", "", None], "first-found"),
        (["10.1.0.11"], "kubernetes-internal-ip"),
        (["", "10.1.0.12", ""], "kubernetes-internal-ip"),
        (["10.1.0.11,fd01::11", "10.1.0.12,fd01::12"], "kubernetes-internal-ip"),
    ],
)
def test_calico_follows_the_address_that_k3s_is_given_on_any_node(addresses, method):
    assert Environment().from_string(DEFAULTS["calico_ip_autodetection_method"]).render(calico_node_ips=addresses) == method


def test_the_address_of_this_host_counts_where_nobody_names_those_of_the_others():
    (own,) = DEFAULTS["calico_node_ips"]
    assert Environment().from_string(own).render() == ""
    assert Environment().from_string(own).render(k3s_node_ip="10.1.0.11") == "10.1.0.11"
