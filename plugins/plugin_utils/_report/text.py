# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as text for a terminal. Pure, and ASCII where the data is; what a terminal would obey is shown as `?`."""

import textwrap

from ...module_utils._requirements import findings
from ...module_utils._text import listed, printable
from .document import ALL_NAMES, CLUSTER, known_facts, matrix, shortcomings

MARKS = {
    findings.PASS: ".",
    findings.SKIPPED: "-",
    findings.FIXABLE: "~",
    findings.WARNING: "!",
    findings.UNKNOWN: "?",
    findings.FAIL: "X",
}
GAP = "  "
NARROWEST = 6  # characters of a column that is squeezed
ALL_ROWS = 20  # nodes up to which each has a line of its own, also where it says what another one says

_COLUMNS = (
    ("node", lambda node: node["name"]),
    ("role", lambda node: node["role"] or "-"),
    ("ready", lambda node: "yes" if node["ready"] else "no" if node["joined"] else "not joined"),
    ("version", lambda node: node["kubernetes"] or "-"),
    ("runtime", lambda node: node["runtime"] or "-"),
    ("kernel", lambda node: node["kernel"] or "-"),
    ("pool", lambda node: ", ".join(node["pools"]) or "-"),
)


def text(document, width=100):
    """The document as text of at most `width` columns."""
    hosts = [node["name"] for node in document["nodes"]]
    parts = [
        _cluster(document, width),
        _nodes(document["nodes"], width),
        _requirements("Requirements of the cluster", document["cluster_findings"], [CLUSTER, *hosts], width),
        _requirements("Requirements of the nodes", document["node_findings"], hosts, width),
        "Marks: " + ", ".join(f"{MARKS[status]} {status}" for status in findings.STATUSES),
        _findings(document, width),
        "\n".join(_wrapped(f"{document['verdict']}: {document['summary']}", width, "")),
    ]
    return printable("\n\n".join(part for part in parts if part))


def table(rows, width):
    """Rows of cells as lines. Where they are too wide, the widest columns are squeezed and their cells go on below."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    while sum(widths) + len(GAP) * (len(widths) - 1) > width and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return [line for row in rows for line in _row(row, widths)]


def _row(row, widths):
    cells = [textwrap.wrap(cell, widths[index]) for index, cell in enumerate(row)]
    for number in range(max(1, max(len(cell) for cell in cells))):
        parts = [(cell[number] if number < len(cell) else "").ljust(widths[index]) for index, cell in enumerate(cells)]
        yield GAP.join(parts).rstrip()


def _wrapped(words, width, indent, first=None):
    return textwrap.wrap(
        words,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cluster(document, width):
    known = known_facts(document)
    return "\n".join(table(known, width)) if known else ""


def _folded(rows):
    """Rows whose first cell is a name. Where they are many, those that say the same stand in one, under the name of the first."""
    if len(rows) <= ALL_ROWS:
        return rows
    names = {}
    for name, *cells in rows:
        names.setdefault(tuple(cells), []).append(name)
    return [[listed(alike, 1), *cells] for cells, alike in names.items()]


def _nodes(nodes, width):
    if not nodes:
        return ""
    rows = _folded([[cell(node) for _title, cell in _COLUMNS] for node in nodes])
    return "\n".join([*table([[title for title, _cell in _COLUMNS], *rows], width), "", *_labels(nodes, width)])


def _labels(nodes, width):
    lines = ["Labels gitpod.io/..."]
    rows = _folded([[node["name"], ", ".join(label.split("/", 1)[-1] for label in node["labels"]) or "none"] for node in nodes])
    size = max(len(name) for name, _labels in rows)
    for name, labels in rows:
        lines.extend(_wrapped(labels, width, " " * (size + 4), "  " + name.ljust(size + 2)))
    return lines


def _requirements(title, found, subjects, width):
    """A table with the subjects down and the requirements across, in which those that are met everywhere share one column."""
    if not found:
        return ""
    rows = matrix(found, subjects)["rows"]
    met = [row for row in rows if set(row["statuses"].values()) == {findings.PASS}]
    columns = [row for row in rows if row not in met]
    lines = [f"{title}: {len(met)} of {len(rows)} met everywhere"]
    if met:
        together = {"id": f"{len(met)} met", "statuses": {subject: findings.PASS for row in met for subject in row["statuses"]}}
        lines.extend(_wrapped(", ".join(row["id"] for row in met), width, "  "))
        columns.insert(0, together)
    concerned = [subject for subject in subjects if any(subject in row["statuses"] for row in rows)]
    marks = _folded([[subject, *(MARKS.get(row["statuses"].get(subject), "") for row in columns)] for subject in concerned])
    for first, last in _bands(columns, width - 2 - max(len(row[0]) for row in marks)):
        header = ["", *(row["id"] for row in columns[first:last])]
        lines.extend(["", *("  " + line for line in table([header] + [[row[0], *row[first + 1 : last + 1]] for row in marks], width - 2))])
    return "\n".join(lines)


def _bands(columns, width):
    """As many columns as fit beside each other, then the next ones below: pairs of the first one and the one after the last."""
    bands, used = [], width
    for index, column in enumerate(columns):
        size = len(GAP) + len(column["id"])
        if used + size > width:
            bands.append([index, index])
            used = 0
        bands[-1][1] = index + 1
        used += size
    return bands


def _findings(document, width):
    lines = []
    for finding in shortcomings(document["node_findings"] + document["cluster_findings"]):
        where = listed(finding["nodes"], ALL_NAMES)
        required = f"; required: {finding['required']}" if finding["required"] else ""
        said = f"{where}: {finding['title']}: {finding['found']}{required} ({finding['id']}, {finding['reference']})"
        lines.extend(_wrapped(said, width, " " * 9, finding["status"].upper().ljust(9)))
        if finding["remedy"]:
            lines.extend(_wrapped(finding["remedy"], width, " " * 12, " " * 9 + "-> "))
    return "\n".join(lines)
