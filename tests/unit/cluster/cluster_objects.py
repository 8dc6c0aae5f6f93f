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
            "conditions": [
                {"type": kind, "status": value, "message": f"{kind} is {value}"} for kind, value in conditions.items()
            ],
            "addresses": [{"type": "InternalIP", "address": "192.0.2.10"}, {"type": "Hostname", "address": name}],
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
