# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what it shows that something on a node is of its cluster: K3s', kube-proxy's, the CNI plugins' or Calico's. Data.

Whatever is not named here belongs to somebody else.
"""

import os
import re

from .._requirements.paths import BIN_DIRECTORY, CALICO_CNI, K3S_PROGRAMS, K3S_UNITS, RUNTIME_PATHS

UNITS = tuple(K3S_UNITS.values())
UNIT_DIRECTORY = "/etc/systemd/system"
LINKS_TO_K3S = tuple(os.path.join(BIN_DIRECTORY, name) for name in ("k3s",) + K3S_PROGRAMS["embedded"])

# Containers of Kubernetes are those of this namespace of containerd; docker has another one.
CONTAINERD_NAMESPACE = "k8s.io"
SYSTEM_SOCKET, EMBEDDED_SOCKET = RUNTIME_PATHS["system"].socket, RUNTIME_PATHS["embedded"].socket

# Below these, containers and kubelet mount.
_SANDBOXES = "/io.containerd.grpc.v1.cri"
MOUNTED_BELOW = (
    ("/run/k3s", "/run/calico", "/var/lib/kubelet", "/var/lib/rancher")
    + tuple(sorted({paths.directory for paths in RUNTIME_PATHS.values()}))
    + ("/run/containerd" + _SANDBOXES, "/var/lib/containerd" + _SANDBOXES)
)
# K3s mounts nothing else below its data; what is of another kind there is a disk that somebody else has mounted.
DATA, KINDS_IN_DATA = "/var/lib/rancher", ("overlay", "tmpfs", "proc", "sysfs", "mqueue", "nsfs")

NETWORK_NAMESPACES = "/run/netns/cni-"
INTERFACES = ("cni0", "kube-ipvs0", "flannel.1", "flannel-v6.1", "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali")
# Calico's own ones for pods: this and the beginning of a digest.
INTERFACES_OF_PODS = re.compile(r"cali[0-9a-f]+")
# It comes with its module and cannot be deleted; Calico gives it addresses.
TUNNEL = "tunl0"
# Numbers of the protocols that Calico's BIRD and its Felix mark their routes with. A BIRD of the machine takes the same one.
BIRD, FELIX = "12", "80"
BIRD_PROCESSES = ("bird", "bird6")

# Chains of iptables; those of CNI plugins are also made for others, such as podman.
CHAINS_OF_PLUGINS = "CNI-"
CHAINS = ("KUBE-", "cali-", "FLANNEL-", CHAINS_OF_PLUGINS)
# How the comment of a rule begins that stands in a chain of everybody and leads to none of these.
COMMENTS = ("cali:", "flanneld ", "rule to explicitly ACCEPT traffic that comply to network policies")
SETS = ("cali4", "cali6", "KUBE-", "inet6:KUBE-")
TABLES = ("kube-proxy", "calico")

# What is removed, patterns of paths.
FILES = (
    CALICO_CNI.directory + "/" + CALICO_CNI.file,
    CALICO_CNI.directory + "/calico-kubeconfig",
    "/opt/cni/bin/calico*",
    "/var/lib/calico",
    "/var/lib/kubelet/cpu_manager_state",
    "/var/lib/kubelet/memory_manager_state",
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet/plugins_registry",
    "/var/lib/kubelet/pod-resources",
    "/run/calico",
    "/run/flannel",
    "/run/k3s",
    "/run/k3s-node-prep",
)
# Notes of CNI plugins, also of those that work for others.
FILES_OF_PLUGINS = "/var/lib/cni"
