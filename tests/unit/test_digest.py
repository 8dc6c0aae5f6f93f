"""SHA-256 of files, and lists of them."""

import hashlib

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils import _digest

A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(("text", "good"), [("0" * 64, True), ("0" * 63, False), ("A" * 64, False), ("0" * 64 + "\n", False), ("../" + "0" * 61, False)])
def test_digests(text, good):
    assert _digest.is_digest(text) is good


def test_the_digest_of_a_file(tmp_path):
    content = b"x" * (_digest._BLOCK + 1)
    (tmp_path / "file").write_bytes(content)
    assert _digest.sha256_of(str(tmp_path / "file")) == hashlib.sha256(content).hexdigest()
    assert _digest.sha256_if_there(str(tmp_path / "file")) == hashlib.sha256(content).hexdigest()


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert [_digest.sha256_if_there(str(tmp_path / path)) for path in ("none", "file/none")] == ["", ""]
    with pytest.raises(FileNotFoundError):
        _digest.sha256_of(str(tmp_path / "none"))


def test_sums():
    assert _digest.parse_sums(f"{A}  /etc/a b.conf\n{B} */etc/c\n") == {"/etc/a b.conf": A, "/etc/c": B}


@pytest.mark.parametrize("line", ["abc  /etc/a", "A" * 64 + "  /etc/a", A, "nonsense"])
def test_a_line_of_another_form_has_no_digest(line):
    assert _digest.parse_sums(f"\n{line}\n{B}  /etc/c\n") == {line: "", "/etc/c": B}
