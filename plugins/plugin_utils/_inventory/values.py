# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the variables of an inventory have the types that the roles document. Pure.

The options are those of the roles' `meta/argument_specs.yml`. Nothing is converted on the way: ansible itself would take the string `traefik`
for a list of one, and the template that loops over it would then see seven letters.
"""

import re

from .names import or_nearest


def _is_bool(value):
    return isinstance(value, bool)


def _is_int(value):
    # Before ansible-core 2.19 a template always makes a string of a number.
    return not _is_bool(value) and (isinstance(value, int) or _matches(r"-?\d+", value))


def _is_float(value):
    return _is_int(value) or isinstance(value, float) or _matches(r"-?\d+\.\d+", value)


def _matches(pattern, value):
    return isinstance(value, str) and re.match("(?:" + pattern + r")\Z", value) is not None


def _is_str(value):
    return isinstance(value, str)


# Type of an argument specification -> its name in a sentence, the test, what to do where it does not hold.
TYPES = {
    "bool": ("true or false", _is_bool, "Write true or false without quotes; on the command line: -e '{{\"{name}\": true}}'."),
    "dict": ("a dictionary", lambda value: isinstance(value, dict), "Write one 'key: value' per line, indented below {name}."),
    "float": ("a number", _is_float, "Write a number without quotes."),
    "int": ("a whole number", _is_int, "Write a whole number without quotes."),
    "list": ("a list", lambda value: isinstance(value, list), "Write it as a list: {name}: [{items}]"),
    "path": ("a path", _is_str, "Write the path as a string."),
    "str": ("a string", _is_str, "Put the value in quotes."),
}


def kind_of(value):
    """Name of a value's type in a sentence."""
    if value is None:
        return "empty"
    if _is_bool(value):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return {list: "a list", dict: "a dictionary"}.get(_plain_type(value), "a string")


def _plain_type(value):
    return next((plain for plain in (list, dict) if isinstance(value, plain)), str)


def describe(value, secret=False):
    """What was found, for a sentence; only the kind of it if it is a secret or long."""
    if secret or value is None or isinstance(value, (list, dict)):
        return kind_of(value)
    kind = kind_of(value).replace("a ", "the ", 1)
    return f"{kind} {value if isinstance(value, (int, float)) else str(value)!r}"


def value_problems(name, value, option):
    """What is wrong with the value of one option.

    :param name: of the variable, for the messages.
    :param value: rendered value.
    :param option: dict, its entry in the argument specification.
    :returns: list of (what, remedy).
    """
    secret = option.get("no_log", False)
    expected, holds, remedy = TYPES.get(option.get("type", "str"), ("", lambda value: True, ""))
    if not holds(value):
        items = ", ".join(part.strip() for part in value.split(",")) if _is_str(value) and not secret else "..."
        what = f"{name} must be {expected}, but it is {describe(value, secret)}."
        return [(what, remedy.format(name=name, items=items))]
    choices = option.get("choices")
    if choices and not isinstance(value, (list, dict)) and value not in choices:
        what = f"{name} must be one of {', '.join(map(str, choices))}, but it is {describe(value, secret)}."
        return [(what, or_nearest(str(value), map(str, choices), "Use one of them."))]
    if isinstance(value, list):
        element = {"type": option.get("elements", "raw"), "options": option.get("options"), "choices": choices, "no_log": secret}
        return [problem for index, item in enumerate(value) for problem in value_problems(f"{name}[{index}]", item, element)]
    if isinstance(value, dict) and option.get("options"):
        return _key_problems(name, value, option["options"])
    return []


def _key_problems(name, value, options):
    found = []
    for key in value:
        if key in options:
            found.extend(value_problems(f"{name}.{key}", value[key], options[key]))
        else:
            what = f"{name} has the unknown key {key}."
            found.append((what, or_nearest(key, options, f"The keys are {', '.join(sorted(options))}.")))
    for key in sorted(options):
        if options[key].get("required") and key not in value:
            found.append((f"{name} lacks the key {key}.", "Add it."))
    return found
