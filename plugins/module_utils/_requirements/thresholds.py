# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers of the requirements: defaults of the options of the modules node_spec and cluster_spec. Data."""

# The thresholds: defaults of the options of the module and of the role node_spec.
MIN_KERNEL = "5.4"  # D5
TESTED_KERNEL = "5.15"  # §3: above it lies outside the published matrix
PANICKING_KERNEL = "5.13"  # §3: the HWE kernel of 20.04 in June 2022
MIN_CONTAINERD = "1.5"  # D7
MIN_CPUS = 4  # D8
MIN_MEMORY_BYTES = 16 * 10**9  # D8; decimal, §2
MIN_DISK_BYTES = 20 * 2**30  # §3: below it Gitpod marks the node as under disk pressure
SERVICES_DISK_BYTES = 100 * 10**9  # §3: reference architecture, services node
WORKSPACE_DISK_BYTES = 300 * 10**9  # §3: reference architecture, workspace node
MIN_ROOT_MAXKEYS = 10000  # §3
WORKSPACE_CIDR = "10.0.5.0/24"  # §3: used inside workspaces
MIN_EMBEDDED_KUBERNETES = "1.22"  # §5: K3s 1.21 bundles containerd 1.4
CGROUP_V2_ONLY_KUBERNETES = "1.35"  # §3: its kubelet refuses cgroup v1
RECOMMENDED_CLOCK_SKEW = 1.0  # seconds, §3
MAX_CLOCK_SKEW = 5.0  # seconds, §3
MAX_FSYNC_SECONDS = 0.01  # §6: of 99 in 100 writes, as etcd's documentation asks of a disk
CERTIFICATE_WARNING_DAYS = 90  # §6: from then on K3s renews them when it starts
CERTIFICATE_FAILURE_DAYS = 14
# D5 and §10: the releases of Ubuntu that the document names, and those that work too.
DOCUMENTED_UBUNTU = ("18.04", "20.04")
TOLERATED_UBUNTU = ("22.04", "24.04")
MIN_KUBERNETES = "1.21"  # D1
MIN_CERT_MANAGER = "1.6"  # §8: newer than 1.5
POD_SECURITY_POLICIES_GONE = "1.25"  # §8
CERTIFICATE = "https-certificates"  # the secret's name in the example of Gitpod's installer configuration
# Seconds that a load balancer is given in the probe; those of the clouds take one to two minutes.
PROBE_SECONDS = 180
# How many minor releases a kubelet may lag behind its API server (Kubernetes' version skew policy): two, and three from 1.28 on.
KUBELET_SKEW = 2
WIDER_KUBELET_SKEW = 3
WIDER_KUBELET_SKEW_FROM = "1.28"

# Options of modules, documented in the doc fragment `thresholds`.
KERNEL_OPTIONS = {"min_kernel": {"type": "str", "default": MIN_KERNEL}}
OPTIONS = dict(
    KERNEL_OPTIONS,
    tested_kernel={"type": "str", "default": TESTED_KERNEL},
    min_containerd={"type": "str", "default": MIN_CONTAINERD},
    min_cpus={"type": "int", "default": MIN_CPUS},
    min_memory_bytes={"type": "int", "default": MIN_MEMORY_BYTES},
)
