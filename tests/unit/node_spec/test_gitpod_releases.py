"""Gitpod's releases: the table, and every text that may name one."""

import contextlib
import re

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import gitpod_releases
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.gitpod_releases import DEFAULT, RELEASES, UnknownRelease, release
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.ports import ports_of
from hypothesis import given, strategies as st

# Every release, by the tags of gitpod-io/gitpod.
TAGS = [
    "2022.01", "2022.01.1", "2022.02.0", "2022.03.0", "2022.03.1", "2022.03.2", "2022.03.3", "2022.04.0", "2022.04.1",
    "2022.05.0", "2022.05.2", "2022.06.0", "2022.06.1", "2022.07.0", "2022.07.1", "2022.08.0", "2022.09.0", "2022.09.1",
    "2022.09.2", "2022.10.0", "2022.10.2", "2022.11.0", "2022.11.1", "2022.11.2", "2022.11.3",
]  # fmt: skip


@pytest.mark.parametrize("tag", TAGS)
def test_every_release_has_its_row(tag):
    assert release(tag).month == tag[:7]


def test_the_default_is_the_last_one():
    assert TAGS[-1] == gitpod_releases.DEFAULT
    assert release(gitpod_releases.DEFAULT) == list(gitpod_releases.RELEASES.values())[-1]


@pytest.mark.parametrize(
    ("version", "psp", "cgroup_v2", "registry_port", "pools", "dropped_ubuntu"),
    [
        ("2022.01", "required", "fail", 30000, (2,), ()),
        ("2022.02.0", "required", "fail", 30000, (2,), ()),
        ("2022.03.0", "required", "fail", 20000, (2,), ()),
        ("2022.04.1", "required", "fail", 20000, (2,), ()),
        ("2022.05.0", "required", "warning", 20000, (2,), ()),
        ("2022.06.1", "required", "warning", 20000, (2,), ()),
        ("2022.07.0", "required", "pass", 20000, (2,), ()),
        ("2022.08.0", "required", "pass", 20000, (2,), ()),
        ("2022.09.0", "optional", "pass", 20000, (2, 3), ()),
        ("2022.10.2", "optional", "pass", 20000, (2, 3), ()),
        ("2022.11.0", "optional", "pass", 20000, (2, 3), ("18.04",)),
        ("2022.11.3", "optional", "pass", 20000, (2, 3), ("18.04",)),
    ],
)
def test_where_the_bounds_lie(version, psp, cgroup_v2, registry_port, pools, dropped_ubuntu):
    assert release(version)[1:] == (psp, cgroup_v2, registry_port, pools, dropped_ubuntu)


@pytest.mark.parametrize("text", ["2022.08", "2022.08.0", "2022.08.9", "2022.08.0.5"])
def test_a_patch_release_is_one_of_its_month(text):
    assert release(text).month == "2022.08"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "latest",
        "2021.12",
        "2022.00",
        "2022.12.0",
        "2023.01",
        "2022.1",
        2022.1,
        "2022",
        "2022.8.0",
        "v2022.08",
        "2022.08.",
        "2022.08.0-rc0",
        "2022.08\n",
        None,
    ],
)
def test_what_is_no_release_is_refused_with_a_sentence(text):
    with pytest.raises(UnknownRelease) as error:
        release(text)
    assert (
        str(error.value)
        == f'`{text}` is no release of Gitpod that is known here; there are those of 2022.01 to {max(RELEASES)}, for instance "{DEFAULT}" (in quotes)'
    )


@given(text=st.text() | st.binary() | st.none() | st.floats() | st.from_regex(re.compile(r"\A20\d\d\.\d\d(\.\d+)*")))
def test_whatever_is_given_is_a_release_or_refused(text):
    with contextlib.suppress(UnknownRelease):
        assert release(text).month == str(text)[:7]


@pytest.mark.parametrize(("version", "port"), [("2022.01.1", 30000), ("2022.02.0", 30000), ("2022.03.0", 20000), (gitpod_releases.DEFAULT, 20000)])
def test_the_port_of_the_registry_facade_follows(version, port):
    rows = ports_of(False, ["workload_workspace_regular"], [], version)
    assert [row.number for row in rows if "registry" in row.purpose] == [port]
    assert not [row for row in ports_of(True, ["workload_meta"], [], version) if "registry" in row.purpose]
