"""What every task has that is done on the control node, whatever the inventory says of all hosts."""

from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
FILES = sorted(path for folder in ("playbooks", "roles/*/tasks", "roles/*/handlers") for path in CHECKOUT.glob(f"{folder}/**/*.yml"))
HERE = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def mappings(value):
    """All dictionaries in a value: plays, blocks and tasks among them."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(inner)


DELEGATED = [(path, task) for path in FILES for task in mappings(yaml.safe_load(path.read_text())) if task.get("delegate_to") in ("localhost", "127.0.0.1")]


def test_there_are_some():
    assert len(DELEGATED) >= 5


@pytest.mark.parametrize(("path", "task"), DELEGATED, ids=[f"{path.relative_to(CHECKOUT)}: {task['name']}" for path, task in DELEGATED])
def test_it_is_no_matter_of_connections_and_privileges(path, task):
    """Variables, since a keyword such as `become: false` is beaten by those of the inventory."""
    assert HERE.items() <= task.get("vars", {}).items()
    assert task.get("become") is None and task.get("connection") is None
