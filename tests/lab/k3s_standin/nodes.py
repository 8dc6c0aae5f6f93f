"""The controllers that look after Node objects: pod network, provider, taints, and nodes that stopped reporting."""

import calendar
import copy
import hashlib
import ipaddress
import threading
import time

from . import log
from .kinds import VERBS, Resource
from .store import now

NODE = Resource("", "v1", "nodes", "Node", False, VERBS)
LEASE = Resource("coordination.k8s.io", "v1", "leases", "Lease", True, VERBS)
SECRET = Resource("", "v1", "secrets", "Secret", True, VERBS)
SERVICE = Resource("", "v1", "services", "Service", True, VERBS)
LEASES = "kube-node-lease"

GRACE = 40  # seconds without a lease renewal until a node counts as unknown (kube-controller-manager's default)
SWEEP = 5  # seconds between two looks


class Network:
    """The addresses that the cluster gives out."""

    def __init__(self, store, cluster_cidr, service_cidr, server_address):
        self.store = store
        self.pods = ipaddress.ip_network(cluster_cidr)
        self.services = ipaddress.ip_network(service_cidr)
        self.server_address = server_address

    def pod_network(self):
        """The first /24 of the cluster's network that no node has."""
        taken = {node.get("spec", {}).get("podCIDR") for node in self.store.view(NODE)}
        return next(str(part) for part in self.pods.subnets(new_prefix=max(24, self.pods.prefixlen)) if str(part) not in taken)

    def service_address(self):
        """The first address of the services' network that no service has."""
        taken = {service["spec"].get("clusterIP") for service in self.store.view(SERVICE)}
        return next(str(address) for address in self.services.hosts() if str(address) not in taken)

    def node_count(self):
        """How many nodes there are."""
        return len(self.store.view(NODE))


class NodeController:
    """Admits, settles, watches and forgets nodes."""

    def __init__(self, store, network, cloud_controller):
        self.store, self.network, self.cloud_controller = store, network, cloud_controller
        self.stopped = threading.Event()

    def admit(self, node):
        """A new node: pod network, unless it brings one, finalizer, and what K3s' cloud controller adds."""
        metadata, spec = node["metadata"], node.setdefault("spec", {})
        network = spec.get("podCIDR") or self.network.pod_network()
        metadata.setdefault("finalizers", ["wrangler.cattle.io/node"])
        metadata.setdefault("annotations", {})["node.alpha.kubernetes.io/ttl"] = "0"
        spec.update(podCIDR=network, podCIDRs=[network])
        if self.cloud_controller:
            metadata.setdefault("labels", {}).update({"beta.kubernetes.io/instance-type": "k3s", "node.kubernetes.io/instance-type": "k3s"})
            spec["providerID"] = "k3s://" + metadata["name"]
        self.settle(node)

    @staticmethod
    def settle(node, before=None):
        """What follows from the node's conditions and from a cordon: times of change, against the node as it was before, and taints."""
        was = {each["type"]: each for each in (before or {}).get("status", {}).get("conditions", [])}
        for condition in node.get("status", {}).get("conditions", []):
            if was.get(condition["type"], {}).get("status") == condition["status"]:
                condition["lastTransitionTime"] = was[condition["type"]]["lastTransitionTime"]
        spec = node.setdefault("spec", {})
        old = spec.pop("taints", [])
        ready = [each["status"] for each in node.get("status", {}).get("conditions", []) if each["type"] == "Ready"]
        wanted = {
            "node.kubernetes.io/not-ready": bool(ready) and ready[0] == "False",
            "node.kubernetes.io/unreachable": bool(ready) and ready[0] == "Unknown",
            "node.kubernetes.io/unschedulable": bool(spec.get("unschedulable")),
        }
        taints = [taint for taint in old if taint["key"] not in wanted or wanted[taint["key"]]]
        have = {(taint["key"], taint["effect"]) for taint in taints}
        for key in [key for key, set_it in wanted.items() if set_it]:
            for effect in ("NoSchedule",) if key.endswith("unschedulable") else ("NoSchedule", "NoExecute"):
                if (key, effect) not in have:
                    taints.append({"key": key, "effect": effect, "timeAdded": now()})
        if taints:
            spec["taints"] = taints

    def forget(self, name):
        """A node was deleted: so are its password and its lease, and it may register anew."""
        for resource, namespace, key in ((SECRET, "kube-system", name + ".node-password.k3s"), (LEASE, LEASES, name)):
            if self.store.get(resource, namespace, key) is not None:
                self.store.remove(resource, namespace, key)

    def watch(self):
        """Until stopped: mark nodes whose lease was not renewed for GRACE seconds."""
        while not self.stopped.wait(SWEEP):
            self.sweep(time.time())

    def sweep(self, moment):
        """One look at the leases of all nodes, at this time (seconds since 1970)."""
        with self.store.lock:
            for node in self.store.view(NODE):
                lease = self.store.get(LEASE, LEASES, node["metadata"]["name"])
                if lease is not None and moment - _seconds(lease["spec"]["renewTime"]) > GRACE:
                    self._lost(copy.deepcopy(node))

    def _lost(self, node):
        conditions = node["status"]["conditions"]
        if all(condition["status"] == "Unknown" for condition in conditions):
            return
        for condition in conditions:
            condition.update(status="Unknown", reason="NodeStatusUnknown", message="Kubelet stopped posting node status.", lastTransitionTime=now())
        self.settle(node)
        self.store.save(NODE, node)
        log.info("Node {} is unknown: its kubelet stopped posting node status".format(node["metadata"]["name"]))


def _seconds(moment):
    return calendar.timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))


def ensure_password(api, name, password):
    """Remember a node's password at its first registration; False if another one is known."""
    secret_name = name.lower() + ".node-password.k3s"
    digest = hashlib.sha256(password.encode()).hexdigest()
    with api.store.lock:
        secret = api.store.get(SECRET, "kube-system", secret_name)
        if secret is not None:
            return secret["data"]["hash"] == digest
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret_name}, "immutable": True, "type": "Opaque", "data": {"hash": digest}}
        api.create(SECRET, "kube-system", body, "k3s")
        return True
