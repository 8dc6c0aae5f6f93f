"""The names of the images in an archive, and archives that are none."""

import gzip
import io
import itertools
import json
import lzma
import tarfile

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._containerd import image_archive
from hypothesis import given, strategies as st

BUSYBOX = [{"Config": "c.json", "RepoTags": ["busybox:1.36"], "Layers": []}]


def tar(files, kind=tarfile.REGTYPE):
    """A tar of {name: content}; what is not bytes is written as JSON."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content) if kind == tarfile.REGTYPE else 0, "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def index(*annotations):
    return {"manifests": [{"digest": "sha256:1", "annotations": one} for one in annotations]}


@pytest.fixture
def names(tmp_path):
    def read(content):
        path = tmp_path / "archive"
        path.write_bytes(content)
        return image_archive.image_names(str(path))

    return read


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress])
def test_compressions(names, compress):
    assert names(compress(tar({"layer.tar": b"x" * 100000, "manifest.json": BUSYBOX}))) == ["docker.io/library/busybox:1.36"]


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("rancher/mirrored-pause:3.6", "docker.io/rancher/mirrored-pause:3.6"),
        ("docker.io/busybox:1", "docker.io/library/busybox:1"),
        ("docker.io/rancher/klipper-lb:v0.3.5", "docker.io/rancher/klipper-lb:v0.3.5"),
        ("localhost/own:1", "localhost/own:1"),
        ("registry:5000/own", "registry:5000/own:latest"),
        ("eu.gcr.io/gitpod-core-dev/build/server:main", "eu.gcr.io/gitpod-core-dev/build/server:main"),
    ],
)
def test_full_name(tag, name):
    assert image_archive.full_name(tag) == name


def test_every_tag_of_every_image_once(names):
    manifest = [{"RepoTags": ["b/b:2", "a/a:1"]}, {"RepoTags": ["a/a:1"]}, {"RepoTags": None}, {}]
    assert names(tar({"./manifest.json": manifest})) == ["docker.io/a/a:1", "docker.io/b/b:2"]


def test_names_in_an_index(names):
    found = index(
        {"io.containerd.image.name": "docker.io/library/a:1", "org.opencontainers.image.ref.name": "1"},
        {"org.opencontainers.image.ref.name": "registry.example.com/b:2"},
        {"org.opencontainers.image.ref.name": "latest"},
        None,
    )
    assert names(tar({"oci-layout": {}, "index.json": found})) == ["docker.io/library/a:1", "registry.example.com/b:2"]


def test_the_index_goes_before_the_manifest(names):
    found = index({"io.containerd.image.name": "docker.io/library/busybox:1"})
    assert names(tar({"manifest.json": BUSYBOX, "index.json": found})) == ["docker.io/library/busybox:1"]
    assert names(tar({"manifest.json": BUSYBOX, "index.json": index({})})) == ["docker.io/library/busybox:1.36"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is no tar archive"),
        (b"<html>404</html>" * 100, "is no tar archive"),
        (b"\x28\xb5\x2f\xfd" + b"zstd" * 1000, "is no tar archive"),
        (gzip.compress(b"no tar" * 1000), "is no tar archive"),
        (gzip.compress(tar({"manifest.json": BUSYBOX}))[:-20], "is no tar archive"),
        (gzip.compress(b"")[:10] + b"\xff" * 100, "is no tar archive"),
        (lzma.compress(tar({"manifest.json": BUSYBOX}))[:-40], "is no tar archive"),
        (lzma.compress(b"")[:6] + b"\xff" * 100, "is no tar archive"),
        (tar({"manifest.json": json.dumps(BUSYBOX).encode() + b" " * 100000})[:50000], "is no tar archive"),
        (tar({"layer.tar": b"x"}), "names no image"),
        (tar({"index.json": index({"org.opencontainers.image.ref.name": "latest"})}), "names no image"),
        (tar({"manifest.json": []}), "names no image"),
        (tar({"deep/manifest.json": BUSYBOX}), "names no image"),
        (tar({"manifest.json": b""}, tarfile.SYMTYPE), "names no image"),
        (tar({"manifest.json": b"{"}), "is none of an archive of images"),
        (tar({"manifest.json": b"\xff\xfe"}), "is none of an archive of images"),
        (tar({"manifest.json": {"RepoTags": ["a"]}}), "is none of an archive of images"),
        (tar({"manifest.json": [{"RepoTags": [1]}]}), "is none of an archive of images"),
        (tar({"index.json": []}), "is none of an archive of images"),
        (tar({"index.json": {"manifests": {"a": 1}}}), "is none of an archive of images"),
        (tar({"index.json": index({"io.containerd.image.name": 1})}), "is none of an archive of images"),
        (tar({"index.json": b"[" * 100000}), "is none of an archive of images"),
        (tar({"manifest.json": [{"RepoTags": ["a:1\nb:2"]}]}), "has an image with the impossible name"),
        (tar({"index.json": index({"io.containerd.image.name": "--all-platforms"})}), "has an image with the impossible name"),
        (tar({"index.json": b" " * (image_archive.MAX_LIST + 1)}), "has index.json with 4194305 bytes"),
    ],
    # An archive holds the time at which it was made, so that it is no name for a test.
    ids=itertools.count(),
)
def test_what_is_no_archive_of_images(names, content, why):
    with pytest.raises(image_archive.ArchiveError, match=why):
        names(content)


ARCHIVES = [
    tar({"index.json": index({"io.containerd.image.name": "docker.io/library/busybox:1.36"}), "manifest.json": BUSYBOX}),
    gzip.compress(tar({"manifest.json": BUSYBOX})),
    lzma.compress(tar({"manifest.json": BUSYBOX})),
    tar({"manifest.json": [{"RepoTags": [1]}], "index.json": {"manifests": [None]}}),
]
CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=12)), max_size=6)


@given(content=st.sampled_from(ARCHIVES) | st.binary(), changes=CHANGES, length=st.none() | st.integers(0, 4000))
def test_a_damaged_archive_raises_nothing_but_a_clause(tmp_path_factory, content, changes, length):
    for place, piece in changes:
        content = content[:place] + piece + content[place + len(piece) :]
    path = tmp_path_factory.mktemp("archive", numbered=True) / "archive"
    path.write_bytes(content[:length])
    try:
        assert image_archive.image_names(str(path))
    except image_archive.ArchiveError as error:
        assert str(error).startswith(("is ", "has ", "names "))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["manifests", "annotations", "RepoTags", image_archive.ANNOTATED_NAME]), inner),
)


@given(manifest=JSON, oci=JSON)
def test_any_list_raises_nothing_but_a_clause(tmp_path_factory, manifest, oci):
    path = tmp_path_factory.mktemp("list", numbered=True) / "archive"
    path.write_bytes(tar({"manifest.json": manifest, "index.json": oci}))
    try:
        assert image_archive.image_names(str(path))
    except image_archive.ArchiveError as error:
        assert str(error).startswith(("is ", "has ", "names "))
