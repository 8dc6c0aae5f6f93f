# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node must satisfy, as data: docs/requirements.md in rows. The rules that judge them: node_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import OrderedDict, namedtuple

from ansible_collections.gitpod.node_prep.plugins.module_utils import gitpod_releases
from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import FAIL, WARNING, Requirement

# The five labels of D3, without the prefix `gitpod.io/`.
WORKLOADS = (
    "workload_meta",
    "workload_ide",
    "workload_workspace_services",
    "workload_workspace_regular",
    "workload_workspace_headless",
)
# The option of a module for the workloads of a node, in its argument_spec.
WORKLOADS_OPTION = {"type": "list", "elements": "str", "choices": list(WORKLOADS), "default": list(WORKLOADS)}
# The labels that make a node a workspace node (requirements §3 and §4).
WORKSPACE_WORKLOADS = ("workload_workspace_regular", "workload_workspace_headless")

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

# D5 and §10: the release and the codename of Ubuntu, and where it is documented.
DOCUMENTED_UBUNTU = OrderedDict((("18.04", "bionic"), ("20.04", "focal")))
TOLERATED_UBUNTU = OrderedDict((("22.04", "jammy"), ("24.04", "noble")))

# The socket of a container runtime and the directory of its containers' state (§5); Gitpod is told one pair for the whole cluster.
RuntimePaths = namedtuple("RuntimePaths", "socket directory")
RUNTIME_TASKS = "/io.containerd.runtime.v2.task/k8s.io"
RUNTIME_PATHS = {
    "system": RuntimePaths("/run/containerd/containerd.sock", "/var/lib/containerd" + RUNTIME_TASKS),
    "embedded": RuntimePaths("/run/k3s/containerd/containerd.sock", "/run/k3s/containerd" + RUNTIME_TASKS),
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

# A kernel module and the options of the kernel's configuration that build it; any one is enough (names changed over time).
Module = namedtuple("Module", "name config")

KERNEL_MODULES = (
    Module("overlay", ("CONFIG_OVERLAY_FS",)),
    Module("br_netfilter", ("CONFIG_BRIDGE_NETFILTER",)),
    Module("nf_conntrack", ("CONFIG_NF_CONNTRACK",)),
    Module("veth", ("CONFIG_VETH",)),
    Module("vxlan", ("CONFIG_VXLAN",)),
    Module("fuse", ("CONFIG_FUSE_FS",)),
    Module("tun", ("CONFIG_TUN",)),
    Module("ip_set", ("CONFIG_IP_SET",)),
    Module("xt_set", ("CONFIG_NETFILTER_XT_SET",)),
    Module("nf_tables", ("CONFIG_NF_TABLES",)),
    Module("nft_chain_nat", ("CONFIG_NFT_NAT", "CONFIG_NFT_CHAIN_NAT_IPV4")),
    Module("nft_masq", ("CONFIG_NFT_MASQ",)),
    Module("iptable_nat", ("CONFIG_IP_NF_NAT",)),
)

# A sysctl. `rule`: what is found must be `equal` to `minimum` or `at_least` that. `value`: what the role kernel sets otherwise.
# `absent`: what it means that the kernel does not have it: `fine`, `broken`, or the module that brings it.
# `group`: `userns` and `base` always, `ipv6` and `hardening` where that is switched on.
Sysctl = namedtuple("Sysctl", "key value rule minimum absent group")


def _equal(key, value, group="base", absent="broken"):
    return Sysctl(key, value, "equal", value, absent, group)


def _at_least(key, minimum, value, group="base"):
    return Sysctl(key, value, "at_least", minimum, "broken", group)


SYSCTLS = (
    _equal("kernel.unprivileged_userns_clone", 1, "userns", absent="fine"),
    _at_least("user.max_user_namespaces", 1, 28633, "userns"),
    _equal("kernel.apparmor_restrict_unprivileged_userns", 0, "userns", absent="fine"),
    _at_least("fs.inotify.max_user_watches", 1000000, 1000000),
    _at_least("fs.inotify.max_user_instances", 8192, 8192),
    _equal("kernel.dmesg_restrict", 1),
    _equal("vm.unprivileged_userfaultfd", 0, absent="fine"),
    _equal("net.ipv4.ip_forward", 1),
    _equal("net.bridge.bridge-nf-call-iptables", 1, absent="br_netfilter"),
    _equal("net.ipv6.conf.all.forwarding", 1, "ipv6"),
    _equal("net.bridge.bridge-nf-call-ip6tables", 1, "ipv6", absent="br_netfilter"),
    _equal("vm.panic_on_oom", 0, "hardening"),
    _equal("vm.overcommit_memory", 1, "hardening"),
    _equal("kernel.panic", 10, "hardening"),
    _equal("kernel.panic_on_oops", 1, "hardening"),
)


def sysctls(groups, rule):
    """What the role kernel sets of the rows of some groups with one rule: a dict from the key to the number."""
    return OrderedDict((row.key, row.value) for row in SYSCTLS if row.group in groups and row.rule == rule)


# All that a reading looks up below /proc/sys.
SYSCTL_KEYS = tuple(row.key for row in SYSCTLS) + (
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "kernel.keys.root_maxkeys",
)

# A port of §4. `where`: `server`, `node`, `workspace` (a workspace node). Those of the load balancer are an option of the module, that of the registry
# facade differs by release of Gitpod.
Port = namedtuple("Port", "protocol number where purpose")

PORTS = (
    Port("tcp", 6443, "server", "the Kubernetes API and the K3s supervisor"),
    Port("tcp", 2379, "server", "etcd"),
    Port("tcp", 2380, "server", "etcd"),
    Port("tcp", 10250, "node", "the kubelet"),
    Port("udp", 4789, "node", "Calico's VXLAN"),
    Port("tcp", 8080, "workspace", "Gitpod's node daemon"),
)
# §3: what the range of local ports must not touch.
NODE_PORTS = (30000, 32767)


def is_workspace_node(workloads):
    """Whether a node with these workloads (names as in WORKLOADS) runs workspaces."""
    return bool(set(workloads) & set(WORKSPACE_WORKLOADS))


def ports_of(server, workloads, load_balancer_ports, gitpod_version=gitpod_releases.DEFAULT):
    """The Port rows that a node must be able to offer: whether it is a server, its workloads, TCP ports of the load balancer, release of Gitpod."""
    where = {"server": server, "node": True, "workspace": is_workspace_node(workloads)}
    registry = Port("tcp", gitpod_releases.release(gitpod_version).registry_port, "workspace", "Gitpod's registry facade")
    rows = [port for port in PORTS + (registry,) if where[port.where]]
    return rows + [Port("tcp", number, "node", "the load balancer") for number in load_balancer_ports]


def _row(name, title, reference, remedy, severity=FAIL, mended_by=""):
    return Requirement(name, title, reference, severity, mended_by, remedy)


_ROWS = (
    _row("architecture", "Architecture", "§3", "Use a 64-bit x86 machine: Gitpod publishes its images for no other architecture."),
    _row("os_release", "Operating system", "D5", "Install Ubuntu 20.04 or 18.04 on this machine."),
    _row(
        "kernel_version",
        "Kernel",
        "D5",
        "Install a newer kernel (`linux-generic-hwe-18.04` on Ubuntu 18.04) and reboot, or let the role kernel do both.",
        mended_by="kernel",
    ),
    _row(
        "kernel_headers",
        "Kernel headers",
        "§3",
        "Install the package `linux-headers-$(uname -r)`, or let the role kernel do it (`kernel_shiftfs_headers`): workspaces on shiftfs need it for DKMS.",
        mended_by="kernel",
    ),
    _row("cpus", "CPUs", "D8", "Give the machine more CPUs, or lift the limit (cpuset, affinity) that hides some of them."),
    _row("memory", "RAM", "D8", "Give the machine more RAM."),
    _row("containerd", "containerd", "D7", "Install a newer containerd, or let the role containerd do it.", mended_by="containerd"),
    _row(
        "runtime_unique",
        "One container runtime",
        "§3",
        "Stop, disable and remove the other container runtimes: Gitpod's runtime detection may pick the wrong one.",
    ),
    _row(
        "kernel_modules",
        "Kernel modules",
        "§3",
        "Load the modules now (`modprobe`) and at boot (`/etc/modules-load.d`), or let the role kernel do both.",
        mended_by="kernel",
    ),
    _row(
        "user_namespaces",
        "User namespaces",
        "§3",
        "Set these sysctls now and in `/etc/sysctl.d`, or let the role kernel do both: workspaces need user namespaces.",
        mended_by="kernel",
    ),
    _row(
        "sysctls",
        "Kernel settings",
        "§3",
        "Set these sysctls now and in `/etc/sysctl.d`, or let the role kernel do both.",
        mended_by="kernel",
    ),
    _row(
        "local_port_range",
        "Local port range",
        "§3",
        "Let `net.ipv4.ip_local_port_range` begin at 32768, or put the ports into `net.ipv4.ip_local_reserved_ports`.",
    ),
    _row(
        "cgroup",
        "Control groups",
        "§3",
        "Boot with `systemd.unified_cgroup_hierarchy=0` for v1 or `=1` for v2, or choose a release that fits.",
    ),
    _row("systemd", "systemd", "§3", "Boot the machine with systemd as its init."),
    _row(
        "host_paths",
        "Paths of the host",
        "§3",
        "Create these paths, /var/lib/kubelet as a directory and not as a link: Gitpod's node daemon mounts them.",
    ),
    _row(
        "hosts_file",
        "/etc/hosts",
        "§3",
        "Make /etc/hosts writable (`chattr -i -a /etc/hosts`, no read-only mount): Gitpod's node daemon writes to it.",
    ),
    _row(
        "mount_propagation",
        "Mount propagation",
        "§3",
        "Make the mount shared now (`mount --make-rshared`) and at boot: Gitpod's node daemon passes mounts on to workspaces.",
    ),
    _row(
        "mount_options",
        "Mount options",
        "§3",
        "Mount it without these options: take them out of /etc/fstab, then `mount -o remount,rw,exec,suid,dev <mount point>`.",
    ),
    _row(
        "disk_space",
        "Free disk",
        "§3",
        "Free or add disk space where /var/gitpod lies: Gitpod marks a node with less as under disk pressure.",
    ),
    _row(
        "networks",
        "Networks",
        "§3",
        "Choose other networks for pods and services, or move the node's interface out of 10.0.5.0/24.",
    ),
    _row(
        "hostname",
        "Host name",
        "§3",
        "Give the machine a name of lower-case letters, digits and hyphens (`hostnamectl set-hostname`).",
    ),
    _row("machine_id", "Machine id", "§3", "Make a machine id: `rm -f /etc/machine-id && systemd-machine-id-setup`, then reboot."),
    _row(
        "swap",
        "Swap",
        "§3",
        "Switch swap off (`swapoff -a`, and the entry in /etc/fstab) so that memory limits hold.",
        severity=WARNING,
    ),
    _row(
        "iptables",
        "iptables",
        "§3",
        "Upgrade iptables to 1.8.4 or newer, or run `update-alternatives --set iptables /usr/sbin/iptables-legacy`.",
        severity=WARNING,
    ),
    _row(
        "resolv_conf",
        "Name servers",
        "§3",
        "Name servers in /etc/resolv.conf that pods reach, or a file of your own in `k3s_config` (`resolv-conf`): otherwise K3s gives 8.8.8.8 to pods.",
        severity=WARNING,
    ),
    _row("root_maxkeys", "Kernel keys", "§3", "Raise the sysctl `kernel.keys.root_maxkeys`.", severity=WARNING),
    _row(
        "clock_synchronised",
        "Clock",
        "§3",
        "Start a time service (`timedatectl set-ntp true`, or chrony): certificates and etcd need the right time.",
        severity=WARNING,
    ),
    _row("services", "Services", "§3", "See why with `systemctl status` and `journalctl -u`, then start the service."),
    _row("ports", "Ports", "§4", "Stop the program that holds the port, or move it to another port."),
)

# Judged across the nodes, by node_clashes.py.
_CLASH_ROWS = (
    _row(
        "unique_hostname",
        "Unique host name",
        "§3",
        "Give each machine a name of its own (`hostnamectl set-hostname`): K3s ties a node's password to its name.",
    ),
    _row(
        "unique_machine_id",
        "Unique machine id",
        "§3",
        "Make new machine ids on all but one of them: `rm -f /etc/machine-id && systemd-machine-id-setup`, then reboot.",
    ),
    _row(
        "unique_product_uuid",
        "Unique product UUID",
        "§3",
        "Give each virtual machine a UUID of its own; leave this check out where nodes are containers of one machine.",
    ),
    _row(
        "unique_mac",
        "Unique MAC address",
        "§3",
        "Give each network card an address of its own: duplicates make a bridge drop packets at random.",
    ),
    _row("clock_skew", "Clock skew", "§3", "Synchronise the clocks of all nodes with the same time service."),
    _row(
        "same_runtime_paths",
        "Same container runtime paths",
        "§5",
        "Use one container runtime on all workspace nodes, with the same `root` and `address` in /etc/containerd/config.toml: Gitpod has one setting for all.",
        mended_by="containerd",
    ),
    _row(
        "same_cgroup",
        "Same control groups",
        "§3",
        "Boot all workspace nodes with the same version of cgroups, so that limits hold alike on each of them.",
        severity=WARNING,
    ),
)

NODE_REQUIREMENTS = OrderedDict((row.id, row) for row in _ROWS)
CLASH_REQUIREMENTS = OrderedDict((row.id, row) for row in _CLASH_ROWS)
