"""The services that a installed node needs: as systemd shows them, read and checked."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, parsers, reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host, read_node
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.paths import UNITS
from node_options import options_with

# As systemd 249 shows units that are active, stopped, failed, restarted again and again, masked, not there.
ACTIVE = ("loaded", "active", "running", "enabled")
STOPPED = ("loaded", "inactive", "dead", "enabled")
FAILED = ("loaded", "failed", "failed", "enabled")
RESTARTING = ("loaded", "activating", "auto-restart", "enabled")
STARTING = ("loaded", "activating", "start", "enabled")
MASKED = ("masked", "inactive", "dead", "masked")
MASKED_AND_RUNNING = ("masked", "active", "running", "masked")
ABSENT = ("not-found", "inactive", "dead", "")
DISABLED = ("loaded", "active", "running", "disabled")
TRANSIENT = ("loaded", "active", "running", "transient")
STATIC = ("loaded", "active", "running", "static")
BROKEN_FILE = ("bad-setting", "inactive", "dead", "enabled")


def units(containerd=ACTIVE, server=ABSENT, agent=ABSENT):
    states = dict(zip(UNITS, (containerd, server, agent), strict=True))
    return {unit: dict(zip(("load", "active", "sub", "boot"), state, strict=True)) for unit, state in states.items()}


def checked(services, phase="installed", **options):
    (finding,) = node_check.findings_of({"services": services}, options_with(options), phase, only=["services"])
    return finding


@pytest.mark.parametrize(
    ("state", "status", "found"),
    [
        (ACTIVE, "pass", "containerd.service"),
        (STATIC, "pass", "containerd.service"),
        (STOPPED, "fail", "containerd.service: stopped"),
        (FAILED, "fail", "containerd.service: failed"),
        (RESTARTING, "fail", "containerd.service: fails and is started again and again"),
        (STARTING, "fail", "containerd.service: is still starting"),
        (MASKED, "fail", "containerd.service: masked (`systemctl unmask`)"),
        (MASKED_AND_RUNNING, "fail", "containerd.service: masked (`systemctl unmask`)"),
        (ABSENT, "fail", "containerd.service: not found"),
        (BROKEN_FILE, "fail", "containerd.service: stopped"),
        (DISABLED, "warning", "containerd.service: would not come back after a reboot"),
        (TRANSIENT, "warning", "containerd.service: would not come back after a reboot"),
    ],
)
def test_containerd_of_a_prepared_node(state, status, found):
    finding = checked(units(state))
    assert (finding["status"], finding["found"]) == (status, found)
    if status == "fail":
        assert "`systemctl status containerd.service`" in finding["remedy"]
        assert "`journalctl -u containerd.service`" in finding["remedy"]


@pytest.mark.parametrize(("server", "unit"), [(True, "k3s.service"), (False, "k3s-agent.service")])
@pytest.mark.parametrize("state", [STOPPED, FAILED, RESTARTING, STARTING, MASKED, ABSENT, DISABLED])
def test_k3s_of_a_node_that_has_joined(server, unit, state):
    def services(own):
        return units(server=own if server else ABSENT, agent=ABSENT if server else own)

    assert checked(services(ACTIVE), server=server, joined=True)["status"] == "pass"
    assert checked(services(state), server=server)["status"] == "pass", "it is no member of a cluster yet"
    for runtime in ("system", "embedded"):
        finding = checked(services(state), server=server, joined=True, container_runtime=runtime)
        assert finding["status"] == ("warning" if state == DISABLED else "fail")
        assert finding["found"].startswith(unit + ": ")
        assert f"systemctl enable --now {unit}" in finding["remedy"]


def test_with_the_containerd_of_k3s_that_of_the_node_is_not_needed():
    assert checked(units(ABSENT), container_runtime="embedded")["status"] == "pass"


@pytest.mark.parametrize(
    ("server", "services", "found"),
    [
        (True, units(server=ACTIVE, agent=ACTIVE), "k3s-agent.service: runs on a server"),
        (True, units(server=ACTIVE, agent=RESTARTING), "k3s-agent.service: runs on a server"),
        (False, units(server=ACTIVE, agent=ACTIVE), "k3s.service: runs on an agent"),
        (True, units(server=ABSENT, agent=ACTIVE), "k3s.service: not found; k3s-agent.service: runs on a server"),
    ],
)
def test_the_unit_of_the_other_kind_of_node(server, services, found):
    finding = checked(services, server=server, joined=True)
    assert (finding["status"], finding["found"]) == ("fail", found)
    assert "`systemctl disable --now" in finding["remedy"]


def test_every_unit_that_is_down_is_named():
    assert checked(units(FAILED, agent=STOPPED), server=False, joined=True)["found"] == "containerd.service: failed; k3s-agent.service: stopped"


def test_in_preflight_a_node_needs_none_of_them():
    assert checked(units(ABSENT), phase="preflight", joined=True)["status"] == "pass"


def test_a_unit_of_which_systemd_says_nothing_is_unknown():
    assert checked({}, joined=True)["status"] == "unknown"


SHOWN = """\
Id=containerd.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled

Id=k3s.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=

LoadState=loaded
Id=k3s-agent.service
ActiveState=activating
SubState=auto-restart
UnitFileState=enabled
"""


def test_what_systemctl_shows():
    assert parsers.unit_states(SHOWN) == units(server=ABSENT, agent=RESTARTING)


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """systemctl(script) puts a program on the PATH, and returns what the reader makes of it."""

    def write(script):
        program = tmp_path / "bin" / "systemctl"
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        facts = read_node(Host(str(tmp_path)), (), (), set(), "system")
        return facts.get("services", facts["unreadable"].get("services"))

    return write


def test_units_are_read_with_one_command(systemctl, tmp_path):
    found = systemctl(f"echo \"$@\" >> {tmp_path}/asked; cat <<'END'\n{SHOWN}END\n")
    assert found == units(server=ABSENT, agent=RESTARTING)
    assert (tmp_path / "asked").read_text() == (
        "show --property=Id,LoadState,ActiveState,SubState,UnitFileState containerd.service k3s.service k3s-agent.service\n"
    )


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'System has not been booted with systemd as init system' >&2; exit 1", "ended with 1: System has not been booted with systemd"),
        ("sleep 9", "did not answer within"),
        ("exit 0", "the command `systemctl` is not installed"),
    ],
)
def test_a_machine_without_systemd_is_unreadable(systemctl, monkeypatch, script, why):
    monkeypatch.setattr(reader, "COMMAND_TIMEOUT", 1)
    assert why in systemctl(script)
