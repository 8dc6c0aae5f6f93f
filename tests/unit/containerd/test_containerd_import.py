"""What containerd_import does with an archive; the program ctr is a script that keeps what it was fed."""

import gzip
import hashlib
import io
import json
import tarfile

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._containerd import state
from ansible_collections.gitpod.node_prep.plugins.modules import containerd_import

CTR = """#!/bin/sh
case "$*" in
"--namespace k8s.io images import -") {reads}; exit {code} ;;
"--namespace k8s.io images ls --quiet") echo docker.io/library/{listed} ;;
*) exit 9 ;;
esac
"""


def archive(name="busybox:1"):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        content = json.dumps([{"RepoTags": [name]}]).encode()
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
        layer = tarfile.TarInfo("layer.tar")
        layer.size = 1 << 20
        tar.addfile(layer, io.BytesIO(b"x" * layer.size))
    return stream.getvalue()


class Node:
    def __init__(self, directory):
        self.path = directory / "archive"
        self.fed = directory / "fed"
        self.ctr = directory / "ctr"
        self.directory = directory
        self.put(gzip.compress(archive()))
        self.can()

    def put(self, content):
        self.path.write_bytes(content)
        self.sha256 = hashlib.sha256(content).hexdigest()

    def can(self, **words):
        reads = f"cat > {self.fed}"
        self.ctr.write_text(CTR.format(**{"reads": reads, "code": 0, "listed": "busybox:1", **words}))
        self.ctr.chmod(0o755)

    @property
    def record(self):
        return self.directory / f"{self.sha256}.images"

    def names_left(self):
        return sorted(path.name for path in self.directory.iterdir() if path not in (self.fed, self.ctr))

    def run(self):
        return containerd_import.import_archive(str(self.path), self.sha256)


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(state, "RECORD", str(tmp_path / "%s.images"))
    return Node(tmp_path)


def test_the_archive_is_fed_uncompressed_and_noted(node):
    assert node.run() == ["docker.io/library/busybox:1"]
    assert node.fed.read_bytes() == archive()
    assert node.record.read_text() == "docker.io/library/busybox:1\n"
    assert node.names_left() == sorted(["archive", node.record.name])


def refused(node, *words):
    with pytest.raises(containerd_import.NotImported) as caught:
        node.run()
    for word in words:
        assert word in str(caught.value)
    assert node.names_left() == ["archive"]


def test_another_digest(node):
    found = node.sha256
    node.sha256 = "0" * 64
    refused(node, found, node.sha256)
    assert not node.fed.exists()


def test_what_is_no_archive_of_images(node):
    node.put(b"no tar")
    refused(node, "The archive is no tar archive")
    assert not node.fed.exists()


def test_ctr_that_fails(node):
    node.can(reads="echo no space left >&2", code=1)
    refused(node, "`ctr --namespace k8s.io images import -` ended with 1: no space left")


def test_ctr_that_imports_something_else(node):
    node.can(listed="busybox:2")
    refused(node, "containerd has no image docker.io/library/busybox:1")


@pytest.fixture
def main(node, monkeypatch):
    """The module run as a whole: what it returns."""

    def run(check_mode=False):
        ended = {}

        class Module:
            def __init__(self, **_):
                self.params = {"path": str(node.path), "sha256": node.sha256}
                self.check_mode = check_mode

            def exit_json(self, **result):
                ended.update(result, failed=False)
                raise SystemExit

            def fail_json(self, **result):
                ended.update(result, failed=True)
                raise SystemExit

        monkeypatch.setattr(containerd_import, "AnsibleModule", Module)
        with pytest.raises(SystemExit):
            containerd_import.main()
        return ended

    return run


def test_an_imported_archive_is_removed(node, main):
    ended = main()
    assert (ended["failed"], ended["changed"], ended["diff"]) == (False, True, {"before": "", "after": "docker.io/library/busybox:1\n"})
    assert node.names_left() == [node.record.name]


def test_a_refused_archive_is_removed(node, main):
    node.sha256 = "0" * 64
    assert main()["failed"]
    assert node.names_left() == []


def test_an_archive_that_is_not_there(node, main):
    node.path.unlink()
    assert main()["failed"]


def test_check_mode_wants_no_archive_and_touches_none(node, main):
    ended = main(check_mode=True)
    assert (ended["failed"], ended["changed"]) == (False, True)
    assert node.sha256 in ended["diff"]["after"]
    assert node.names_left() == ["archive"]
    node.path.unlink()
    assert main(check_mode=True) == ended
    assert not node.fed.exists()


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_is_no_digest(node, main, check_mode):
    node.sha256 = "../" + "0" * 61
    ended = main(check_mode)
    assert ended["failed"] and "64 hexadecimal digits" in ended["msg"]
