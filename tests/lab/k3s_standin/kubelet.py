"""The kubelet of the stand-in: registers the node, keeps its lease and its conditions, runs no pod."""

import base64
import hashlib
import json
import os
import socket
import threading
import time

from . import client, log, machine
from .nodes import LEASES
from .patches import STRATEGIC
from .runtime import EmbeddedRuntime, RuntimeDown, SystemRuntime
from .store import now
from .version import VERSION

PORT = 10250
LOOK = 1  # seconds between two looks at runtime and CNI
RENEW = 10  # seconds between two renewals of the lease, as of the real one

NO_CNI = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
HEALTHY = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


class Kubelet:
    """One node of the cluster."""

    def __init__(self, options, joined, name, address):
        self.options, self.config, self.name, self.address = options, joined["config"], name, address
        folder = os.path.join(options["data-dir"], "agent")
        certificate = os.path.join(folder, "client-kubelet.crt"), os.path.join(folder, "client-kubelet.key")
        self.api = client.Client(joined["url"], joined["authority"], certificate)
        self.flannel = self.config["FlannelBackend"] != "none" and not options["no-flannel"]
        endpoint = options["container-runtime-endpoint"]
        self.runtime = SystemRuntime(endpoint) if endpoint else EmbeddedRuntime(options["data-dir"], self.flannel)
        self.ready = None
        self.listener = None

    # -- start -----------------------------------------------------------------------------------------------------------

    def start(self):
        """Find the runtime, open the kubelet's port, register the node."""
        os.makedirs("/var/lib/kubelet", mode=0o755, exist_ok=True)
        self.runtime.start(self.options["data-dir"])
        try:
            containerd = self.runtime.version()
        except RuntimeDown as problem:
            log.kubelet_failed(
                "failed to run Kubelet: failed to create kubelet: get remote runtime typed version failed: rpc error: "
                f'code = Unavailable desc = connection error: desc = "transport: Error while dialing {problem}"'
            )
        if self.flannel:
            self._write_flannel()
        self._listen()
        while True:
            try:
                self._register(containerd)
                break
            except client.Unreachable:
                time.sleep(1)
        log.info(f"labels have been set successfully on node: {self.name}")

    def _listen(self):
        """The kubelet's port, so that it is taken and can be reached; who connects is hung up on."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self.listener.bind(("0.0.0.0", PORT))
        except OSError as problem:
            log.kubelet_failed(f"failed to listen and serve: listen tcp 0.0.0.0:{PORT}: bind: {problem.strerror.lower()}")
        self.listener.listen()
        threading.Thread(target=self._hang_up, daemon=True).start()

    def _hang_up(self):
        while True:
            self.listener.accept()[0].close()

    def _write_flannel(self):
        os.makedirs(self.runtime.cni, exist_ok=True)
        with open(os.path.join(self.runtime.cni, "10-flannel.conflist"), "w", encoding="ascii") as stream:
            json.dump({"name": "cbr0", "cniVersion": "0.3.1", "plugins": [{"type": "flannel", "delegate": {"isDefaultGateway": True}}]}, stream)

    def _register(self, containerd):
        path = "/api/v1/nodes/" + self.name
        metadata = {"labels": self._labels(), "annotations": self._annotations()}
        status = self._status(containerd)
        try:
            self.api.object("PATCH", path, {"metadata": metadata}, STRATEGIC)
        except client.Refused as problem:
            if problem.code != 404:
                raise
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": self.name, **metadata}, "spec": self._taints(), "status": status}
            self.api.object("POST", "/api/v1/nodes", node)
        self.api.object("PATCH", path + "/status", {"status": status}, STRATEGIC)
        self._renew()

    # -- what the node says of itself -------------------------------------------------------------------------------------

    def _labels(self):
        """Its own labels and those of node-label: set at registration and again at each start, never removed."""
        arch = machine.architecture()
        labels = {
            "beta.kubernetes.io/arch": arch,
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": arch,
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
        }
        labels.update(label.partition("=")[::2] for label in self.options["node-label"])
        if self.options.get("control-plane"):
            labels.update({"node-role.kubernetes.io/control-plane": "true", "node-role.kubernetes.io/master": "true"})
            if self.options["cluster-init"]:
                labels["node-role.kubernetes.io/etcd"] = "true"
        return labels

    def _taints(self):
        taints = []
        for text in self.options["node-taint"]:
            key_value, _colon, effect = text.rpartition(":")
            key, _equals, value = key_value.partition("=")
            taints.append(dict({"key": key, "effect": effect}, **({"value": value} if value else {})))
        return {"taints": taints} if taints else {}

    def _annotations(self):
        words = json.dumps(self.options["node-args"], separators=(",", ":"))
        environment = json.dumps(self.options["node-env"], separators=(",", ":"))
        digest = base64.b32encode(hashlib.sha256((words + environment).encode()).digest()).decode()
        annotations = {
            "k3s.io/node-args": words,
            "k3s.io/node-config-hash": digest,
            "k3s.io/node-env": environment,
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        }
        if not self.config["DisableCCM"]:
            annotations.update({"k3s.io/internal-ip": self.address, "k3s.io/hostname": self.name})
        return annotations

    def _status(self, containerd):
        capacity, allocatable = machine.capacity(self.options["data-dir"])
        info = dict(machine.node_info(), containerRuntimeVersion="containerd://" + containerd, kubeletVersion=VERSION, kubeProxyVersion=VERSION)
        return {
            "capacity": capacity,
            "allocatable": allocatable,
            "conditions": self._conditions(),
            "addresses": [{"type": "InternalIP", "address": self.address}, {"type": "Hostname", "address": self.name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": PORT}},
            "nodeInfo": info,
        }

    def _conditions(self):
        moment = now()
        self.ready = self._is_ready()
        conditions = [
            {"type": kind, "status": "False", "lastHeartbeatTime": moment, "lastTransitionTime": moment, "reason": reason, "message": message}
            for kind, reason, message in HEALTHY
        ]
        fault = self.ready
        conditions.append(
            {
                "type": "Ready",
                "status": "False" if fault else "True",
                "lastHeartbeatTime": moment,
                "lastTransitionTime": moment,
                "reason": "KubeletNotReady" if fault else "KubeletReady",
                "message": fault or "kubelet is posting ready status",
            }
        )
        return conditions

    def _is_ready(self):
        """Why the node is not ready; "" if it is."""
        if not self.runtime.alive():
            return "container runtime is down"
        try:
            names = os.listdir(self.runtime.cni)
        except OSError:
            names = []
        return "" if any(name.endswith((".conf", ".conflist", ".json")) for name in names) else NO_CNI

    # -- running ---------------------------------------------------------------------------------------------------------

    def report(self, stopped):
        """Until stopped: renew the lease, and report when readiness changes."""
        renewed = time.monotonic()
        while not stopped.wait(LOOK):
            try:
                if self._is_ready() != self.ready:
                    self._report_conditions()
                if time.monotonic() - renewed >= RENEW:
                    renewed = time.monotonic()
                    self._renew()
                    self._recover()
            except client.Unreachable as problem:
                log.error(f"Error updating node status, will retry: {problem}")
            except client.Refused as problem:
                log.error(f'Error updating node status, will retry: error getting node "{self.name}": {problem.code}')

    def _report_conditions(self):
        before = self.ready
        try:
            self.api.object("PATCH", f"/api/v1/nodes/{self.name}/status", {"status": {"conditions": self._conditions()}}, STRATEGIC)
        except (client.Unreachable, client.Refused):
            self.ready = before
            raise

    def _recover(self):
        """A node that the server holds for lost reports itself anew."""
        node = self.api.object("GET", "/api/v1/nodes/" + self.name)
        if any(condition["status"] == "Unknown" for condition in node["status"]["conditions"]):
            self._report_conditions()

    def _renew(self):
        path = f"/apis/coordination.k8s.io/v1/namespaces/{LEASES}/leases"
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.name, "namespace": LEASES},
            "spec": {"holderIdentity": self.name, "leaseDurationSeconds": 40, "renewTime": now().replace("Z", ".000000Z")},
        }
        try:
            self.api.object("PUT", f"{path}/{self.name}", lease)
        except client.Refused as problem:
            if problem.code != 404:
                raise
            self.api.object("POST", path, lease)
