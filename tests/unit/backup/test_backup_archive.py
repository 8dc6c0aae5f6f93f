"""What comes out of an archive: regular files of known names, each as its manifest says, and nothing else."""

import io
import tarfile

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._backup import archive
from backup_files import TOKEN, packed


def files_of(said):
    return [archive.File(**file) for file in said["files"]]


def test_what_was_packed_comes_out(tmp_path):
    path, said = packed(tmp_path)
    target = tmp_path / "out"
    target.mkdir()
    archive.unpack(str(path), files_of(said), str(target))
    assert (target / "server" / "token").read_text().strip() == TOKEN
    assert (target / archive.SNAPSHOT).read_bytes() == (tmp_path / "snapshot").read_bytes()
    assert (target / "server" / "tls" / "server-ca.key").stat().st_mode & 0o777 == 0o600
    assert archive.missing_in([file.name for file in files_of(said)]) == []


def test_only_what_is_wanted_is_written(tmp_path):
    path, said = packed(tmp_path)
    target = tmp_path / "out"
    target.mkdir()
    archive.unpack(str(path), files_of(said), str(target), {"server/token"}.__contains__)
    assert [str(file.relative_to(target)) for file in target.rglob("*") if file.is_file()] == ["server/token"]


@pytest.mark.parametrize("name", ["server/token", "server/tls/a", "server/tls/etcd/peer-ca.crt", "config/config.yaml.d/x.yaml", "server/cred/..data"])
def test_known_names(name):
    assert archive.is_known(name)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "server/tls/../../../etc/passwd", "../x", "server/tls/..", "server/tls/.", "server/tls//x", "server/manifests/x",
     "server/token/x", "", "config",
     "server/tls/a\nb", "config/" + "x/" * 20 + "x"],
)  # fmt: skip
def test_other_names(name):
    assert not archive.is_known(name)


def changed(path, change):
    """The archive with one more, or another, member."""
    with tarfile.open(path) as old:
        members = [(member, old.extractfile(member).read()) for member in old]
    with tarfile.open(path, "w:gz") as new:
        for member, data in change(members):
            member.size = len(data) if member.isreg() else 0
            new.addfile(member, io.BytesIO(data) if member.isreg() else None)


def more(name, kind=tarfile.REGTYPE, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return lambda members: [*members, (member, b"x")]


def other_data(members):
    return [(member, data + b"x" if member.name == "server/token" else data) for member, data in members]


def same_length(members):
    return [(member, b"y" + data[1:] if member.name == "server/token" else data) for member, data in members]


@pytest.mark.parametrize(
    "change",
    [
        more("/etc/cron.d/evil"),
        more("server/tls/../../../../etc/cron.d/evil"),
        more("server/tls/link", tarfile.SYMTYPE, "/etc"),
        more("server/tls/hard", tarfile.LNKTYPE, "/etc/shadow"),
        more("server/tls/device", tarfile.CHRTYPE),
        more("server/tls/folder", tarfile.DIRTYPE),
        more("server/tls/nobody-named-this"),
        more("server/token"),
        lambda members: members[1:],
        other_data,
        same_length,
    ],
)
def test_an_archive_that_differs_is_refused(tmp_path, change):
    path, said = packed(tmp_path)
    changed(path, change)
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(archive.BadArchive):
        archive.unpack(str(path), files_of(said), str(target))
    assert not (tmp_path / "etc").exists() and not [file for file in target.rglob("*") if file.is_symlink()]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_has_the_name_of_a_file_must_be_one(tmp_path, kind):
    member = tarfile.TarInfo("server/token")
    member.type = kind
    with pytest.raises(archive.BadArchive, match="no file of a backup"):
        archive._take(None, member, {"server/token": archive.File("server/token", 0, "")}, str(tmp_path), archive.is_known)


@pytest.mark.parametrize("length", [0, 1, 20, 300])
def test_an_archive_that_is_cut_off_is_refused(tmp_path, length):
    path, said = packed(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(archive.BadArchive):
        archive.unpack(str(path), files_of(said), str(target))


def test_a_file_of_somebody_else_is_not_followed(tmp_path):
    path, said = packed(tmp_path)
    target = tmp_path / "out"
    (target / "server").mkdir(parents=True)
    (target / "server" / "token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(archive.BadArchive):
        archive.unpack(str(path), files_of(said), str(target))
    assert not (tmp_path / "elsewhere").exists()


def test_a_huge_file_beside_the_datastore_is_not_packed(tmp_path):
    packed(tmp_path)
    with (tmp_path / "server" / "tls" / "huge").open("wb") as stream:
        stream.truncate(archive.LARGEST_FILE + 1)
    with pytest.raises(archive.BadArchive, match="huge"):
        archive.pack(str(tmp_path / "again"), str(tmp_path / "snapshot"), {"server/tls": str(tmp_path / "server" / "tls")})
