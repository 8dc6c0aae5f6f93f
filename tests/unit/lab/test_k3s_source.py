"""Which K3s the lab has: what the environment says, what lies beside the checkout, and what can be reached."""

import random

import k3s_source
import pytest

OLD, NEW, NEWEST = "v1.21.1+k3s1", "v1.21.2+k3s1", "v1.21.10+k3s1"


def folder(path, *releases):
    """A folder of releases in the layout of the release pages."""
    path.mkdir(parents=True)
    for release in releases:
        (path / release).mkdir()
        (path / release / "k3s").write_text(f"#!/bin/sh\necho 'k3s version {release} (1234abcd)'\n")
        (path / release / "k3s").chmod(0o755)
        (path / release / "sha256sum-amd64.txt").write_text("0  k3s\n")
    return path


def find(checkout, official=False, **environment):
    return k3s_source.find(environment, checkout, lambda: official)


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "checkout").mkdir()
    return tmp_path / "checkout"


def test_the_newest_release_of_a_folder_is_the_default(checkout, tmp_path):
    source = find(checkout, LAB_K3S=str(folder(tmp_path / "releases", NEW, NEWEST, OLD)))
    assert (source.release, source.others) == (NEWEST, [NEW, OLD])
    assert source.binary == tmp_path / "releases" / NEWEST / "k3s"
    assert source.words == f"the real K3s {NEWEST} of {tmp_path}/releases (also there: {NEW}, {OLD})"


def test_a_release_can_be_chosen(checkout, tmp_path):
    source = find(checkout, LAB_K3S=str(folder(tmp_path / "releases", OLD, NEW)), LAB_K3S_RELEASE=OLD)
    assert (source.release, source.others) == (OLD, [NEW])


def test_a_single_file_says_which_release_it_is(checkout, tmp_path):
    file = folder(tmp_path / "releases", OLD) / OLD / "k3s"
    source = find(checkout, LAB_K3S=str(file))
    assert (source.release, source.binary, source.others) == (OLD, file, [])
    assert source.words == f"the real K3s {OLD} of {file}"


def test_a_relative_path_begins_at_the_checkout(checkout, tmp_path, monkeypatch):
    folder(tmp_path / "releases", OLD)
    monkeypatch.chdir("/")
    assert find(checkout, LAB_K3S="../releases").release == OLD


def test_the_folder_beside_the_checkout_is_taken_by_itself(checkout, tmp_path):
    folder(tmp_path / "shared" / "k3s", OLD, NEW)
    assert find(checkout, official=True).files.keys() == {NEW, OLD}
    assert find(checkout, LAB_K3S="").release == NEW


def test_the_environment_comes_before_the_folder_beside_the_checkout(checkout, tmp_path):
    folder(tmp_path / "shared" / "k3s", NEW)
    folder(tmp_path / "releases", OLD)
    assert find(checkout, LAB_K3S=str(tmp_path / "releases")).release == OLD
    source = find(checkout, LAB_K3S="standin")
    assert (source.release, source.binary, source.files) == (k3s_source.STANDIN_RELEASE, None, {})
    assert source.words == "a stand-in for K3s v1.24.9+k3s1, which LAB_K3S asks for"


def test_without_a_folder_the_official_release_is_taken_where_it_answers(checkout):
    source = find(checkout, official=True)
    assert source == k3s_source.Source("the official K3s v1.24.9+k3s1", "v1.24.9+k3s1", official=True)
    assert source.binary is None


def test_else_the_standin_and_why(checkout):
    source = find(checkout)
    assert (source.official, source.release, source.binary) == (False, "v1.24.9+k3s1", None)
    assert "there is no ../shared/k3s, LAB_K3S names nothing, and the official release cannot be reached" in source.words


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"LAB_K3S": "nowhere"}, "LAB_K3S names .*/checkout/nowhere, which is not there"),
        ({"LAB_K3S": "."}, "holds no release of K3s: expected are <release>/k3s"),
        ({"LAB_K3S": "../releases", "LAB_K3S_RELEASE": NEW}, f"asks for v1.21.2.k3s1, which is not in .*; there are: {OLD}".replace("+", ".")),
        ({"LAB_K3S_RELEASE": "newest"}, "LAB_K3S_RELEASE is 'newest', which is not a release of K3s such as v"),
        ({"LAB_K3S": "../text"}, "/text does not say which release of K3s it is"),
        ({"LAB_K3S": "../silent"}, "/silent does not say which release of K3s it is"),
    ],
)
def test_what_cannot_be_is_said(checkout, tmp_path, environment, message):
    folder(tmp_path / "releases", OLD)
    (tmp_path / "text").write_text("no program")
    (tmp_path / "silent").write_text("#!/bin/sh\n")
    (tmp_path / "silent").chmod(0o755)
    with pytest.raises(SystemExit, match=message):
        find(checkout, **environment)


def test_what_is_no_release_in_a_folder_is_passed_over(checkout, tmp_path):
    path = folder(tmp_path / "releases", OLD, "latest", "v1.22")
    (path / NEW).mkdir()
    (path / "README.md").write_text("")
    assert list(find(checkout, LAB_K3S=str(path)).files) == [OLD]


def test_releases_are_ordered_by_their_numbers():
    ordered = ["v1.9.9+k3s1", "v1.21.2+k3s1", "v1.21.2+k3s2", "v1.21.2+k3s10", "v1.21.10+k3s1", "v1.22.0+k3s1"]
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert sorted(shuffled, key=k3s_source.numbers) == ordered


@pytest.mark.parametrize(
    ("releases", "environment", "embedded"),
    [
        ((OLD, NEW), {}, k3s_source.STANDIN_RELEASE),
        ((OLD, "v1.22.2+k3s2", "v1.23.13+k3s1"), {}, "v1.23.13+k3s1"),
        ((OLD, "v1.22.2+k3s2", "v1.23.13+k3s1"), {"LAB_K3S_RELEASE": "v1.22.2+k3s2"}, "v1.22.2+k3s2"),
        ((OLD, "v1.22.2+k3s2"), {"LAB_K3S_RELEASE": OLD}, "v1.22.2+k3s2"),
    ],
)
def test_nodes_with_the_containerd_of_k3s_get_a_release_that_is_new_enough(checkout, tmp_path, releases, environment, embedded):
    path = folder(tmp_path / "releases", *releases)
    assert find(checkout, LAB_K3S=str(path), **environment).embedded == embedded
