import json
import os
from pathlib import Path

REPORT = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "report"


def test_the_report_is_about_this_machine(host):
    report = json.loads((REPORT / "report.json").read_text())
    name = host.check_output("hostname")
    (row,) = [node for node in report["nodes"] if node["name"] == name]
    assert row["kernel"] == host.check_output("uname -r")
    assert row["joined"] is False
    found = {finding["id"]: finding["found"] for finding in report["node_findings"] if finding["node"] == name}
    assert host.check_output("cat /etc/machine-id") in found["unique_machine_id"]


def test_the_page_names_this_machine(host):
    assert f">{host.check_output('hostname')}</th>" in (REPORT / "report.html").read_text()
