# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from machines: read, made harmless for a terminal, and put into sentences. Pure."""

# The environment in which programs print what they print, and no translation of it. LANGUAGE counts for those written in Python.
UNTRANSLATED = {"LC_ALL": "C", "LANGUAGE": "C"}

NAMES_SHOWN = 5
_KEPT = "\n\t"


def decoded(data):
    """The text in the bytes that a file or a program gave, whatever they are."""
    return data.decode("utf-8", "replace")


def listed(names, shown=NAMES_SHOWN):
    """Names as words, no more of them than `shown`: 'a, b, c and 7 more'."""
    names = list(names)
    text = ", ".join(names[:shown])
    more = len(names) - shown
    return "%s and %d more" % (text, more) if more > 0 else text


def each(value, change):
    """The value with `change` made to all that lists and dictionaries in it hold, the keys of dictionaries too."""
    if isinstance(value, dict):
        return {change(key): each(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [each(item, change) for item in value]
    return change(value)


def printable(value):
    """The value with every character that a terminal would obey (escape sequences, directions of writing) as `?`; line ends and tabs stay.

    Lists and dictionaries are gone through, their keys too; whatever is no text stays as it is.
    """
    return each(value, _printable)


def _printable(text):
    if not isinstance(text, str) or text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    return "".join(character if character.isprintable() or character in _KEPT else "?" for character in text)


def one_line(text, limit=200):
    """A text as one printable line of at most `limit` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[:limit] + " …"
