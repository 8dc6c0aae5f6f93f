#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads this node once and judges it."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: node_spec
short_description: Judges whether a machine can be a node for Gitpod
version_added: 0.1.0
description:
  - Reads the machine once, changes nothing, and judges every requirement of Gitpod Self-Hosted on a node.
  - A requirement that is not met never makes the module fail. The findings are the result; the role
    P(gitpod.node_prep.node_spec#role) stops the play with all findings of all nodes.
  - What could not be read, for instance because the module did not run as root, becomes a finding with the status V(unknown)
    that says why.
  - Needs nothing on the node but Python 3.6 and its standard library.
options:
  phase:
    description:
      - In phase V(bare) a shortcoming that a role of this collection mends has the status V(fixable).
      - In phase V(prepared) the roles have run, so that it is a failure.
    type: str
    choices: [bare, prepared]
    default: bare
  only:
    description: Ids of the requirements to judge; all of them where the list is empty.
    type: list
    elements: str
    default: []
  skip:
    description: Requirements that are left out, as a dictionary from the id to the reason, a text. The findings show the reason.
    type: dict
    default: {}
  container_runtime:
    description: Whether K3s uses the containerd of the node (V(system)) or the one that it brings along (V(embedded)).
    type: str
    choices: [system, embedded]
    default: system
  joined:
    description: Whether the node is a member of a cluster, so that its K3s must be active in phase V(prepared).
    type: bool
    default: false
  min_kernel:
    description: Oldest kernel that is accepted (D5).
    type: str
    default: "5.4"
  tested_kernel:
    description: Newest kernel series that Gitpod's compatibility matrix covers; a newer one is a warning (§3).
    type: str
    default: "5.15"
  min_containerd:
    description: Oldest containerd that is accepted (D7).
    type: str
    default: "1.5"
  min_cpus:
    description: Fewest CPUs that the node can schedule on (D8).
    type: int
    default: 4
  min_memory_bytes:
    description: Least C(MemTotal) in bytes (D8). 16 GB are decimal, so that a nominal 16 GiB machine passes.
    type: int
    default: 16000000000
  min_disk_bytes:
    description:
      - Least free disk space in bytes where C(/var/gitpod) lies (§3).
      - With less, Gitpod marks the node as under disk pressure.
    type: int
    default: 21474836480
  recommended_disk_bytes:
    description:
      - Free disk space in bytes where C(/var/gitpod) lies, below which there is a warning (§3).
      - With V(0) it is 300 GB on a workspace node and 100 GB on others.
    type: int
    default: 0
  min_root_maxkeys:
    description: Least value of the sysctl C(kernel.keys.root_maxkeys); a smaller one is a warning (§3).
    type: int
    default: 10000
  recommended_clock_skew:
    description: Seconds that the clock of a node may be away from the median of all nodes; more is a warning (§3).
    type: float
    default: 1.0
  max_clock_skew:
    description: Seconds that the clock of a node may be away from the median of all nodes; more is a failure (§3).
    type: float
    default: 5.0
  kernel_upgrade:
    description:
      - Whether the role kernel may install a newer kernel.
      - Where it may not, a kernel that is too old is a failure in both phases.
    type: bool
    default: true
  kernel_reboot:
    description:
      - Whether the role kernel reboots a node into the newer kernel that it has installed.
      - With V(never), a kernel that is too old is a warning in phase V(bare), because it is the user who ends that, and a failure in phase V(prepared).
    type: str
    choices: [auto, never]
    default: auto
  kernel_modules:
    description: Kernel modules that must be loaded or built in (§3).
    type: list
    elements: str
    default:
      - overlay
      - br_netfilter
      - nf_conntrack
      - veth
      - vxlan
      - fuse
      - tun
      - ip_set
      - xt_set
      - nf_tables
      - nft_chain_nat
      - nft_masq
      - iptable_nat
  sysctls:
    description: Sysctls that the node must have, as a dictionary from the key to the value (§3). One that only some kernels have may be absent.
    type: dict
    default:
      kernel.unprivileged_userns_clone: 1
      kernel.apparmor_restrict_unprivileged_userns: 0
      kernel.dmesg_restrict: 1
      vm.unprivileged_userfaultfd: 0
      net.ipv4.ip_forward: 1
      net.bridge.bridge-nf-call-iptables: 1
  sysctls_at_least:
    description:
      - Sysctls that the role kernel raises, as a dictionary from the key to the value that it sets (§3).
      - Required is that value, or less where the requirements ask for less.
    type: dict
    default:
      user.max_user_namespaces: 28633
      fs.inotify.max_user_watches: 1000000
      fs.inotify.max_user_instances: 8192
  ipv6:
    description: Whether O(sysctls_ipv6) are required too. Where it is not given, they are with an IPv6 network in O(pod_cidr) or O(service_cidr).
    type: bool
  sysctls_ipv6:
    description: Sysctls that IPv6 needs (§3).
    type: dict
    default:
      net.ipv6.conf.all.forwarding: 1
      net.bridge.bridge-nf-call-ip6tables: 1
  hardening:
    description: Whether O(sysctls_hardening) are required too.
    type: bool
    default: false
  sysctls_hardening:
    description: Sysctls of K3s' C(protect-kernel-defaults) (§3).
    type: dict
    default:
      vm.panic_on_oom: 0
      vm.overcommit_memory: 1
      kernel.panic: 10
      kernel.panic_on_oops: 1
  shiftfs:
    description: Whether workspaces use shiftfs, and so need the headers of the running kernel (§3).
    type: bool
    default: false
  kernel_headers:
    description: Whether the role kernel installs these headers. Where it does not, missing ones are a failure in both phases.
    type: bool
    default: false
  pod_cidr:
    description: Network of the pods; two, separated by a comma, with IPv6.
    type: str
    default: 10.42.0.0/16
  service_cidr:
    description: Network of the services; two, separated by a comma, with IPv6.
    type: str
    default: 10.43.0.0/16
  resolv_conf:
    description:
      - File with the name servers for pods that K3s is told to take (its option C(resolv-conf)).
      - Empty where it is not told, and takes C(/etc/resolv.conf) or C(/run/systemd/resolve/resolv.conf).
    type: path
    default: ""
  load_balancer_ports:
    description:
      - TCP ports at which the load balancer answers on this node (§4), so that no other program may hold them.
      - Add V(22) where Gitpod's SSH gateway is on; make it an empty list where the load balancer is elsewhere.
    type: list
    elements: int
    default: [80, 443]
  kubernetes_version:
    description: Release of K3s, or version of Kubernetes, that the node will run.
    type: str
    default: v1.24.7+k3s1
extends_documentation_fragment:
  - gitpod.node_prep.node
attributes:
  check_mode:
    description: The module only reads, so that check mode makes no difference.
    support: full
  diff_mode:
    description: Nothing changes, so that there is no difference to show.
    support: none
  platform:
    description: Linux.
    support: full
    platforms: linux
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Judge a bare machine
  gitpod.node_prep.node_spec:
  register: node

- name: Judge it against smaller figures, and leave a check out
  gitpod.node_prep.node_spec:
    phase: prepared
    min_cpus: 2
    skip:
      swap: The machine hibernates.
  register: node

- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {inventory_hostname: node.findings} | gitpod.node_prep.findings_text }}"
"""

RETURN = r"""
findings:
  description: One entry for each requirement, in a fixed order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Name of the requirement, for O(only) and O(skip).
      type: str
      sample: memory
    title:
      description: What was looked at.
      type: str
      sample: RAM
    status:
      description: V(pass), V(skipped), V(fixable), V(warning), V(unknown) or V(fail).
      type: str
      sample: fail
    found:
      description: What is there.
      type: str
      sample: 15.5 GB
    required:
      description: What must be there.
      type: str
      sample: 16 GB or more
    remedy:
      description: A sentence that says what to do; empty where there is nothing to do.
      type: str
      sample: Give the machine more RAM.
    reference:
      description: Where the requirement comes from, a line of the set-up document or a section of the requirements.
      type: str
      sample: D8
    mended_by:
      description: Role of this collection that mends it; empty where none does.
      type: str
      sample: ""
worst:
  description: The worst status among the findings.
  returned: success
  type: str
  sample: fail
summary:
  description: How many findings have each status, in one line.
  returned: success
  type: str
  sample: 1 fail, 2 warning, 22 pass
facts:
  description:
    - What was read. A value that could not be read is missing here and named under C(unreadable) with the reason.
  returned: success
  type: dict
  sample:
    architecture: x86_64
    cpus: 4
    hostname: workspace-1
    kernel: 5.4.0-150-generic
    memory_bytes: 16624140288
    modules_missing: []
    os_codename: focal
    os_id: ubuntu
    os_version: "20.04"
    unreadable: {}
phase:
  description: The phase in which the node was judged.
  returned: success
  type: str
  sample: bare
only:
  description: The option O(only), for the checks across nodes.
  returned: success
  type: list
  elements: str
skip:
  description: The option O(skip), for the checks across nodes.
  returned: success
  type: dict
container_runtime:
  description: The option O(container_runtime), for the checks across nodes.
  returned: success
  type: str
workloads:
  description: The option O(workloads), for the checks across nodes.
  returned: success
  type: list
  elements: str
recommended_clock_skew:
  description: The option O(recommended_clock_skew), for the checks across nodes.
  returned: success
  type: float
max_clock_skew:
  description: The option O(max_clock_skew), for the checks across nodes.
  returned: success
  type: float
"""

import ipaddress

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, gitpod_releases, requirements, versions
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_reader import Host, read_node
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_rules import judge
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import BARE, PREPARED


# What the checks across nodes need to know of each.
FOR_THE_COMPARISON = ("phase", "only", "skip", "container_runtime", "workloads", "recommended_clock_skew", "max_clock_skew")

SYSCTL_OPTIONS = ("sysctls", "sysctls_at_least", "sysctls_ipv6", "sysctls_hardening")


def argument_spec():
    """The options; their defaults are the figures of the requirements."""
    return {
        "phase": {"type": "str", "choices": [BARE, PREPARED], "default": BARE},
        "only": {"type": "list", "elements": "str", "default": []},
        "skip": {"type": "dict", "default": {}},
        "container_runtime": {"type": "str", "choices": ["system", "embedded"], "default": "system"},
        "server": {"type": "bool", "default": True},
        "joined": {"type": "bool", "default": False},
        "workloads": requirements.WORKLOADS_OPTION,
        "min_kernel": {"type": "str", "default": requirements.MIN_KERNEL},
        "tested_kernel": {"type": "str", "default": requirements.TESTED_KERNEL},
        "min_containerd": {"type": "str", "default": requirements.MIN_CONTAINERD},
        "min_cpus": {"type": "int", "default": requirements.MIN_CPUS},
        "min_memory_bytes": {"type": "int", "default": requirements.MIN_MEMORY_BYTES},
        "min_disk_bytes": {"type": "int", "default": requirements.MIN_DISK_BYTES},
        "recommended_disk_bytes": {"type": "int", "default": 0},
        # Keys of the kernel's keyring, no secret.
        "min_root_maxkeys": {"type": "int", "default": requirements.MIN_ROOT_MAXKEYS, "no_log": False},
        "recommended_clock_skew": {"type": "float", "default": requirements.RECOMMENDED_CLOCK_SKEW},
        "max_clock_skew": {"type": "float", "default": requirements.MAX_CLOCK_SKEW},
        "kernel_upgrade": {"type": "bool", "default": True},
        "kernel_reboot": {"type": "str", "choices": ["auto", "never"], "default": "auto"},
        "kernel_modules": {"type": "list", "elements": "str", "default": [module.name for module in requirements.KERNEL_MODULES]},
        "sysctls": {"type": "dict", "default": requirements.sysctls(("base", "userns"), "equal")},
        "sysctls_at_least": {"type": "dict", "default": requirements.sysctls(("base", "userns"), "at_least")},
        "ipv6": {"type": "bool"},
        "sysctls_ipv6": {"type": "dict", "default": requirements.sysctls(("ipv6",), "equal")},
        "hardening": {"type": "bool", "default": False},
        "sysctls_hardening": {"type": "dict", "default": requirements.sysctls(("hardening",), "equal")},
        "shiftfs": {"type": "bool", "default": False},
        "kernel_headers": {"type": "bool", "default": False},
        "pod_cidr": {"type": "str", "default": "10.42.0.0/16"},
        "service_cidr": {"type": "str", "default": "10.43.0.0/16"},
        "resolv_conf": {"type": "path", "default": ""},
        "load_balancer_ports": {"type": "list", "elements": "int", "default": [80, 443]},
        "kubernetes_version": {"type": "str", "default": "v1.24.7+k3s1"},
        "gitpod_version": {"type": "str", "default": gitpod_releases.DEFAULT},
    }


def wrong_options(options):
    """What is wrong with the options beyond their types: a list of sentences."""
    wrong = []
    known = list(requirements.NODE_REQUIREMENTS) + list(requirements.CLASH_REQUIREMENTS)
    for option in ("only", "skip"):
        for name in options[option]:
            if name not in known:
                wrong.append("%s: there is no requirement `%s`; there are %s" % (option, name, ", ".join(known)))
    for name, reason in options["skip"].items():
        if not reason or not isinstance(reason, str):
            wrong.append("skip: give the reason for leaving out `%s` as a text" % name)
    for option in SYSCTL_OPTIONS:
        for name, value in options[option].items():
            if not isinstance(value, (int, str)) or not str(value).strip():
                wrong.append("%s: give the value of `%s` as a number" % (option, name))
    for option in ("min_kernel", "tested_kernel", "min_containerd"):
        if versions.parse_numbers(options[option]) is None:
            wrong.append("%s: `%s` is no version" % (option, options[option]))
    try:
        gitpod_releases.release(options["gitpod_version"])
    except gitpod_releases.UnknownRelease as error:
        wrong.append("gitpod_version: %s" % error)
    if versions.parse_kubernetes(options["kubernetes_version"]) is None:
        wrong.append("kubernetes_version: `%s` is no version such as v1.24.7+k3s1" % options["kubernetes_version"])
    for option in ("pod_cidr", "service_cidr"):
        for text in options[option].split(","):
            try:
                ipaddress.ip_network(text.strip())
            except ValueError as error:
                wrong.append("%s: %s" % (option, error))
    return wrong


def modules_to_look_for(names):
    """requirements.Module rows for the names; a name that the table does not have comes without options of the configuration."""
    known = {module.name: module for module in requirements.KERNEL_MODULES}
    return [known.get(name, requirements.Module(name, ())) for name in names]


def sysctls_to_read(options):
    """Names of the sysctls that are judged in some way."""
    judged = [name for option in SYSCTL_OPTIONS for name in options[option]]
    return sorted(set(requirements.SYSCTL_KEYS).union(judged))


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    options = module.params
    wrong = wrong_options(options)
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    ports = requirements.ports_of(options["server"], options["workloads"], options["load_balancer_ports"], options["gitpod_version"])
    facts = read_node(
        Host(),
        modules=modules_to_look_for(options["kernel_modules"]),
        sysctls=sysctls_to_read(options),
        ports={(port.protocol, port.number) for port in ports},
        runtime=options["container_runtime"],
        resolv_conf=options["resolv_conf"],
    )
    judged = judge(facts, options, options["phase"], options["only"], options["skip"])
    states = facts.get("modules", {})
    facts["modules_missing"] = sorted(name for name in states if states[name] not in ("loaded", "builtin"))
    module.exit_json(
        changed=False,
        findings=judged,
        worst=findings.worst(judged),
        summary=findings.summary(judged),
        facts=facts,
        **{name: options[name] for name in FOR_THE_COMPARISON},
    )


if __name__ == "__main__":
    main()
