"""The module: refuses, looks, carries out, looks again."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset import plan as plans, reader, removal
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset.commands import Stuck
from ansible_collections.gitpod.node_prep.plugins.modules import node_reset
from run_module import run
from test_reset_plan import K3S, NOTHING

FOREIGN = {"kubernetes": {}, "k3s": K3S, "programs": {}}
SOME = NOTHING._replace(sets=["KUBE-X"], unread=["`nft list tables` failed: no"])


@pytest.fixture
def machine(monkeypatch):
    """What the module finds in turn, and the plans that it carries out."""
    found, done = [SOME, NOTHING], []
    monkeypatch.setattr(reader, "foreign", lambda: FOREIGN)
    monkeypatch.setattr(reader, "read", lambda _commands, _install_dir: found.pop(0))
    monkeypatch.setattr(removal, "carry_out", lambda plan, *_more: done.append(plans.lines_of(plan)))
    return found, done


def test_it_says_what_it_has_removed(machine, capsys):
    result = run(node_reset.main, capsys)
    assert result["changed"]
    assert result["removed"] == ["ipset KUBE-X"]
    assert result["diff"] == {"before": "ipset KUBE-X\n", "after": ""}
    assert result["warnings"] == ["`nft list tables` failed: no. What belongs to the cluster there was not looked at."]
    assert machine[1] == [["ipset KUBE-X"]]


def test_check_mode_says_the_same_and_removes_nothing(machine, capsys):
    result = run(node_reset.main, capsys, check=True)
    assert (result["changed"], result["removed"], machine[1]) == (True, ["ipset KUBE-X"], [])


def test_where_nothing_is_nothing_is_done(machine, capsys):
    machine[0].pop(0)
    result = run(node_reset.main, capsys)
    assert (result["changed"], result["removed"], machine[1]) == (False, [], [])


def test_what_comes_back_is_named(machine, capsys):
    machine[0][1] = SOME
    result = run(node_reset.main, capsys)
    assert result["failed"]
    assert "is there again, so that something on the machine makes it anew: ipset KUBE-X. What was removed before that is gone" in result["msg"]


def test_a_kubernetes_of_somebody_else_is_refused_before_anything_is_read(machine, capsys, monkeypatch):
    monkeypatch.setattr(reader, "foreign", lambda: {**FOREIGN, "kubernetes": {"MicroK8s": ["the process kubelite"]}})
    result = run(node_reset.main, capsys)
    assert result["problems"] == ["MicroK8s (the process kubelite): remove it with `snap remove microk8s`"]
    assert result["msg"].endswith("remove it with `snap remove microk8s`. Nothing was changed.")
    assert machine[0] == [SOME, NOTHING]


@pytest.mark.parametrize("error", [Stuck("The mount x does not go"), OSError(30, "Read-only file system", "/etc/x")])
def test_what_does_not_go_is_named(machine, capsys, monkeypatch, error):
    def fail(*_arguments):
        raise error

    monkeypatch.setattr(removal, "carry_out", fail)
    result = run(node_reset.main, capsys)
    assert result["failed"]
    assert result["msg"].endswith("the next run goes on from there.")
    assert ("The mount x" if isinstance(error, Stuck) else "/etc/x: Read-only") in result["msg"]


def test_names_in(tmp_path):
    (tmp_path / "a").write_text("")
    assert node_reset.names_in(str(tmp_path)) == ["a"]
    assert node_reset.names_in(str(tmp_path / "a")) == []
    assert node_reset.names_in(str(tmp_path / "b")) is None
