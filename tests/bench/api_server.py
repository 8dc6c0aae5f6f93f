"""An API server with as many nodes as a benchmark asks for: the K3s that LAB_K3S names, else the stand-in.

It runs in the sandbox of the contract tests, a network of its own on this machine, as a server without a node. The nodes are objects of the API only,
made from the recording of a real one with the list of images that a node in use has; no machine stands behind them.
"""

import copy
import ipaddress
import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path

import counting_proxy
import distance_proxy
import yaml
from measure import CHECKOUT

sys.path[:0] = [str(CHECKOUT / "tests" / name) for name in ("contract", "lab")]

import artifacts  # noqa: E402 neither the lab nor the contract tests are a package
import build_standin  # noqa: E402  as above
import recordings  # noqa: E402  as above
from kube import Api  # noqa: E402  as above
from sandbox import SERVER, Sandbox  # noqa: E402  as above

START_LIMIT = 90  # seconds until a server must be ready: a real one needs about 15
CONNECTIONS = 4  # that make the nodes
IMAGES = 20  # a node in use reports up to 50
CONFIG = {
    "disable": ["coredns", "local-storage", "metrics-server", "servicelb", "traefik"],
    "disable-agent": True,
    "disable-cloud-controller": True,
    "disable-network-policy": True,
    "flannel-backend": "none",
    # A /24 for each of 5,000 nodes.
    "cluster-cidr": "10.128.0.0/9",
    # Nobody reports for these nodes, and none of them shall be given up during a measurement.
    "kube-controller-manager-arg": ["node-monitor-grace-period=24h"],
}


class ApiServer:
    """Use as a context manager. `kubeconfig` is for commands that run in its network, see `command`.

    :param folder: where the log and the kubeconfig go.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.kubeconfig = self.folder / "kubeconfig"

    def __enter__(self):
        self._sandbox = Sandbox(self._binary(), self.folder)
        try:
            self._start()
        except BaseException:
            self._sandbox.close()
            raise
        return self

    def __exit__(self, *_):
        self._sandbox.close()

    def _binary(self):
        if os.environ.get("LAB_K3S"):
            return Path(os.environ["LAB_K3S"]).resolve()
        path = self.folder / "k3s"
        build_standin.build(path, artifacts.STANDIN_VERSION)
        return path

    def _start(self):
        config = self._sandbox.path("/etc/rancher/k3s/config.yaml")
        config.parent.mkdir()
        config.write_text(yaml.safe_dump(CONFIG))
        process = self._sandbox.start("server", "server")
        self._api = Api("127.0.0.1", self._sandbox.path(SERVER / "tls"), self._sandbox.inside)
        key = self._sandbox.path(SERVER / "tls/client-admin.key")
        process.wait_for(lambda: key.exists() and self._api.answers("/readyz"), START_LIMIT, "readyz")
        self.kubeconfig.write_bytes(self._sandbox.path("/etc/rancher/k3s/k3s.yaml").read_bytes())

    def command(self, *command):
        """The command line that runs a command of this machine in the network of the server."""
        return ("nsenter", "--target", str(self._sandbox.first), "--net", *command)

    @contextmanager
    def counted(self):
        """A kubeconfig that leads through the counting proxy, and a function that returns the counts of requests so far."""
        report = self.folder / "counts.json"
        arguments = (self._sandbox.path(SERVER / "tls"), report)
        with self._through(counting_proxy, {"server": f"http://127.0.0.1:{counting_proxy.PORT}"}, *arguments) as kubeconfig:
            yield kubeconfig, lambda: json.loads(report.read_text())

    @contextmanager
    def at_distance(self, round_trip):
        """A kubeconfig for the same server, a round trip of so many milliseconds away."""
        authority = yaml.safe_load(self.kubeconfig.read_text())["clusters"][0]["cluster"]["certificate-authority-data"]
        cluster = {"server": f"https://127.0.0.1:{distance_proxy.PORT}", "certificate-authority-data": authority}
        with self._through(distance_proxy, cluster, round_trip) as kubeconfig:
            yield kubeconfig

    @contextmanager
    def _through(self, proxy, cluster, *arguments):
        """A kubeconfig whose cluster is behind a proxy, which runs meanwhile."""
        kubeconfig = self.folder / proxy.__name__
        content = yaml.safe_load(self.kubeconfig.read_text())
        content["clusters"][0]["cluster"] = cluster
        kubeconfig.write_text(yaml.safe_dump(content))
        process = subprocess.Popen(self.command(sys.executable, proxy.__file__, *map(str, arguments)))
        try:
            self._sandbox.inside(_wait_for, proxy.PORT)
            yield kubeconfig
        finally:
            process.terminate()
            process.wait()

    def make_nodes(self, names):
        """Register the nodes that are missing; several connections at a time."""
        subprocess.run(
            self.command(sys.executable, __file__, str(self._sandbox.path(SERVER / "tls"))),
            input=json.dumps(names), text=True, check=True,
        )  # fmt: skip


def _wait_for(port):
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def node(name, number):
    """The node object of this number, complete, so that no controller has anything to add to it."""
    made = copy.deepcopy(recordings.recorded("node.200"))
    for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        del made["metadata"][field]
    made["metadata"].update(name=name, labels={**made["metadata"]["labels"], "kubernetes.io/hostname": name})
    del made["metadata"]["labels"]["gitpod.io/workload_ide"]
    pods = str(ipaddress.ip_address("10.128.0.0") + 256 * number) + "/24"
    made["spec"].update(podCIDR=pods, podCIDRs=[pods])
    made["status"]["images"] = [
        {"names": [f"eu.gcr.io/gitpod-core-dev/build/component-{number}@sha256:{number:064x}", f"eu.gcr.io/gitpod-core-dev/build/component-{number}:release"],
         "sizeBytes": 100_000_000 + number}
        for number in range(IMAGES)
    ]  # fmt: skip
    return made


def register(pki, nodes):
    """POST these nodes, given by (number, name)."""
    context = Api("127.0.0.1", Path(pki)).context(admin=True)
    connection = HTTPSConnection("127.0.0.1", 6443, context=context, timeout=60)
    for number, name in nodes:
        connection.request("POST", "/api/v1/nodes", json.dumps(node(name, number)), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read().decode()
        if answer.status not in (201, 409):
            sys.exit(f"the API refused the node {name}: {body}")
    connection.close()


if __name__ == "__main__":
    numbered = list(enumerate(json.load(sys.stdin)))
    with ThreadPoolExecutor(CONNECTIONS) as executor:
        list(executor.map(lambda start: register(sys.argv[1], numbered[start::CONNECTIONS]), range(CONNECTIONS)))
