"""Parsers of version strings: tables of real ones, and whatever else may come."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils import _versions as versions
from hypothesis import given, strategies as st


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("5.4.0-150-generic", (5, 4, 0)),
        ("5.15.0-1051-aws", (5, 15, 0)),
        ("6.1.0-18-cloud-amd64", (6, 1, 0)),
        ("4.15.0-213-generic+", (4, 15, 0)),
        ("6.18.44-fc-v769", (6, 18, 44)),
        ("5.10.102.1-microsoft-standard-WSL2", (5, 10, 102)),
        ("6.8-rc3", (6, 8, 0)),
        ("3.10.0-1160.el7.x86_64", (3, 10, 0)),
        (" 5.4.0\n", (5, 4, 0)),
        ("5", None),
        ("v5.4.0", None),
        ("generic-5.4.0", None),
        ("", None),
        (None, None),
    ],
)
def test_kernel(text, numbers):
    assert versions.parse_kernel(text) == numbers


@pytest.mark.parametrize(
    ("text", "name", "numbers"),
    [
        ("containerd://1.6.8-k3s1", "containerd", (1, 6, 8)),
        ("containerd://1.7.2", "containerd", (1, 7, 2)),
        ("containerd://1.6.20~ds1", "containerd", (1, 6, 20)),
        ("containerd://v2.0.2-k3s1", "containerd", (2, 0, 2)),
        ("containerd://1.5.8+unknown", "containerd", (1, 5, 8)),
        ("docker://20.10.7", "docker", (20, 10, 7)),
        ("cri-o://1.24.1", "cri-o", (1, 24, 1)),
        ("cri-o://1.22.1-8.rhaos4.9.gitd3ba5bd.el8", "cri-o", (1, 22, 1)),
        ("containerd://Unknown", "containerd", None),
        ("containerd://", "containerd", None),
    ],
)
def test_runtime(text, name, numbers):
    assert versions.parse_runtime(text) == versions.Runtime(name, numbers)


@pytest.mark.parametrize("text", ["", "containerd", "1.6.8", "://1.6.8", None])
def test_no_runtime(text):
    assert versions.parse_runtime(text) is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1", (1, 6, 20)),
        ("containerd containerd.io 1.6.21 3dce8eb055cbb6872793272b4f20ed16117344f8", (1, 6, 21)),
        ("containerd github.com/containerd/containerd v1.5.2 36cc874494a56a253cd181a1a685b44b58a2e34a", (1, 5, 2)),
        ("containerd github.com/k3s-io/containerd v1.6.8-k3s1 ", (1, 6, 8)),
        ("containerd github.com/containerd/containerd 1.3.3-0ubuntu2.3 ", (1, 3, 3)),
        ("containerd github.com/containerd/containerd/v2 v2.0.2 c507a0257ea6462fbd6f5ba4f5c74facb04021f4", (2, 0, 2)),
        ("ctr github.com/containerd/containerd 1.6.20", None),
        ("containerd", None),
        ("", None),
    ],
)
def test_containerd(text, numbers):
    assert versions.parse_containerd(text) == numbers


@pytest.mark.parametrize(
    ("text", "numbers", "distribution"),
    [
        ("v1.24.7+k3s1", (1, 24, 7), "k3s"),
        ("v1.21.2+k3s2", (1, 21, 2), "k3s"),
        ("v1.24.7-rc1+k3s1", (1, 24, 7), "k3s"),
        ("v1.22.17-eks-48e63af", (1, 22, 17), "eks"),
        ("v1.24.9-gke.3200", (1, 24, 9), "gke"),
        ("v1.24.9", (1, 24, 9), ""),
        ("1.24.9", (1, 24, 9), ""),
        ("v1.24.9+rke2r2", (1, 24, 9), "rke2"),
        ("v1.31.6+k3s1", (1, 31, 6), "k3s"),
        ("v1.22.0-beta.1", (1, 22, 0), ""),
        ("v1.23.5+3afdacb", (1, 23, 5), ""),
    ],
)
def test_kubernetes(text, numbers, distribution):
    assert versions.parse_kubernetes(text) == versions.Kubernetes(numbers, distribution, text)


@pytest.mark.parametrize("text", ["", "v1", "v1.24", "latest", "stable", "k3s1", None, "v1.24.x", "v1.2.3.4"])
def test_no_kubernetes(text):
    assert versions.parse_kubernetes(text) is None


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("k3s version v1.21.2+k3s1 (5a67e8dc)\ngo version go1.16.4\n", "v1.21.2+k3s1"),
        ("k3s version v1.24.7+k3s1 (7af5b16788)", "v1.24.7+k3s1"),
        ("a banner\nk3s version v1.24.7+k3s1 (7af5b16788)\n", "v1.24.7+k3s1"),
        ("not the k3s version v1.24.7+k3s1", None),
        ("bash: k3s: command not found", None),
    ],
)
def test_k3s_output(text, release):
    parsed = versions.parse_k3s_output(text)
    assert (parsed and parsed.text) == release


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iptables v1.6.1", ((1, 6, 1), "legacy")),
        ("iptables v1.8.4 (legacy)", ((1, 8, 4), "legacy")),
        ("iptables v1.8.3 (nf_tables)\n", ((1, 8, 3), "nf_tables")),
        ("ip6tables v1.8.3 (nf_tables)", None),
        ("", None),
    ],
)
def test_iptables(text, expected):
    assert versions.parse_iptables(text) == expected


BIONIC = """NAME="Ubuntu"
VERSION="18.04.6 LTS (Bionic Beaver)"
ID=ubuntu
ID_LIKE=debian
PRETTY_NAME="Ubuntu 18.04.6 LTS"
VERSION_ID="18.04"
VERSION_CODENAME=bionic
UBUNTU_CODENAME=bionic
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BIONIC, ("ubuntu", "18.04", "bionic")),
        ("# comment\n ID='debian'\nVERSION_ID='12'\n", ("debian", "12", "")),
        ("ID=arch\nNAME=\"Arch Linux\"\n", ("arch", "", "")),
        ("UBUNTU_CODENAME=jammy\nID=linuxmint", ("linuxmint", "", "jammy")),
        ("", ("", "", "")),
    ],
)  # fmt: skip
def test_os_release(text, expected):
    assert versions.parse_os_release(text) == expected


@pytest.mark.parametrize(
    ("numbers", "minimum", "reached"),
    [
        ((1, 5, 0), (1, 5), True),
        ((1, 5), (1, 5, 0), True),
        ((1, 10, 0), (1, 5), True),
        ((1, 4, 13), (1, 5), False),
        ((2,), (1, 5), True),
        ((1,), (1, 5), False),
    ],
)
def test_is_at_least(numbers, minimum, reached):
    assert versions.is_at_least(numbers, minimum) is reached


@pytest.mark.parametrize(
    ("numbers", "ceiling", "above"),
    [
        ((5, 15, 91), (5, 15), False),
        ((5, 16, 0), (5, 15), True),
        ((5, 4, 0), (5, 15), False),
        ((6, 1, 0), (5, 15), True),
        ((5, 15, 1), (5, 15, 0), True),
    ],
)
def test_is_above(numbers, ceiling, above):
    assert versions.is_above(numbers, ceiling) is above


PARSERS = [
    versions.parse_numbers,
    versions.parse_integer,
    versions.parse_kernel,
    versions.parse_containerd,
    versions.parse_runtime,
    versions.parse_kubernetes,
    versions.parse_k3s_output,
    versions.parse_iptables,
    versions.parse_os_release,
]


DIGITS = "9" * 5000
HUGE = [
    DIGITS,
    f"v{DIGITS}.{DIGITS}.{DIGITS}+k3s{DIGITS}",
    f"containerd://{DIGITS}.1",
    f"containerd a {DIGITS}",
    f"iptables v{DIGITS}",
    f"{DIGITS}.4.0-generic",
    "1." * 5000,
]


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text() | st.binary() | st.none() | st.integers() | st.sampled_from(HUGE))
def test_no_input_raises(parse, text):
    parse(text)


NUMBER = st.integers(0, 10**6)


@given(numbers=st.tuples(NUMBER, NUMBER, NUMBER), build=st.integers(1, 99))
def test_what_is_written_as_a_version_is_read_as_one(numbers, build):
    dotted = versions.show(numbers)
    assert versions.parse_kernel(dotted + "-1-generic") == numbers
    assert versions.parse_runtime(f"containerd://{dotted}-k3s{build}").numbers == numbers
    assert versions.parse_kubernetes(f"v{dotted}+k3s{build}")[:2] == (numbers, "k3s")
    assert versions.parse_numbers(dotted) == numbers
    assert versions.parse_containerd(f"containerd github.com/containerd/containerd v{dotted} abc") == numbers
    assert versions.parse_iptables(f"iptables v{dotted} (nf_tables)") == (numbers, "nf_tables")
    assert versions.parse_k3s_output(f"k3s version v{dotted}+k3s{build} (abc)\ngo version go1.16.4").numbers == numbers


@given(number=st.integers(-(10**17), 10**17))
def test_what_is_written_as_a_number_is_read_as_one(number):
    assert versions.parse_integer(f" {number}\n") == number


WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789.-", min_size=1, max_size=12)


@given(fields=st.tuples(WORD, WORD, WORD), quote=st.sampled_from(["", '"', "'"]))
def test_what_is_written_as_a_release_of_an_operating_system_is_read_as_one(fields, quote):
    keys = ("ID", "VERSION_ID", "VERSION_CODENAME")
    text = "".join(f"{key}={quote}{value}{quote}\n" for key, value in zip(keys, fields, strict=True))
    assert versions.parse_os_release(text) == fields


@given(left=st.lists(NUMBER, min_size=1, max_size=4), right=st.lists(NUMBER, min_size=1, max_size=4))
def test_one_of_two_versions_reaches_the_other(left, right):
    assert versions.is_at_least(tuple(left), tuple(right)) or versions.is_at_least(tuple(right), tuple(left))
