"""What a manifest says is believed in no more than its form."""

import json

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup.manifest import FORMAT, BadManifest, parse, text_of
from backup_files import NAME, backup
from hypothesis import given, settings, strategies as st


@pytest.fixture
def said(tmp_path):
    return json.loads((backup(tmp_path)[0] / "manifest.json").read_text())


def test_a_manifest_says_what_was_written(tmp_path):
    _folder, manifest = backup(tmp_path)
    assert parse(text_of(manifest)) == manifest
    assert (manifest.name, manifest.servers, manifest.datastore) == (NAME, ("meta-1",), "sqlite")


CHANGES = {
    "format": ["gitpod.node_prep.backup/2", None, 1],
    "name": ["../../etc", "2026", NAME + "\n", 5],
    "cluster": ["", "x", None, "0D2C1E3A-6F5B-4E8E-9B0C-0A8D8F6F7A11"],
    "k3s_version": ["1.21", "v1.21.2", None, 1.21, "v1.21.2+k3s1; reboot"],
    "datastore": ["mysql", "", None, ["etcd"]],
    "server": ["", "a b", "\x1b[2J", None],
    "servers": [None, "meta-1", [], ["\x1b[2J"], [1]],
    "encryption": ["rot13", None, "age"],
    "archive": [None, {}, {"name": "../backup.tar.gz", "size": 1, "sha256": "a" * 64}, {"name": "backup.tar.gz", "size": -1, "sha256": "a" * 64}],
    "files": [None, [], {}, [{"name": "../etc/passwd", "size": 1, "sha256": "a" * 64}], [1], [{"name": "server/token", "size": True, "sha256": "a" * 64}]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in CHANGES.items() for value in values])
def test_another_one_is_refused(said, key, value):
    with pytest.raises(BadManifest) as error:
        parse(json.dumps({**said, key: value}))
    assert str(error.value).isprintable()


@pytest.mark.parametrize("key", CHANGES)
def test_nothing_may_be_missing(said, key):
    del said[key]
    with pytest.raises(BadManifest):
        parse(json.dumps(said))


@pytest.mark.parametrize("gone", ["server/token", "datastore/snapshot", "server/tls/server-ca.key"])
def test_a_backup_that_could_not_be_restored_is_none(said, gone):
    said["files"] = [file for file in said["files"] if file["name"] != gone]
    with pytest.raises(BadManifest, match=f"incomplete.*{gone}"):
        parse(json.dumps(said))


def test_no_file_is_named_twice(said):
    with pytest.raises(BadManifest):
        parse(json.dumps({**said, "files": [*said["files"], said["files"][0]]}))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100000, json.dumps({"format": FORMAT})])
def test_what_is_no_manifest_is_refused(text):
    with pytest.raises(BadManifest):
        parse(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
@settings(max_examples=50, deadline=None)
def test_whatever_it_says(value):
    with pytest.raises(BadManifest):
        parse(json.dumps({"format": FORMAT, "k3s_version": "v1.21.2+k3s1", "files": value, "servers": value, "archive": value}))
