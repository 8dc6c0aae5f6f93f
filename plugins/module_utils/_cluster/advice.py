# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about a finding where the cluster is none that this collection made: on other distributions there is no variable of role k3s
to set, no role that fixes anything but labels, and, where a service makes the nodes, no machine to install something on. Data.
"""

from .distribution import AKS, AUTO_MODE, AUTOPILOT, EKS, GKE, K3S, SERVICES

# The only role that works through the API, and so on every distribution.
_EVERYWHERE = ("node_labels",)

# By the id of the requirement, for any distribution but K3s.
_ELSEWHERE = {
    "nodes": "Add nodes to the cluster.",
    "nodes_joined": "Correct the name in `cluster_spec_nodes` (`kubectl get nodes` has the names), or add the node to the cluster.",
    "kubernetes_version": "Upgrade the cluster, one minor release at a time, servers first.",
    "kubelet_version": "Upgrade the nodes to the release of the servers; a node is never newer and lags behind by a few minor releases at most.",
    "kubernetes_release": "Upgrade the node to this release, or correct `cluster_spec_kubernetes_version`.",
    "container_runtime": "Run containerd 1.5 or newer on this node, or replace the node by one that does.",
    "servers": "Add servers until there are three, or a larger odd number; where one is enough, say why in `cluster_spec_skip`.",
    "runtime_uniform": "Use nodes of one operating system and one container runtime for Gitpod: it is told one socket and one directory.",
    "calico": "Install Calico as the documentation of this Kubernetes says.",
    "calico_network": "Make Calico's pool the cluster's network for pods; an existing pool has to be replaced, it cannot be changed.",
    "calico_addresses": "Lead Calico to the nodes' network (IP_AUTODETECTION_METHOD of calico-node, or `nodeAddressAutodetectionV4` of its operator).",
    "calico_forwarding": "Allow it in Calico's CNI configuration (`container_settings.allow_ip_forwarding: true`).",
    "calico_offload": "Set `featureDetectOverride: ChecksumOffloadBroken=true` in the FelixConfiguration `default`: older kernels damage VXLAN packets.",
    "cluster_networks": "Choose other networks for pods and services when you make the cluster, or move the nodes.",
    "load_balancer": "Install MetalLB, or the controller for the load balancers of your cloud: Gitpod's proxy is a service of type LoadBalancer.",
    "load_balancer_probe": "Look at what the load balancer says (`kubectl describe service`), and at the cloud's quota.",
    "storage_class": "Annotate one StorageClass with `storageclass.kubernetes.io/is-default-class=true`; install a CSI driver where there is none.",
    "cert_manager": "Install a cert-manager newer than 1.5.",
}  # fmt: skip

# For nodes that a service makes, by the name of the service or None for all three.
_IMAGE = {
    EKS: "Use a managed or self-managed node group with an Ubuntu 20.04 image for EKS (by Canonical) instead of this one.",
    GKE: "Use a node pool with the image type `UBUNTU_CONTAINERD` instead of this one.",
    AKS: "Use a node pool with the OS SKU `Ubuntu` instead of this one.",
}
_OF_SERVICES = {
    "os_release": _IMAGE,
    "kernel_version": {None: "Use a node pool with another image, whose kernel lies between 5.4 and 5.15."},
    "architecture": {None: "Use a node pool of 64-bit x86 machines."},
    "cpus": {None: "Use a node pool of a machine type with more CPUs."},
    "memory": {None: "Use a node pool of a machine type with more memory."},
    "nodes": {None: "Add nodes to the node pools."},
    "kubernetes_version": {None: "Upgrade the cluster with the tools of the service, one minor release at a time."},
    "kubelet_version": {None: "Upgrade the node pool with the tools of the service."},
    "kubernetes_release": {None: "Upgrade the node pool with the tools of the service, or correct `cluster_spec_kubernetes_version`."},
    "container_runtime": {None: "Use a node pool with an image that has containerd 1.5 or newer."},
    "runtime_uniform": {None: "Use node pools of one image for Gitpod: it is told one socket and one directory."},
    "node_ready": {None: "Look at `kubectl describe node`, and replace the node if it does not recover."},
    "node_pressure": {None: "Use a node pool with larger disks or machines, or replace the node."},
    "calico": {
        EKS: "Install Calico for network policies beside the VPC CNI, as Calico's documentation for EKS says.",
        GKE: "Make a cluster with Calico's network policies (`--enable-network-policy`), without Dataplane V2.",
        AKS: "Make a cluster with `--network-policy calico`.",
    },
    "calico_dataplane": {
        GKE: "Make a cluster without Dataplane V2, with Calico's network policies (`--enable-network-policy`): this is chosen once. Gitpod needs host ports.",
        AKS: "Make a cluster with `--network-policy calico` and without `--network-dataplane cilium`: Gitpod needs host ports.",
    },
    "load_balancer": {None: "See why the controller of the service gives no address: its rights, subnets and quota."},
}  # fmt: skip

# Editions of a service in which the advice above cannot be followed.
_OF_EDITIONS = {
    ("os_release", AUTO_MODE): "Use a managed node group with an Ubuntu image for Gitpod: Auto Mode offers Bottlerocket only.",
    ("kernel_version", AUTO_MODE): "Use a managed node group with an Ubuntu image for Gitpod: Auto Mode chooses the kernel itself.",
    ("distribution", AUTOPILOT): "Make a Standard cluster: Autopilot lets nobody run privileged pods.",
    ("privileged_pods", AUTOPILOT): "Make a Standard cluster: Autopilot lets nobody run privileged pods.",
    ("os_release", AUTOPILOT): "Make a Standard cluster with the image type `UBUNTU_CONTAINERD`: Autopilot chooses the image itself.",
    ("kernel_version", AUTOPILOT): "Make a Standard cluster: Autopilot chooses the kernel itself.",
}


def remedy(requirement, own, distribution, edition=""):
    """What a reader can do about a requirement that failed, on this distribution.

    :param own: what the rule itself advises, or None. It knows the case best, but for the machines of a service, on which nobody installs.
    """
    if (requirement.id, edition) in _OF_EDITIONS:
        return _OF_EDITIONS[requirement.id, edition]
    if distribution in SERVICES and (not own or requirement.in_the_api):
        rows = _OF_SERVICES.get(requirement.id, {})
        found = rows.get(distribution, rows.get(None))
        if found:
            return found
    if own:
        return own
    return _ELSEWHERE.get(requirement.id, requirement.remedy) if distribution != K3S else requirement.remedy


def fixed_by(requirement, distribution):
    """The role of this collection that fixes it there, or ''."""
    return requirement.fixed_by if distribution == K3S or requirement.fixed_by in _EVERYWHERE else ""
