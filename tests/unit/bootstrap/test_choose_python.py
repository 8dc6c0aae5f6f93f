"""Which Python is chosen, installed or refused, by release of Ubuntu and of ansible-core."""

from itertools import product
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.choose_python import SUPPORT, choose_python, support_of

BIONIC = "os ubuntu 18.04\r\npython /usr/bin/python3 3.6 yes\r\npython /usr/bin/python3.6 3.6 yes\r\n"
BIONIC_WITH_38 = BIONIC + "python /usr/bin/python3.8 3.8 no\n"
FOCAL = "os ubuntu 20.04\npython /usr/bin/python3 3.8 yes\npython /usr/bin/python3.8 3.8 yes\n"
FOCAL_WITH_39 = FOCAL + "python /usr/bin/python3.9 3.9 no\n"
JAMMY = "os ubuntu 22.04\npython /usr/bin/python3 3.10 yes\n"
NOBLE = "os ubuntu 24.04\npython /usr/bin/python3 3.12 no\n"

README = Path(__file__).resolve().parents[3] / "roles" / "bootstrap" / "README.md"
# What is supported, written down once more: ansible-core, oldest and newest Python on a node.
TABLE = [
    ("2.16", "3.6", "3.12"),
    ("2.17", "3.7", "3.12"),
    ("2.18", "3.8", "3.13"),
    ("2.19", "3.8", "3.13"),
    ("2.20", "3.9", "3.14"),
    ("2.21", "3.9", "3.14"),
]
INSTALL_APT = "install python3-apt and let them use /usr/bin/python3."


def two(version):
    return tuple(int(number) for number in version.split("."))


def test_table():
    assert [(row.core, row.lowest, row.highest) for row in SUPPORT] == [tuple(map(two, row)) for row in TABLE]


def test_readme_has_the_same_table():
    lines = README.read_text().splitlines()
    start = lines.index("| ansible-core | Python on the node |") + 2
    rows = [line.strip("| ").split(" | ") for line in lines[start : lines.index("", start)]]
    assert [(core, *bounds.split(" (")[0].split(" to ")) for cores, bounds in rows for core in cores.split(", ")] == TABLE


@pytest.mark.parametrize(("row", "minor"), list(product(TABLE, range(4, 17))))
def test_a_python_is_used_exactly_where_the_table_has_it(row, minor):
    core, lowest, highest = row
    chosen = choose_python(f"os debian 13\npython /usr/bin/python3 3.{minor} yes\n", f"{core}.7")
    assert (chosen["interpreter"] == "/usr/bin/python3") == (two(lowest) <= (3, minor) <= two(highest))
    advised = [other for other, low, high in TABLE if other != "2.17" and two(low) <= (3, minor) <= two(high)]
    if chosen["refusal"]:
        assert chosen["refusal"].endswith(f"run with ansible-core {', '.join(advised)}." if advised else "set ansible_python_interpreter.")


@pytest.mark.parametrize(
    ("reading", "core", "interpreter", "version", "package"),
    [
        (BIONIC, "2.16.0", "/usr/bin/python3", "3.6", ""),
        (BIONIC, "2.19.14", "/usr/bin/python3.8", "3.8", "python3.8"),
        (BIONIC_WITH_38, "2.16.3", "/usr/bin/python3", "3.6", ""),
        (BIONIC_WITH_38, "2.18.1", "/usr/bin/python3.8", "3.8", ""),
        (FOCAL, "2.16.0", "/usr/bin/python3", "3.8", ""),
        (FOCAL, "2.19.0", "/usr/bin/python3", "3.8", ""),
        (FOCAL, "2.20.0", "/usr/bin/python3.9", "3.9", "python3.9"),
        (FOCAL_WITH_39, "2.21.0rc1", "/usr/bin/python3.9", "3.9", ""),
        (JAMMY, "2.16.0", "/usr/bin/python3", "3.10", ""),
        (JAMMY, "2.21.0", "/usr/bin/python3", "3.10", ""),
        (NOBLE, "2.16.0", "/usr/bin/python3", "3.12", ""),
        ("os ubuntu 20.04\n", "2.19.0", "/usr/bin/python3", "3.8", "python3"),
        ("os ubuntu 24.04\n", "2.16.0", "/usr/bin/python3", "3.12", "python3"),
        # The one that python3-apt belongs to comes first, wherever it stands.
        (
            "os ubuntu 22.04\npython /usr/bin/python3.11 3.11 no\npython /usr/bin/python3 3.10 yes\n",
            "2.19.0",
            "/usr/bin/python3",
            "3.10",
            "",
        ),
    ],
)
def test_choice(reading, core, interpreter, version, package):
    chosen = choose_python(reading, core)
    assert (chosen["interpreter"], chosen["version"], chosen["package"], chosen["refusal"]) == (interpreter, version, package, "")


@pytest.mark.parametrize(
    ("reading", "core", "explicit", "advice"),
    [
        (BIONIC, "2.16.0", "", ""),
        (FOCAL, "2.19.0", "", ""),
        (NOBLE, "2.19.0", "", INSTALL_APT),
        ("os ubuntu 20.04\n", "2.19.0", "", INSTALL_APT),
        ("os ubuntu 20.04\npython /usr/bin/python3.9 3.9 no\n", "2.19.0", "/usr/bin/python3.9", INSTALL_APT),
        ("os debian 13\npython /usr/bin/python3 3.13 no\n", "2.19.0", "", INSTALL_APT),
        (BIONIC, "2.19.0", "", "run them with ansible-core 2.16, which can use this release's own Python 3.6."),
        (BIONIC_WITH_38, "2.18.0", "", "run them with ansible-core 2.16, which can use this release's own Python 3.6."),
        (FOCAL, "2.20.0", "", "run them with ansible-core 2.16, 2.18, 2.19, which can use this release's own Python 3.8."),
    ],
)
def test_what_plays_with_the_apt_module_need(reading, core, explicit, advice):
    assert choose_python(reading, core, explicit)["apt_advice"] == advice


def test_bionic_under_the_newest_core_names_the_cores_to_use():
    choice = choose_python("os ubuntu 18.04\npython /usr/bin/python3 3.6 yes\n", "2.20.1")
    assert choice["interpreter"] == ""
    assert choice["refusal"] == (
        "This node has Python 3.6 (/usr/bin/python3); ansible-core 2.20.1 needs Python 3.9 to 3.14 on a node, "
        "and ubuntu 18.04 offers 3.6 and 3.8: run with ansible-core 2.16, 2.18, 2.19."
    )


def test_a_python_that_is_too_new_for_the_core_is_refused():
    choice = choose_python("os debian 13\npython /usr/bin/python3 3.13 yes\n", "2.16.0")
    assert choice["refusal"].endswith("and debian 13 offers no known package: run with ansible-core 2.18, 2.19, 2.20, 2.21.")


def test_a_system_without_python_and_without_a_known_package():
    choice = choose_python("os alpine 3.19\n", "2.19.0")
    assert choice["refusal"] == (
        "This node has no usable Python; ansible-core 2.19.0 needs Python 3.8 to 3.13 on a node, "
        "and alpine 3.19 offers no known package: install one by hand and set ansible_python_interpreter."
    )


def test_an_explicit_interpreter_is_used_when_it_fits():
    choice = choose_python("os ubuntu 18.04\npython /opt/py/bin/python3 3.11 no\n", "2.19.0", explicit="/opt/py/bin/python3")
    assert (choice["interpreter"], choice["package"], choice["refusal"]) == ("/opt/py/bin/python3", "", "")


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (
            "os ubuntu 20.04\npython /opt/py/bin/python3 3.6 no\n",
            "ansible_python_interpreter is /opt/py/bin/python3, which is Python 3.6 (/opt/py/bin/python3); ansible-core 2.19.0 needs "
            "Python 3.8 to 3.13 on a node: name another interpreter or leave the variable out, or run with ansible-core 2.16.",
        ),
        (
            "os ubuntu 20.04\n",
            "ansible_python_interpreter is /opt/py/bin/python3, which does not run on this node; ansible-core 2.19.0 needs "
            "Python 3.8 to 3.13 on a node: name another interpreter or leave the variable out.",
        ),
    ],
)
def test_an_explicit_interpreter_that_does_not_fit_is_refused_and_nothing_is_installed(reading, message):
    choice = choose_python(reading, "2.19.0", explicit="/opt/py/bin/python3")
    assert choice["package"] == ""
    assert choice["refusal"] == message


@pytest.mark.parametrize(
    ("core", "row"),
    [("2.16.19", (2, 16)), ("2.19.14", (2, 19)), ("2.22.0", (2, 21)), ("2.9.27", (2, 16)), ("3.0.0", (2, 21))],
)
def test_row_of_a_core(core, row):
    assert support_of(core).core == row


def test_the_core_with_the_known_vulnerability_is_never_advised():
    assert [row.core for row in SUPPORT if not row.advised] == [(2, 17)]


@pytest.mark.parametrize("version", ["x", "3", "3.", "3.x", "\u0663.\u0668", "3.8888888888", "{{", "-3.8"])
def test_a_version_that_is_none_is_left_out_and_raises_nothing(version):
    assert "no usable Python" in choose_python(f"os debian 13\npython /usr/bin/python3 {version} yes\n", "2.19.1")["refusal"]


@pytest.mark.parametrize("ansible_core", ["devel", "2", ""])
def test_an_ansible_core_that_cannot_be_read_is_the_oldest(ansible_core):
    assert support_of(ansible_core) == SUPPORT[0]
