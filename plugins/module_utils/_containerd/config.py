# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a config.toml of containerd says. Pure; one pass over the text, and a text that is no TOML raises nothing.

The nodes have a Python without a reader of TOML. This one knows tables, dotted and quoted names, inline tables, strings, arrays of strings and booleans.
"""

import re

PATH = "/etc/containerd/config.toml"

# The names of the plugin that runs containers, by the `version` of a file; a file without one has version 1.
_CRI = {"2": ("io.containerd.grpc.v1.cri",), "3": ("io.containerd.cri.v1.runtime",)}
_CRI_OF_VERSION_1 = ("cri",)
_DEFAULT_RUNTIME = "runc"
# Names in one path, and inline tables in each other: no setting of containerd lies deeper, and what does is passed over.
_DEEPEST = 20

# Strings that do not end go to the end of the line, or of the text, so that nothing is looked at twice.
_TOKEN = re.compile(
    r"""
    (?P<nothing>[ \t\r]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*(?:\"{3}|\Z)|'{3}(?:[^']|'(?!''))*(?:'{3}|\Z)|"(?:[^"\\\n]|\\[^\n])*"?|'[^'\n]*'?)
    |(?P<sign>[][{}=.,])
    |(?P<word>[^][\s\#"'{}=.,]+)
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def values_of(text):
    """{path: value} of a file: a path is a tuple of names; a value True, False, a text, or a list of the texts in an array."""
    found, table, inline, names, items, depth, state = {}, (), [], [], [], 0, "name"
    for token in _TOKEN.finditer(text):
        kind, value = token.lastgroup, token.group()
        if kind in ("nothing", "other"):
            continue
        if kind == "text":
            value = _plain(value)
        is_name = kind in ("text", "word")
        if state == "array":
            if kind == "text" and depth == 1:
                items.append(value)
            elif kind == "sign":
                depth += (value in "[{") - (value in "]}")
            if depth == 0:
                _note(found, table, inline, names, items)
                state = "after"
        elif kind == "newline":
            inline, names, state = [], [], "name"
        elif state == "header":
            if is_name:
                names.append(value)
            elif value == "]":
                table, names, state = tuple(names), [], "after"
        elif state == "value":
            if value == "[" and kind == "sign":
                items, depth, state = [], 1, "array"
            elif value == "{" and kind == "sign":
                inline.append(names)
                names, state = [], "name"
            elif is_name:
                _note(found, table, inline, names, {"true": True, "false": False}.get(value, value) if kind == "word" else value)
                state = "after"
        elif is_name:
            if state == "name":
                names.append(value)
        elif value == "[" and not names and not inline:
            state = "header"
        elif value == "=" and names:
            state = "value"
        elif value == ",":
            names, state = [], "name"
        elif value == "}":
            del inline[-1:]
            names, state = [], "after"
    return found


def _note(found, table, inline, names, value):
    if len(inline) > _DEEPEST:
        return
    parts = [table] + inline + [names]
    if sum(map(len, parts)) <= _DEEPEST:
        found[tuple(name for part in parts for name in part)] = value


def _plain(text):
    """The content of a string in quotes of any kind."""
    quotes = text[:3] if text[:3] in ('"""', "'''") else text[:1]
    content = text[len(quotes) : -len(quotes)] if text.endswith(quotes) and len(text) >= 2 * len(quotes) else text[len(quotes) :]
    if len(quotes) == 3 and content.startswith("\n"):
        content = content[1:]
    return _ESCAPED.sub(r"\1", content) if quotes[0] == '"' else content


def imports_of(text):
    """The paths and patterns of the files that a file draws in."""
    listed = values_of(text).get(("imports",))
    return listed if isinstance(listed, list) else []


def cgroup_driver_of(texts):
    """The cgroup driver of the runtime that pods get: `systemd` or `cgroupfs`, which is containerd's own default.

    :param texts: of config.toml and the files that it imports, in the order in which they are read; the last one wins.
    """
    found = {}
    for text in texts:
        of_file = values_of(text)
        plugin = ("plugins",) + _CRI.get(of_file.get(("version",)), _CRI_OF_VERSION_1) + ("containerd",)
        found.update({path[len(plugin) :]: value for path, value in of_file.items() if path[: len(plugin)] == plugin})
    runtime = found.get(("default_runtime_name",)) or _DEFAULT_RUNTIME
    return "systemd" if found.get(("runtimes", runtime, "options", "SystemdCgroup")) is True else "cgroupfs"
