"""What runs on the control node: the filters and the action plugin."""

import time
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure, AnsibleFilterError
from ansible_collections.gitpod.node_prep.plugins.action.node_spec import ActionModule
from ansible_collections.gitpod.node_prep.plugins.filter.findings_text import FilterModule as TextFilter
from ansible_collections.gitpod.node_prep.plugins.filter.node_findings import FilterModule as FindingsFilter
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.shapes import ANSWER, fits
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import findings
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.requirement import Requirement

findings_text = TextFilter().filters()["findings_text"]
node_findings = FindingsFilter().filters()["node_findings"]
ROW = Requirement("memory", "RAM", "D8", "fail", "", "Give the machine more RAM.")
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
    answer = {"phase": "preflight", "only": [], "skip": {}, "container_runtime": "system", "server": True, "workloads": []}
    return {"findings": [BAD], "facts": facts, **answer, **SKEWS}


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


def test_what_speaks_against_a_virtual_address_is_told_with_the_rest():
    hostvars = {"a": {"node_spec_result": result("a"), "api_vip_result": {"findings": [{**BAD, "id": "api_vip"}]}}, "b": {"node_spec_result": result("b")}}
    found = node_findings(hostvars, ["a", "b"])
    assert [host for host in found if "api_vip" in {finding["id"] for finding in found[host]}] == ["a"]


def test_a_host_on_which_the_module_failed_is_left_out():
    hostvars = {"a": {"node_spec_result": {"failed": True, "msg": "no Python"}}}
    assert node_findings(hostvars, ["a"]) == {}


def answer(**facts):
    """What the module answers."""
    return {**result("node-1"), "facts": facts}


class Action(ActionModule):
    """The action with the module's answer, or what a connection raises, in place of a connection."""

    def __init__(self, reply):
        self.reply = reply
        self._task = SimpleNamespace(args={"phase": "installed", "skip": {"swap": "why not"}})

    def _execute_module(self, task_vars):
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda self, tmp, task_vars: {})
    return lambda reply: Action(reply).run(task_vars={})


def only_finding(result):
    """Id, status and what was found of a machine that was not read."""
    (finding,) = result["findings"]
    assert result["facts"] == {}
    assert "failed" not in result
    assert (result["worst"], result["phase"], result["skip"]) == (finding["status"], "installed", {"swap": "why not"})
    return finding["id"], finding["status"], finding["found"]


def test_the_action_notes_when_the_clock_was_read(run):
    before = time.time()
    result = run({"changed": False, **answer(clock=5.0)})
    sent, received = result["facts"]["clock_window"]
    assert before <= sent <= received <= time.time()
    assert result["facts"]["clock"] == 5.0


def test_the_action_leaves_a_failure_of_the_module_as_it_is(run):
    assert run({"failed": True, "msg": "only: there is no requirement `x`"}) == {"failed": True, "msg": "only: there is no requirement `x`"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Failed to connect to the host via ssh: No route to host", "cannot be reached: Failed to connect to the host via ssh: No route to host"),
        ("Welcome\x1b[31m\nto {{ x }}", "cannot be reached: Welcome?[31m to {{ x }}"),
    ],
)
def test_a_machine_that_cannot_be_reached_is_a_finding(run, said, shown):
    assert only_finding(run(AnsibleConnectionFailure(said))) == ("unreachable", "fail", shown)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ({"failed": True, "module_stdout": "", "module_stderr": "sudo: a password is required\n"}, "cannot be read: sudo: a password is required"),
        (
            {"failed": True, "module_stdout": "", "module_stderr": "/bin/sh: 1: /usr/bin/python: not found\r\n"},
            "cannot be read: /bin/sh: 1: /usr/bin/python: not found",
        ),
        ({"failed": True, "module_stdout": "Segmentation fault", "module_stderr": ""}, "cannot be read: Segmentation fault"),
        ({"failed": True, "module_stdout": "", "module_stderr": "", "msg": ""}, "cannot be read: nothing"),
        ({"failed": True, "module_stdout": "", "module_stderr": " \n ", "msg": "x"}, "cannot be read: nothing"),
    ],
)
def test_a_machine_that_cannot_be_read_is_a_finding(run, reply, shown):
    assert only_finding(run(reply)) == ("unreadable", "fail", shown)


@pytest.mark.parametrize("part", ["findings", "facts", "phase", "only", "skip", "container_runtime", "workloads", "recommended_clock_skew"])
@pytest.mark.parametrize("value", [None, 5, "text", ["x", 1], {"x": [1]}], ids=str)
def test_an_answer_of_another_form_is_a_finding(run, part, value):
    good = answer(clock=5.0)
    changed = {**good, part: value}
    if fits(value, ANSWER[part]):
        assert "clock_window" in run(changed)["facts"]
    else:
        assert only_finding(run(changed))[:2] == ("unreadable", "fail")


def test_an_answer_with_a_status_that_does_not_exist_is_a_finding(run):
    assert only_finding(run({**answer(), "findings": [{**BAD, "status": "fine"}]}))[:2] == ("unreadable", "fail")


@pytest.mark.parametrize("reply", [{}, {"changed": False}, {"ansible_facts": {}}])
def test_a_node_that_answers_without_findings_is_not_left_out(run, reply):
    assert only_finding(run(reply))[:2] == ("unreadable", "fail")
