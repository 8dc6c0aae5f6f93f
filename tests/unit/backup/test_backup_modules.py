"""The modules on a server: what they take, what they leave, and what they say where it went wrong."""

import json
import os

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._backup import archive
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import datastore
from ansible_collections.gitpod.node_prep.plugins.modules import k3s_archive, k3s_snapshot, k3s_unpack
from backup_files import CLUSTER, packed, sqlite_snapshot
from run_module import run

ANSWERS = {
    k3s_archive.NAMESPACE: {"metadata": {"uid": CLUSTER}},
    k3s_archive.VERSION: {"gitVersion": "v1.21.2+k3s1"},
    k3s_archive.SERVERS: {"items": [{"metadata": {"name": "meta-2"}}, {"metadata": {"name": "meta-1"}}]},
}


@pytest.fixture
def live(monkeypatch, tmp_path):
    """A server with SQLite."""
    path = str(sqlite_snapshot(tmp_path / "state.db"))
    monkeypatch.setattr(k3s_snapshot, "datastore_of", lambda: "sqlite")
    monkeypatch.setattr(k3s_snapshot, "size_of", lambda _store: os.path.getsize(path))
    monkeypatch.setattr(k3s_snapshot.snapshot, "SQLITE_FILE", path)
    return tmp_path / "snapshots"


def test_a_snapshot_is_taken_and_the_oldest_go(live, capsys):
    for number in range(4):
        result = run(k3s_snapshot.main, capsys, dir=str(live), name=f"node-prep-{number}", keep=2)
        (live / "of-somebody-else").write_text("mine")
    assert result["changed"] and result["datastore"] == "sqlite" and result["removed"] == ["node-prep-1"]
    assert sorted(path.name for path in live.iterdir()) == ["node-prep-2", "node-prep-3", "of-somebody-else"]
    assert (live / "node-prep-3").stat().st_mode & 0o777 == 0o600 and live.stat().st_mode & 0o777 == 0o700


def test_check_mode_takes_none(live, capsys):
    result = run(k3s_snapshot.main, capsys, check=True, dir=str(live), name="a")
    assert result["changed"] and not live.exists()


def test_a_snapshot_that_is_not_whole_is_removed(live, capsys, monkeypatch):
    monkeypatch.setattr(k3s_snapshot.snapshot, "copy_sqlite", lambda _source, target: open(target, "w").close())
    result = run(k3s_snapshot.main, capsys, dir=str(live), name="a")
    assert "nothing was changed: it is no database of SQLite" in result["msg"]
    assert list(live.iterdir()) == []


def test_one_that_is_there_is_not_replaced(live, capsys):
    live.mkdir()
    (live / "a").write_text("mine")
    assert "is there already" in run(k3s_snapshot.main, capsys, dir=str(live), name="a")["msg"]
    assert (live / "a").read_text() == "mine"


def test_a_machine_without_objects_has_none(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(k3s_snapshot, "datastore_of", lambda: "")
    assert "keeps no objects" in run(k3s_snapshot.main, capsys, dir=str(tmp_path), name="a")["msg"]


def test_which_datastore_a_machine_has(tmp_path):
    def path_of(path):
        return str(tmp_path) + path

    assert datastore.datastore_of(path_of) == ""
    for store, path in (("sqlite", datastore.SQLITE_FILE), ("etcd", datastore.etcd.NAME_FILE)):
        os.makedirs(os.path.dirname(path_of(path)))
        with open(path_of(path), "w", encoding="ascii") as stream:
            stream.write("12345")
        assert datastore.datastore_of(path_of) == store
    assert datastore.size_of("sqlite", path_of) == 5


def test_which_cluster_it_is():
    said = k3s_archive.cluster_facts(lambda path: json.dumps(ANSWERS[path]).encode())
    assert said == {"cluster": CLUSTER, "k3s_version": "v1.21.2+k3s1", "servers": ["meta-1", "meta-2"]}


@pytest.mark.parametrize("answer", [None, b"", b"[]", b"null", b'{"metadata": []}', b"[" * 100000])
def test_an_api_that_does_not_say_so(answer):
    with pytest.raises(k3s_archive.NotPacked):
        k3s_archive.cluster_facts(lambda _path: answer)


def test_a_server_without_its_certificates_makes_no_backup(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(k3s_archive, "cluster_facts", lambda _get: {})
    monkeypatch.setattr(archive, "SOURCES", {"server/token": str(tmp_path / "none")})
    snapshot = sqlite_snapshot(tmp_path / "snapshot")
    result = run(k3s_archive.main, capsys, snapshot=str(snapshot), dest=str(tmp_path / "backup.tar.gz"), owner=os.getuid())
    assert "No backup was made: this server has no server/token" in result["msg"]


def unpack(tmp_path, capsys, **changes):
    path, said = packed(tmp_path)
    arguments = {"src": str(path), "dest": str(tmp_path / "restore"), "datastore": "sqlite", "files": said["files"], **changes}
    return path, run(k3s_unpack.main, capsys, **arguments)


def test_an_archive_is_unpacked_over_what_a_killed_run_has_left(tmp_path, capsys):
    (tmp_path / "restore" / "server" / "tls").mkdir(parents=True)
    (tmp_path / "restore" / "server" / "tls" / "old.key").write_text("old")
    path, result = unpack(tmp_path, capsys)
    assert result["changed"] and not path.exists()
    assert not (tmp_path / "restore" / "server" / "tls" / "old.key").exists()
    assert (tmp_path / "restore").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("changes", [{"datastore": "etcd"}, {"files": []}])
def test_another_archive_leaves_nothing(tmp_path, capsys, changes):
    path, result = unpack(tmp_path, capsys, **changes)
    assert "Nothing was restored, and nothing was changed" in result["msg"]
    assert not path.exists() and not (tmp_path / "restore").exists()
