"""The page of the report, as a browser shows it."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import chromium
import pages
import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._report.document import CLUSTER, matrix, shortcomings

MEASURE = Path(__file__).with_name("measure.html")
DASH = "\N{EN DASH}"
MARKS = {"pass": "✓", "skipped": DASH, "fixable": "~", "warning": "!", "unknown": "?", "fail": "✗", None: ""}
CONTRAST = 4.5  # WCAG 2, level AA, text


class Reader(HTMLParser):
    """The texts of the cells of each table, row by row, of each finding, and the identifiers in the headers."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.findings, self.ids, self.title = [], [], [], ""
        self.within = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
            self.ids.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.within = self.tables[-1][-1]
            self.within.append("")
            if tag == "th" and "title" in dict(attrs):
                self.ids[-1].append(dict(attrs)["title"])
        elif tag == "article":
            self.within = self.findings
            self.within.append("")
        elif tag == "title":
            self.within = [""]

    def handle_endtag(self, tag):
        if tag == "title":
            self.title = self.within[-1]
        if tag in ("th", "td", "article", "title"):
            self.within = None
        elif tag == "li" and self.within is not None:
            self.within[-1] += " "

    def handle_data(self, data):
        if self.within is not None:
            self.within[-1] += data


def words(text):
    return " ".join(text.split())


def node_table(report):
    head = ["Node", "Role", "Ready", "Kubernetes", "Runtime", "Kernel", "Pool", "Labels gitpod.io/…"]
    rows = []
    for node in report["nodes"]:
        ready = "yes" if node["ready"] else "no" if node["joined"] else "not joined"
        plain = [node["role"], ready, node["kubernetes"], node["runtime"], node["kernel"], ", ".join(node["pools"])]
        labels = " ".join(label.split("/", 1)[1] for label in node["labels"])
        rows.append([node["name"], *(cell or DASH for cell in plain), labels])
    return [head, *rows] if rows else []


def mark_table(found, subjects):
    table = matrix(found, subjects)
    rows = table["rows"]
    head = ["Node", *(f"{row['title']} {row['reference']}" for row in rows)]
    return [head, *([subject, *(MARKS[row["statuses"].get(subject)] for row in rows)] for subject in table["subjects"])] if rows else []


@pytest.mark.parametrize("name", pages.PAGES)
def test_the_page_says_what_the_document_says(reports, name):
    report = json.loads((reports[name] / "report.json").read_text())
    read = Reader(chromium.dom(reports[name] / "report.html"))
    hosts = [node["name"] for node in report["nodes"]]
    expected = [
        node_table(report),
        mark_table(report["cluster_findings"], [CLUSTER, *hosts]),
        mark_table(report["node_findings"], hosts),
    ]
    assert [[[words(cell) for cell in row] for row in table] for table in read.tables] == [
        [[words(cell) for cell in row] for row in table] for table in expected if table
    ]
    checked = [list(dict.fromkeys(finding["id"] for finding in report[kind])) for kind in ("cluster_findings", "node_findings")]
    assert [ids for ids in read.ids if ids] == [ids for ids in checked if ids]

    short = shortcomings(report["node_findings"] + report["cluster_findings"])
    assert len(read.findings) == len(short)
    for text, finding in zip(read.findings, short, strict=True):
        parts = [finding[key] for key in ("title", "found", "required", "remedy", "id", "reference")]
        for part in (*parts, ", ".join(finding["nodes"])):
            assert words(part) in words(text)


@pytest.fixture(scope="module")
def measured(reports, tmp_path_factory):
    """By preferred colour scheme, what was measured of each page, and of one that does all that is forbidden."""
    bad = tmp_path_factory.mktemp("bad") / "bad.html"
    bad.write_text("<img src='http://127.0.0.1:9/x.png'><p style='width: 500px; color: #888; background: #777'>text")
    addresses = {name: (folder / "report.html").as_uri() for name, folder in reports.items()} | {"bad": bad.as_uri()}

    def of(scheme):
        html = chromium.dom(MEASURE, fragment=quote("\n".join(addresses.values())), scheme=scheme)
        found = re.search(r'<pre id="measured">(.*?)</pre>', html, re.DOTALL).group(1).replace("&amp;", "&")
        return dict(zip(addresses, json.loads(found), strict=True))

    return {scheme: of(scheme) for scheme in chromium.SCHEMES}


@pytest.mark.parametrize("name", pages.PAGES)
def test_nothing_is_fetched_and_no_script_runs(measured, name):
    page = measured["light"][name]
    assert page["loaded"] == []
    assert page["title"] == "Gitpod cluster report"


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_phone_need_not_be_moved_sideways(measured, name):
    page = measured["light"][name]
    assert page["width"] == 390
    assert page["content"] <= page["width"]


def luminance(colour):
    red, green, blue = (int(part) / 255 for part in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """The ratio of WCAG 2, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", chromium.SCHEMES)
@pytest.mark.parametrize("name", pages.PAGES)
def test_text_stands_out(measured, scheme, name):
    colours = measured[scheme][name]["colours"]
    assert colours
    assert [(text, back) for text, back in colours if contrast(text, back) < CONTRAST] == []
    assert all((luminance(back) < 0.2) is (scheme == "dark") for _text, back in colours)


def test_the_measurements_can_fail(measured):
    bad = measured["light"]["bad"]
    assert bad["loaded"] == ["http://127.0.0.1:9/x.png"]
    assert bad["content"] > bad["width"]
    assert any(contrast(text, back) < CONTRAST for text, back in bad["colours"])


WORD = re.compile(r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>')


@pytest.mark.parametrize(("name", "headers", "said"), [("small", 1, {"RAM.", "workspace-1"}), ("many", 5, {"workspace-199.gitpod.example.org"})])
def test_it_can_be_printed(reports, tmp_path, name, headers, said):
    paper = tmp_path / "report.pdf"
    chromium.pdf(reports[name] / "report.html", paper)
    read = subprocess.run(["pdftotext", "-bbox", str(paper), "-"], check=True, capture_output=True, text=True).stdout
    sheets = [(float(width), WORD.findall(sheet)) for width, sheet in re.findall(r'<page width="(.*?)".*?>(.*?)</page>', read, re.DOTALL)]
    # The last requirement, so that no column is cut off, and on every sheet that a long table needs.
    assert sum("skew" in {word for *_box, word in found} for _width, found in sheets) >= headers
    assert {"Gitpod", *said} <= {word for _width, found in sheets for *_box, word in found}
    assert [word for width, found in sheets for left, _top, right, _bottom, word in found if float(left) < 0 or float(right) > width] == []
