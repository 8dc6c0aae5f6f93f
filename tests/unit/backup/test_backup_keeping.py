"""An archive that was fetched becomes a backup only where it could be restored, and an encrypted one can be opened again."""

import shutil
import subprocess

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._backup.archive import BadArchive
from ansible_collections.gitpod.node_prep.plugins.module_utils._backup.snapshots import BadSnapshot
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup import encryption, folder as backups, keeping
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup.manifest import BadManifest
from backup_files import NAME, TOKEN, backup, packed

AGE = "age1" + "q" * 58
FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"


@pytest.mark.parametrize("datastore", ["sqlite", "etcd"])
def test_what_is_whole_is_verified_and_nothing_is_left(tmp_path, datastore):
    path, said = packed(tmp_path, datastore)
    manifest = keeping.made(NAME, "meta-1", datastore, said)
    work = tmp_path / "work"
    work.mkdir()
    keeping.same_file(path, manifest.archive)
    assert keeping.verify(path, manifest, work) == TOKEN
    assert list(work.iterdir()) == []


def test_a_snapshot_of_the_other_datastore_is_none(tmp_path):
    path, said = packed(tmp_path, "etcd")
    with pytest.raises(BadSnapshot):
        keeping.verify(path, keeping.made(NAME, "meta-1", "sqlite", said), tmp_path)


def test_an_archive_that_is_cut_off_on_its_way_is_none(tmp_path):
    path, said = packed(tmp_path)
    manifest = keeping.made(NAME, "meta-1", "sqlite", said)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadArchive, match="bytes"):
        keeping.same_file(path, manifest.archive)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BadArchive, match="SHA-256"):
        keeping.same_file(path, manifest.archive)


@pytest.mark.parametrize("said", [{}, {"archive": "x"}, {"files": "x"}])
def test_what_a_server_says_is_checked(tmp_path, said):
    with pytest.raises((BadManifest, ValueError)):
        keeping.made(NAME, "meta-1", "sqlite", {**packed(tmp_path)[1], **said} if said else {})


def test_a_whole_backup_is_for_nobody_else(tmp_path):
    folder, manifest = backup(tmp_path)
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {"backup.tar.gz": 0o600, "manifest.json": 0o600}
    assert backups.read(folder) == manifest


@pytest.mark.parametrize(
    ("recipient", "kind"),
    [
        (AGE, "age"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB4 me@home", "age"),
        (FINGERPRINT, "gpg"),
        ("me@example.com", ""),
        ("--output=/etc/passwd", ""),
        ("AGE-SECRET-KEY-1ABC", ""),
        ("", ""),
    ],
)
def test_kinds_of_recipients(recipient, kind):
    assert encryption.kind_of(recipient) == kind


@pytest.mark.parametrize("recipients", [[AGE, FINGERPRINT], ["me@example.com"]])
def test_recipients_of_several_kinds_or_none_are_refused(recipients):
    with pytest.raises(encryption.CannotEncrypt, match="Nothing was changed"):
        encryption.program_for(recipients)


def test_a_program_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(encryption.CannotEncrypt, match="The program age is not on this control node"):
        encryption.program_for([AGE])
    assert encryption.program_for([]) == ""


# Turns the bytes round, and leaves its arguments beside.
STAND_IN = """#!/usr/bin/env python3
import sys
words = sys.argv[1:]
target, source = words[words.index("--output") + 1], words[-1]
if "--decrypt" in words and "--identity" not in words:
    sys.exit("no identity")
open(target, "wb").write(open(source, "rb").read()[::-1])
"""


@pytest.fixture
def age(monkeypatch, tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "age").write_text(STAND_IN)
    (programs / "age").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")


def sealed(tmp_path, kind, recipients):
    path, said = packed(tmp_path)
    manifest = keeping.sealed(tmp_path, keeping.made(NAME, "meta-1", "sqlite", said), kind, recipients)
    assert not path.exists()
    assert (tmp_path / manifest.archive.name).stat().st_mode & 0o777 == 0o600
    return manifest


def test_age(age, tmp_path):
    manifest = sealed(tmp_path, "age", [AGE])
    work = tmp_path / "work"
    work.mkdir()
    path = keeping.opened(tmp_path, manifest, "identity.txt", work)
    assert path == work / "backup.tar.gz" and path.stat().st_mode & 0o777 == 0o600
    assert keeping.verify(path, manifest, work) == TOKEN


def test_age_needs_an_identity(age, tmp_path):
    with pytest.raises(encryption.CannotEncrypt, match="node_prep_restore_identity"):
        keeping.opened(tmp_path, sealed(tmp_path, "age", [AGE]), "", tmp_path)


@pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")
def test_gpg(monkeypatch, tmp_path):
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    make = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "backup@example.com", "ed25519", "default", "never"]
    subprocess.run(make, check=True, capture_output=True)
    listed = subprocess.run(["gpg", "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    subprocess.run(["gpg", "--batch", "--passphrase", "", "--quick-add-key", fingerprint, "cv25519"], check=True, capture_output=True)
    try:
        assert encryption.program_for([fingerprint]) == "gpg"
        manifest = sealed(tmp_path, "gpg", [fingerprint])
        work = tmp_path / "work"
        work.mkdir()
        assert keeping.verify(keeping.opened(tmp_path, manifest, "", work), manifest, work) == TOKEN
        with pytest.raises(encryption.CannotEncrypt, match="gpg ended with"):
            encryption.encrypt("gpg", [FINGERPRINT], str(work / "backup.tar.gz"), str(work / "out"))
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
