"""What dpkg and apt say, and what follows from it."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils import _apt as apt_state
from ansible_collections.gitpod.node_prep.plugins.module_utils._apt import Installed, Plan, Wanted
from hypothesis import given, strategies as st

# As dpkg-query prints it with DPKG_FORMAT; the third letter of the status is a space where there is no error.
DPKG = """\
adduser ii 3.134
containerd hi 1.6.20~ds1-1+b1
runc iU 1.1.5+ds1-1+deb12u1
libfoo rc 1.0
libbar un ?
iptables iHR1.8.9-2
libbaz iF 2:3.0
triggered it 4
"""

POLICY = """\
containerd:
  Installed: (none)
  Candidate: 1.5.9-0ubuntu1~20.04.6
  Version table:
     1.5.9-0ubuntu1~20.04.6 500
        500 http://archive.example focal-updates/main amd64 Packages
     1.3.3-0ubuntu2 500
        500 http://archive.example focal/main amd64 Packages
nothing:
  Installed: (none)
  Candidate: (none)
  Version table:
"""


def containerd(version="", minimum="", hold=None):
    return Wanted("containerd", version, minimum, hold)


def installed(version="1.6.20~ds1-1+b1", held=False, broken=False):
    return {"containerd": Installed(version, held, broken)}


def test_installed_packages():
    packages = apt_state.parse_installed(DPKG)
    assert packages["adduser"] == Installed("3.134", False, False)
    assert packages["containerd"] == Installed("1.6.20~ds1-1+b1", True, False)
    assert packages["iptables"] == Installed("1.8.9-2", False, True)
    assert set(packages) == {"adduser", "containerd", "runc", "iptables", "libbaz", "triggered"}
    assert apt_state.broken(packages) == ["iptables", "libbaz", "runc", "triggered"]


def test_candidates():
    assert apt_state.parse_candidates(POLICY) == {"containerd": "1.5.9-0ubuntu1~20.04.6", "nothing": ""}
    assert apt_state.parse_candidates("") == {}


@pytest.mark.parametrize(
    ("version", "minimum", "reached"),
    [
        ("1.6.20~ds1-1+b1", "1.5", True),
        ("1.5.9-0ubuntu1~20.04.6", "1.5", True),
        ("1.3.3-0ubuntu2", "1.5", False),
        ("1.4.13~ds1-1", "1.5", False),
        ("5:1.7.2-1", "1.5", True),
        ("9:1.2-1", "1.5", False),
        ("2.0.5-1", "1.5", True),
        ("unreadable", "1.5", False),
        ("unreadable", "", True),
    ],
)
def test_minimum(version, minimum, reached):
    assert apt_state.reaches(version, minimum) is reached


@pytest.mark.parametrize(
    ("packages", "wanted", "plan"),
    [
        ({}, containerd(), Plan(["containerd"], [], [])),
        (installed(), containerd(), Plan([], [], [])),
        (installed(), containerd(minimum="1.5"), Plan([], [], [])),
        (installed("1.3.3-0ubuntu2"), containerd(minimum="1.5"), Plan(["containerd"], [], [])),
        (installed(), containerd(version="1.6.*"), Plan([], [], [])),
        (installed(), containerd(version="1.6.20~ds1-1+b1"), Plan([], [], [])),
        (installed(), containerd(version="1.5.*"), Plan(["containerd"], [], [])),
        (installed(broken=True), containerd(), Plan(["containerd"], [], [])),
        (installed(), containerd(hold=True), Plan([], ["containerd"], [])),
        (installed(held=True), containerd(hold=True), Plan([], [], [])),
        (installed(held=True), containerd(hold=False), Plan([], [], ["containerd"])),
        (installed(held=True), containerd(), Plan([], [], [])),
        ({}, containerd(hold=True), Plan(["containerd"], ["containerd"], [])),
        ({}, containerd(hold=False), Plan(["containerd"], [], [])),
    ],
)
def test_plan(packages, wanted, plan):
    assert apt_state.plan(packages, [wanted]) == plan


@pytest.mark.parametrize(
    ("packages", "candidate", "wanted", "message"),
    [
        ({}, "", containerd(), "apt knows no package containerd"),
        ({}, "1.3.3-0ubuntu2", containerd(minimum="1.5"), "apt would install containerd 1.3.3-0ubuntu2, but 1.5 or newer is needed"),
        (installed("1.3.3", held=True), "1.6.1", containerd(minimum="1.5"), "containerd is held at 1.3.3, but 1.5 is needed"),
    ],
)
def test_obstacles(packages, candidate, wanted, message):
    plan = apt_state.plan(packages, [wanted])
    (sentence,) = apt_state.obstacles(plan, packages, {"containerd": candidate}, [wanted])
    assert message in sentence


def test_no_obstacle():
    held = installed("1.3.3", held=True)
    for packages, wanted in (({}, containerd(minimum="1.5")), (held, containerd(minimum="1.5", hold=True)), (installed(), containerd())):
        plan = apt_state.plan(packages, [wanted])
        assert apt_state.obstacles(plan, packages, {"containerd": "1.6.1"}, [wanted]) == []


def test_shortfalls():
    assert apt_state.shortfalls(installed(), [containerd(minimum="1.5")]) == []
    assert apt_state.shortfalls(installed("1.4.1"), [containerd(minimum="1.5")]) == ["containerd is 1.4.1 after the installation, but 1.5 was wanted."]
    assert apt_state.shortfalls({}, [containerd()])[0].startswith("containerd is absent")


def test_lines_of_another_form_are_left_out():
    assert apt_state.parse_installed("\nnonsense\nrunc\nrunc i\nrunc ii\n a\nrunc ii 1.1.5\n") == {"runc": Installed("1.1.5", False, False)}


@given(st.lists(st.sampled_from(["containerd", " ", "ii ", "iU", "\n", ":", "  Candidate: ", "1.6"]) | st.text(max_size=9)).map("".join))
def test_no_text_raises(text):
    packages, candidates = apt_state.parse_installed(text), apt_state.parse_candidates(text)
    wanted = [Wanted(name, "", text, None) for name in [*packages, "containerd"]]
    apt_state.obstacles(apt_state.plan(packages, wanted), packages, candidates, wanted)
    apt_state.shortfalls(packages, wanted)
    apt_state.broken(packages)
    apt_state.unreadable(wanted)
    apt_state.is_locked(text)


def test_a_minimum_that_is_no_version_is_named_and_never_reached():
    assert apt_state.unreadable([containerd(minimum="newest"), containerd(minimum="1.5"), containerd()]) == [
        "the minimum 'newest' of the package containerd is not a version, such as 1.5 or 1.6.20"
    ]
    assert not apt_state.reaches("1.6.20", "newest")


@pytest.mark.parametrize(
    ("errors", "locked"),
    [
        ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)\nE: Unable to acquire the dpkg frontend lock\n", True),
        ("W: old\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n", True),
        ("E: Unable to lock directory /var/lib/apt/lists/\n", True),
        ("dpkg: error: dpkg frontend lock is locked by another process\n", True),
        ("dpkg: error: dpkg frontend lock was locked by another process with pid 12\n", True),
        ("dpkg: error: dpkg status database is locked by another process\n", True),
        ("postinst: the database /var/lib/x is locked by another process\n", False),
        ("Setting up x ... E: Unable to lock the door\n", False),
        ("E: Unable to locate package x\n", False),
        ("", False),
    ],
)
def test_another_one_is_at_work(errors, locked):
    assert apt_state.is_locked(errors) is locked
