"""The role's variables: their documentation has the same defaults, for each entry point."""

from pathlib import Path

import yaml

ROLE = Path(__file__).parents[3] / "roles" / "calico"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())


def test_the_documented_defaults_are_the_defaults():
    assert {name: option["default"] for name, option in SPECS["main"]["options"].items()} == DEFAULTS


def test_each_part_has_its_variables():
    node, cluster = set(SPECS["node"]["options"]), set(SPECS["cluster"]["options"])
    assert node | cluster == set(DEFAULTS) - {"calico_cluster_part"}
    assert node & cluster == set()


def test_the_firewall_is_left_alone_unless_it_is_asked_for():
    assert DEFAULTS["calico_firewall"] == "ignore"
