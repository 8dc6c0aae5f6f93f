"""The role's variables: their documentation has the same defaults, for each entry point."""

from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).parents[3] / "roles" / "calico"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())


@pytest.mark.parametrize("entry_point", ["main", "cluster"])
def test_the_documented_defaults_are_the_defaults(entry_point):
    assert {name: option["default"] for name, option in SPECS[entry_point]["options"].items()} == DEFAULTS


def test_the_node_part_has_no_variables():
    assert SPECS["node"]["options"] == {}
