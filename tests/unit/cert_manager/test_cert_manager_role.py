"""The role's variables: their documentation has the same defaults."""

from pathlib import Path

import yaml

ROLE = Path(__file__).parents[3] / "roles" / "cert_manager"


def test_the_documented_defaults_are_the_defaults():
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    assert {name: option["default"] for name, option in options.items()} == defaults
