"""What the control node lacks is told before the first connection."""

import os
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory import control_node

HERE = control_node.COLLECTION


def told(folders=(), kubeconfigs=()):
    return [(problem.what, problem.remedy) for problem in control_node.problems(dict(folders), kubeconfigs)]


def test_nothing_is_missing_here():
    assert told({"node_prep_artifacts": "."}) == []


def test_a_package_that_is_missing(monkeypatch):
    monkeypatch.setattr(control_node, "_package", lambda name: None if name == "kubernetes" else "2.99")
    ((what, remedy),) = told()
    assert what == "The Python package kubernetes is missing; the collection needs 24.2 or newer."
    assert remedy.startswith("pip install 'kubernetes>=24.2', ")


@pytest.mark.parametrize(
    ("found", "fine"), [("24.2.0", True), ("24.2", True), ("24", False), ("100.0", True), ("", True), ("unknown", True), ("23.6.0", False), ("9.0", False)]
)
def test_a_package_that_is_too_old(monkeypatch, found, fine):
    monkeypatch.setattr(control_node, "_package", lambda name: found if name == "kubernetes" else "2.99")
    assert [what for what, _remedy in told()] == ([] if fine else [f"The Python package kubernetes is {found}; the collection needs 24.2 or newer."])


def test_a_collection_that_is_missing(monkeypatch):
    monkeypatch.setattr(control_node, "_collection", lambda name: None)
    ((what, remedy),) = told()
    assert what == "The collection kubernetes.core is missing; the collection needs 2.4.0 or newer."
    assert "ansible-galaxy collection install 'kubernetes.core:>=2.4.0'" in remedy


def test_what_is_not_there_is_seen():
    assert control_node._package("no-such-package") is None
    assert control_node._collection("no_such.collection") is None
    assert control_node._package("ansible-core")
    assert control_node._collection("gitpod.node_prep") == ""  # a checkout has no MANIFEST.json


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A file, a folder, a link to nothing, and a folder that nobody may write to, also where the tests run as root."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "closed").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    real = os.access
    monkeypatch.setattr(control_node.os, "access", lambda path, mode: Path(path).name != "closed" and real(path, mode))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("folder", ""),
        ("folder/new/newer", ""),
        ("new", ""),
        ("file", "{}/file is no folder"),
        ("file/below", "{}/file is no folder"),
        ("link", "{}/link is no folder"),
        ("closed", "you may not write to {}/closed"),
        ("closed/below", "you may not write to {}/closed"),
        ("x" * 300, "File name too long"),
    ],
)
def test_folders(places, folder, why):
    assert why.format(places) in control_node.why_not_writable(Path(folder))
    assert bool(why) == bool(control_node.why_not_writable(Path(folder)))
    assert control_node.why_not_writable(places / folder) == control_node.why_not_writable(Path(folder))


def test_a_folder_below_home(monkeypatch, places):
    monkeypatch.setenv("HOME", str(places))
    assert told({"node_prep_artifacts": "~/new"}) == []
    ((what, _remedy),) = told({"node_prep_artifacts": "~/file"})
    assert what == f"~/file, where the results of the run will lie, cannot be written: {places}/file is no folder."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("clusters: [{name: x}]\ncontexts: [{name: x}]\n", ""),
        ("clusters: []\ncontexts: [{name: x}]\n", "it names no cluster or no context"),
        ("[a list]", "it names no cluster or no context"),
        ("s3cret: {", "it is no YAML"),
        (b"\xff\xfe\x00", "it is no YAML"),
        (None, "no such file or directory"),
    ],
)
def test_kubeconfigs(tmp_path, content, why):
    path = tmp_path / "config"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert control_node.why_no_kubeconfig(path) == why
    assert [what for what, _remedy in told(kubeconfigs=[str(path)])] == ([f"The kubeconfig {path} is of no use: {why}."] if why else [])
