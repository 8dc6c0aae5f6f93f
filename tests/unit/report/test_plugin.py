"""The action that writes the report, in a real run of Ansible."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import report_sample as sample
import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
PLAYBOOK = """
- name: Report
  hosts: localhost
  connection: local
  gather_facts: false
  roles:
    - role: gitpod.node_prep.report
"""


@pytest.fixture
def run(tmp_path):
    playbook = tmp_path / "report.yml"
    playbook.write_text(PLAYBOOK)

    def run(nodes, *args, **more):
        variables = {"report_nodes": nodes, "report_cluster": sample.whole_cluster(), "report_dir": str(tmp_path / "out"), **more}
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "-i",
            "localhost,",
            "-e",
            json.dumps(variables),
            *args,
            str(playbook),
        ]
        done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    run.json = tmp_path / "out" / "report.json"
    run.html = tmp_path / "out" / "report.html"
    run.installer = tmp_path / "out" / "gitpod.fragment.yaml"
    return run


def changed(output):
    return int(re.search(r"changed=(\d+)", output).group(1))


def test_the_report_is_written_and_changes_only_with_the_judgement(run):
    code, output = run(sample.nodes(), "--check")
    assert (code, changed(output)) == (0, 1), output
    assert "Not ready for Gitpod: 1 fail, 1 warning, 25 pass" in output
    assert "Nothing was written, as this is check mode." in output
    assert not run.json.parent.exists()

    code, output = run(sample.nodes(), "--diff")
    assert (code, changed(output)) == (0, 1), output
    assert '+  "worst": "fail"' in output
    assert "Not ready for Gitpod: 1 fail, 1 warning, 25 pass" in output
    shown = output[output.index("Not ready for Gitpod: ") :].splitlines()
    assert [line.split()[-1] for line in shown[2:5]] == [str(run.json), str(run.html), str(run.installer)]
    assert "+  runtime:" in output
    assert json.loads(run.json.read_text())["worst"] == "fail"
    assert {path.stat().st_mode & 0o777 for path in run.json.parent.iterdir()} == {0o644}
    assert [path.name for path in sorted(run.json.parent.iterdir())] == ["gitpod.fragment.yaml", "report.html", "report.json"]

    measured = sample.nodes()
    measured["meta-1"]["findings"][1]["found"] = "1.1 GB"
    code, output = run(measured)
    assert (code, changed(output)) == (0, 0), output
    assert "1.1 GB" in run.json.read_text()


def test_the_page_stands_alone_and_says_what_it_is_told(run):
    nodes = sample.nodes()
    nodes["meta-1"]["findings"][0].update(status="warning", found="<script>alert(1)</script>")
    run(nodes)
    page = run.html.read_text()
    assert "Not ready for Gitpod" in page
    assert "Give the machine more RAM." in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_the_play_stops_after_the_report_where_that_is_asked_for(run):
    code, output = run(sample.nodes(), report_stop=True)
    assert code != 0
    assert f"above, and in {run.json} and {run.html}." in " ".join(output.split())
    assert output.index("Give the machine more RAM.") < output.index("Not ready for Gitpod: 1 fail, 1 warning, 25 pass. What is wrong")
    code, output = run(sample.nodes(), "--check", report_stop=True)
    assert code != 0
    assert "What is wrong and what to do is above." in output
    passing = sample.nodes()
    passing["workspace-1"]["findings"].pop(0)
    code, output = run(passing, report_stop=True)
    assert code == 0, output


def test_a_directory_that_cannot_be_made(run):
    run.json.parent.write_text("a file")
    code, output = run(sample.nodes())
    assert code != 0
    assert f"the report cannot be written below {run.json.parent}" in output


def test_the_fragment_of_the_installers_configuration(run):
    code, output = run(sample.nodes(), node_prep_domain="gitpod.example.org")
    assert (code, changed(output)) == (0, 1), output
    text = run.installer.read_text()
    assert text.startswith("# The part of the configuration of Gitpod's installer")
    assert yaml.safe_load(text)["domain"] == "gitpod.example.org"

    code, output = run(sample.nodes(), "--check", "--diff", report_domain="other.example.org", report_shiftfs=True)
    assert (code, changed(output)) == (0, 1), output
    assert "+domain: other.example.org" in output
    assert "+    fsShiftMethod: shiftfs" in output
    assert run.installer.read_text() == text

    code, output = run(sample.nodes(), node_prep_domain="gitpod.example.org")
    assert (code, changed(output)) == (0, 0), output


def test_there_is_no_fragment_where_the_cluster_was_not_looked_at(run):
    code, output = run(sample.nodes(), report_cluster={})
    assert code == 0, output
    assert run.html.exists()
    assert not run.installer.exists()
    assert "gitpod.fragment.yaml" not in output


def test_the_text_is_as_wide_as_asked_or_as_the_terminal(run, monkeypatch):
    nodes = sample.nodes()
    nodes["meta-1"]["findings"][0].update(status="warning", found="word " * 100)
    for columns, more, least, most in (("72", {}, 66, 72), ("400", {}, 130, 140), ("72", {"report_width": 120}, 110, 120)):
        monkeypatch.setenv("COLUMNS", columns)
        widest = max(len(line.rstrip()) for line in run(nodes, **more)[1].splitlines() if "word word" in line)
        assert least < widest <= most
