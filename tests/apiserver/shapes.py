"""The clusters of shapes/: read from their files, and made on an API server."""

import time
from pathlib import Path

import objects
import yaml

FOLDER = Path(__file__).resolve().parent / "shapes"
DISCOVERY_LIMIT = 20  # seconds until a new kind of object is served


def load(name):
    """The data of a shape, with what it is like (`like: <name>`) completed."""
    shape = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    base = shape.pop("like", None)
    return objects.merged(load(base), shape) if base else shape


def names():
    """Those that say what is expected of them."""
    return [path.stem for path in sorted(FOLDER.glob("*.yml")) if "expect" in load(path.stem)]


def make(server, shape):
    """Make the cluster of a shape on an API server."""
    client = server.client()
    server.namespace("default")
    for name in sorted({full_name.partition("/")[0] for kind in ("daemon_sets", "deployments", "services") for full_name in shape.get(kind, {})}):
        if client.ask("GET", f"/api/v1/namespaces/{name}")[0] == 404:
            server.namespace(name)
    _make_resources(client, shape.get("resources", {}))
    make_nodes(client, shape)
    nodes = len(shape.get("nodes", {}))
    for full_name, given in shape.get("daemon_sets", {}).items():
        namespace, name = full_name.split("/")
        path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets"
        client.create(path, objects.daemon_set(name, namespace, given["image"], given.get("env")))
        client.merge(f"{path}/{name}/status", {"status": objects.daemon_set_status(given.get("ready", nodes), nodes)})
    for full_name, given in shape.get("deployments", {}).items():
        namespace, name = full_name.split("/")
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        client.create(path, objects.deployment(name, namespace, given["image"]))
        client.merge(f"{path}/{name}/status", {"status": objects.deployment_status(given.get("available", True))})
    for full_name, given in shape.get("services", {}).items():
        namespace, name = full_name.split("/")
        path = f"/api/v1/namespaces/{namespace}/services"
        client.create(path, objects.service(name, namespace, given.get("type", "LoadBalancer"), given["ports"]))
        if given.get("ingress"):
            client.merge(f"{path}/{name}/status", {"status": {"loadBalancer": {"ingress": [given["ingress"]]}}})
    for name, given in shape.get("storage_classes", {}).items():
        client.create("/apis/storage.k8s.io/v1/storageclasses", objects.storage_class(name, given == "default"))
    for full_name, data in shape.get("config_maps", {}).items():
        namespace, name = full_name.split("/")
        client.create(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": name}, "data": data})


def make_nodes(client, shape):
    """Register the nodes, and take away the taint that the API gives to every new one until its controller has looked at it."""
    for number, (name, changes) in enumerate(shape.get("nodes", {}).items(), start=1):
        machine = objects.merged(shape.get("machine", {}), changes or {})
        node = objects.node(name, number, shape["version"], machine)
        client.create("/api/v1/nodes", node)
        client.merge(f"/api/v1/nodes/{name}", {"spec": {"taints": node["spec"]["taints"]}})


def _make_resources(client, resources):
    """Custom resources: {"ippools.crd.projectcalico.org/v1": {name: content}}."""
    for full_name in resources:
        client.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", objects.definition(*_parts(full_name)))
    for full_name, contents in resources.items():
        plural, group, version = _parts(full_name)
        path = f"/apis/{group}/{version}/{plural}"
        _await(lambda path=path: client.ask("GET", path)[0] == 200, path)
        kind = objects.definition(plural, group, version)["spec"]["names"]["kind"]
        for name, content in (contents or {}).items():
            client.create(path, {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": name}, **(content or {})})
    groups = {_parts(full_name)[1] for full_name in resources}
    _await(lambda: groups <= {group["name"] for group in client.get("/apis")["groups"]}, "/apis")


def _parts(full_name):
    """('ippools', 'crd.projectcalico.org', 'v1') of 'ippools.crd.projectcalico.org/v1'."""
    rest, _slash, version = full_name.partition("/")
    plural, _dot, group = rest.partition(".")
    return plural, group, version


def _await(is_there, what):
    deadline = time.monotonic() + DISCOVERY_LIMIT
    while not is_there():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} is not served after {DISCOVERY_LIMIT} s")
        time.sleep(0.05)
