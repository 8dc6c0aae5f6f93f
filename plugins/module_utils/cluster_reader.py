# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a cluster once, in a few parallel requests. No judgement here: that is in cluster_rules.py.

The reading is a dictionary of what the API returned, by the keys of _first and _second below. What could not be read, for want
of a permission for instance, is missing and has its reason under C(unreadable).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ansible_collections.gitpod.node_prep.plugins.module_utils.kube_client import KubeStatusError

PARALLEL_REQUESTS = 8

# §8: privileged, host PIDs, a path and a port of the host, as Gitpod's node daemon asks for. Never created, only judged.
PROBE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "gitpod-node-prep-probe"},
    "spec": {
        "automountServiceAccountToken": False,
        "hostPID": True,
        "containers": [
            {
                "name": "probe",
                "image": "registry.k8s.io/pause:3.9",
                "ports": [{"containerPort": 8080, "hostPort": 8080}],
                "securityContext": {"privileged": True},
                "volumeMounts": [{"name": "host", "mountPath": "/host"}],
            }
        ],
        "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
    },
}

MAY_CREATE_POLICIES = {
    "apiVersion": "authorization.k8s.io/v1",
    "kind": "SelfSubjectAccessReview",
    "spec": {"resourceAttributes": {"verb": "create", "group": "policy", "resource": "podsecuritypolicies"}},
}

# Lists of what only some clusters have: group, version, resource.
CUSTOM_LISTS = {
    "ip_pools": ("crd.projectcalico.org", "v1", "ippools"),
    "helm_charts": ("helm.cattle.io", "v1", "helmcharts"),
    "cluster_issuers": ("cert-manager.io", "v1", "clusterissuers"),
}


def read_cluster(client, namespace):
    """The reading of a cluster.

    :param client: KubeClient.
    :param namespace: where Gitpod is to be installed; privileged pods are tried there.
    :raises KubeError: the API does not answer, or does not let the version and the nodes be read.
    """
    reading = {"unreadable": {}}
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as executor:
        _read(executor, reading, _first(client, namespace), needed=("version", "nodes"))
        if "groups" in reading:
            _read(executor, reading, _second(client, reading["groups"]))
        else:
            reading["unreadable"].update(dict.fromkeys(_second(client, {}), reading["unreadable"]["groups"]))
    return reading


def _first(client, namespace):
    return {
        "version": lambda: client.get("/version"),
        "nodes": lambda: client.items("/api/v1/nodes"),
        "groups": lambda: _versions_of_groups(client.get("/apis")),
        "daemon_sets": lambda: client.items("/apis/apps/v1/daemonsets"),
        "deployments": lambda: client.items("/apis/apps/v1/deployments"),
        "services": lambda: client.items("/api/v1/services"),
        "storage_classes": lambda: client.items("/apis/storage.k8s.io/v1/storageclasses"),
        "rke_state": lambda: client.exists("/api/v1/namespaces/kube-system/configmaps/full-cluster-state"),
        "privileged_pod": lambda: _refusal(client, namespace),
    }


def _second(client, groups):
    """What only some clusters have. A list of a group that is not there is empty."""
    sources = {"may_create_policies": lambda: "v1beta1" in groups.get("policy", ()) and _may_create_policies(client)}
    for key, (group, version, resource) in CUSTOM_LISTS.items():
        if version in groups.get(group, ()):
            sources[key] = partial(client.items, "/apis/{0}/{1}/{2}".format(group, version, resource))
        else:
            sources[key] = list
    return sources


def _read(executor, reading, sources, needed=()):
    running = {key: executor.submit(source) for key, source in sources.items()}
    for key, future in running.items():
        try:
            reading[key] = future.result()
        except KubeStatusError as error:
            if key in needed:
                raise
            reading["unreadable"][key] = str(error)


def _versions_of_groups(answer):
    """Dict of group name to the list of its versions."""
    return {group["name"]: [version["version"] for version in group["versions"]] for group in answer.get("groups") or []}


def _refusal(client, namespace):
    """Why the API would not take a privileged pod; empty if it would."""
    try:
        client.create("/api/v1/namespaces/{0}/pods".format(namespace), PROBE, dry_run=True)
    except KubeStatusError as error:
        if error.status != 403 or "cannot create resource" in error.said:
            raise  # no permission to try it, or no such namespace
        return error.said
    return ""


def _may_create_policies(client):
    answer = client.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", MAY_CREATE_POLICIES)
    return bool(answer.get("status", {}).get("allowed"))
