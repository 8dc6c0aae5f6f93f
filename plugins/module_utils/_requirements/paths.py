# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths and units of a node that Gitpod, Kubernetes and their container runtime use. Data."""

from collections import namedtuple

# The socket of a container runtime and the directory of its containers' state (§5); Gitpod is told one pair for the whole cluster.
RuntimePaths = namedtuple("RuntimePaths", "socket directory")
RUNTIME_TASKS = "/io.containerd.runtime.v2.task/k8s.io"
RUNTIME_PATHS = {
    "system": RuntimePaths("/run/containerd/containerd.sock", "/var/lib/containerd" + RUNTIME_TASKS),
    "embedded": RuntimePaths("/run/k3s/containerd/containerd.sock", "/run/k3s/containerd" + RUNTIME_TASKS),
    "amazon": RuntimePaths("/run/containerd/containerd.sock", "/run/containerd" + RUNTIME_TASKS),
}
# §3: the directories from which programs run, on every node and by its container runtime; those of containerd itself follow its configuration.
RUN_FROM = {
    "node": (
        "/var/gitpod",
        "/var/gitpod/workspaces",
        "/var/gitpod/workspaces-mk2",
        "/var/lib/kubelet",
        "/var/lib/kubelet/pods",
        "/var/lib/rancher",
        "/var/lib/rancher/k3s/agent",
        "/var/lib/rancher/k3s/data",
    ),
    "system": ("/opt/cni/bin",),
    "embedded": ("/var/lib/rancher/k3s/agent/containerd",),
}
SNAPSHOTS = "/io.containerd.snapshotter.v1.overlayfs"
# What the options of their mounts do.
BREAKING_OPTIONS = ("ro", "noexec")
DOUBTFUL_OPTIONS = ("nosuid", "nodev")
# §3: where K3s looks for the name servers that it gives to pods.
RESOLV_CONFS = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
# The units that a node may need.
CONTAINERD_UNIT = "containerd.service"
K3S_UNITS = {True: "k3s.service", False: "k3s-agent.service"}  # of a server and of an agent
UNITS = (CONTAINERD_UNIT, K3S_UNITS[True], K3S_UNITS[False])
# Where systemd looks for units and their drop-ins; a file hides those of the same name in the later directories.
UNIT_DIRECTORIES = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
# What the role kernel writes, and the services that read it at boot.
SYSCTL_FILE = "/etc/sysctl.d/99-zz-gitpod.conf"
BOOT_UNITS = ("systemd-sysctl.service", "systemd-modules-load.service")
# K3s: its configuration, what the role k3s writes there, and what it writes at the top of each of its files.
K3S_CONFIG = "/etc/rancher/k3s/config.yaml"
K3S_CONFIG_DIRECTORY = K3S_CONFIG + ".d"
K3S_LABELS_FILE = K3S_CONFIG_DIRECTORY + "/node-labels.yaml"
K3S_TOKEN_FILE = "/etc/rancher/k3s/token"
K3S_MARK = "# Written by the Ansible role gitpod.node_prep.k3s"
BIN_DIRECTORY = "/usr/local/bin"
CONTAINERD_MARK = "# Written by the role containerd of gitpod.node_prep"
# The programs of which K3s can take the place, always and with the containerd that it brings.
K3S_PROGRAMS = {"system": ("kubectl",), "embedded": ("kubectl", "crictl", "ctr")}
# Where the container runtime looks for the network, and the file that it has to find: Calico's, or that of K3s' own network.
CniPlace = namedtuple("CniPlace", "directory file")
CALICO_CNI = CniPlace("/etc/cni/net.d", "10-calico.conflist")
FLANNEL_CNI = CniPlace("/var/lib/rancher/k3s/agent/etc/cni/net.d", "10-flannel.conflist")
CNI_EXTENSIONS = (".conf", ".conflist", ".json")
