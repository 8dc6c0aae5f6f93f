"""What a role hands to its module: the arguments of its task, rendered as Ansible does."""

from pathlib import Path

import yaml
from ansible import template
from ansible.parsing.dataloader import DataLoader

ROLES = Path(__file__).resolve().parents[2] / "roles"
OMITTED = "nothing is said"


def loaded(role, path):
    return yaml.safe_load((ROLES / role / path).read_text()) or {}


def _trusted(value):
    if isinstance(value, dict):
        return {name: _trusted(item) for name, item in value.items()}
    # Since 2.19 a text says whether it may be rendered.
    return getattr(template, "trust_as_template", str)(value) if isinstance(value, str) else value


def templar(variables):
    """Renders texts with these variables."""
    engine = template.Templar(loader=DataLoader(), variables=_trusted(variables))
    return lambda text: engine.template(_trusted(text))


def module_task(role, path):
    """The arguments of the module in the one task of a file, as they are written."""
    (task,) = loaded(role, path)
    return task[f"gitpod.node_prep.{role}"]


def handed_over(role, path, variables):
    """What the role says to its module on a node with these variables; what it leaves to the module is not there."""
    own = {name: value for folder in ("defaults", "vars") if (ROLES / role / folder).is_dir() for name, value in loaded(role, f"{folder}/main.yml").items()}
    render = templar({**own, "omit": OMITTED, **variables})
    said = {name: render(text) for name, text in module_task(role, path).items()}
    return {name: value for name, value in said.items() if value != OMITTED}
