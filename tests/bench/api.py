"""Times node_labels and cluster_spec on a real API server with 1,000 and with 5,000 nodes, against kubectl and against kubernetes.core.k8s.

Two columns of seconds: as a user waits for it, and without what Ansible itself needs for a play with one module. The server is on the same
machine and shares its processors. Usage: python tests/bench/api.py [small large] (or `make bench-api`); LAB_KUBERNETES=<folder> for the API server,
BENCH_KUBECTL=<path> for another kubectl than that of the path.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from api_server import BenchServer, version
from measure import machine, table, timed

HERE = Path(__file__).resolve().parent
SIZES = (1000, 5000)
NODE_LABELS = "node_labels, all nodes"
SAMPLE = 20  # nodes that the loop labels; the rest is extrapolated
REPETITIONS = 2
ROUND_TRIP = 10  # milliseconds between a control node and an API server that is not on the same machine
LABELS = (  # of the two pools
    ("gitpod.io/workload_meta", "gitpod.io/workload_ide"),
    ("gitpod.io/workload_workspace_services", "gitpod.io/workload_workspace_regular", "gitpod.io/workload_workspace_headless"),
)
KUBECTL = os.environ.get("BENCH_KUBECTL", "kubectl")


class Bench:
    """The measurements on a server with some nodes.

    :param server: BenchServer.
    :param names: of all its nodes.
    :param kubeconfig: path, where it is not the server's own.
    """

    def __init__(self, server, names, kubeconfig=None):
        self.server, self.names = server, names
        self.kubeconfig = str(kubeconfig or server.kubeconfig())
        self.ansible = ansible_itself()  # seconds; the least that was seen so far
        self.variables = server.folder / "variables.json"

    def rows(self):
        """(what, seconds, seconds without Ansible or None) of everything."""
        half = len(self.names) // 2
        first, moved = self.pools(0), self.pools(half // 2)
        yield "kubectl label --all, one label", min(self.kubectl(str(number)) for number in range(REPETITIONS)), None
        yield self.ours("kubernetes.core.k8s, one list", self.bare, self.list)
        yield f"loop of kubernetes.core.k8s (from {SAMPLE})", self.loop(), None
        for what, prepare, pools in (
            (NODE_LABELS, self.bare, first),
            ("node_labels, nothing to do", lambda: None, first),
            ("node_labels, half of them move", lambda: self.label(first), moved),
        ):
            yield self.ours(what, prepare, lambda pools=pools: self.label(pools))
        yield self.ours("cluster_spec", lambda: None, self.verify)

    def pools(self, start):
        """(meta, workspace): half of the nodes from a number on, and the others."""
        end = start + len(self.names) // 2
        return self.names[start:end], self.names[:start] + self.names[end:]

    def ours(self, what, prepare, run):
        seconds = []
        for _ in range(REPETITIONS):
            prepare()
            # In the same minute, since a busy machine slows both.
            self.ansible = min(self.ansible, ansible_itself())
            seconds.append(run())
        return what, min(seconds), min(seconds) - self.ansible

    def kubectl(self, value):
        command = (KUBECTL, "--kubeconfig", self.kubeconfig, "label", "nodes", "--all", f"gitpod.io/workload_meta=v{value}", "--overwrite")
        return timed(*command)[0]

    def label(self, pools, state="present"):
        nodes = dict(zip(("meta", "workspace"), pools, strict=True))
        return self.play("labels.yml", node_labels_nodes=nodes, node_labels_state=state, node_labels_kubeconfig=self.kubeconfig)

    def bare(self):
        self.label((self.names, []), state="absent")

    def list(self):
        """The labels of the first half and of the second, as node_labels sets them."""
        definitions = [
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": dict.fromkeys(keys, "true")}}
            for keys, names in zip(LABELS, self.pools(0), strict=True)
            for name in names
        ]
        return self.play("list.yml", definitions=definitions, kubeconfig=self.kubeconfig)

    def loop(self):
        self.bare()
        sample = self.names[:SAMPLE]
        return (self.play("loop.yml", sample=sample, kubeconfig=self.kubeconfig) - self.ansible) / len(sample) * len(self.names)

    def verify(self):
        return self.play("verify.yml", kubeconfig=self.kubeconfig)

    def play(self, playbook, **variables):
        self.variables.write_text(json.dumps(variables))
        return timed("ansible-playbook", "-i", "localhost,", str(HERE / playbook), "-e", f"@{self.variables}")[0]

    def requests(self):
        """The requests about nodes of a run with nothing to do: dict of verb to count."""
        pools = self.pools(0)
        self.label(pools)
        before = self.server.requests()
        self.label(pools)
        return self.server.requests() - before


def ansible_itself():
    return timed("ansible-playbook", "-i", "localhost,", str(HERE / "nothing.yml"))[0]


def kubectl_version():
    if not shutil.which(KUBECTL):
        sys.exit("kubectl is missing: apt-get install kubernetes-client, or name one with BENCH_KUBECTL=<path>")
    return re.search(r"v\d+\.\d+\.\d+", subprocess.run((KUBECTL, "version", "--client"), capture_output=True, text=True).stdout).group()


def main(sizes):
    kubectl, api_server = kubectl_version(), version()
    results, requests = {}, {}
    for size in sizes:
        names = [f"node-{number:04}" for number in range(size)]
        with tempfile.TemporaryDirectory() as folder, BenchServer(folder) as server:
            server.make_nodes(names)
            bench = Bench(server, names)
            results[size] = [told(size, row) for row in bench.rows()]
            requests[size] = bench.requests()
            if size == min(sizes):
                with server.at_distance(ROUND_TRIP) as kubeconfig:
                    distant = [told(size, row) for row in Bench(server, names, kubeconfig).rows()]
    print(f"API server: {api_server} with etcd; kubectl {kubectl}; {machine()}")
    print(f"least of {REPETITIONS} repetitions; `own` is without the {bench.ansible:.2f} s that Ansible needs for a play with one module")
    show(results)
    print(f"the same {min(sizes):,} nodes behind a network with a round trip of {ROUND_TRIP} ms")
    show({min(sizes): distant})
    for size, counts in requests.items():
        print(f"requests of a run with nothing to do on {size:,} nodes: {', '.join(f'{count} x {kind}' for kind, count in counts.items())}")


def told(size, row):
    """The row, after a line for the person who waits for the table."""
    print(f"{size:,} nodes: {row[0]}: {row[1]:.2f} s", file=sys.stderr, flush=True)
    return row


def show(results):
    """The table: each measurement at each size, its share of kubectl's time, and how it grows."""
    header = [""] + [title for size in results for title in (f"{size:,}", "own", "/ kubectl")]
    rows = []
    for measured in zip(*results.values(), strict=True):
        row = [measured[0][0]]
        for size, (_what, seconds, own) in zip(results, measured, strict=True):
            row += [f"{seconds:.2f}", _figure(own), f"{seconds / results[size][0][1]:.2f}"]
        if len(results) > 1:
            first, last = (seconds if own is None else max(own, 0.01) for _what, seconds, own in (measured[0], measured[-1]))
            row.append(f"{last / first:.1f}")
        rows.append(row)
    table(header + ["growth"] * (len(results) > 1), rows)
    first = {row[0]: row[1:] for row in results[min(results)]}
    ours, own = first[NODE_LABELS]
    for what, (seconds, without) in first.items():
        if "kubernetes.core" in what:
            print(f"{what}: {seconds / ours:.1f} times as long as node_labels ({(without or seconds) / max(own, 0.01):.1f} times without Ansible itself)")


def _figure(seconds):
    return "" if seconds is None else f"{seconds:.2f}"


if __name__ == "__main__":
    start = time.monotonic()
    main([int(size) for size in sys.argv[1:]] or SIZES)
    print(f"measured in {time.monotonic() - start:.0f} s")
