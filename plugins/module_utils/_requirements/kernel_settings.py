# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules and sysctls of the kernel that Gitpod and Kubernetes need (§3). Data."""

from collections import OrderedDict, namedtuple

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

# Other names of a setting in /proc/sys. `whole`: what is written there is the value of the setting; else it is that of a part, the interfaces to come.
Alias = namedtuple("Alias", "name whole")
ALIASES = {
    "net.ipv4.ip_forward": (Alias("net.ipv4.conf.all.forwarding", True), Alias("net.ipv4.conf.default.forwarding", False)),
    "net.ipv4.conf.all.forwarding": (Alias("net.ipv4.ip_forward", True), Alias("net.ipv4.conf.default.forwarding", False)),
    "net.ipv6.conf.all.forwarding": (Alias("net.ipv6.conf.default.forwarding", False),),
    "fs.inotify.max_user_watches": (Alias("user.max_inotify_watches", True),),
    "fs.inotify.max_user_instances": (Alias("user.max_inotify_instances", True),),
}


def names_of(key):
    """The names of a setting as Alias rows, its own first."""
    return (Alias(key, True),) + ALIASES.get(key, ())


def sysctls(groups, rule):
    """What the role kernel sets of the rows of some groups with one rule: a dict from the key to the number."""
    return OrderedDict((row.key, row.value) for row in SYSCTLS if row.group in groups and row.rule == rule)


# All that a reading looks up below /proc/sys.
SYSCTL_KEYS = tuple(row.key for row in SYSCTLS) + (
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "kernel.keys.root_maxkeys",
)

# The options of the modules kernel_info and node_spec; see the doc fragment `kernel`.
OPTIONS = {
    "kernel_modules": {"type": "list", "elements": "str", "default": [module.name for module in KERNEL_MODULES]},
    "sysctls": {"type": "dict", "default": sysctls(("base", "userns"), "equal")},
    "sysctls_at_least": {"type": "dict", "default": sysctls(("base", "userns"), "at_least")},
    "ipv6": {"type": "bool"},
    "sysctls_ipv6": {"type": "dict", "default": sysctls(("ipv6",), "equal")},
    "hardening": {"type": "bool", "default": False},
    "sysctls_hardening": {"type": "dict", "default": sysctls(("hardening",), "equal")},
    "pod_cidr": {"type": "str", "default": "10.42.0.0/16"},
    "service_cidr": {"type": "str", "default": "10.43.0.0/16"},
}


def modules_of(options):
    """The Module rows that the options name; one that the table does not have comes without options of the kernel's configuration."""
    known = {module.name: module for module in KERNEL_MODULES}
    return [known.get(name, Module(name, ())) for name in options["kernel_modules"]]


def sysctls_of(options):
    """The sysctls that the options ask for: a dict of those to have, and one of those to have at least. What is to be had is not among the latter."""
    ipv6 = options["ipv6"]
    if ipv6 is None:
        ipv6 = ":" in options["pod_cidr"] + options["service_cidr"]
    equal = OrderedDict(options["sysctls"])
    equal.update(options["sysctls_ipv6"] if ipv6 else {})
    equal.update(options["sysctls_hardening"] if options["hardening"] else {})
    return equal, OrderedDict((key, value) for key, value in options["sysctls_at_least"].items() if key not in equal)
