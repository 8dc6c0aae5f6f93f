"""What a module answers is made harmless before anybody sees it."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._reading import ReadingAction


class Action(ReadingAction):
    def __init__(self, reply):
        self.reply = reply

    def _execute_module(self, task_vars):
        return self.reply


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda self, tmp, task_vars: {})
    return lambda reply: Action(reply).run(task_vars={})


def test_texts_are_printable(run):
    assert run({"changed": False, "a": ["\x1b[31m", {"b": "\u202e"}]}) == {"changed": False, "a": ["?[31m", {"b": "?"}]}


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        ({"node_prep_artifacts": "/etc"}, {}),
        ({"discovered_interpreter_python": "/usr/bin/python3", "k3s_version": "v1"}, {"discovered_interpreter_python": "/usr/bin/python3"}),
    ],
)
def test_no_fact_becomes_a_variable(run, facts, left):
    assert run({"ansible_facts": facts}) == {"ansible_facts": left}


@pytest.mark.parametrize("facts", [None, "text", ["x"]])
def test_facts_of_another_kind_are_left_out(run, facts):
    assert run({"ansible_facts": facts, "changed": False}) == {"changed": False}
