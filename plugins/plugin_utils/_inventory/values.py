# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the variables of an inventory have the types that the roles document. Pure.

The options are those of the roles' `meta/argument_specs.yml`. Nothing is converted on the way: ansible itself would take the string `traefik`
for a list of one, and the template that loops over it would then see seven letters.
"""

import re

from .names import or_nearest
from .origins import COMMAND_LINE, INI, YAML
from .shown import Hidden, is_secret, without_login

LONGEST_SHOWN = 100


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


# Type of an argument specification -> its name in a sentence, the test.
TYPES = {
    "bool": ("true or false", _is_bool),
    "dict": ("a dictionary", lambda value: isinstance(value, dict)),
    "float": ("a number", _is_float),
    "int": ("a whole number", _is_int),
    "list": ("a list", lambda value: isinstance(value, list)),
    "path": ("a path", _is_str),
    "str": ("a string", _is_str),
}
# What to do where it does not hold, in YAML.
_IN_YAML = {
    "bool": "Write true or false without quotes.",
    "dict": "Write one 'key: value' per line, indented below {name}.",
    "float": "Write a number without quotes.",
    "int": "Write a whole number without quotes.",
    "list": "Write it as a list: {name}: [{items}]",
    "path": "Write the path as a string.",
    "str": "Put the value in quotes.",
}
# An INI inventory takes what Python could read, such as True, and everything else for a string. After the name of a host, the outer quotes are gone by then.
_IN_INI = {
    "bool": "Write True or False, as Python has them: {name}=True",
    "dict": "Write it as Python would: {name}={{'key': 'value'}} in a section [...:vars], {name}=\"{{'key': 'value'}}\" after the name of a host.",
    "float": "Write nothing but a number: {name}=1.5",
    "int": "Write nothing but a whole number: {name}=1",
    "list": 'Write it as Python would: {name}=[{quoted}] in a section [...:vars], {name}="[{quoted}]" after the name of a host.',
    "path": "Write a path: {name}=/some/path",
    "str": "Put the value in quotes: {name}='...' in a section [...:vars], {name}=\"'...'\" after the name of a host.",
}
# With name=value everything is a string there.
_AS_JSON = {
    "bool": "true",
    "dict": '{{"key": "value"}}',
    "float": "1.5",
    "int": "1",
    "list": "[{json}]",
    "path": '"/some/path"',
    "str": '"..."',
}


def _remedy(kind, name, items, written_in):
    """What to write instead, in the format in which the variable was set, or in all of them where that is not known.

    :param items: the elements of the list that was meant.
    """
    variable = re.split(r"[.\[]", name, maxsplit=1)[0]
    if variable != name and written_in in (INI, COMMAND_LINE):
        # An element is a part of the one value that there is.
        return f"In the value of {variable}, write {name} as {TYPES[kind][0]}" + (": True or False." if kind == "bool" and written_in == INI else ".")
    words = {
        "name": name,
        "items": ", ".join(items) or "...",
        "quoted": ", ".join(f"'{item}'" for item in items) or "...",
        "json": ", ".join(f'"{item}"' for item in items) or "...",
    }
    ways = {
        YAML: _IN_YAML[kind],
        INI: _IN_INI[kind],
        COMMAND_LINE: f"Write it as JSON: -e '{{{{\"{{name}}\": {_AS_JSON[kind]}}}}}'",
    }
    if written_in in ways:
        return ways[written_in].format(**words)
    told = ways[YAML] if variable != name else f"{ways[YAML]} In an INI inventory: {ways[INI]} On the command line: {ways[COMMAND_LINE]}"
    return told.format(**words)


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
    if secret or value is None or isinstance(value, (list, dict, Hidden)):
        return kind_of(value)
    kind = kind_of(value).replace("a ", "the ", 1)
    if isinstance(value, (int, float)):
        return f"{kind} {value}"
    text = without_login(str(value))
    return f"{kind} {text!r}" if len(text) <= LONGEST_SHOWN else f"{kind} of {len(text)} characters that begins with {text[:20]!r}"


def value_problems(name, value, option, secret=False, written_in=YAML):
    """What is wrong with the value of one option.

    :param name: of the variable, for the messages.
    :param value: rendered value.
    :param option: dict, its entry in the argument specification.
    :param secret: whether the value must not be shown, whatever its name.
    :param written_in: the format in which it was set, as Place has it; None if that is not known.
    :returns: list of (what, remedy).
    """
    secret = secret or is_secret(name, option)
    kind = option.get("type", "str")
    expected, holds = TYPES.get(kind, ("", lambda value: True))
    if not holds(value):
        shown = _is_str(value) and not secret and not isinstance(value, Hidden) and len(value) <= LONGEST_SHOWN
        items = [part.strip() for part in without_login(value).strip("[]").split(",")] if shown else []
        return [(f"{name} must be {expected}, but it is {describe(value, secret)}.", _remedy(kind, name, items, written_in))]
    choices = option.get("choices")
    if choices and not isinstance(value, (list, dict)) and value not in choices:
        what = f"{name} must be one of {', '.join(map(str, choices))}, but it is {describe(value, secret)}."
        return [(what, or_nearest(str(value), map(str, choices), "Use one of them."))]
    if isinstance(value, list):
        element = {"type": option.get("elements", "raw"), "options": option.get("options"), "choices": choices}
        return [problem for index, item in enumerate(value) for problem in value_problems(f"{name}[{index}]", item, element, secret, written_in)]
    if isinstance(value, dict) and option.get("options"):
        return _key_problems(name, value, option["options"], secret, written_in)
    return []


def _key_problems(name, value, options, secret, written_in):
    found = []
    for key in value:
        if key in options:
            found.extend(value_problems(f"{name}.{key}", value[key], options[key], secret, written_in))
        else:
            found.append((f"{name} has the unknown key {key}.", or_nearest(key, options, f"The keys are {', '.join(sorted(options))}.")))
    for key in sorted(options):
        if options[key].get("required") and key not in value:
            found.append((f"{name} lacks the key {key}.", "Add it."))
    return found
