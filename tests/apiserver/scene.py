"""Pieces of a scene that several tests set on an API server."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import objects

CONNECTIONS = 4
_COUNT = re.compile(r"^apiserver_request_total\{(.*)\} (\S+)$", re.MULTILINE)
UBUNTU = {"os": "Ubuntu 20.04.6 LTS", "kernel": "5.4.0-200-generic", "runtime": "containerd://1.7.22"}


def allow(client, user, *rules):
    """Give a user permissions: each rule is (API group, resource, verbs)."""
    made = [{"apiGroups": [group], "resources": [resource], "verbs": list(verbs)} for group, resource, verbs in rules]
    grant(client, user, {"kind": "ClusterRole", "metadata": {"name": user}, "rules": made})


def grant(client, user, *roles):
    """Make roles, ClusterRole or Role as `kubectl apply` takes them, and bind them to a user."""
    for role in roles:
        metadata, kind = role["metadata"], role["kind"]
        namespaced = f"/namespaces/{metadata['namespace']}" if kind == "Role" else ""
        path = f"/apis/rbac.authorization.k8s.io/v1{namespaced}/{kind.lower()}"
        binding = {
            "metadata": {"name": f"{user}-{metadata['name']}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": metadata["name"]},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }
        client.create(f"{path}s", role)
        client.create(f"{path}bindings", binding)


def requests(client):
    """How many requests about nodes there have been, by their verb: Counter of "LIST", "PATCH" and so on."""
    status, text = client.ask("GET", "/metrics")
    assert status == 200, text
    counts = Counter()
    for labels, number in _COUNT.findall(text):
        verb, resource = (re.search(rf'\b{name}="([^"]*)"', labels)[1] for name in ("verb", "resource"))
        if resource == "nodes" and verb != "WATCH":
            counts[verb] += int(float(number))
    return counts


def make_many(server, names, version, machine=UBUNTU):
    """Register nodes with these names, over several connections at a time."""
    numbered = list(enumerate(names, start=1))

    def register(start):
        client = server.client()
        for number, name in numbered[start::CONNECTIONS]:
            client.create("/api/v1/nodes", objects.node(name, number, version, {**machine, "address": f"10.{number // 250}.0.{number % 250 + 1}"}))

    with ThreadPoolExecutor(CONNECTIONS) as executor:
        list(executor.map(register, range(CONNECTIONS)))


def pod(name, node, **spec):
    """A pod of a ReplicaSet on a node."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "00000000-0000-0000-0000-000000000001", "controller": True}
    container = {"name": "web", "image": "registry.k8s.io/pause:3.9"}
    return {
        "metadata": {"name": name, "labels": {"app": "web"}, "ownerReferences": [owner]},
        # No kubelet confirms that it has ended.
        "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [container], **spec},
    }
