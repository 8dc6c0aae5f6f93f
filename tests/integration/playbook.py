"""Runs playbooks as a user does and reads what came of it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)
LIMIT = 600  # seconds; a run that takes longer hangs


@dataclass
class Run:
    code: int
    output: str

    @property
    def recap(self):
        """Host to {"ok": 3, "changed": 0, ...}."""
        lines = RECAP.findall(self.output.split("PLAY RECAP")[-1])
        return {host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}

    def count(self, key):
        return {host: counts[key] for host, counts in self.recap.items() if counts[key]}


def play(playbook, inventory, *args, cwd=CHECKOUT):
    """Runs a playbook of the checkout (a path) or of an installed collection (a full name)."""
    command = ("ansible-playbook", str(playbook), "-i", str(inventory), *args)
    result = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
    return Run(result.returncode, result.stdout)


def site(inventory, *args):
    return play("playbooks/site.yml", inventory, *args)
