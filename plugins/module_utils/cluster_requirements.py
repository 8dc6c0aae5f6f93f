# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster must satisfy beyond what its nodes must, as data. The rules are in cluster_rules.py and its neighbours.

What one node must satisfy is in requirements.py; NODE_IDS names those rows that the API can prove.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import OrderedDict, namedtuple

from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import FAIL, WARNING, Requirement
from ansible_collections.gitpod.node_prep.plugins.module_utils.requirements import NODE_REQUIREMENTS

MIN_KUBERNETES = "1.21"  # D1
MIN_CERT_MANAGER = "1.6"  # §8: newer than 1.5
POD_SECURITY_POLICIES_GONE = "1.25"  # §8
PROXY_PORTS = (22, 80, 443)  # §4: where the load balancer answers
CERTIFICATE = "https-certificates"  # the secret's name in the example of Gitpod's installer configuration
# Seconds that a load balancer is given in the probe; those of the clouds take one to two minutes.
PROBE_SECONDS = 180
# How many minor releases a kubelet may lag behind its API server (Kubernetes' version skew policy): two, and three from 1.28 on.
KUBELET_SKEW = 2
WIDER_KUBELET_SKEW = 3
WIDER_KUBELET_SKEW_FROM = "1.28"

# §5: what Gitpod's installer must be told; one pair for the whole cluster.
Runtime = namedtuple("Runtime", "socket state_directory")
RUNTIMES = {
    "system": Runtime("/run/containerd/containerd.sock", "/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io"),
    "embedded": Runtime("/run/k3s/containerd/containerd.sock", "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io"),
    "amazon": Runtime("/run/containerd/containerd.sock", "/run/containerd/io.containerd.runtime.v2.task/k8s.io"),
}

# Rows of the nodes that the API can prove, judged by the same rules as on the node.
NODE_IDS = ("architecture", "os_release", "kernel_version", "cpus", "memory")

_ROWS = (
    Requirement(
        "kubernetes_version",
        "Kubernetes",
        "D1",
        FAIL,
        "k3s",
        "Upgrade the cluster, one minor release at a time, servers first.",
    ),
    Requirement(
        "distribution",
        "Distribution",
        "D2",
        FAIL,
        "",
        "Use K3s, EKS, GKE or AKS: Gitpod does not run on OpenShift and RKE.",
    ),
    Requirement(
        "nodes",
        "Nodes",
        "D3",
        FAIL,
        "k3s",
        "Let a machine join the cluster.",
    ),
    Requirement(
        "kubernetes_release",
        "Release that was installed",
        "§6",
        FAIL,
        "k3s",
        "Look at the unit `k3s` or `k3s-agent` of the node (`journalctl -u`): the API shows the release once the kubelet has started with it.",
    ),
    Requirement(
        "nodes_joined",
        "Nodes of the inventory",
        "D4",
        FAIL,
        "k3s",
        "Join the node, or take it out of its group; a node name that differs from the host name belongs in k3s_node_name.",
    ),
    Requirement(
        "node_ready",
        "Readiness",
        "§7",
        FAIL,
        "",
        "Look at `kubectl describe node` and at the kubelet's journal; without a network plugin (Calico) no node becomes Ready.",
    ),
    Requirement(
        "node_pressure",
        "Pressure",
        "§3",
        FAIL,
        "",
        "Free what is short on the node: disk, memory or process ids.",
    ),
    Requirement(
        "node_schedulable",
        "Schedulable",
        "D3",
        WARNING,
        "",
        "Uncordon the node and remove taints that Gitpod's pods do not tolerate.",
    ),
    Requirement(
        "kubelet_version",
        "Kubelet",
        "D1",
        FAIL,
        "k3s",
        "Upgrade this node; a node is never newer than its servers and lags behind by a few minor releases at most.",
    ),
    Requirement(
        "container_runtime",
        "Container runtime",
        "D7",
        FAIL,
        "containerd",
        "Run containerd 1.5 or newer on this node: install it, or let the role containerd do it.",
    ),
    Requirement(
        "runtime_uniform",
        "One kind of runtime",
        "§5",
        FAIL,
        "k3s",
        "Use one container runtime on all nodes (`k3s_container_runtime`): Gitpod is told one socket and one directory.",
    ),
    Requirement(
        "labels_present",
        "Gitpod labels",
        "D3",
        FAIL,
        "node_labels",
        "Set the label to `true` on at least one node, or let the role node_labels do it.",
    ),
    Requirement(
        "label_values",
        "Values of the labels",
        "§2",
        FAIL,
        "node_labels",
        "Set the label to `true` or remove it, or let the role node_labels do it: the scheduler only looks for the key.",
    ),
    Requirement(
        "node_labels",
        "Labels of the pool",
        "D4",
        FAIL,
        "node_labels",
        "Give the node the labels of its pool and no other of the five, or let the role node_labels do it.",
    ),
    Requirement(
        "pool_separation",
        "Separate pools",
        "D4",
        FAIL,
        "",
        "Give each pool nodes of its own now: splitting pools later costs downtime.",
    ),
    Requirement(
        "calico",
        "Calico",
        "D6",
        FAIL,
        "calico",
        "Install Calico, or let the role calico do it.",
    ),
    Requirement(
        "calico_ready",
        "Calico on each node",
        "D6",
        FAIL,
        "",
        "Look at the events and logs of the pods of the daemon set calico-node.",
    ),
    Requirement(
        "calico_tested",
        "Calico's release",
        "§7",
        WARNING,
        "",
        "Choose a release of Calico that is tested with this Kubernetes.",
    ),
    Requirement(
        "calico_network",
        "Calico's pool",
        "§7",
        FAIL,
        "calico",
        "Make Calico's pool the cluster network (`k3s_cluster_cidr`); an existing pool has to be replaced, it cannot be changed.",
    ),
    Requirement(
        "calico_dataplane",
        "Data plane",
        "§7",
        FAIL,
        "",
        "Use Calico's standard data plane: Gitpod needs host ports, which eBPF and Dataplane V2 do not serve.",
    ),
    Requirement(
        "calico_addresses",
        "Calico's addresses",
        "§7",
        FAIL,
        "calico",
        "Set `k3s_node_ip` on each host, which Calico then follows, or `calico_ip_autodetection_method` to what leads to the nodes' network.",
    ),
    Requirement(
        "calico_encapsulation",
        "Calico's encapsulation",
        "§4",
        WARNING,
        "",
        "Use VXLAN for Calico's pool.",
    ),
    Requirement(
        "calico_forwarding",
        "Forwarding by pods",
        "§7",
        FAIL,
        "calico",
        "Allow it in the CNI configuration, or let the role calico do it: without it the pods of K3s' ServiceLB end as soon as they start.",
    ),
    Requirement(
        "calico_offload",
        "Checksum offload",
        "§7",
        FAIL,
        "calico",
        "Set `featureDetectOverride: ChecksumOffloadBroken=true` in the FelixConfiguration, or let the role calico do it: older kernels damage VXLAN packets.",
    ),
    Requirement(
        "cluster_networks",
        "Networks of the cluster",
        "§3",
        FAIL,
        "",
        "Choose other networks for pods and services (`k3s_cluster_cidr`, `k3s_service_cidr`), or move the nodes.",
    ),
    Requirement(
        "privileged_pods",
        "Privileged pods",
        "D9",
        FAIL,
        "",
        "Label Gitpod's namespace `pod-security.kubernetes.io/enforce=privileged`, or loosen the admission plugin that refused.",
    ),
    Requirement(
        "pod_security",
        "Pod Security",
        "D9",
        FAIL,
        "",
        "Label Gitpod's namespace `pod-security.kubernetes.io/enforce=privileged`.",
    ),
    Requirement(
        "pod_security_policies",
        "PodSecurityPolicies",
        "D9",
        FAIL,
        "",
        "Let the user of the installation create PodSecurityPolicies: Gitpod up to 2022.08 brings its own.",
    ),
    Requirement(
        "load_balancer",
        "Load balancer",
        "D10",
        FAIL,
        "",
        "Leave K3s' ServiceLB on, or install MetalLB, or use the cloud's: Gitpod's proxy is a service of type LoadBalancer.",
    ),
    Requirement(
        "load_balancer_ports",
        "Ports of the load balancer",
        "§4",
        FAIL,
        "k3s",
        "Remove the service, or give it other ports (K3s' Traefik: `disable: [traefik]`): ServiceLB gives each port of a node to one service only.",
    ),
    Requirement(
        "load_balancer_probe",
        "Load balancer, tried",
        "D10",
        FAIL,
        "",
        "Look at what the load balancer says (`kubectl describe service`, `kubectl -n kube-system get pods` for ServiceLB), and at the cloud's quota.",
    ),
    Requirement(
        "storage_class",
        "Default StorageClass",
        "§8",
        FAIL,
        "",
        "Annotate one StorageClass with `storageclass.kubernetes.io/is-default-class=true`.",
    ),
    Requirement(
        "cert_manager",
        "cert-manager",
        "D11",
        FAIL,
        "cert_manager",
        "Install a cert-manager newer than 1.5, or let the role cert_manager do it.",
    ),
    Requirement(
        "cert_manager_ready",
        "cert-manager's pods",
        "D11",
        FAIL,
        "",
        "Look at the events and logs of cert-manager's pods.",
    ),
    Requirement(
        "cluster_issuer",
        "ClusterIssuer",
        "§8",
        WARNING,
        "",
        "Create a ClusterIssuer, or bring a certificate for the domain, its wildcard and `*.ws` yourself.",
    ),
    Requirement(
        "dns_names",
        "DNS",
        "D11",
        FAIL,
        "",
        "Let the domain, its wildcard and `*.ws` lead to the load balancer; where they lead there through something in front, leave this out with that reason.",
    ),
    Requirement(
        "certificate",
        "Certificate",
        "D11",
        FAIL,
        "",
        "Put a certificate for the domain, its wildcard and `*.ws` into the secret, by hand or with cert-manager (wildcards need DNS-01).",
    ),
)

CLUSTER_REQUIREMENTS = OrderedDict((row.id, row) for row in _ROWS)
CLUSTER_REQUIREMENTS.update((name, NODE_REQUIREMENTS[name]) for name in NODE_IDS)

# What a healthy cluster reaches by itself some time after the last change, so that waiting for it makes sense.
SETTLING = frozenset(("kubernetes_release", "node_ready", "calico_ready", "calico_addresses", "cert_manager_ready", "privileged_pods"))
# The same for what K3s makes of its manifests and charts; elsewhere nobody makes what is missing.
SETTLING_ON_K3S = frozenset(("nodes", "nodes_joined", "calico", "storage_class", "cert_manager"))
