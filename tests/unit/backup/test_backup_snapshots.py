"""A snapshot that is cut off, changed or of something else is none, and a copy of a live SQLite is consistent."""

import sqlite3
import threading

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._backup import snapshots
from ansible_collections.gitpod.node_prep.plugins.module_utils._deadline import Deadline
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import snapshot
from backup_files import etcd_snapshot, sqlite_snapshot

MAKE = {"etcd": etcd_snapshot, "sqlite": sqlite_snapshot}


@pytest.mark.parametrize("datastore", MAKE)
def test_a_whole_snapshot_is_one(tmp_path, datastore):
    snapshots.check(datastore, str(MAKE[datastore](tmp_path / "it is 100% ?one#")))


def cut(data):
    return data[: len(data) - 512]


def flipped(data):
    return data[:1000] + bytes([data[1000] ^ 1]) + data[1001:]


@pytest.mark.parametrize("damage", [cut, flipped, lambda data: data[:-1], lambda _data: b"", lambda _data: b"\0" * (4096 + 32)])
def test_a_damaged_snapshot_of_etcd_is_none(tmp_path, damage):
    path = etcd_snapshot(tmp_path / "snapshot")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(snapshots.BadSnapshot):
        snapshots.check("etcd", str(path))


def of_two_minds(data):
    """An index says something else than its table, which nobody sees who reads the table only."""
    start, found, end = data.rpartition(b"/registry/49")
    return start + found.replace(b"49", b"xx") + end


@pytest.mark.parametrize(
    "damage", [of_two_minds, lambda data: data[: len(data) // 2], lambda data: data[:4096] + bytes(8192) + data[12288:], lambda _data: b""]
)
def test_a_damaged_snapshot_of_sqlite_is_none(tmp_path, damage):
    path = sqlite_snapshot(tmp_path / "snapshot")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(snapshots.BadSnapshot):
        snapshots.check("sqlite", str(path))


def test_an_empty_cluster_is_none(tmp_path):
    with pytest.raises(snapshots.BadSnapshot, match="empty"):
        snapshots.check("sqlite", str(sqlite_snapshot(tmp_path / "snapshot", rows=0)))


def test_a_file_that_is_not_there_is_none(tmp_path):
    with pytest.raises(snapshots.BadSnapshot, match="cannot be read"):
        snapshots.check("etcd", str(tmp_path / "none"))


class Python36:
    """A connection without SQLite's online backup."""

    def __init__(self, opened):
        self.__dict__["opened"] = opened

    def __getattr__(self, name):
        if name == "backup":
            raise AttributeError(name)
        return getattr(self.opened, name)

    def __setattr__(self, name, value):
        setattr(self.opened, name, value)


class Sqlite36:
    Error = sqlite3.Error

    @staticmethod
    def connect(path, **options):
        return Python36(sqlite3.connect(path, **options))


@pytest.mark.parametrize("library", [sqlite3, Sqlite36])
def test_a_copy_is_consistent_while_others_write(tmp_path, library):
    """Each transaction writes two rows, so that a copy in the midst of one would have an odd number."""
    source = sqlite_snapshot(tmp_path / "live")
    sqlite3.connect(source).execute("PRAGMA journal_mode=WAL")
    done, wrote = threading.Event(), threading.Event()

    def write():
        database = sqlite3.connect(source, timeout=30)
        while not done.is_set():
            with database:
                for half in range(2):
                    database.execute("INSERT INTO kine (name, value) VALUES ('new', ?)", (bytes([half]),))
            wrote.set()
        database.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert wrote.wait(30)
        snapshot._copy_sqlite(library, str(source), str(tmp_path / "copy"))
    finally:
        done.set()
        thread.join()
    snapshots.check("sqlite", str(tmp_path / "copy"))
    counted = sqlite3.connect(tmp_path / "copy").execute("SELECT count(*), sum(value = x'00'), sum(value = x'01') FROM kine WHERE name = 'new'").fetchone()
    assert counted[0] > 0 and counted[1] == counted[2]


def test_k3s_names_the_file_as_it_likes(tmp_path):
    program = tmp_path / "k3s"
    program.write_text('#!/bin/sh\necho "$@" > "$4/said"; echo data > "$4/$6-meta-1-1700000000"\n')
    program.chmod(0o755)
    snapshot.take("etcd", str(program), str(tmp_path / "snapshot"), Deadline(30))
    assert (tmp_path / "snapshot").read_text() == "data\n"
    assert (tmp_path / "snapshot").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "said").read_text().split()[:2] == ["etcd-snapshot", "save"]


@pytest.mark.parametrize(
    ("release", "words"), [("v1.21.1+k3s1", ["etcd-snapshot"]), ("v1.21.2+k3s1", ["etcd-snapshot", "save"]), ("v1.24.7+k3s1", ["etcd-snapshot", "save"])]
)
def test_old_releases_have_other_words(tmp_path, release, words):
    program = tmp_path / release / "k3s"
    program.parent.mkdir()
    place, name = ("$3", "$5") if len(words) == 1 else ("$4", "$6")
    program.write_text(f'#!/bin/sh\necho "$@" > "{place}/said"; echo data > "{place}/{name}-meta-1-1700000000"\n')
    program.chmod(0o755)
    (tmp_path / "bin").symlink_to(program)
    snapshot.take("etcd", str(tmp_path / "bin"), str(tmp_path / "snapshot"), Deadline(30))
    assert (tmp_path / "said").read_text().split()[: len(words) + 1] == [*words, "--dir"]


@pytest.mark.parametrize("script", ["echo no space; exit 1", "exit 0", 'echo x > "$4/$6-a"; exit 1', 'echo x > "$4/$6-a"; exec sleep 30'])
def test_a_failure_of_k3s_leaves_nothing(tmp_path, script):
    folder = tmp_path / "folder"
    folder.mkdir()
    program = tmp_path / "k3s"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with pytest.raises(snapshot.NoSnapshot):
        snapshot.take("etcd", str(program), str(folder / "snapshot"), Deadline(0.5 if "sleep" in script else 30))
    assert list(folder.iterdir()) == []


def test_one_that_k3s_has_compressed_is_unpacked(tmp_path):
    program = tmp_path / "k3s"
    lines = (
        "#!/usr/bin/env python3",
        "import sys, zipfile",
        "path = sys.argv[4] + '/snapshot-17.zip'",
        "zipfile.ZipFile(path, 'w').writestr('x', 'data')",
    )
    program.write_text("\n".join(lines))
    program.chmod(0o755)
    snapshot.take("etcd", str(program), str(tmp_path / "snapshot"), Deadline(30))
    assert (tmp_path / "snapshot").read_text() == "data"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k3s", "snapshot"]


def test_no_snapshot_is_begun_without_room(tmp_path):
    with pytest.raises(snapshot.NoSnapshot, match="MB free"):
        snapshot.require_space(str(tmp_path), 2**60)
