"""Node objects for tests, cut down to what the modules read."""


def node(
    name,
    labels=None,
    *,
    annotations=None,
    provider_id=None,
    kubelet="v1.24.7+k3s1",
    runtime="containerd://1.6.8-k3s1",
    kernel="5.4.0-150-generic",
    os_image="Ubuntu 20.04.5 LTS",
    architecture="amd64",
    cpu="4",
    memory="16393240Ki",
    conditions=(),
    pod_cidr="10.42.0.0/24",
    address="192.0.2.10",
    unschedulable=False,
    taints=(),
):
    """A healthy K3s node on Ubuntu 20.04 with 4 CPUs and 16 GiB nominal, unless said otherwise.

    :param conditions: dict of condition type to status, on top of a node that is Ready and under no pressure.
    """
    conditions = {"MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True", **dict(conditions)}
    spec = {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr]}
    if provider_id:
        spec["providerID"] = provider_id
    if unschedulable:
        spec["unschedulable"] = True
    if taints:
        spec["taints"] = list(taints)
    return {
        "metadata": {"name": name, "labels": dict(labels or {}), "annotations": dict(annotations or {})},
        "spec": spec,
        "status": {
            "capacity": {"cpu": cpu, "memory": memory},
            "conditions": [{"type": kind, "status": value, "message": f"{kind} is {value}"} for kind, value in conditions.items()],
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "nodeInfo": {
                "kernelVersion": kernel,
                "osImage": os_image,
                "containerRuntimeVersion": runtime,
                "kubeletVersion": kubelet,
                "operatingSystem": "linux",
                "architecture": architecture,
            },
        },
    }


def daemon_set(name, namespace, image, ready, environment=()):
    """A daemon set of one container; ``ready`` is the number of its pods that are."""
    env = [{"name": key, "value": value} for key, value in dict(environment).items()]
    env.append({"name": "NODENAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}})
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": {"containers": [{"name": name, "image": image, "env": env}]}}},
        "status": {"numberReady": ready},
    }


def deployment(name, image, available=True):
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"template": {"spec": {"containers": [{"name": name, "image": image}]}}},
        "status": {"conditions": [{"type": "Available", "status": "True" if available else "False"}]},
    }


def service(name, kind, address=None):
    """A service of the type ``kind``; one of type LoadBalancer waits for its address where none is given."""
    return {
        "metadata": {"name": name, "namespace": "gitpod"},
        "spec": {"type": kind},
        "status": {"loadBalancer": {"ingress": [{"ip": address}]} if address else {}},
    }


def storage_class(name, annotation=None, value="true"):
    return {"metadata": {"name": name, "annotations": {annotation: value}} if annotation else {"name": name}}


def calico(ready=2, image="docker.io/calico/node:v3.24.5", namespace="kube-system", **environment):
    """The daemon set of Calico's manifest."""
    return daemon_set("calico-node", namespace, image, ready, environment)
