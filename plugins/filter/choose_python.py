# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from collections import namedtuple

DOCUMENTATION = r"""
name: choose_python
short_description: Chooses the Python of a node that the running ansible-core can use
version_added: 0.1.0
author: Gitpod node_prep authors (@gitpod-io)
description: Evaluates what the role P(gitpod.node_prep.bootstrap#role) has read of a node with C(raw).
options:
  _input:
    description:
      - Lines C(os <id> <version>) and C(python <path> <version> <yes or no>), where the last word says whether it can import C(apt_pkg).
    type: str
    required: true
  ansible_core:
    description: Version of the running ansible-core.
    type: str
    required: true
  explicit:
    description: The interpreter that the user has set; empty where it is left to the role.
    type: str
    default: ""
"""

EXAMPLES = r"""
choice: "{{ reading.stdout | gitpod.node_prep.choose_python(ansible_core=ansible_version.full) }}"
"""

RETURN = r"""
_value:
  description:
    - C(interpreter) and C(version) are the Python to use; with C(package) not empty they are there once that package is installed.
    - C(apt_advice) is what to do with plays that use Ansible's own apt module, where that does not work with this Python, and empty where it does.
    - C(refusal) is a sentence where there is no way, and empty otherwise.
  type: dict
  sample: {interpreter: /usr/bin/python3, version: "3.8", package: "", apt_advice: "", refusal: ""}
"""

from ..module_utils._versions import show
from ..plugin_utils._untrusted import untrusted

# What ansible-core supports on a node, oldest first; the newest row also stands for what is newer.
Support = namedtuple("Support", "core lowest highest advised")

SUPPORT = (
    Support((2, 16), (3, 6), (3, 12), True),
    Support((2, 17), (3, 7), (3, 12), False),  # end of life with a known vulnerability
    Support((2, 18), (3, 8), (3, 13), True),
    Support((2, 19), (3, 8), (3, 13), True),
    Support((2, 20), (3, 9), (3, 14), True),
    Support((2, 21), (3, 9), (3, 14), True),
)

# The Python packages of a release, the one that brings python3-apt first.
PACKAGES = {
    ("ubuntu", "18.04"): (("python3", (3, 6)), ("python3.8", (3, 8))),
    ("ubuntu", "20.04"): (("python3", (3, 8)), ("python3.9", (3, 9))),
    ("ubuntu", "22.04"): (("python3", (3, 10)), ("python3.11", (3, 11))),
    ("ubuntu", "24.04"): (("python3", (3, 12)),),
}

Python = namedtuple("Python", "path version apt")


# The lines of the node, whole. The path is later used as an interpreter, so nothing may stand in it that a shell or a template would understand.
_SYSTEM = re.compile(r"os ([a-z0-9._-]+) ([A-Za-z0-9._-]+)")
_PYTHON = re.compile(r"python (/[\w@%+=:,./-]+) (\d{1,3})\.(\d{1,3}) (yes|no)", re.ASCII)


def numbers(text):
    """The first two numbers of a version: '2.19.14' is (2, 19). What does not begin with two of them has none."""
    match = re.match(r"([0-9]{1,9})\.([0-9]{1,9})(?![0-9])", text)
    return tuple(map(int, match.groups())) if match else ()


def support_of(ansible_core):
    """The row of SUPPORT for a version of ansible-core; the nearest one where it is not in the table."""
    older = [row for row in SUPPORT if row.core <= numbers(ansible_core)]
    return older[-1] if older else SUPPORT[0]


def fits(row, version):
    return row.lowest <= version <= row.highest


def parse(reading):
    """((id, version) of the system, [Python, ...]) from the lines of the node."""
    system, pythons = ("unknown", "unknown"), []
    for line in reading.splitlines():
        named, python = _SYSTEM.fullmatch(line), _PYTHON.fullmatch(line)
        if named:
            system = named.groups()
        elif python:
            pythons.append(Python(python.group(1), (int(python.group(2)), int(python.group(3))), python.group(4) == "yes"))
    return system, pythons


def cores_for(versions):
    """The releases of ansible-core, as text, that can use one of these versions of Python."""
    cores = [show(row.core) for row in SUPPORT if row.advised and any(fits(row, version) for version in versions)]
    return ", ".join(cores)


def refusal(system, pythons, row, ansible_core, explicit):
    there = " and ".join(f"Python {show(python.version)} ({python.path})" for python in pythons) or "no usable Python"
    needs = f"ansible-core {ansible_core} needs Python {show(row.lowest)} to {show(row.highest)} on a node"
    if explicit:
        found = f"ansible_python_interpreter is {explicit}, " + (f"which is {there}" if pythons else "which does not run on this node")
        cores = cores_for([python.version for python in pythons])
        return f"{found}; {needs}: name another interpreter or leave the variable out" + (f", or run with ansible-core {cores}." if cores else ".")
    packages = PACKAGES.get(system, ())
    cores = cores_for([python.version for python in pythons] + [version for name, version in packages])
    offers = " and ".join(show(version) for name, version in packages) or "no known package"
    advice = f"run with ansible-core {cores}." if cores else "install one by hand and set ansible_python_interpreter."
    return f"This node has {there}; {needs}, and {system[0]} {system[1]} offers {offers}: {advice}"


def apt_advice(system, row, version):
    """What to do for Ansible's own apt module where this version cannot import python3-apt, which exists for a release's own Python only."""
    own = PACKAGES.get(system, (("python3", version),))[0][1]
    if fits(row, own):
        return "install python3-apt and let them use /usr/bin/python3."
    return f"run them with ansible-core {cores_for([own])}, which can use this release's own Python {show(own)}."


def choice(interpreter="", version=None, package="", advice="", refused=""):
    return {
        "interpreter": interpreter,
        "version": show(version) if version else "",
        "package": package,
        "apt_advice": advice,
        "refusal": refused,
    }


def choose_python(reading, ansible_core, explicit=""):
    system, pythons = parse(reading)
    row = support_of(ansible_core)
    usable = [python for python in pythons if fits(row, python.version)]
    # The one that the apt module can use, else the first.
    for python in sorted(usable, key=lambda python: not python.apt):
        return choice(python.path, python.version, advice="" if python.apt else apt_advice(system, row, python.version))
    if not explicit:
        for name, version in PACKAGES.get(system, ()):
            if fits(row, version):
                return choice(f"/usr/bin/{name}", version, package=name, advice=apt_advice(system, row, version))
    return choice(refused=refusal(system, pythons, row, ansible_core, explicit))


class FilterModule:
    def filters(self):
        return {"choose_python": lambda *args, **kwargs: untrusted(choose_python(*args, **kwargs))}
