"""The fragment of the configuration of Gitpod's installer."""

import pytest
import report_sample as sample
import yaml
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.paths import RUNTIME_PATHS
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._report.installer_config import fragment, header, with_paths_of_machines

# By release of Gitpod, what its installer knows of that which the fragment says: read in config.go and validation.go at each tag.
TOP = {"apiVersion", "domain", "certificate", "workspace"}
RUNTIME = {"containerdRuntimeDir", "containerdSocket", "fsShiftMethod"}
METHODS = {"fuse", "shiftfs"}
RELEASES = {
    "2022.01": (TOP, RUNTIME, METHODS),
    "2022.02.0": (TOP, RUNTIME, METHODS),
    "2022.03.3": (TOP, RUNTIME, METHODS),
    "2022.04.1": (TOP, RUNTIME, METHODS),
    "2022.05.2": (TOP, RUNTIME, METHODS),
    "2022.06.1": (TOP, RUNTIME, METHODS),
    "2022.07.1": (TOP, RUNTIME, METHODS),
    "2022.08.0": (TOP, RUNTIME, METHODS),
    "2022.09.2": (TOP, RUNTIME, METHODS),
    "2022.10.2": (TOP, RUNTIME, METHODS),
    "2022.11.3": (TOP, RUNTIME, METHODS),
}

FACTS = sample.cluster()["facts"]
PAIR = (FACTS["runtime_socket"], FACTS["runtime_state_directory"])


def made(domain="gitpod.example.org", certificate="https-certificates", shiftfs=False, **facts):
    return fragment({**sample.cluster()["facts"], **facts}, domain, certificate, shiftfs)


def test_the_whole():
    assert made() == {
        "apiVersion": "v1",
        "domain": "gitpod.example.org",
        "certificate": {"kind": "secret", "name": "https-certificates"},
        "workspace": {
            "runtime": {
                "containerdRuntimeDir": "/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io",
                "containerdSocket": "/run/containerd/containerd.sock",
                "fsShiftMethod": "fuse",
            }
        },
    }


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("shiftfs", [False, True])
def test_each_release_knows_all_that_is_said(release, shiftfs):
    top, runtime, methods = RELEASES[release]
    said = made(shiftfs=shiftfs)
    assert set(said) <= top
    assert set(said["workspace"]["runtime"]) == runtime
    assert said["workspace"]["runtime"]["fsShiftMethod"] in methods


@pytest.mark.parametrize("runtime", RUNTIME_PATHS.values())
def test_the_paths_are_those_of_the_cluster(runtime):
    said = made(runtime_socket=runtime.socket, runtime_state_directory=runtime.directory)["workspace"]["runtime"]
    assert (said["containerdSocket"], said["containerdRuntimeDir"]) == (runtime.socket, runtime.directory)


def test_what_is_not_known_is_left_out():
    assert "domain" not in made(domain="")
    assert "`domain`" in header(FACTS, "")
    assert "`domain`" not in header(FACTS, "gitpod.example.org")
    assert made(nodes={}) == {}
    assert fragment({}, "gitpod.example.org", "https-certificates", False) == {}


def test_what_the_user_says():
    said = made(certificate="own", shiftfs=True)
    assert said["certificate"] == {"kind": "secret", "name": "own"}
    assert said["workspace"]["runtime"]["fsShiftMethod"] == "shiftfs"


@pytest.mark.parametrize("domain", ["", "gitpod.example.org"])
def test_the_header_is_nothing_but_a_comment(domain):
    for facts in (FACTS, dict(FACTS, runtime_paths_known=False)):
        assert yaml.safe_load(header(facts, domain)) is None
        assert all(line.startswith("# ") for line in header(facts, domain).splitlines())


def test_a_guess_is_no_setting():
    facts = dict(FACTS, runtime_paths_known=False)
    assert made(runtime_paths_known=False)["workspace"]["runtime"] == {"fsShiftMethod": "fuse"}
    assert f"Probably they are {PAIR[0]} and {PAIR[1]}." in header(facts, "")
    assert "Probably" not in header(dict(facts, runtime_socket=""), "")


def machine(socket=PAIR[0], directory=PAIR[1], runtime="system", **facts):
    return {"container_runtime": runtime, "facts": {"containerd_paths": {"socket": socket, "directory": directory}, **facts}}


GONE = {"container_runtime": None, "facts": {}}
OWN = machine("/run/own.sock", "/data/tasks")


@pytest.mark.parametrize(
    ("nodes", "known", "socket"),
    [
        ([machine(), machine()], True, PAIR[0]),
        # What one machine tells is what is usual, and the other was left out or is gone.
        ([machine()], True, PAIR[0]),
        ([machine(), GONE], True, PAIR[0]),
        ([OWN, OWN], True, "/run/own.sock"),
        ([OWN], False, PAIR[0]),
        ([OWN, machine()], False, PAIR[0]),
        ([machine(runtime="embedded"), machine(runtime="embedded")], True, "/run/k3s/containerd/containerd.sock"),
        ([machine(containerd_paths=None)], False, PAIR[0]),
        ([machine(socket=["x"])], False, PAIR[0]),
        ([machine(containerd_paths=["x"])], False, PAIR[0]),
        ([], False, PAIR[0]),
    ],
)
def test_what_the_machines_tell_is_no_guess(nodes, known, socket):
    found = with_paths_of_machines(dict(FACTS, runtime_paths_known=False), dict(zip(FACTS["nodes"], nodes, strict=False)))
    assert (found["runtime_paths_known"], found["runtime_socket"]) == (known, socket)


def test_a_machine_that_is_no_node_of_the_cluster_tells_nothing_about_it():
    facts = dict(FACTS, runtime_paths_known=False)
    assert with_paths_of_machines(facts, {"elsewhere": OWN, "elsewhere-2": OWN}) == facts
    first, second = FACTS["nodes"]
    found = with_paths_of_machines(facts, {"one": OWN, "two": OWN, "elsewhere": machine()}, {"one": first, "two": second})
    assert found["runtime_socket"] == "/run/own.sock"


def test_what_the_cluster_knows_stays():
    assert with_paths_of_machines(FACTS, dict.fromkeys(FACTS["nodes"], OWN)) == FACTS
    assert with_paths_of_machines({}, {0: OWN}) == {}
