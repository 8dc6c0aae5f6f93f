# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Kubernetes distribution a cluster is (requirements D2 and section 9). Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import parse_kubernetes

K3S = "K3s"
EKS = "EKS"
GKE = "GKE"
AKS = "AKS"
OPENSHIFT = "OpenShift"
RKE = "RKE"
RKE2 = "RKE2"
OTHER = "not recognised"

SUPPORTED = (K3S, EKS, GKE, AKS)  # D2
INCOMPATIBLE = (OPENSHIFT, RKE)  # D2

_BY_VERSION = {"k3s": K3S, "rke2": RKE2, "eks": EKS, "gke": GKE}
_BY_PROVIDER = {"aws": EKS, "gce": GKE, "azure": AKS}
_OPENSHIFT_GROUPS = ("config.openshift.io", "apps.openshift.io")


def recognise(reading):
    """The name of the distribution, one of the constants above.

    The incompatible ones come first: OpenShift on AWS has nodes of AWS too, and RKE2 carries annotations of Rancher.

    :param reading: what cluster_reader.read_cluster returned.
    """
    groups, nodes = reading["groups"], reading["nodes"]
    if any(group in groups for group in _OPENSHIFT_GROUPS) or any(_is_coreos_with_crio(node) for node in nodes):
        return OPENSHIFT
    parsed = parse_kubernetes(reading["version"]["gitVersion"])
    by_version = _BY_VERSION.get(parsed.distribution) if parsed else None
    if by_version:
        return by_version
    for prefix, name in (("rke2.io/", RKE2), ("k3s.io/", K3S), ("rke.cattle.io/", RKE)):
        if any(_has_key(node, "annotations", prefix) for node in nodes):
            return name
    if any(_is_of_aks(node) for node in nodes):
        return AKS
    return RKE if reading["rke_state"] else OTHER


def managed_by(node):
    """EKS, GKE or AKS where that service makes the node from a template, else None."""
    if "+" in node["status"]["nodeInfo"]["kubeletVersion"]:
        return None  # K3s and RKE2 on a cloud's machines have the cloud's providerID too, but nobody replaces their nodes
    provider_id = node["spec"].get("providerID") or ""
    return _BY_PROVIDER.get(provider_id.partition(":")[0])


def _is_of_aks(node):
    """AKS has no mark in its version. EKS and GKE have one: without it, their machines carry someone's own cluster."""
    return _has_key(node, "labels", "kubernetes.azure.com/") or managed_by(node) == AKS


def _is_coreos_with_crio(node):
    info = node["status"]["nodeInfo"]
    return "CoreOS" in info["osImage"] and info["containerRuntimeVersion"].startswith("cri-o://")


def _has_key(node, field, prefix):
    return any(key.startswith(prefix) for key in node["metadata"].get(field) or {})
