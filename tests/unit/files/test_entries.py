"""What the action `files` accepts, and what it calls a difference."""

import hashlib

import pytest
from ansible_collections.gitpod.node_prep.plugins.action import files


def wanted(**entry):
    return files.normalise({"dest": "/etc/x", **entry})


def found(**changed):
    reading = {"type": "file", "mode": "0644", "owner": "root", "uid": 0, "group": "root", "gid": 0}
    return {**reading, "sha256": hashlib.sha256("héllo\n".encode()).hexdigest(), **changed}


def test_defaults_of_a_file_and_of_a_directory():
    assert wanted(content="") == {
        "dest": "/etc/x",
        "state": "file",
        "src": None,
        "content": "",
        "mode": "0644",
        "owner": "root",
        "group": "root",
        "validate": None,
        "secret": False,
    }
    assert files.normalise({"path": "/etc/x/", "state": "directory"})["mode"] == "0755"
    assert files.normalise({"path": "/etc/x/", "state": "directory"})["dest"] == "/etc/x"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("/etc/x", "each entry of 'files' is a dictionary"),
        ({"content": "a"}, "'dest' is an absolute path, not None"),
        ({"dest": "etc/x", "content": "a"}, "'dest' is an absolute path, not 'etc/x'"),
        ({"dest": "/etc/x"}, "/etc/x: a file needs exactly one of 'src' and 'content'"),
        ({"dest": "/etc/x", "content": "a", "src": "b"}, "/etc/x: a file needs exactly one of 'src' and 'content'"),
        ({"dest": "/etc/x", "content": "a", "mode": 0o644}, "/etc/x: 'mode' is an octal string"),
        ({"dest": "/etc/x", "content": "a", "mode": "u=rw"}, "/etc/x: 'mode' is an octal string"),
        ({"dest": "/etc/x", "content": "a", "mdoe": "0644"}, "/etc/x: unknown mdoe"),
        ({"dest": "/etc/x", "content": "a", "state": "link"}, "/etc/x: 'state' is one of file, directory, absent"),
        ({"dest": "/etc/x", "state": "directory", "content": "a"}, "are for files, not for a directory"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(entry, message):
    with pytest.raises(ValueError, match=message):
        files.normalise(entry)


@pytest.mark.parametrize("args", [{}, {"files": {"dest": "/etc/x"}}, {"files": [], "mode": "0644"}])
def test_other_arguments_are_refused(args):
    with pytest.raises(ValueError, match="the one option is 'files'"):
        files.wanted_of(args)


def test_a_path_listed_twice_is_refused():
    with pytest.raises(ValueError, match="listed more than once: /etc/x"):
        files.wanted_of({"files": [{"dest": "/etc/x", "content": ""}, {"dest": "/etc/x/", "state": "directory"}]})


@pytest.mark.parametrize(
    ("content", "text"),
    [("a: 1\n", "a: 1\n"), ({"a": [1]}, '{"a": [1]}'), (["a"], '["a"]'), (5, "5")],
)
def test_text_is_what_copy_writes(content, text):
    assert files.text_of(content) == text


def test_equal_files_do_not_differ():
    assert not files.differs(wanted(content="héllo\n"), "héllo\n", found())
    assert not files.differs(wanted(content="héllo\n", mode="644"), "héllo\n", found())
    assert not files.differs(wanted(content="héllo\n", owner=0, group="0"), "héllo\n", found())


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "0600"},
        {"owner": "daemon", "uid": 1},
        {"group": "daemon", "gid": 1},
        {"sha256": "0" * 64},
        {"type": "link"},
        {"type": "absent"},
        {"type": "directory"},
    ],
)
def test_every_difference_of_a_file_counts(change):
    assert files.differs(wanted(content="héllo\n"), "héllo\n", found(**change))


def test_directories_and_absence():
    directory = wanted(state="directory")
    assert not files.differs(directory, None, found(type="directory", mode="0755"))
    assert files.differs(directory, None, found(type="directory", mode="0700"))
    assert files.differs(directory, None, {"type": "absent"})
    assert not files.differs(wanted(state="absent"), None, {"type": "absent"})
    assert files.differs(wanted(state="absent"), None, found())
