# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from machines, made harmless for a terminal. Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

_KEPT = "\n\t"


def printable(value):
    """The value with every character that a terminal would obey (escape sequences, directions of writing) as `?`; line ends and tabs stay.

    Lists and dictionaries are gone through, their keys too; whatever is no text stays as it is.
    """
    if isinstance(value, str):
        if value.isprintable():
            return value
        value = value.replace("\r\n", "\n")
        return "".join(character if character.isprintable() or character in _KEPT else "?" for character in value)
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item) for item in value]
    return value


def one_line(text, limit=200):
    """A text as one printable line of at most `limit` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[:limit] + " …"
