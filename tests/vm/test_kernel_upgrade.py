"""The role kernel on a machine with a kernel of its own: a real upgrade, a real reboot, and what is left after the next one."""

import re
from pathlib import Path

import pytest
from machine import Machine
from playbook import play

PLAYBOOKS = Path(__file__).resolve().parent / "playbooks"


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    one = Machine(tmp_path_factory.mktemp("vm"))
    yield one
    one.stop()


def checked(machine, phase):
    """Id to (status, what was found)."""
    run = play(PLAYBOOKS / "check.yml", machine.inventory, "-e", f"phase={phase}")
    assert run.code == 0, run.output
    return {name: (status, found) for name, status, found in re.findall(r"FINDING (\w+) (\w+) ([^\n\"]*)", run.output)}


def upgraded(machine, *options):
    run = play(PLAYBOOKS / "kernel.yml", machine.inventory, *options)
    assert run.code == 0, run.output
    return run


def test_from_the_old_kernel_to_the_new_one_and_through_a_reboot(machine):
    before = checked(machine, "preflight")
    assert before["kernel_version"][0] == "fixable"
    assert before["kernel_version"][1].startswith("5.10.0-")
    assert before["cpus"] == ("pass", "4")
    assert before["memory"][0] == "pass"

    check = upgraded(machine, "--check")
    assert check.recap["vm"]["changed"] > 0
    assert checked(machine, "preflight") == before

    assert upgraded(machine).recap["vm"]["changed"] > 0
    after = checked(machine, "installed")
    assert after["kernel_version"][1].startswith("6.1.0-")
    assert {name: status for name, (status, _) in after.items() if name != "kernel_version"} == {
        "kernel_modules": "pass",
        "sysctls": "pass",
        "user_namespaces": "pass",
        "cpus": "pass",
        "memory": "pass",
    }
    assert upgraded(machine).recap["vm"]["changed"] == 0

    # What was set lasts: the machine boots again without the role.
    assert play(PLAYBOOKS / "reboot.yml", machine.inventory).code == 0
    assert checked(machine, "installed") == after
    assert upgraded(machine).recap["vm"]["changed"] == 0
