"""Times the verification of twenty lab nodes against `ansible -m ping` and `ansible -m setup` on the same nodes in the same minute.

Each figure is the least and the median of some repetitions, and how many pings the least is worth. Connections are open before the first
measurement. Usage: python tests/bench/verify.py (or `make bench-verify`)
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import CHECKOUT, machine, spread, table, timed

sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))

import lab

LAB = "bench-verify"
COUNT = 20
NODES = {"meta-1": ["meta", "control_plane"], "meta-2": ["meta"]} | {f"workspace-{number}": ["workspace"] for number in range(1, COUNT - 1)}
REPETITIONS = 3


def ad_hoc(inventory, module):
    return ("ansible", "all", "-i", inventory, "-m", module)


def main():
    lab.image()
    lab.down(LAB)
    try:
        inventory = str(lab.up(LAB, NODES))
        with tempfile.TemporaryDirectory() as folder:
            measure(inventory, Path(folder))
    finally:
        lab.down(LAB)


def measure(inventory, folder):
    reachability = Path(__file__).with_name("reachability.yml")
    commands = {
        "ansible -m ping": ad_hoc(inventory, "ansible.builtin.ping"),
        "ansible -m setup": ad_hoc(inventory, "ansible.builtin.setup"),
        "ansible -m node_spec": ad_hoc(inventory, "gitpod.node_prep.node_spec"),
        "role reachability": ("ansible-playbook", str(reachability), "-i", inventory),
    }
    seconds = {name: [] for name in (*commands, "verify.yml")}
    timed(*commands["ansible -m ping"])
    for _ in range(REPETITIONS):
        # One after the other, so that a minute in which the machine is busy hits all of them.
        for name, command in commands.items():
            seconds[name].append(timed(*command)[0])
        seconds["verify.yml"].append(verify(inventory, folder / "output"))
    ping = min(seconds["ansible -m ping"])
    rows = []
    for name, values in seconds.items():
        least, median = spread(values)
        rows.append((name, f"{least:.2f}", f"{median:.2f}", f"{least / ping:.2f}"))
    print(f"{COUNT} nodes in containers of this machine, {machine()}; seconds of {REPETITIONS} repetitions")
    table(("", "least", "median", "pings"), rows)


def verify(inventory, log):
    """Seconds of verify.yml. The nodes are bare, so it has to end with the report and with the status of a failed task."""
    command = ("ansible-playbook", "playbooks/verify.yml", "-i", inventory)
    with log.open("w") as stream:
        start = time.monotonic()
        status = subprocess.run(command, cwd=CHECKOUT, stdout=stream, stderr=stream).returncode
        seconds = time.monotonic() - start
    if status not in (0, 2) or "report.html" not in log.read_text():
        sys.exit(log.read_text())
    return seconds


if __name__ == "__main__":
    main()
