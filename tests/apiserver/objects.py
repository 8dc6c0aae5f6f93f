"""Kubernetes objects from the short data of a shape. Pure."""

import re

LABELS = {
    "meta": ("workload_meta", "workload_ide"),
    "workspace": ("workload_workspace_services", "workload_workspace_regular", "workload_workspace_headless"),
}
ENOUGH = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}
SINCE = "2026-01-01T00:00:00Z"
_WORD = re.compile(r"\{(name|number)(?::(\d+))?\}")


def node(name, number, kubelet, machine):
    """A node.

    :param number: of the node in its cluster, from 1 on; in texts `{number}`, or `{number:02}` for two digits, stands for it, `{name}` for the name.
    :param kubelet: its version, unless the machine says another.
    :param machine: dict with `kernel`, `os`, `runtime`, and what differs from a Linux machine of AMD64 with 4 CPUs and 16 GB that is ready:
        `arch`, `system`, `cpu`, `memory`, `provider`, `address`, `pods`, `labels`, `annotations`, `taints` (key=value:effect), `pool`,
        `unschedulable`, `conditions` (type to status).
    """

    def filled(text):
        return _WORD.sub(lambda match: name if match[1] == "name" else format(number, match[2] or ""), text)

    system, architecture = machine.get("system", "linux"), machine.get("arch", "amd64")
    labels = {"kubernetes.io/arch": architecture, "kubernetes.io/os": system, "kubernetes.io/hostname": name}
    labels |= {f"gitpod.io/{label}": "true" for label in LABELS.get(machine.get("pool"), ())} | machine.get("labels", {})
    spec = {"providerID": filled(machine.get("provider", "")), "unschedulable": machine.get("unschedulable", False)}
    pods = filled(machine.get("pods", ""))
    if pods:
        spec |= {"podCIDR": pods, "podCIDRs": [pods]}
    resources = {"cpu": str(machine.get("cpu", 4)), "memory": machine.get("memory", "15896988Ki"), "pods": "110"}
    return {
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {key: filled(value) for key, value in machine.get("annotations", {}).items()},
        },
        "spec": spec | {"taints": [_taint(text) for text in machine.get("taints", ())]},
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "conditions": [_condition(kind, machine.get("conditions", {}).get(kind)) for kind in ENOUGH],
            "addresses": [
                {"type": "InternalIP", "address": filled(machine.get("address", "10.0.0.{number}"))},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "machineID": f"{number:032x}",
                "systemUUID": f"00000000-0000-0000-0000-{number:012x}",
                "bootID": f"11111111-1111-1111-1111-{number:012x}",
                "kernelVersion": machine["kernel"],
                "osImage": machine["os"],
                "containerRuntimeVersion": machine["runtime"],
                "kubeletVersion": machine.get("kubelet", kubelet),
                "kubeProxyVersion": "",
                "operatingSystem": system,
                "architecture": architecture,
            },
        },
    }


def _condition(kind, status):
    usual, reason, message = ENOUGH[kind]
    if status not in (None, usual):
        reason, message = "Tried", f"{kind} is {status}"
    moments = {"lastHeartbeatTime": SINCE, "lastTransitionTime": SINCE}
    return {"type": kind, "status": status or usual, "reason": reason, "message": message, **moments}


def _taint(text):
    """'key=value:NoSchedule' or 'key:NoSchedule'."""
    rest, _colon, effect = text.rpartition(":")
    key, _equals, value = rest.partition("=")
    return {"key": key, "value": value, "effect": effect}


def daemon_set(name, namespace, image, env=None):
    return _workload("DaemonSet", name, namespace, image, env or {})


def deployment(name, namespace, image):
    return _workload("Deployment", name, namespace, image, {})


def _workload(kind, name, namespace, image, env):
    container = {"name": name, "image": image, "env": [{"name": key, "value": value} for key, value in env.items()]}
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def daemon_set_status(ready, wanted):
    return {"currentNumberScheduled": wanted, "desiredNumberScheduled": wanted, "numberMisscheduled": 0, "numberReady": ready, "numberAvailable": ready}


def deployment_status(available):
    return {"conditions": [{"type": "Available", "status": "True" if available else "False", "reason": "Tried", "message": "Tried"}]}


def service(name, namespace, kind, ports):
    specified = [{"name": f"port-{port}", "port": port} for port in ports]
    return {"metadata": {"name": name, "namespace": namespace}, "spec": {"type": kind, "ports": specified, "selector": {"app": name}}}


def storage_class(name, default):
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {"metadata": {"name": name, "annotations": annotations}, "provisioner": "example.com/disk"}


def definition(plural, group, version):
    """A custom resource of any content, for the whole cluster."""
    kind = "Kind" + "".join(part.capitalize() for part in plural.split("-"))
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    names = {"plural": plural, "singular": f"one{plural}", "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        # The API wants to be told that somebody has agreed to a group of Kubernetes' own.
        "metadata": {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": names,
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def merged(base, changes):
    """The base with the changes in it: dictionaries are merged, null removes a key, everything else replaces."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result
