"""Which processes are those of pods."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset import processes
from hypothesis import given, strategies as st

HERE, ELSEWHERE = "pid:[1]", "pid:[2]"
SYSTEM, EMBEDDED = "/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock"


def process(pid, parent, arguments=("x",), state="S", namespace=HERE):
    return processes.Process(pid, parent, arguments[0][:15], state, list(arguments), namespace, "net:[1]")


def shim(pid, parent=1, namespace="k8s.io", socket=SYSTEM, where=HERE):
    return process(pid, parent, ("/usr/bin/containerd-shim-runc-v2", "-namespace", namespace, "-id", "a", "-address", socket), namespace=where)


def pids(rows):
    workers, watching = processes.of_pods(rows, HERE)
    return [one.pid for one in workers], [one.pid for one in watching]


def test_a_tree_is_the_shim_and_all_below_it():
    rows = [process(1, 0), shim(10), process(11, 10, namespace=ELSEWHERE), process(12, 11, namespace=ELSEWHERE), process(20, 1)]
    assert pids(rows) == ([11, 12], [10])


def test_what_has_ended_is_none():
    assert pids([shim(10), process(11, 10, state="Z")]) == ([], [10])


@pytest.mark.parametrize(
    "arguments",
    [
        ("containerd-shim-runc-v2", "-namespace", "moby", "-id", "k8s.io", "-address", SYSTEM),
        ("containerd-shim-runc-v2", "-namespace", "k8s.io", "-address", "/var/snap/microk8s/common/run/containerd.sock"),
        ("containerd-shim-runc-v2", "k8s.io", "-namespace"),
        ("/usr/bin/containerd",),
        ("vim", EMBEDDED),
        ("grep", "-namespace", "k8s.io", SYSTEM),
        (),
    ],
)
def test_what_others_run_is_none(arguments):
    assert not processes.is_watching(list(arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        ("/usr/bin/containerd-shim", "-namespace", "k8s.io", "-workdir", "/x", "-address", "/var/run/containerd/containerd.sock"),
        ("/var/lib/rancher/k3s/data/0/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-address", EMBEDDED),
        ("containerd", "-c", "/var/lib/rancher/k3s/agent/etc/containerd/config.toml", "-a", EMBEDDED),
    ],
)
def test_what_watches_over_pods(arguments):
    assert processes.is_watching(list(arguments))


def test_a_kubernetes_in_a_container_has_its_own_processes():
    rows = [shim(5, namespace="moby"), process(6, 5, namespace=ELSEWHERE), shim(7, 6, where=ELSEWHERE), process(8, 7, namespace=ELSEWHERE)]
    assert pids(rows) == ([], [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7 (sleep) S 1 7 7", (1, "sleep", "S")),
        ("7 (a) b (c) D 12 7", (12, "a) b (c", "D")),
        ("", None),
        ("7 (x)", None),
        ("7 (x) S y", None),
    ],
)
def test_stat(text, found):
    assert processes.parse_stat(text) == found


@given(st.text())
def test_whatever_stands_in_stat(text):
    processes.parse_stat(text)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.booleans()), unique_by=lambda row: row[0]))
def test_each_process_is_named_once_whatever_the_parents(rows):
    found = [shim(pid, parent) if is_shim else process(pid, parent) for pid, parent, is_shim in rows]
    workers, watching = pids(found)
    assert len(set(workers + watching)) == len(workers + watching)
    assert sorted(watching) == sorted(pid for pid, _parent, is_shim in rows if is_shim)
