"""Each folder of tests/fixtures/inventories is a case: an inventory, and in `expected.yml` what the check has to say of it.

No host is contacted. The newest and the oldest ansible-core that are supported run them all; tests/fixtures/inventories/README.md says how to add one.
"""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from playbook import message_in, play_all

CHECKOUT = Path(__file__).resolve().parents[2]
CASES = CHECKOUT / "tests" / "fixtures" / "inventories"
NAMES = sorted(path.parent.name for path in CASES.glob("*/expected.yml"))
HEADING = "The inventory has {} No node was contacted."
PROBLEM = re.compile(r"^\d+\. (?P<what>.*?)\n   Where: (?P<where>.*?)\n   To do: (?P<remedy>.*?)(?=\n\n\d+\. |\Z)", re.MULTILINE | re.DOTALL)
KEYS = {"refused", "accepted", "arguments", "hidden", "playbook"}
LONGEST = 45  # lines of a message: a screen


def expected(name):
    return yaml.safe_load((CASES / name / "expected.yml").read_text())


def arguments(name):
    case = expected(name)
    own = [text.replace("CASE", str(CASES / name)) for text in case.get("arguments", [])]
    (inventory,) = (CASES / name).glob("hosts*")
    return [f"playbooks/{case.get('playbook', 'parts/inventory')}.yml", "-i", str(inventory), *own]


@cache
def outcomes(python):
    """Case -> exit status and output."""
    return dict(zip(NAMES, play_all(python, [arguments(name) for name in NAMES]), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_case(python, name):
    case, (status, output) = expected(name), outcomes(python)[name]
    assert set(case) <= KEYS
    assert "Traceback" not in output
    assert [text for text in case.get("hidden", []) if text in output] == []
    if case.get("accepted"):
        assert status == 0, output
        return
    assert status == 2, output
    message = message_in(output)
    assert len(message.splitlines()) <= LONGEST
    found = [match.groupdict() for match in PROBLEM.finditer(message)]
    count = "1 problem." if len(found) == 1 else f"{len(found)} problems."
    assert message.startswith(HEADING.format(count)), message
    missing = [problem for problem in case["refused"] if not any(fits(problem, one) for one in found)]
    others = [one for one in found if not any(fits(problem, one) for problem in case["refused"])]
    assert (missing, others) == ([], []), message


def fits(expected_problem, found):
    """Whether each part that is expected is a part of what was found, however its lines are broken."""
    return all(" ".join(str(text).split()) in " ".join(found[part].split()) for part, text in expected_problem.items())
