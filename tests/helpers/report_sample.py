"""Findings and facts of a small cluster, in the shape in which the modules return them."""

META = ["gitpod.io/workload_meta", "gitpod.io/workload_ide"]
WORKSPACE = [
    "gitpod.io/workload_workspace_services",
    "gitpod.io/workload_workspace_regular",
    "gitpod.io/workload_workspace_headless",
]
# The comparisons of nodes with each other.
COMPARED = ["unique_hostname", "unique_machine_id", "unique_product_uuid", "unique_mac", "clock_skew"]
# What two nodes must not have in common, and clocks that agree.
IDENTITY = {"clock": 100.0, "clock_window": [100.0, 100.1]}


def finding(name, status="pass", found="fine", required="", remedy="", **more):
    return {
        "id": name,
        "title": name.capitalize(),
        "status": status,
        "found": found,
        "required": required,
        "remedy": remedy,
        "reference": "D8",
        "fixed_by": "",
        **more,
    }


def node(name, *findings):
    identity = {"hostname": name, "machine_id": name, "product_uuid": name, "macs": {"eth0": name}}
    return {
        "phase": "installed",
        "only": COMPARED,
        "skip": {},
        "workloads": [],
        "container_runtime": "system",
        "server": True,
        "recommended_clock_skew": 1.0,
        "max_clock_skew": 5.0,
        "findings": list(findings),
        "facts": {"kernel": "5.4.0-150-generic", **IDENTITY, **identity},
    }


def member(pool, labels, **more):
    return {
        "ready": True,
        "pools": [pool],
        "labels": dict.fromkeys(labels, "true"),
        "roles": [],
        "address": "192.0.2.1",
        "kubelet": "v1.24.7+k3s1",
        "runtime": "containerd://1.6.20",
        "kernel": "5.4.0-150-generic",
        "os": "Ubuntu 20.04.6 LTS",
        **more,
    }


def nodes():
    return {
        "meta-1": node("meta-1", finding("memory"), finding("disk_space", found="412.1 GB")),
        "workspace-1": node(
            "workspace-1",
            finding("memory", "fail", "15.5 GB", "16 GB or more", "Give the machine more RAM."),
            finding("disk_space", found="80.0 GB"),
        ),
    }


def documented():
    """A finding for each requirement of the set-up document."""
    return [finding(f"requirement_{number}", reference=f"D{number}", node="") for number in range(1, 12)]


def cluster():
    return {
        "findings": [finding("calico", node=""), finding("cluster_issuer", "warning", "none", "one", "Create one.", node="")],
        "facts": {
            "kubernetes_version": "v1.24.7+k3s1",
            "distribution": "K3s",
            "runtime_socket": "/run/containerd/containerd.sock",
            "runtime_state_directory": "/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io",
            "runtime_paths_known": True,
            "nodes": {
                "meta-1": member("meta", reversed(META), roles=["control-plane", "master"]),
                "workspace-1": member("workspace", WORKSPACE, ready=False),
            },
        },
    }


def whole_cluster():
    """The same with something about each requirement of the set-up document."""
    return {**cluster(), "findings": [*documented(), *cluster()["findings"]]}
