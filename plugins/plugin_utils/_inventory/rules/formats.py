# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each variable looks like what its name says. Pure; what that is stands in formats.py."""

from ..formats import FORMATS
from ..model import given_values, ours
from ..problem import Problem, on_hosts
from ..shown import is_secret
from ..values import describe, value_problems

# The variables that have a format, or have one inside of them.
NAMES = {path.partition("[")[0] for path in FORMATS}


def values_look_as_they_must(inventory):
    for name in sorted(NAMES & inventory.options.keys()):
        option = inventory.options[name]
        for value, hosts in given_values(inventory, ours(inventory), name):
            if value is None and option.get("type") != "raw":
                continue
            for what, remedy in _problems(name, name, value, option, is_secret(name, option)):
                yield Problem(what, on_hosts(hosts), remedy)


def _problems(path, shown, value, option, secret):
    """What and remedy of each problem of a value; nothing where its type is wrong, which another rule is about.

    :param path: of the value in FORMATS.
    :param shown: the same with the numbers of list elements.
    :param secret: whether the value must not be shown.
    """
    if value_problems(shown, value, {"type": option.get("type", "str")}):
        return
    if path in FORMATS:
        yield from _problem(FORMATS[path], shown, value, secret)
    elif isinstance(value, list):
        element = {"type": option.get("elements", "raw"), "options": option.get("options")}
        for index, item in enumerate(value):
            yield from _problems(f"{path}[]", f"{shown}[{index}]", item, element, secret)
    elif isinstance(value, dict):
        for key, inner in (option.get("options") or {}).items():
            if key in value:
                yield from _problems(f"{path}.{key}", f"{shown}.{key}", value[key], inner, secret or is_secret(key, inner))


def _problem(this, shown, value, secret):
    problem = this.problem(value)
    if problem and isinstance(value, (list, dict)):
        yield f"{shown}: {problem}.", this.remedy
    elif problem:
        yield f"{shown} is {describe(value, secret)}, which is not {problem}.", this.remedy


RULES = (values_look_as_they_must,)
