# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a variable was set, as far as Ansible knows it. The only file that knows how Ansible keeps that."""

import os
from collections import namedtuple
from functools import lru_cache

try:
    # ansible-core 2.19 and newer. It is private, so that it may be gone one day.
    from ansible._internal._datatag._tags import Origin
except ImportError:
    Origin = None

YAML, INI, COMMAND_LINE = "yaml", "ini", "command line"
_YAML_FILES = (".yml", ".yaml", ".json")

# text: for a message. format: YAML, INI, COMMAND_LINE, or None if it is not known. path: the file, or None.
Place = namedtuple("Place", "text format path", defaults=(None,))


def place(variables, name, extra_variables, folder):
    """The Place where a variable of a host was set, or None.

    :param variables: the raw variables of the host.
    :param extra_variables: those of the command line.
    :param folder: paths below it are shown relative to it.
    """
    if name not in variables:
        return None
    path, line, column = _origin(variables, name)
    if path:
        shown = _relative(path, folder)
        return Place(f"{shown}:{line}" if line else shown, _format(path, line, column), path)
    if name in extra_variables:
        return Place("the command line", COMMAND_LINE)
    source = variables.get("inventory_file")
    if Origin is None and source and os.path.splitext(source)[1] == ".ini":
        # Before ansible-core 2.19 only what was YAML knows its line.
        return Place(_relative(source, folder), INI, source)
    return None


def _origin(variables, name):
    """Path, line and column of a value, each None if it is not known."""
    value = variables[name]
    found = _of_object(value)
    # Booleans, and in older releases numbers, cannot carry it, but their name can. A text without it was not written in a file of YAML.
    if not found and not isinstance(value, (str, list, dict)):
        found = _of_object(next(key for key in variables if key == name))
    return found or (None, None, None)


def _of_object(thing):
    if Origin is None:
        path, line, column = getattr(thing, "ansible_pos", (None, None, None))
    else:
        origin = Origin.get_tag(thing)
        path, line, column = (origin.path, origin.line_num, origin.col_num) if origin else (None, None, None)
    # What was on the command line has a word for a path.
    return (str(path), line, column) if path and os.path.isabs(path) else None


def _format(path, line, column):
    """Only YAML, and JSON with it, has columns."""
    if column or path.endswith(_YAML_FILES):
        return YAML
    return INI if line else None


@lru_cache(maxsize=None)
def _relative(path, folder):
    below = os.path.relpath(path, folder)
    return path if below.startswith(os.pardir) else below
