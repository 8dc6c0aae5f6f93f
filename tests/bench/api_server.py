"""A real API server with etcd and as many nodes as a benchmark asks for, on this machine.

The nodes are objects of the API only, made from the recording of a real one with the list of images that a node in use has; no machine stands behind them.
"""

import copy
import ipaddress
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import distance_proxy
import yaml
from measure import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "tests" / "apiserver"))

import binaries
import scene
from server import ApiServer, free_port, is_listening

CONNECTIONS = 4  # that make the nodes
IMAGES = 20  # a node in use reports up to 50
START_LIMIT = 10  # seconds until the proxy must listen
RECORDED = CHECKOUT / "tests" / "fixtures" / "k3s-v1.21.2" / "node.200.json"


def version():
    """'kube-apiserver-v1.36.2'; where there is none, the benchmark ends with the reason."""
    try:
        return binaries.kube_apiserver().name
    except binaries.Missing as missing:
        sys.exit(str(missing))


class BenchServer(ApiServer):
    """Use as a context manager."""

    def make_nodes(self, names):
        """Register the nodes, over several connections at a time."""
        recorded, numbered = json.loads(RECORDED.read_text()), list(enumerate(names))

        def register(start):
            client = self.client()
            for number, name in numbered[start::CONNECTIONS]:
                client.create("/api/v1/nodes", node(recorded, name, number))

        with ThreadPoolExecutor(CONNECTIONS) as executor:
            list(executor.map(register, range(CONNECTIONS)))

    def requests(self):
        """Counter of the requests about nodes so far, by their verb."""
        return scene.requests(self.client())

    @contextmanager
    def at_distance(self, round_trip):
        """A kubeconfig for the same server, a round trip of so many milliseconds away."""
        port, path = free_port(), self.kubeconfig()
        content = yaml.safe_load(path.read_text())
        content["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        path.write_text(yaml.safe_dump(content))
        process = subprocess.Popen((sys.executable, distance_proxy.__file__, str(round_trip), str(port), str(self.port)))
        try:
            _await(port)
            yield path
        finally:
            process.terminate()
            process.wait()


def node(recorded, name, number):
    """The node object of this number."""
    made = copy.deepcopy(recorded)
    for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        del made["metadata"][field]
    made["metadata"].update(name=name, labels={**made["metadata"]["labels"], "kubernetes.io/hostname": name})
    del made["metadata"]["labels"]["gitpod.io/workload_ide"]
    pods = str(ipaddress.ip_address("10.128.0.0") + 256 * number) + "/24"
    made["spec"].update(podCIDR=pods, podCIDRs=[pods])
    made["status"]["images"] = [
        {"names": [f"eu.gcr.io/gitpod-core-dev/build/component-{image}@sha256:{image:064x}", f"eu.gcr.io/gitpod-core-dev/build/component-{image}:release"],
         "sizeBytes": 100_000_000 + image}
        for image in range(IMAGES)
    ]  # fmt: skip
    return made


def _await(port):
    deadline = time.monotonic() + START_LIMIT
    while not is_listening(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.1)
