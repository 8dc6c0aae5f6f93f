"""A node may send anything: it is checked, nothing is raised, and what is of another kind never passes for good."""

import copy
import json
import random

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, conflicts
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import READERS
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.shapes import ANSWER, SHAPES, fits
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import findings
from ansible_collections.gitpod.node_prep.plugins.modules.node_spec import FOR_THE_COMPARISON
from node_fixtures import FIXTURES, load, reading
from node_options import options_with

WRONG = [
    None, True, False, 0, -1, 7, 2**70, -(2**70), 0.5, float("nan"), float("inf"), "", "x", "1", "\x1b[31m", "{{ 1 }}", [], {}, [None], [[]], ["x"], [1, 2],
    [{}], [["x"]], {"x": None}, {"x": {}}, {"": ""}, {"unreadable": 1}, {"point": 1, "shared": "yes"}, [{"protocol": 1}], "9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shape", "fit"),
    [
        ("text", "", True),
        (3, "", False),
        (3, 0, True),
        (True, 0, False),
        (0.5, 0, False),
        (2**63, 0, False),
        (3, 0.0, True),
        (float("nan"), 0.0, False),
        (float("inf"), 0.0, False),
        (1, False, False),
        (True, False, True),
        (None, ("", None), True),
        ("", ("", None), True),
        (1, ("", None), False),
        (["a", "b"], [""], True),
        (["a", 1], [""], False),
        (["a", "b"], ["", ""], True),
        (["a"], ["", ""], False),
        ("ab", ["", ""], False),
        ({"x": "y"}, {"*": ""}, True),
        ({"x": 1}, {"*": ""}, False),
        ({1: "y"}, {"*": ""}, False),
        ({"point": "/", "shared": True, "more": 1}, {"point": "", "shared": False}, True),
        ({"point": "/"}, {"point": "", "shared": False}, False),
        ([], {"*": ""}, False),
    ],
)
def test_what_fits(value, shape, fit):
    assert fits(value, shape) is fit


def test_every_value_of_the_reader_has_a_shape():
    assert set(SHAPES) == {name for name, _read in READERS} | {"clock_window", "as_root", "unreadable"}


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_recorded_machines_fit(path):
    assert {name for name, value in load(path)["reading"].items() if not fits(value, SHAPES[name])} == set()


def broken(value, chance):
    """A copy of a value with one part, anywhere in it, replaced by something of another kind."""
    if isinstance(value, dict) and value and chance.random() < 0.7:
        key = chance.choice(sorted(value))
        return {**value, key: broken(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        index = chance.randrange(len(value))
        return [*value[:index], broken(value[index], chance), *value[index + 1 :]]
    return copy.deepcopy(chance.choice(WRONG))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_machine_of_which_parts_are_of_another_kind(path):
    machine = load(path)
    options = options_with(machine["options"])
    chance = random.Random(path.stem)
    for _ in range(60):
        facts = machine["reading"]
        for _part in range(chance.choice((1, 1, 1, 3))):
            facts = broken(facts, chance)
        checked = node_check.findings_of(facts, options, chance.choice(("preflight", "installed")))
        assert {finding["status"] for finding in checked} <= set(findings.STATUSES)
        findings.render({"node": checked})
        json.dumps(checked)


@pytest.mark.parametrize("value", WRONG, ids=lambda value: repr(value)[:20])
def test_a_value_of_another_kind_counts_as_unread(value):
    good = reading("cloud-16gb-installed")
    options = options_with({"joined": True, "api_address": "172.31.20.11"})
    before = node_check.findings_of(good, options, "installed")
    for name in sorted(set(SHAPES) - {"unreadable", "as_root"}):
        if not fits(value, SHAPES[name]):
            after = node_check.findings_of({**good, name: value}, options, "installed")
            for old, new in zip(before, after, strict=True):
                assert new == old or new["status"] == "unknown"


@pytest.mark.parametrize("facts", WRONG, ids=lambda value: repr(value)[:20])
def test_a_node_that_sends_no_reading_at_all(facts):
    assert "pass" not in {finding["status"] for finding in node_check.findings_of(facts, options_with({}), "preflight", only=["memory", "cpus", "systemd"])}


def compared(facts):
    answer = {"phase": "installed", "only": [], "skip": {}, "container_runtime": "system", "recommended_clock_skew": 1.0, "max_clock_skew": 5.0}
    return {"facts": facts, "server": True, "workloads": ["workload_workspace_regular"], **answer}


@pytest.mark.parametrize("seed", range(40))
def test_nodes_are_compared_whatever_one_of_them_sends(seed):
    chance = random.Random(seed)
    readings = [load(path)["reading"] | {"clock_window": [0.0, 1.0]} for path in chance.sample(FIXTURES, 4)]
    results = {f"n{number}": compared(reading) for number, reading in enumerate(readings)}
    for name in sorted(set(readings[0])):
        results["bad"] = compared({**readings[0], name: chance.choice(WRONG)})
        findings.render(conflicts.findings_of(results))
    results["bad"] = compared(chance.choice(WRONG))
    assert set(conflicts.findings_of(results)) == set(results)


def test_the_answer_of_the_module_is_described():
    assert set(ANSWER) == {"findings", "facts", *FOR_THE_COMPARISON}
