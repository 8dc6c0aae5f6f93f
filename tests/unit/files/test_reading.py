"""What files_info reads of a path."""

import os

from ansible_collections.gitpod.node_prep.plugins.modules import files_info


def test_a_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    path.chmod(0o640)
    reading = files_info.read(str(path))
    assert reading["type"] == "file"
    assert reading["mode"] == "0640"
    assert reading["uid"] == os.getuid()
    assert reading["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_of_ours_names_the_collection_at_its_top(tmp_path):
    path = tmp_path / "file"
    for content, marked in ((b"# by gitpod.node_prep\n", True), (b"#" * 1024 + b"gitpod.node_prep", False), (b"\xff\xfe", False), (b"", False)):
        path.write_bytes(content)
        assert files_info.read(str(path))["marked"] is marked


def test_a_directory_has_no_digest(tmp_path):
    tmp_path.chmod(0o1777)
    reading = files_info.read(str(tmp_path))
    assert (reading["type"], reading["mode"]) == ("directory", "1777")
    assert "sha256" not in reading


def test_links_are_not_followed(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert files_info.read(str(tmp_path / "link"))["type"] == "link"
    assert files_info.read(str(tmp_path / "dangling"))["type"] == "link"


def test_what_is_neither_file_nor_directory(tmp_path):
    os.mkfifo(str(tmp_path / "pipe"))
    assert files_info.read(str(tmp_path / "pipe"))["type"] == "other"


def test_absent_also_below_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert files_info.read(str(tmp_path / "none")) == {"type": "absent"}
    assert files_info.read(str(tmp_path / "file" / "below")) == {"type": "absent"}


def test_an_owner_without_a_name_is_its_number():
    def lookup(number):
        raise KeyError(number)

    assert files_info.name_of(lookup, 4711) == "4711"
