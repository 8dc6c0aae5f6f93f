"""The pages, made once by the role report as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pages
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PLAYBOOK = """
- name: Report
  hosts: all
  connection: local
  gather_facts: false
  tasks:
    - name: Report
      ansible.builtin.include_role:
        name: gitpod.node_prep.report
      loop: "{{ pages }}"
      vars:
        # Read from a file, as what a node says is not trusted and no template.
        report_nodes: "{{ (lookup('ansible.builtin.file', out ~ '/' ~ item ~ '.json') | from_json).nodes }}"
        report_cluster: "{{ (lookup('ansible.builtin.file', out ~ '/' ~ item ~ '.json') | from_json).cluster }}"
        report_dir: "{{ out }}/{{ item }}"
"""


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """The directory of each report by its name in `pages`."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "report.yml").write_text(PLAYBOOK)
    for name, readings in pages.PAGES.items():
        (folder / f"{name}.json").write_text(json.dumps(readings))
    variables = json.dumps({"out": str(folder), "pages": list(pages.PAGES)})
    ansible = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [ansible, "-i", "localhost,", "-e", variables, str(folder / "report.yml")]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    return {name: folder / name for name in pages.PAGES}
