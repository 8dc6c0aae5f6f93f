"""Runs playbooks as a user does and reads what came of it."""

import json
import os
import re
import signal
import subprocess
import textwrap
from dataclasses import dataclass
from itertools import takewhile
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


def _command(playbook, inventory, args):
    return ("ansible-playbook", str(playbook), "-i", str(inventory), *args)


def play(playbook, inventory, *args, cwd=CHECKOUT):
    """Runs a playbook of the checkout (a path) or of an installed collection (a full name)."""
    result = subprocess.run(_command(playbook, inventory, args), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
    return Run(result.returncode, result.stdout)


def play_until(stop, playbook, inventory, *args):
    """Runs a playbook and kills it, with all that it started, at the first line of which `stop` says so: the end of the output then."""
    command = _command(playbook, inventory, args)
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:
        output = ""
        for line in process.stdout:
            output += line
            if stop(line):
                os.killpg(process.pid, signal.SIGKILL)
                break
    return Run(process.returncode, output)


def play_all(python, runs):
    """Runs playbooks with the ansible-core of a Python, for the price of importing it once.

    :param runs: list of lists of arguments of ansible-playbook.
    :returns: list of [exit status, output].
    """
    runner = CHECKOUT / "tests" / "helpers" / "playbook_runs.py"
    found = subprocess.run([python, str(runner)], input=json.dumps(runs), stdout=subprocess.PIPE, cwd=CHECKOUT, text=True, check=True)
    return json.loads(found.stdout)


def site(inventory, *args):
    return play("playbooks/site.yml", inventory, *args)


def message_in(output):
    """The message of the failed task: what the callback shows with indentation."""
    after = output[output.index("fatal:") :].split("msg: |-\n", 1)[1].splitlines()
    return textwrap.dedent("\n".join(takewhile(lambda line: not line or line.startswith(" "), after))).strip()
