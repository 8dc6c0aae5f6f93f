"""What runs on the controller: the filters and the action plugin."""

import time

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.gitpod.node_prep.plugins.action.node_spec import ActionModule
from ansible_collections.gitpod.node_prep.plugins.filter.findings_text import FilterModule as TextFilter
from ansible_collections.gitpod.node_prep.plugins.filter.node_findings import FilterModule as FindingsFilter
from ansible_collections.gitpod.node_prep.plugins.module_utils import findings
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_shapes import ANSWER, fits

findings_text = TextFilter().filters()["findings_text"]
node_findings = FindingsFilter().filters()["node_findings"]
ROW = findings.Requirement("memory", "RAM", "D8", "fail", "", "Give the machine more RAM.")
SKEWS = {"recommended_clock_skew": 1.0, "max_clock_skew": 5.0}
BAD = findings.make(ROW, "fail", "8 GB", "16 GB or more", ROW.remedy)


def result(hostname):
    facts = {
        "hostname": hostname,
        "machine_id": hostname,
        "product_uuid": "",
        "macs": {},
        "clock": 1.0,
        "clock_window": [0.0, 2.0],
    }
    return {"findings": [BAD], "facts": facts, "phase": "bare", "only": [], "skip": {}, "container_runtime": "system", "workloads": [], **SKEWS}


def test_findings_text():
    text = findings_text({"meta-1": [BAD]})
    assert text.startswith("meta-1 (1 fail)\n  FAIL    RAM: 8 GB; required: 16 GB or more")
    assert findings_text({"meta-1": [BAD]}, ["warning"]) == ""


def test_findings_text_refuses_a_status_that_does_not_exist():
    with pytest.raises(AnsibleFilterError, match="no such status: failed"):
        findings_text({}, ["failed"])


def test_node_findings_adds_the_comparison():
    hostvars = {"a": {"node_spec_result": result("same")}, "b": {"node_spec_result": result("same")}, "gone": {}}
    found = node_findings(hostvars, ["a", "b", "gone"])
    assert list(found) == ["a", "b"]
    assert found["a"][0] == BAD
    assert {finding["id"]: finding["status"] for finding in found["a"]}["unique_hostname"] == "fail"


def test_a_host_on_which_the_module_failed_is_left_out():
    hostvars = {"a": {"node_spec_result": {"failed": True, "msg": "no Python"}}}
    assert node_findings(hostvars, ["a"]) == {}


def answer(**facts):
    """What the module answers."""
    return {**result("node-1"), "facts": facts}


class Action(ActionModule):
    """The action with the module's answer in place of a connection."""

    def __init__(self, answer):
        self.answer = answer

    def _execute_module(self, task_vars):
        return self.answer


@pytest.fixture
def action(monkeypatch):
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda self, tmp, task_vars: {})
    return Action


def test_the_action_notes_when_the_clock_was_read(action):
    before = time.time()
    result = action({"changed": False, **answer(clock=5.0)}).run(task_vars={})
    sent, received = result["facts"]["clock_window"]
    assert before <= sent <= received <= time.time()
    assert result["facts"]["clock"] == 5.0


def test_the_action_leaves_a_failure_as_it_is(action):
    assert action({"failed": True, "msg": "no Python"}).run(task_vars={}) == {"failed": True, "msg": "no Python"}


@pytest.mark.parametrize("part", ["findings", "facts", "phase", "only", "skip", "container_runtime", "workloads", "recommended_clock_skew"])
@pytest.mark.parametrize("value", [None, 5, "text", ["x", 1], {"x": [1]}], ids=str)
def test_an_answer_of_another_form_is_a_failure_of_the_task(action, part, value):
    good = answer(clock=5.0)
    changed = {**good, part: value}
    if fits(value, ANSWER[part]):
        assert "failed" not in action(changed).run(task_vars={})
    else:
        assert action(changed).run(task_vars={})["failed"] is True


def test_an_answer_with_a_status_that_does_not_exist_is_a_failure_of_the_task(action):
    assert action({**answer(), "findings": [{**BAD, "status": "fine"}]}).run(task_vars={})["failed"] is True


@pytest.mark.parametrize("reply", [{}, {"changed": False}, {"ansible_facts": {}}])
def test_a_node_that_answers_without_findings_is_not_left_out(action, reply):
    assert action(reply).run(task_vars={})["failed"] is True
