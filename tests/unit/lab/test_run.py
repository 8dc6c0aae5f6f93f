"""`make test`: which steps there are, what is said of them, and how one that hangs is ended."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import pytest
import run
import steps
from k3s_source import Source

REAL = Source("real", "v1.21.2+k3s1", files={"v1.21.2+k3s1": "/k3s", "v1.21.1+k3s1": "/older"})
ONE = Source("real", "v1.21.2+k3s1", files={"v1.21.2+k3s1": "/k3s"})
STANDIN = Source("a stand-in", "v1.24.9+k3s1")


def missing(source):
    return {step.name: step.missing for step in steps.steps(source) if step.missing}


def python(script):
    return (sys.executable, "-c", script)


@pytest.fixture(autouse=True)
def logs(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LOGS", tmp_path)
    monkeypatch.setattr(run, "CHECKOUT", tmp_path)
    return tmp_path


def step(name, script, **more):
    return steps.Step(name, python(script), **more)


# -- the steps -----------------------------------------------------------------------------------------------------------


def test_every_name_is_there_once():
    names = [step.name for step in steps.steps(REAL)]
    assert len(names) == len(set(names)) > 30


def test_contract_runs_on_a_real_k3s_and_on_the_standin():
    contract = {step.name: step.environment for step in steps.steps(REAL) if step.name.startswith("contract")}
    assert contract == {"contract real": {}, "contract standin": {"LAB_K3S": "standin", "LAB_K3S_RELEASE": ""}}


def test_what_needs_a_real_k3s_is_skipped_by_name_without_one():
    needs = {"contract real", "integration every_release", "integration reset", "molecule api_vip"}
    assert needs <= missing(STANDIN).keys()
    assert not needs & missing(REAL).keys()


def test_an_official_k3s_has_etcd_as_well():
    assert "molecule api_vip" not in missing(dataclasses.replace(STANDIN, official=True))


def test_what_needs_a_second_release_is_skipped_where_there_is_one():
    assert "two real releases" in missing(ONE)["integration every_release"]
    assert "contract real" not in missing(ONE)


@pytest.mark.parametrize("there", [True, False])
def test_the_step_for_the_api_server_needs_its_folder(tmp_path, monkeypatch, there):
    monkeypatch.setattr(steps, "CHECKOUT", tmp_path / "checkout")
    for name in ("tests/integration", "molecule", "tests/apiserver", *(["../kubernetes"] if there else [])):
        (tmp_path / "checkout" / name).mkdir(parents=True)
    monkeypatch.setenv("LAB_KUBERNETES", "../kubernetes")
    (found,) = [step for step in steps.steps(REAL) if step.name == "api server"]
    assert bool(found.missing) != there
    assert there or "name a folder with a kube-apiserver with LAB_KUBERNETES" in found.missing


# -- what is said of them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [
        (run.Outcome(3), ["3 passed, 0 failed"]),
        (run.Outcome(3, 1), ["3 passed, 1 failed"]),
        (run.Outcome(2, 0, ("a: b", "c, d: e")), ["skipped  a: b", "skipped  c, d: e", "2 passed, 0 failed, 2 skipped"]),
    ],
)
def test_closing_line(outcome, lines):
    assert run.closing(outcome).split("\n") == lines


def test_a_step_that_passes_one_that_fails_and_one_that_cannot_be_run(capsys):
    outcome = run.run_all(
        [
            step("good", "print('fine')"),
            step("bad", "print('the reason'); raise SystemExit(3)", side_by_side=True),
            step("absent", "raise SystemExit(1)", missing="it needs more"),
        ]
    )
    assert outcome == run.Outcome(1, 1, ("absent: it needs more",))
    printed = capsys.readouterr().out
    assert "ok " in printed and "  good\n" in printed
    assert "FAILED" in printed and "exit status 3; the end of bad.log" in printed and "        | the reason" in printed
    assert "absent" not in printed


def test_a_test_that_a_step_left_out_is_named():
    outcome = run.run(step("some", "print('x SKIPPED [1] not this'); print('SKIPPED [1] tests/test_a.py:3: no such thing here')"))
    assert outcome == run.Outcome(1, 0, ("some: tests/test_a.py:3: no such thing here",))


def test_a_step_gets_its_environment():
    assert run.run(step("some", "import os; assert os.environ['LAB_K3S'] == 'standin'", environment={"LAB_K3S": "standin"})).passed == 1


# -- how one is ended ----------------------------------------------------------------------------------------------------

CHILD = """
import pathlib, subprocess, sys, time
child = subprocess.Popen(("sleep", "600"))
pathlib.Path({path!r}).write_text(str(child.pid))
{then}
"""


def gone(pid):
    """Whether a process has ended; one that nobody has waited for yet counts."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def eventually(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("then", ["time.sleep(600)", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"])
def test_a_step_that_hangs_is_ended_with_what_it_started(tmp_path, monkeypatch, then):
    monkeypatch.setattr(run, "GRACE", 0.2)
    path = tmp_path / "pid"
    found = run.execute(python(CHILD.format(path=str(path), then=then)), tmp_path / "log", os.environ, 2)
    assert found == "stopped after 2 s"
    pid = int(path.read_text())
    eventually(lambda: gone(pid))


def test_a_step_that_is_ended_may_clean_up(tmp_path):
    script = f"import pathlib, time\ntry:\n    time.sleep(600)\nfinally:\n    pathlib.Path({str(tmp_path / 'clean')!r}).write_text('')"
    assert run.execute(python(script), tmp_path / "log", os.environ, 2) == "stopped after 2 s"
    assert (tmp_path / "clean").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("side_by_side", [True, False])
def test_whoever_stops_the_run_stops_its_steps(tmp_path, how, side_by_side):
    """Also one that a shell has started in its background, where SIGINT is ignored; the step may clean up."""
    path, clean = tmp_path / "pid", tmp_path / "clean"
    then = f"try:\n    time.sleep(600)\nfinally:\n    pathlib.Path({str(clean)!r}).write_text('')"
    script = f"""
import pathlib, sys
sys.path[:0] = {sys.path!r}
import run, steps, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
run.LOGS = run.CHECKOUT = pathlib.Path({str(tmp_path)!r})
hanging = {CHILD.format(path=str(path), then=then)!r}
run.steps.steps = lambda source: [steps.Step("hangs", (sys.executable, "-c", hanging), side_by_side={side_by_side})] * 3
sys.exit(run.main([]))
"""
    process = subprocess.Popen(python(script), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"LAB_K3S": "standin"})
    eventually(lambda: path.exists() and path.read_text())
    child = int(path.read_text())
    process.send_signal(how)
    process.communicate(timeout=40)
    assert process.returncode != 0
    assert clean.exists()
    eventually(lambda: gone(child))
