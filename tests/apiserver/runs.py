"""Runs playbooks and modules as a user does, and what came of it."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from binaries import CHECKOUT

NEWEST = CHECKOUT / ".venv" / "bin"
OLDEST = CHECKOUT / ".cache" / "oldest" / "bin"
LIMIT = 300  # seconds


@dataclass
class Run:
    """code and output of a command; `result` is what the module returned, `report` the report, `files` all that was written, where there are any."""

    code: int
    output: str
    result: dict = field(default_factory=dict)
    report: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)

    def ids(self, status):
        """The requirements with this status, each once, sorted."""
        return sorted({finding["id"] for finding in self.result["findings"] if finding["status"] == status})

    def found(self, requirement):
        """All that was found about a requirement, as one text."""
        return "\n".join(f"{item['status']}: {item['found']}; {item['remedy']}" for item in self.result["findings"] if item["id"] == requirement)


def verify(kubeconfig, folder, *, bin_folder=NEWEST, **variables):
    """verify.yml on a cluster of somebody else, without an inventory."""
    return _playbook("playbooks/verify.yml", kubeconfig, folder, bin_folder, variables)


def labels(kubeconfig, folder, *, bin_folder=NEWEST, **variables):
    """The role node_labels."""
    return _playbook("tests/bench/labels.yml", kubeconfig, folder, bin_folder, {"node_labels_kubeconfig": str(kubeconfig), **variables})


def module(name, folder, /, **arguments):
    """A module through `ansible -m` on this machine; `result` is what it returned."""
    command = (NEWEST / "ansible", "localhost", "--module-name", f"gitpod.node_prep.{name}", "--args", json.dumps(arguments))
    ran = _run(command, Path(folder), NEWEST, {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"})
    _warnings, _arrow, text = ran.output.partition(" => ")
    return Run(ran.code, ran.output, json.JSONDecoder().raw_decode(text)[0])


def ask(command, folder, bin_folder=NEWEST):
    """Any command of Ansible's."""
    return _run((bin_folder / command[0], *command[1:]), Path(folder), bin_folder, {})


def _playbook(playbook, kubeconfig, folder, bin_folder, variables):
    folder = Path(folder)
    artifacts, kept = folder / "artifacts", folder / "cluster_spec.json"
    extra = {"node_prep_managed": True, "node_prep_kubeconfig": str(kubeconfig), "node_prep_artifacts": str(artifacts), **variables}
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(CHECKOUT / "tests" / "apiserver" / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "keep_cluster_spec",
        "KEEP_CLUSTER_SPEC": str(kept),
    }
    ran = _run((bin_folder / "ansible-playbook", CHECKOUT / playbook, "--extra-vars", json.dumps(extra)), folder, bin_folder, environment)
    ran.files = {path.name: path.read_text() for path in artifacts.iterdir()} if artifacts.exists() else {}
    ran.report = json.loads(ran.files.get("report.json", "{}"))
    ran.result = json.loads(kept.read_text()) if kept.exists() else {}
    return ran


def _run(command, folder, bin_folder, environment):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "K8S_AUTH_", "KUBE"))}
    kept |= {"PATH": f"{bin_folder}{os.pathsep}{kept['PATH']}", "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), **environment}
    ran = subprocess.run(
        [str(part) for part in command], cwd=folder, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LIMIT
    )
    return Run(ran.returncode, ran.stdout)
