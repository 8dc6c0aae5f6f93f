"""The folder of all backups: one run at a time, nothing half done under a final name, nothing foreign removed."""

import os
import subprocess
import sys

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup import folder as backups
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup.manifest import BadManifest
from backup_files import CLUSTER, NAME, backup

OWN = os.getpid()
DAYS = ["20260101T000000Z", "20260102T000000Z", "20260103T000000Z"]
OTHER = CLUSTER.replace("0d2c", "ffff")


def test_it_is_made_for_nobody_else(tmp_path):
    folder = tmp_path / "artifacts" / "backups"
    backups.begin(folder, NAME, OWN)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / f".{NAME}.partial").stat().st_mode & 0o777 == 0o700


def test_another_run_is_refused_as_long_as_it_lives(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        backups.begin(tmp_path, DAYS[0], other.pid)
        with pytest.raises(backups.CannotWork, match=f"process {other.pid}"):
            backups.begin(tmp_path, NAME, OWN)
        backups.end(tmp_path, OWN)
        assert (tmp_path / f".{DAYS[0]}.partial").exists()
        other.communicate(b"\n")
    backups.begin(tmp_path, NAME, OWN)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{NAME}.partial", ".lock"]


def test_another_process_of_the_same_number_is_another_one(tmp_path):
    (tmp_path / ".lock").write_text('[1, "long ago"]')
    backups.begin(tmp_path, NAME, OWN)


@pytest.mark.parametrize("text", ["", "{", "null", "[-1, 0]", '["a", 1]', "[99999999999999999999, 1]"])
def test_a_damaged_lock_is_none(tmp_path, text):
    (tmp_path / ".lock").write_text(text)
    backups.begin(tmp_path, NAME, OWN)
    backups.end(tmp_path, OWN)
    assert (tmp_path / ".lock").read_text() == ""
    assert not (tmp_path / f".{NAME}.partial").exists()


def test_what_is_foreign_in_a_folder_stays(tmp_path):
    partial = tmp_path / f".{DAYS[0]}.partial"
    partial.mkdir()
    (partial / "backup.tar.gz").write_text("half")
    (partial / "notes.txt").write_text("mine")
    backups.begin(tmp_path, NAME, OWN)
    assert [path.name for path in partial.iterdir()] == ["notes.txt"]


def three(tmp_path):
    for name in DAYS:
        backup(tmp_path, name)
    return tmp_path / "backups"


def test_the_oldest_are_pruned(tmp_path):
    folder = three(tmp_path)
    assert backups.prune(folder, CLUSTER, 2) == [folder / DAYS[0]]
    assert [path.name for path in backups.of_cluster(folder, CLUSTER)] == DAYS[1:]


@pytest.mark.parametrize("keep", [0, 3, 4])
def test_all_are_kept(tmp_path, keep):
    assert backups.prune(three(tmp_path), CLUSTER, keep) == []


def test_those_of_another_cluster_do_not_count(tmp_path):
    folder = three(tmp_path)
    backup(tmp_path, NAME, cluster=OTHER)
    assert backups.prune(folder, OTHER, 1) == []
    assert backups.prune(folder, CLUSTER, 3) == []


def test_only_folders_with_our_manifest_are_pruned(tmp_path):
    folder = three(tmp_path)
    (folder / DAYS[0] / "manifest.json").write_text("{}")
    (folder / DAYS[1]).rename(folder / "before-the-upgrade")
    (folder / "20250101T000000Z").symlink_to(folder / DAYS[2])
    assert backups.prune(folder, CLUSTER, 1) == []
    assert (folder / DAYS[0] / "backup.tar.gz").exists()
    assert (folder / "before-the-upgrade" / "backup.tar.gz").exists()


def test_a_name_is_given_once(tmp_path):
    folder, _manifest = backup(tmp_path)
    with pytest.raises(backups.CannotWork, match="is there already"):
        backups.begin(folder.parent, NAME, OWN)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path):
    with pytest.raises(BadManifest, match="there is none"):
        backups.read(tmp_path)


def test_no_archive_is_fetched_without_room(tmp_path):
    with pytest.raises(backups.CannotWork, match="node_prep_artifacts"):
        backups.require_space(tmp_path, 2**60)
