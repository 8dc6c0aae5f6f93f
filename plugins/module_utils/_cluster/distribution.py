# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Kubernetes distribution a cluster is, and on whose machines it runs: two facts (requirements D2 and section 9). Pure.

The provider is no mark of a distribution: kubeadm, Talos, kOps, RKE2, K3s and OpenShift run on the machines of every cloud.
"""

import re

from .._versions import parse_kubernetes

K3S = "K3s"
EKS = "EKS"
EKS_ANYWHERE = "EKS Anywhere or EKS Distro"
GKE = "GKE"
AKS = "AKS"
OPENSHIFT = "OpenShift"
RKE = "RKE"
RKE2 = "RKE2"
OTHER = "not recognised"

SUPPORTED = (K3S, EKS, GKE, AKS)  # D2
INCOMPATIBLE = (OPENSHIFT, RKE)  # D2
# Services that run the servers, and make the nodes from a template of a node pool or a node group.
SERVICES = (EKS, GKE, AKS)

# Editions of a service with rules of their own.
AUTO_MODE = "Auto Mode"
AUTOPILOT = "Autopilot"

PROVIDERS = {"aws": "AWS", "gce": "Google Cloud", "azure": "Azure"}
# The scheme of a providerID that names no provider: the distribution's own.
_NO_PROVIDERS = ("", "k3s", "rke2", "kind", "eks-hybrid")

_COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
# What only the service puts on a node, and the provider whose machines it uses.
_LABELS = (
    (EKS, ("eks.amazonaws.com/",), ("aws", "eks-hybrid")),
    (GKE, ("cloud.google.com/gke-nodepool",), ("gce",)),
    (AKS, ("kubernetes.azure.com/cluster", "kubernetes.azure.com/agentpool"), ("azure",)),
)
# API groups that a service serves even where it has no node yet.
_GROUPS = {EKS: ("vpcresources.k8s.aws", "eks.amazonaws.com"), GKE: ("networking.gke.io",)}
_OPENSHIFT_GROUPS = ("config.openshift.io", "apps.openshift.io")
# EKS Distro counts its own releases: v1.21.2-eks-1-21-4. EKS has a hash there: v1.22.17-eks-48e63af.
_EKS_DISTRO = re.compile(r"-eks-\d+-\d+-\d+")


def recognise(reading):
    """The name of the distribution, one of the constants above.

    :param reading: ClusterReading; all its nodes count, those too that are not checked.
    """
    return reading.once(_recognise)


def _recognise(reading):
    """The incompatible ones come first: OpenShift on AWS has nodes of AWS too, and RKE2 carries annotations of Rancher."""
    groups, nodes = reading["groups"], reading.all_nodes
    if any(group in groups for group in _OPENSHIFT_GROUPS) or any(_is_coreos_with_crio(node) for node in nodes):
        return OPENSHIFT
    version = reading["version"]["gitVersion"]
    marked = _mark(version)
    if marked in (K3S, RKE2):
        return marked
    services = {managed_by(node, version) or _service_of(node, marked) for node in nodes} - {None}
    if services:
        return sorted(services)[0]
    if marked == EKS:
        return EKS if not nodes and _has_group(groups, EKS) and not _EKS_DISTRO.search(version) else EKS_ANYWHERE
    if marked == GKE:
        return GKE if not nodes and _has_group(groups, GKE) else OTHER
    for prefix, name in (("rke2.io/", RKE2), ("k3s.io/", K3S), ("rke.cattle.io/", RKE)):
        if any(_has_key(node, "annotations", prefix) for node in nodes):
            return name
    return RKE if reading["rke_state"] else OTHER


def edition(reading):
    """AUTO_MODE, AUTOPILOT or ''."""
    name, nodes = recognise(reading), reading.all_nodes
    if name == EKS and any(node["metadata"]["labels"].get(_COMPUTE_TYPE) == "auto" for node in nodes):
        return AUTO_MODE
    if name == EKS and not nodes and "eks.amazonaws.com" in reading["groups"]:
        return AUTO_MODE
    # GKE names the nodes of Autopilot gk3-…, and those of a Standard cluster gke-….
    return AUTOPILOT if name == GKE and nodes and all(node["metadata"]["name"].startswith("gk3-") for node in nodes) else ""


def provider(reading):
    """On whose machines the nodes run: 'AWS', 'Google Cloud', 'Azure', what a providerID says instead ('vsphere'), or ''."""
    schemes = {_scheme(node) for node in reading.all_nodes} - set(_NO_PROVIDERS)
    return ", ".join(sorted(PROVIDERS.get(scheme, scheme) for scheme in schemes))


def managed_by(node, version=""):
    """EKS, GKE or AKS where that service makes the node from a template, else None.

    :param node: an object of the API; from a reading, or as it comes.
    :param version: of the servers, where that is known; the kubelet's counts too.
    """
    kubelet = node["status"]["nodeInfo"]["kubeletVersion"]
    labels = node["metadata"].get("labels") or {}
    # K3s and RKE2 on a cloud's machines have the cloud's providerID too, and a machine of one's own joins EKS as a hybrid node.
    if "+" in kubelet or labels.get(_COMPUTE_TYPE) == "hybrid":
        return None
    return _service_of(node, _mark(kubelet) or _mark(version))


def _service_of(node, marked):
    scheme = _scheme(node)
    for service, keys, schemes in _LABELS:
        fits = scheme in schemes
        has_label = any(_has_key(node, "labels", key) for key in keys)
        if has_label and (fits or not scheme):
            return service
        if marked == service and fits and not _EKS_DISTRO.search(node["status"]["nodeInfo"]["kubeletVersion"]):
            return service
    return None


def _mark(version):
    """The distribution that a version names, or None: K3S, RKE2, EKS (its kin too) and GKE (its kin too)."""
    parsed = parse_kubernetes(version)
    return {"k3s": K3S, "rke2": RKE2, "eks": EKS, "gke": GKE}.get(parsed.distribution) if parsed else None


def _scheme(node):
    """'aws' of the providerID 'aws:///eu-west-1a/i-0123'."""
    return (node["spec"].get("providerID") or "").partition(":")[0]


def _has_group(groups, service):
    return any(group in groups for group in _GROUPS[service])


def _is_coreos_with_crio(node):
    info = node["status"]["nodeInfo"]
    return "CoreOS" in info["osImage"] and info["containerRuntimeVersion"].startswith("cri-o://")


def _has_key(node, field, prefix):
    return any(key.startswith(prefix) for key in node["metadata"].get(field) or {})
