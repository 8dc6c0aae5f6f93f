"""What is concluded from a reading of a node: does it have to be installed, restarted, refused; how does a start go."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import state as k3s_state
from ansible_collections.gitpod.node_prep.plugins.module_utils._systemd import units_of
from hypothesis import given, strategies as st

SHOWN = """\
Type=notify
MainPID=447
NRestarts=2
Id=k3s.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
NeedDaemonReload=no
InvocationID=1c158c78c26247a6be686131aa837bc5

Id=k3s-agent.service
LoadState=not-found
ActiveState=inactive
SubState=dead
MainPID=0
"""


def unit(**changed):
    return {**k3s_state.unit_of("k3s.service", units_of(SHOWN)["k3s.service"]), **changed}


def test_a_unit_as_systemd_shows_it():
    assert unit() == {
        "name": "k3s.service",
        "exists": True,
        "enabled": True,
        "active_state": "active",
        "sub_state": "running",
        "main_pid": 447,
        "restarts": 2,
        "needs_daemon_reload": False,
        "has_job": False,
        "invocation_id": "1c158c78c26247a6be686131aa837bc5",
    }


def test_a_unit_that_is_not_there():
    found = k3s_state.unit_of("k3s-agent.service", units_of(SHOWN)["k3s-agent.service"])
    assert (found["exists"], found["enabled"], found["active_state"]) == (False, False, "inactive")
    assert k3s_state.unit_of("x.service", {})["exists"] is False


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "up"),
        ({"has_job": True}, "starting"),  # a restart that systemd has not begun yet
        ({"active_state": "activating", "sub_state": "start", "has_job": True}, "starting"),
        ({"active_state": "activating", "sub_state": "auto-restart", "restarts": 2}, "starting"),  # failed once
        ({"active_state": "activating", "sub_state": "auto-restart", "restarts": 3}, "looping"),  # failed twice
        ({"active_state": "failed", "sub_state": "failed"}, "failed"),
        ({"active_state": "inactive", "sub_state": "dead"}, "failed"),
        ({"active_state": "inactive", "sub_state": "dead", "has_job": True}, "starting"),
    ],
)
def test_how_a_start_goes(changed, verdict):
    assert k3s_state.start_verdict(unit(**changed), restarts_before=2) == verdict


BINARY = "/opt/k3s/v1.24.7+k3s1/k3s"
CONFIG = "/etc/rancher/k3s/config.yaml"
RECORD = f"{BINARY}\n{'a' * 64}  {CONFIG}\n{'b' * 64}  /etc/rancher/k3s/token\n"
ON_DISK = {CONFIG: "a" * 64, "/etc/rancher/k3s/token": "b" * 64}


def test_what_a_start_recorded():
    assert k3s_state.parse_record(RECORD) == {"binary": BINARY, "files": ON_DISK}
    assert k3s_state.parse_record("") == {"binary": "", "files": {}}


def reasons(record=RECORD, binary=BINARY, digests=None, **changed):
    return k3s_state.restart_reasons(unit(**changed), k3s_state.parse_record(record), binary, ON_DISK if digests is None else digests)


def test_no_restart_without_a_difference():
    assert reasons() == []
    # A start that was left alone by an interrupted run: what it starts with is on disk, so it only has to be waited for.
    assert reasons(active_state="activating", sub_state="start") == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"active_state": "inactive", "sub_state": "dead"}, "k3s.service is inactive (dead)"),
        ({"active_state": "failed", "sub_state": "failed"}, "k3s.service is failed (failed)"),
        ({"record": ""}, "k3s.service did not record what it was started with"),
        ({"needs_daemon_reload": True}, "systemd has not read the newest k3s.service"),
        ({"binary": "/opt/k3s/v1.24.9+k3s1/k3s"}, f"runs {BINARY}, installed is /opt/k3s/v1.24.9+k3s1/k3s"),
        ({"binary": ""}, f"runs {BINARY}, installed is nothing"),
        ({"digests": {**ON_DISK, CONFIG: "c" * 64}}, f"{CONFIG} has changed since the start"),
        ({"digests": {**ON_DISK, CONFIG: ""}}, f"{CONFIG} has changed since the start"),
    ],
)
def test_each_difference_is_a_reason_to_restart(changed, reason):
    assert reasons(**changed) == [reason]


LINKS = {"/usr/local/bin/k3s": BINARY, "/usr/local/bin/kubectl": "k3s"}
INSTALLED = {"path": BINARY, "exists": True, "intact": True, "sha256": "d" * 64}


def install_reasons(digest="", links=None, **changed):
    return k3s_state.install_reasons(BINARY, digest, LINKS if links is None else links, LINKS, {**INSTALLED, **changed})


def test_nothing_to_install():
    assert install_reasons() == []
    assert install_reasons(digest="d" * 64) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exists": False, "intact": False, "sha256": ""}, f"{BINARY} is missing"),
        ({"intact": False}, f"{BINARY} is not the file that was verified"),
        ({"digest": "e" * 64}, f"{BINARY} has the SHA-256 {'d' * 64}, wanted is {'e' * 64}"),
        ({"links": {}}, f"/usr/local/bin/k3s is not a link to {BINARY}"),
    ],
)
def test_each_difference_is_a_reason_to_install(changed, reason):
    assert install_reasons(**changed)[0] == reason


def problems(role="server", version="v1.24.7+k3s1", runtime="system", current="", speaks=None, **active):
    names = ("k3s.service", "k3s-agent.service", "containerd.service")
    states = [active.get(name.partition(".")[0].replace("-", "_"), "inactive") for name in names]
    units = {name: {"name": name, "active_state": state} for name, state in zip(names, states, strict=True)}
    return k3s_state.problems(role, version, runtime, current, units, speaks)


def test_nothing_forbids_to_go_on():
    assert problems() == []
    assert problems(containerd="active") == []
    assert problems(k3s="active", current="v1.24.7+k3s1") == []
    assert problems(runtime="embedded") == []


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"current": "v1.25.0+k3s1"}, "downgraded"),
        ({"current": "v1.22.2+k3s1"}, "skips"),
        ({"runtime": "embedded", "version": "v1.21.6+k3s1"}, "containerd 1.4"),
        ({"runtime": "embedded", "containerd": "active"}, "stop and disable it"),
        ({"version": "v1.22.17+k3s1", "speaks": (2, 1, 9)}, "use K3s v1.23 or newer, or containerd 1.x (containerd_version)"),
        ({"version": "v1.26.0+k3s1", "speaks": (1, 5, 9)}, "K3s v1.26.0+k3s1 and containerd 1.5.9 have no version of the CRI in common"),
        ({"k3s_agent": "active"}, "k3s-agent.service runs on a node that shall be a K3s server"),
        ({"role": "agent", "k3s": "activating"}, "k3s.service runs on a node that shall be a K3s agent"),
    ],
)
def test_what_forbids_to_go_on(case, said):
    (problem,) = problems(**case)
    assert said in problem


@pytest.mark.parametrize(
    ("version", "containerd"),
    [("v1.21.6+k3s1", (1, 5, 2)), ("v1.22.17+k3s1", (1, 7, 24)), ("v1.23.0+k3s1", (2, 0, 0)), ("v1.25.9+k3s1", (1, 5, 9)), ("v1.26.0+k3s1", (1, 6, 0))],
)
def test_a_containerd_that_the_release_can_talk_to(version, containerd):
    assert problems(version=version, speaks=containerd) == []


def test_the_containerd_of_the_node_is_no_matter_with_the_embedded_one():
    assert problems(version="v1.22.17+k3s1", runtime="embedded", speaks=(2, 1, 9)) == []


def test_the_embedded_containerd_of_1_21_is_no_matter_with_the_one_of_the_node():
    assert problems(version="v1.21.6+k3s1") == []


def test_all_problems_are_named_at_once():
    everything = problems(runtime="embedded", version="v1.21.6+k3s1", current="v1.22.2+k3s1", containerd="active", k3s_agent="active")
    assert len(everything) == 4


RUNC = 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\n'


@pytest.mark.parametrize(
    ("config", "driver"),
    [
        (None, "systemd"),
        ("version = 2\n", "cgroupfs"),
        (RUNC + "            SystemdCgroup = true\n", "systemd"),
        (RUNC + "            SystemdCgroup = false\n", "cgroupfs"),
        (RUNC + "# SystemdCgroup = true\n", "cgroupfs"),
    ],
)
def test_the_cgroup_driver_that_containerd_is_configured_with(config, driver):
    assert k3s_state.cgroup_driver_of(config) == driver


def test_a_file_that_config_toml_imports_wins():
    assert k3s_state.cgroup_driver_of(RUNC + "SystemdCgroup = false\n", [RUNC + "SystemdCgroup = true\n"]) == "systemd"


@pytest.mark.parametrize("shown", ["[not set]", "infinity", "", "4 7", "\u0661" * 20, "9" * 5000])
def test_a_number_that_systemd_does_not_show_is_none(shown):
    unit = k3s_state.unit_of("k3s.service", {"MainPID": shown, "NRestarts": shown})
    assert (unit["main_pid"], unit["restarts"]) == (0, 0)


def test_a_damaged_record_is_a_reason_to_restart():
    record = k3s_state.parse_record("/opt/k3s\nnonsense\n" + "a" * 64 + "  /etc/with space\n" + "b" * 63)
    assert record == {"binary": "/opt/k3s", "files": {"nonsense": "", "/etc/with space": "a" * 64, "b" * 63: ""}}
    reasons = k3s_state.restart_reasons(unit(), record, "/opt/k3s", {"nonsense": None, "/etc/with space": "a" * 64})
    assert reasons == ["b" * 63 + " has changed since the start", "nonsense has changed since the start"]


LINES = st.lists(st.sampled_from(["Id=", "k3s.service", "MainPID=", "NRestarts=", "\n", "\n\n", "=", "a" * 64, "  ", " *", "/x"]) | st.text(max_size=9)).map(
    "".join
)


@given(text=LINES, more=LINES)
def test_no_text_raises(text, more):
    for name, properties in units_of(text).items():
        k3s_state.start_verdict(k3s_state.unit_of(name, properties), 0)
    record = k3s_state.parse_record(text)
    k3s_state.restart_reasons(unit(), record, more, {})
    k3s_state.cgroup_driver_of(text, [more])
    k3s_state.error_lines(text, k3s_state.secrets_of(more))


TOKEN = "K10" + "0123456789abcdef" * 4 + "::server:0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


@pytest.mark.parametrize("text", [f"token {TOKEN} refused", f"password {SECRET}", f"{SECRET}{TOKEN}{SECRET}", f'"{TOKEN}"'])
def test_tokens_are_not_shown(text):
    shown = k3s_state.redact(text, k3s_state.secrets_of(TOKEN + "\n"))
    assert SECRET not in shown
    assert "K10" not in shown
    assert "****" in shown


def test_a_whole_token_is_not_shown_even_when_it_is_not_ours():
    assert k3s_state.redact(f"got {TOKEN} again", set()) == "got ******** again"


def test_a_plain_secret_is_a_token_too():
    assert k3s_state.secrets_of("hunter22\n") == {"hunter22"}
    assert k3s_state.secrets_of("") == set()
    assert k3s_state.redact("nothing to hide", set()) == "nothing to hide"


REFUSED = "failed to retrieve configuration from server: https://127.0.0.1:6444/v1-k3s/config: 401 Unauthorized"
JOURNAL_OF_A_WRONG_TOKEN = f"""\
Starting k3s-agent.service - Lightweight Kubernetes (agent)...
time="2026-11-22T21:01:23.890059626Z" level=info msg="Starting k3s agent v1.21.2+k3s1 (5a67e8dc)"
time="2026-11-22T21:01:23.915945043Z" level=error msg="{REFUSED}"
time="2026-11-22T21:01:28.922989391Z" level=error msg="{REFUSED}"
"""
JOURNAL_OF_AN_UNKNOWN_KEY = """\
Starting k3s.service - Lightweight Kubernetes (server)...
Incorrect Usage: flag provided but not defined: -no-such-option

NAME:
   k3s server - Run management server
time="2026-11-22T20:55:10Z" level=fatal msg="flag provided but not defined: -no-such-option"
k3s.service: Main process exited, code=exited, status=1/FAILURE
k3s.service: Failed with result 'exit-code'.
Failed to start k3s.service - Lightweight Kubernetes (server).
"""


def test_an_error_that_repeats_is_shown_once():
    assert k3s_state.error_lines(JOURNAL_OF_A_WRONG_TOKEN, set()) == [REFUSED]


def test_errors_in_the_order_of_the_journal():
    assert k3s_state.error_lines(JOURNAL_OF_AN_UNKNOWN_KEY, set()) == [
        "Incorrect Usage: flag provided but not defined: -no-such-option",
        "flag provided but not defined: -no-such-option",
        "k3s.service: Main process exited, code=exited, status=1/FAILURE",
        "Failed to start k3s.service - Lightweight Kubernetes (server).",
    ]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (r'time="x" level=error msg="Get \"https://127.0.0.1:6444/cacerts\": EOF"', 'Get "https://127.0.0.1:6444/cacerts": EOF'),
        ('time="x" level=fatal msg=Interrupted', "Interrupted"),
        ("E1122 20:54:37.524720   15180 kubelet.go:287] boom", "kubelet.go:287] boom"),
        ("panic: runtime error", "panic: runtime error"),
    ],
)
def test_time_stamps_are_left_out(line, shown):
    assert k3s_state.error_lines(line, set()) == [shown]


def test_the_last_five_errors_count():
    journal = "".join(f'time="x" level=error msg="number {number}"\n' for number in range(9))
    assert k3s_state.error_lines(journal, set()) == [f"number {number}" for number in range(4, 9)]


def test_without_errors_the_last_line_is_shown():
    assert k3s_state.error_lines("one\ntwo\n\n", set()) == ["two"]
    assert k3s_state.error_lines("", set()) == []


def test_errors_carry_no_token():
    assert k3s_state.error_lines(f'time="x" level=error msg="bad token {TOKEN}"', {SECRET}) == ["bad token ********"]
