"""Counting, sorting and showing findings."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import findings
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.requirement import Requirement

MEMORY = Requirement("memory", "RAM", "D8", findings.FAIL, "", "Give the machine more RAM.")
SWAP = Requirement("swap", "Swap", "§3", findings.WARNING, "", "Switch swap off.")
BAD = findings.make(MEMORY, "fail", "8 GB", "16 GB or more", MEMORY.remedy)
ODD = findings.make(SWAP, "warning", "on: /swap.img", "off", SWAP.remedy)
GOOD = findings.make(SWAP, "pass", "off", "off")
LEFT_OUT = findings.skipped(SWAP, "It hibernates.")


def test_a_finding():
    assert BAD == {
        "id": "memory",
        "title": "RAM",
        "status": "fail",
        "found": "8 GB",
        "required": "16 GB or more",
        "remedy": "Give the machine more RAM.",
        "reference": "D8",
        "fixed_by": "",
    }


def test_a_finding_of_a_cluster_names_the_node():
    assert findings.make(MEMORY, "pass", "16 GB", "16 GB or more", node="")["node"] == ""
    assert findings.skipped(MEMORY, "Small on purpose.", node="meta-1")["node"] == "meta-1"


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ([], "pass"),
        (["pass", "skipped"], "skipped"),
        (["fixable", "skipped", "pass"], "fixable"),
        (["warning", "fixable"], "warning"),
        (["warning", "unknown"], "unknown"),
        (["unknown", "fail", "pass"], "fail"),
    ],
)
def test_worst(statuses, worst):
    assert findings.worst([dict(BAD, status=status) for status in statuses]) == worst


def test_count_and_summary():
    assert findings.count([BAD, ODD, BAD]) == {"pass": 0, "skipped": 0, "fixable": 0, "warning": 1, "unknown": 0, "fail": 2}
    assert findings.summary([GOOD, ODD, BAD, BAD]) == "2 fail, 1 warning, 1 pass"
    assert findings.summary([]) == "nothing checked"


def test_the_text():
    assert findings.render({"meta-1": [GOOD, ODD, BAD, LEFT_OUT], "workspace-1": [GOOD], "workspace-2": [BAD], "workspace-3": [BAD]}) == (
        "meta-1 (1 fail, 1 warning, 1 skipped, 1 pass)\n"
        "  FAIL    RAM: 8 GB; required: 16 GB or more (memory, D8)\n"
        "          -> Give the machine more RAM.\n"
        "  WARNING Swap: on: /swap.img; required: off (swap, §3)\n"
        "          -> Switch swap off.\n"
        "\n"
        "workspace-2, workspace-3 (1 fail)\n"
        "  FAIL    RAM: 8 GB; required: 16 GB or more (memory, D8)\n"
        "          -> Give the machine more RAM."
    )


def test_the_text_of_some_statuses():
    assert findings.render({"meta-1": [BAD, ODD]}, ["warning"]).count("\n") == 2
    assert findings.render({"meta-1": [GOOD]}) == ""
    assert findings.render({"meta-1": [LEFT_OUT]}, ["skipped"]) == "meta-1 (1 skipped)\n  SKIPPED Swap: not checked: It hibernates. (swap, §3)"
