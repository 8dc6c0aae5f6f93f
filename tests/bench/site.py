"""Times site.yml on three fresh lab nodes: the first run, and the second one that changes nothing.

The peer is `ansible -m ansible.builtin.ping` on the same nodes in the same minute: a figure says how many pings a run is worth,
so that machines of different speed can be compared. Usage: python tests/bench/site.py (or `make bench`)
"""

import re
import sys

from measure import CHECKOUT, timed

sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))

import artifacts
import lab

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
PINGS = 5


def tasks_per_node(output):
    """Tasks that were executed on each node, from the recap."""
    return {host: int(ok) for host, ok in re.findall(r"^(\S+)\s+: ok=(\d+)", output, re.MULTILINE)}


def main():
    lab.image()
    lab.down("bench")
    inventory = str(lab.up("bench", NODES))
    try:
        timed("ansible", "all", "-i", inventory, "-m", "ansible.builtin.ping")
        ping = min(timed("ansible", "all", "-i", inventory, "-m", "ansible.builtin.ping")[0] for _ in range(PINGS))
        runs = [("first run", *timed("ansible-playbook", "playbooks/site.yml", "-i", inventory))]
        runs += [("second run", *timed("ansible-playbook", "playbooks/site.yml", "-i", inventory)) for _ in range(2)]
    finally:
        lab.down("bench")
    print(f"three nodes, {artifacts.kind()}; ping of all three: {ping:.2f} s")
    for name, seconds, output in runs:
        print(f"{name:11} {seconds:6.1f} s  {seconds / ping:6.1f} pings  tasks per node: {tasks_per_node(output)}")


if __name__ == "__main__":
    main()
