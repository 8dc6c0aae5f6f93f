"""One requirement at a time, of a cluster that a test makes up."""

from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check
from ansible_collections.gitpod.node_prep.plugins.modules.cluster_spec import argument_spec
from cluster_objects import node

OPTIONS = {name: option.get("default") for name, option in argument_spec().items()}
META = {"gitpod.io/workload_meta": "true", "gitpod.io/workload_ide": "true"}
WORKSPACE = {
    "gitpod.io/workload_workspace_services": "true",
    "gitpod.io/workload_workspace_regular": "true",
    "gitpod.io/workload_workspace_headless": "true",
}


# The machines of a service: its version alone is no mark of it.
MACHINES = {"-eks-": {"provider_id": "aws:///eu-west-1a/i-0"}, "-gke.": {"provider_id": "gce://project/zone/name"}}


def reading(**changes):
    """A K3s with nothing on it, and what a test changes. Nodes that a test does not make fit the version."""
    version = changes.pop("version", "v1.24.7+k3s1")
    machine = next(({"kubelet": version, **fields} for mark, fields in MACHINES.items() if mark in version), {})
    return {
        "version": {"gitVersion": version},
        "nodes": [node("m", META, **machine), node("w", WORKSPACE, **machine)],
        "groups": {"policy": ["v1", "v1beta1"]},
        "daemon_sets": [],
        "deployments": [],
        "services": [],
        "storage_classes": [],
        "rke_state": False,
        "calico_config": {},
        "cilium_config": {},
        "namespace": {"metadata": {"name": "default"}},
        "privileged_pod": "",
        "may_create_policies": True,
        "ip_pools": [],
        "felix_configurations": [],
        "installations": [],
        "helm_charts": [],
        "cluster_issuers": [],
        "unreadable": {},
        "permissions": {},
        **changes,
    }


def check(requirement, options=(), **changes):
    """(status, node, found) of the findings of one requirement."""
    findings = cluster_check.findings_of(reading(**changes), {**OPTIONS, **dict(options)}, only=[requirement])
    return [(finding["status"], finding["node"], finding["found"]) for finding in findings]


def status_of(requirement, options=(), **changes):
    (finding,) = check(requirement, options, **changes)
    return finding[0]
