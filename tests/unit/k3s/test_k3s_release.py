"""Versions, addresses, digests and the order in which releases may follow each other (requirements §5, §6)."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import release
from hypothesis import given, strategies as st


def test_a_release_is_four_numbers():
    assert release.parse_version("v1.24.7+k3s1") == (1, 24, 7, 1)


def test_a_candidate_has_the_numbers_of_its_release():
    assert release.parse_version("v1.24.7-rc1+k3s1") == release.parse_version("v1.24.7-alpha.2+k3s1") == (1, 24, 7, 1)


@given(st.tuples(*[st.integers(0, 10**6)] * 4))
def test_every_release_is_read_back(numbers):
    assert release.parse_version("v{}.{}.{}+k3s{}".format(*numbers)) == numbers


@pytest.mark.parametrize(
    "text",
    ["", "1.24.7+k3s1", "v1.24.7", "v1.24", "latest", "v1.24.9+rke2r2", "v1.24.7+k3s1 ", "v1.24.7+k3s1\n", "v1.24.7-rc+k3s1", "v1.24.7-1+k3s1"],
)
def test_anything_else_is_refused_by_name(text):
    with pytest.raises(release.VersionError) as error:
        release.parse_version(text)
    assert f"'{text}'" in str(error.value)


@pytest.mark.parametrize(
    ("current", "wanted"),
    [
        ("", "v1.24.7+k3s1"),
        ("v1.24.7+k3s1", "v1.24.7+k3s1"),
        ("v1.24.7+k3s1", "v1.24.7+k3s2"),
        ("v1.24.7+k3s1", "v1.24.17+k3s1"),
        ("v1.23.13+k3s1", "v1.24.7+k3s1"),
        ("v1.24.7-rc1+k3s1", "v1.24.7+k3s1"),
        ("v1.24.7-rc2+k3s1", "v1.24.7-rc10+k3s1"),
        ("v1.24.7-beta9+k3s1", "v1.24.7-rc1+k3s1"),
    ],
)
def test_what_may_follow(current, wanted):
    assert release.change_problem(current, wanted) == ""


@pytest.mark.parametrize(
    ("current", "wanted", "said"),
    [
        ("v1.24.7+k3s2", "v1.24.7+k3s1", "cannot be downgraded"),
        ("v1.24.7+k3s1", "v1.24.7-rc1+k3s1", "cannot be downgraded"),
        ("v1.24.7-rc10+k3s1", "v1.24.7-rc2+k3s1", "cannot be downgraded"),
        ("v1.24.10+k3s1", "v1.24.9+k3s1", "cannot be downgraded"),
        ("v1.24.7+k3s1", "v1.23.17+k3s1", "cannot be downgraded"),
        ("v1.22.17+k3s1", "v1.24.7+k3s1", "go to the newest v1.23 first"),
        ("v1.99.0+k3s1", "v2.0.0+k3s1", "skips"),
    ],
)
def test_what_may_not_follow(current, wanted, said):
    problem = release.change_problem(current, wanted)
    assert said in problem
    assert current in problem
    assert wanted in problem


def test_the_bundled_containerd_is_good_from_1_22_on():
    assert release.embedded_problem("v1.22.2+k3s1") == ""
    assert "k3s_container_runtime: system" in release.embedded_problem("v1.21.14+k3s1")


@pytest.mark.parametrize("base", ["https://example.com/download", "https://example.com/download/"])
def test_the_plus_of_a_version_is_escaped_in_addresses(base):
    url = release.file_url(base, "v1.24.7+k3s1", "k3s")
    assert url == "https://example.com/download/v1.24.7%2Bk3s1/k3s"


LISTING = """\
{a}  k3s-airgap-images-amd64.tar
{b}  k3s
{c} *k3s-arm64
""".format(a="a" * 64, b="b" * 64, c="c" * 64)


@pytest.mark.parametrize(("name", "digest"), [("k3s", "b" * 64), ("k3s-arm64", "c" * 64), ("k3s-armhf", "")])
def test_the_digest_of_exactly_one_name(name, digest):
    assert release.digest_in(LISTING, name) == digest


@pytest.mark.parametrize("text", ["", "<html>k3s</html>", "b" * 63 + "  k3s", "B" * 64 + "  k3s"])
def test_a_listing_that_is_none(text):
    assert release.digest_in(text, "k3s") == ""


def test_a_number_that_is_too_long_to_be_one_is_no_release():
    with pytest.raises(release.VersionError):
        release.parse_version("v1.24." + "7" * 5000 + "+k3s1")
