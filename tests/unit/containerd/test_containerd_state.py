"""What a reading of containerd means."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._containerd import state

NOW = {"/etc/containerd/config.toml": "1", "/etc/systemd/system/containerd.service.d/10-gitpod.conf": "2"}


@pytest.mark.parametrize(
    ("active", "started_with", "executable", "current"),
    [
        (True, NOW, "/usr/bin/containerd", True),
        (False, NOW, "/usr/bin/containerd", False),
        (True, None, "/usr/bin/containerd", False),
        (True, {}, "/usr/bin/containerd", False),
        (True, dict(NOW, **{"/etc/containerd/config.toml": "0"}), "/usr/bin/containerd", False),
        (True, dict(NOW, **{"/etc/systemd/system/containerd.service.d/20-gone.conf": "3"}), "/usr/bin/containerd", False),
        # An upgraded package has replaced the program of the running process.
        (True, NOW, "/usr/bin/containerd (deleted)", False),
    ],
)
def test_whether_what_runs_is_what_lies_there(active, started_with, executable, current):
    assert state.runs_what_lies_there(active, started_with, NOW, executable) is current


@pytest.mark.parametrize(
    ("has_systemd", "cgroup", "driver"),
    [(True, "v1", "systemd"), (True, "hybrid", "systemd"), (True, "v2", "systemd"), (False, "v2", "systemd"), (False, "v1", "cgroupfs")],
)
def test_cgroup_driver(has_systemd, cgroup, driver):
    assert state.cgroup_driver(has_systemd, cgroup) == driver


@pytest.mark.parametrize(
    ("sockets", "program", "packages", "sentences"),
    [
        ([], "", [], []),
        (["/run/containerd/containerd.sock"], "/usr/bin/containerd", ["containerd"], []),
        (["/run/docker.sock"], "", [], ["/run/docker.sock is served by another container runtime."]),
        ([], "/usr/local/bin/containerd", [], ["/usr/local/bin/containerd is a containerd that no package has brought."]),
        (
            [],
            "/usr/bin/containerd",
            ["containerd.io"],
            ["The package containerd.io is installed, and would be removed by the installation of containerd."],
        ),
    ],
)
def test_other_runtimes(sockets, program, packages, sentences):
    assert state.other_runtimes(sockets, program, packages, "containerd") == sentences


@pytest.mark.parametrize(
    ("record", "complete"),
    [(None, False), ("", False), ("a:1\n", True), ("a:1\nb:1\n", True), ("a:1\nc:1\n", False)],
)
def test_whether_an_archive_is_imported(record, complete):
    assert state.imported(record, ["a:1", "b:1"]) is complete
