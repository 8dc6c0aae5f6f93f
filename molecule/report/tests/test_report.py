import json
import os
from pathlib import Path

import yaml

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
    assert f"<bdi>{host.check_output('hostname')}</bdi></th>" in (REPORT / "report.html").read_text()


def test_the_fragment_of_the_installers_configuration_is_beside_it():
    path = REPORT / "gitpod.fragment.yaml"
    assert path.stat().st_mode & 0o777 == 0o644
    assert yaml.safe_load(path.read_text()) == {
        "apiVersion": "v1",
        "domain": "gitpod.example.org",
        "certificate": {"kind": "secret", "name": "https-certificates"},
        "workspace": {
            "runtime": {
                "containerdRuntimeDir": "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io",
                "containerdSocket": "/run/k3s/containerd/containerd.sock",
                "fsShiftMethod": "fuse",
            }
        },
    }
