"""What the mirror serves, and what the lab's inventory says of it."""

import hashlib

import artifacts
import pytest
from k3s_source import STANDIN_RELEASE, Source

OLD, NEW = "v1.21.1+k3s1", "v1.21.2+k3s1"
SUMS = "sha256sum-amd64.txt"


@pytest.fixture
def source(tmp_path):
    files = {}
    for release in (NEW, OLD):
        folder = tmp_path / "releases" / release
        folder.mkdir(parents=True)
        (folder / "k3s").write_text(f"{release}\n")
        (folder / "k3s").chmod(0o555)
        (folder / SUMS).write_text(f"the sums of {release}\n")
        files[release] = folder / "k3s"
    return Source("real", NEW, files=files)


def served(root):
    return {str(path.relative_to(root)): path.stat() for path in root.rglob("*") if path.is_file()}


def test_every_release_and_the_standin_are_served_with_their_checksum_files(tmp_path, source):
    root = artifacts.publish(tmp_path / "mirror", source)
    assert served(root).keys() == {
        *(f"k3s/{release}/{name}" for release in (OLD, NEW, STANDIN_RELEASE) for name in ("k3s", SUMS)),
        *(f"calico/{version}/manifests/calico-vxlan.yaml" for version in ("v3.23.5", "v3.24.5")),
    }
    assert (root / "k3s" / OLD / "k3s").read_text() == f"{OLD}\n"
    assert (root / "k3s" / OLD / SUMS).read_text() == f"the sums of {OLD}\n"
    standin = (root / "k3s" / STANDIN_RELEASE / "k3s").read_bytes()
    assert (root / "k3s" / STANDIN_RELEASE / SUMS).read_text() == f"{hashlib.sha256(standin).hexdigest()}  k3s\n"


def test_a_file_without_a_checksum_file_gets_one(tmp_path):
    (tmp_path / "k3s").write_text("real")
    root = artifacts.publish(tmp_path / "mirror", Source("real", NEW, files={NEW: tmp_path / "k3s"}))
    assert (root / "k3s" / NEW / SUMS).read_text() == f"{hashlib.sha256(b'real').hexdigest()}  k3s\n"


def test_what_is_served_already_is_not_touched(tmp_path, source):
    """Another lab's nodes may be reading it."""
    root = artifacts.publish(tmp_path / "mirror", source)
    before = served(root)
    artifacts.publish(root, source)
    assert {name: (file.st_ino, file.st_mtime_ns) for name, file in served(root).items()} == {
        name: (file.st_ino, file.st_mtime_ns) for name, file in before.items()
    }


def test_what_has_changed_is_replaced_whole(tmp_path, source):
    root = artifacts.publish(tmp_path / "mirror", source)
    (root / "k3s" / STANDIN_RELEASE / "k3s").write_text("an older stand-in")
    with (root / "k3s" / STANDIN_RELEASE / "k3s").open() as reader, (root / "k3s" / OLD / "k3s").open() as other:
        file = source.files[OLD]
        file.unlink()
        file.write_text("built anew")
        artifacts.publish(root, source)
        assert reader.read() == "an older stand-in"
        assert other.read() == f"{OLD}\n"
    assert (root / "k3s" / OLD / "k3s").read_text() == "built anew"
    assert (root / "k3s" / STANDIN_RELEASE / "k3s").read_bytes() == artifacts.build_standin.standin(STANDIN_RELEASE)


def test_a_real_release_takes_the_place_of_the_standin_of_the_same_release(tmp_path):
    (tmp_path / "k3s").write_text("real")
    root = artifacts.publish(tmp_path / "mirror", Source("real", STANDIN_RELEASE, files={STANDIN_RELEASE: tmp_path / "k3s"}))
    assert (root / "k3s" / STANDIN_RELEASE / "k3s").read_text() == "real"


def test_the_inventory_names_the_default_or_the_release_that_was_asked_for(source):
    found = artifacts.variables("http://mirror", source)
    assert (found["k3s_version"], found["k3s_release_url"], found["calico_version"]) == (NEW, "http://mirror/k3s", "v3.23.5")
    assert found["calico_manifest_url"] == "http://mirror/calico/v3.23.5/manifests/calico-vxlan.yaml"
    assert found["lab_k3s_embedded_version"] == STANDIN_RELEASE
    assert artifacts.variables("http://mirror", source, OLD)["k3s_version"] == OLD
    standin = artifacts.variables("http://mirror", source, STANDIN_RELEASE)
    assert (standin["k3s_version"], standin["calico_version"]) == (STANDIN_RELEASE, "v3.24.5")


def test_a_release_that_the_lab_does_not_have_is_refused(source):
    with pytest.raises(SystemExit, match=r"the lab has no K3s v1\.30\.0\+k3s1; it has v1\.21\.2\+k3s1, v1\.21\.1\+k3s1, v1\.24\.9\+k3s1"):
        artifacts.variables("http://mirror", source, "v1.30.0+k3s1")


def test_the_official_release_comes_from_its_own_page():
    assert "k3s_release_url" not in artifacts.variables("http://mirror", Source("official", STANDIN_RELEASE, official=True))
