# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a cluster once, in a few parallel requests. Nothing is checked here: that is done in _cluster.check.

The reading is a dictionary of what the API returned, by the keys of _first and _second below. What could not be read, for want
of a permission for instance, is missing and has its reason under `unreadable`.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .._kube.client import KubeConnectionError, KubeError, KubeStatusError
from .admission import NO_ANSWER, PERMISSION, kind_of
from .domain_reader import read_secret, resolve
from .permissions import permission_of
from .rules.domain import names_of
from .shapes import ClusterReading, shaped

PARALLEL_REQUESTS = 8

# §8: privileged, host PIDs, a path and a port of the host, as Gitpod's node daemon asks for. Never created, only checked.
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

MAY_CREATE_POLICIES = {"verb": "create", "group": "policy", "resource": "podsecuritypolicies"}

# Lists of what only some clusters have: group, version, resource.
CUSTOM_LISTS = {
    "ip_pools": ("crd.projectcalico.org", "v1", "ippools"),
    "felix_configurations": ("crd.projectcalico.org", "v1", "felixconfigurations"),
    "installations": ("operator.tigera.io", "v1", "installations"),
    "helm_charts": ("helm.cattle.io", "v1", "helmcharts"),
    "cluster_issuers": ("cert-manager.io", "v1", "clusterissuers"),
}


def read_cluster(client, namespace, domain="", certificate=""):
    """The reading of a cluster.

    :param client: KubeClient.
    :param namespace: where Gitpod is to be installed; privileged pods are tried there.
    :param domain: Gitpod's domain; where it is empty, neither names nor the certificate are looked for.
    :param certificate: name of the TLS secret for that domain.
    :raises KubeError: the API does not answer, or does not let the version and the nodes be read.
    """
    reading = {"unreadable": {}, "permissions": {}}
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as executor:
        first = _first(client, namespace)
        if domain:
            first["secret"] = partial(read_secret, client, namespace, certificate)
        _read(executor, reading, first, needed=("version", "nodes"))
        if "groups" in reading:
            _read(executor, reading, _second(client, reading["groups"], namespace, domain))
        else:
            second = _second(client, {}, namespace, domain)
            reading["unreadable"].update(dict.fromkeys(second, reading["unreadable"]["groups"]))
            if "groups" in reading["permissions"]:
                reading["permissions"].update(dict.fromkeys(second, reading["permissions"]["groups"]))
        if domain:
            asked = names_of(domain) + _names_of_load_balancers(reading)
            reading["names"] = dict(zip(asked, executor.map(resolve, asked)))
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
        "calico_config": lambda: _or_nothing(client, "/api/v1/namespaces/kube-system/configmaps/calico-config"),
        "namespace": lambda: _or_nothing(client, "/api/v1/namespaces/" + namespace),
        "rke_state": lambda: client.exists("/api/v1/namespaces/kube-system/configmaps/full-cluster-state"),
        "privileged_pod": lambda: _refusal(client, namespace),
    }


def _second(client, groups, namespace, domain):
    """What only some clusters have. A list of a group that is not there is empty."""
    sources = {"may_create_policies": lambda: "v1beta1" in groups.get("policy", ()) and client.may(MAY_CREATE_POLICIES)}
    cilium = "cilium.io" in groups
    sources["cilium_config"] = partial(_or_nothing, client, "/api/v1/namespaces/kube-system/configmaps/cilium-config") if cilium else dict
    lists = dict(CUSTOM_LISTS)
    if domain:
        lists["certificates"] = ("cert-manager.io", "v1", "namespaces/%s/certificates" % namespace)
    for key, (group, version, resource) in lists.items():
        if version in groups.get(group, ()):
            sources[key] = partial(client.items, "/apis/%s/%s/%s" % (group, version, resource))
        else:
            sources[key] = list
    return sources


def _read(executor, reading, sources, needed=()):
    running = {key: executor.submit(source) for key, source in sources.items()}
    for key, future in running.items():
        try:
            reading[key] = future.result()
        except KubeConnectionError:
            raise
        except KubeError as error:
            if key in needed:
                raise
            reading["unreadable"][key] = str(error)
            permission = permission_of(error) if isinstance(error, KubeStatusError) else ""
            if permission:
                reading["permissions"][key] = permission


def _versions_of_groups(answer):
    """Dict of group name to the list of its versions."""
    groups = shaped(answer, {"groups": [{"name": "", "versions": [{"version": ""}]}]})["groups"]
    return {group["name"]: [version["version"] for version in group["versions"]] for group in groups}


def _names_of_load_balancers(reading):
    """Some clouds give a load balancer a name instead of an address."""
    entries = [entry for service in ClusterReading(reading).get("services") for entry in service["status"]["loadBalancer"]["ingress"]]
    return sorted({entry["hostname"] for entry in entries if entry["hostname"]})


def _or_nothing(client, path):
    """An object, or an empty one where there is none."""
    try:
        return client.get(path)
    except KubeStatusError as error:
        if error.status != 404:
            raise
        return {}


def _refusal(client, namespace):
    """What the API says instead of taking a privileged pod; empty if it would take it. An answer that is not about the pod is an error."""
    try:
        client.create("/api/v1/namespaces/%s/pods" % namespace, PROBE, dry_run=True)
    except KubeStatusError as error:
        if kind_of(error.said, error.status, error.details.get("reason")) in (PERMISSION, NO_ANSWER):
            raise
        return error.said
    return ""
