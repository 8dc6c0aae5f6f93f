#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads this node once and checks it."""

DOCUMENTATION = r"""
module: node_spec
short_description: Checks whether a machine can be a node for Gitpod
version_added: 0.1.0
description:
  - Reads the machine once, changes nothing, and checks every requirement of Gitpod Self-Hosted on a node.
  - A failed requirement never makes the module itself fail. The findings are the result; the role
    P(gitpod.node_prep.node_spec#role) stops the play with all findings of all nodes.
  - What could not be read, for instance because the module did not run as root, becomes a finding with the status V(unknown)
    that says why.
  - Needs nothing on the node but Python 3.6 and its standard library.
options:
  phase:
    description:
      - In phase V(preflight) a shortcoming that a role of this collection fixes has the status V(fixable).
      - In phase V(installed) the roles have run, so that it is a failure.
    type: str
    choices: [preflight, installed]
    default: preflight
  container_runtime:
    description: Whether K3s uses the containerd of the node (V(system)) or the one that it brings along (V(embedded)).
    type: str
    choices: [system, embedded]
    default: system
  joined:
    description: Whether the node is a member of a cluster, so that its K3s must be active in phase V(installed).
    type: bool
    default: false
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
  certificate_warning_days:
    description: Days for which the certificates of K3s must be valid; less is a warning (§6). K3s renews what expires within 90 days when it starts.
    type: int
    default: 90
  certificate_failure_days:
    description: Days for which the certificates of K3s must be valid; less is a failure (§6).
    type: int
    default: 14
  api_address:
    description:
      - Address or name at which clients reach the API. It must stand in the certificate that each server shows there (§6).
      - Where it is empty, that is not checked.
    type: str
    default: ""
  kernel_upgrade:
    description:
      - Whether the role kernel may install a newer kernel.
      - Where it may not, a kernel that is too old is a failure in both phases.
    type: bool
    default: true
  kernel_reboot:
    description:
      - Whether the role kernel reboots a node into the newer kernel that it has installed.
      - With V(never), a kernel that is too old is a warning in phase V(preflight), because it is the user who ends that, and a failure in phase V(installed).
    type: str
    choices: [auto, never]
    default: auto
  shiftfs:
    description: Whether workspaces use shiftfs, and so need the headers of the running kernel (§3).
    type: bool
    default: false
  resolv_conf:
    description:
      - File with the name servers for pods that K3s is told to take (its option C(resolv-conf)).
      - Empty where it is not told, and takes C(/etc/resolv.conf) or C(/run/systemd/resolve/resolv.conf).
    type: path
    default: ""
  kubernetes_version:
    description:
      - Release of K3s, or version of Kubernetes, that the node will run, such as V(v1.24.7+k3s1).
      - Where it is empty, what depends on it is taken to be right.
    type: str
    default: ""
  k3s_adopt:
    description: Whether the role k3s may take over a K3s that was installed by its own script, where that loses nothing.
    type: bool
    default: false
  k3s_install_dir:
    description: Directory of the releases of K3s; links into it are the role's.
    type: path
    default: /opt/k3s
  k3s_settings:
    description: Names of further settings of K3s that the inventory sets, such as V(data-dir). No file beside the role's may set them too.
    type: list
    elements: str
    default: []
  k3s_disable:
    description: Add-ons that K3s will not install.
    type: list
    elements: str
    default: [traefik]
  node_name:
    description: Name of the node in the cluster. Empty is that of the machine.
    type: str
    default: ""
  flannel_backend:
    description: Backend of K3s' own network; V(none) where Calico is the network.
    type: str
    default: none
  cluster_dns:
    description: Address of the cluster's DNS service. Empty is the one that K3s takes.
    type: str
    default: ""
  cluster_domain:
    description: DNS domain of the cluster.
    type: str
    default: cluster.local
  cni_kept:
    description:
      - Network configurations of others that may stay, as a dictionary from the name of the file to the reason, a text.
      - The container runtime takes the first file by its name.
    type: dict
    default: {}
extends_documentation_fragment:
  - gitpod.node_prep.node
  - gitpod.node_prep.node.gitpod
  - gitpod.node_prep.node.load_balancer
  - gitpod.node_prep.kernel
  - gitpod.node_prep.thresholds
  - gitpod.node_prep.thresholds.min_kernel
  - gitpod.node_prep.checks
  - gitpod.node_prep.attributes.read_only
  - gitpod.node_prep.attributes.linux
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Check a machine before anything is installed
  gitpod.node_prep.node_spec:
  register: node

- name: Check it against smaller figures, and leave a check out
  gitpod.node_prep.node_spec:
    phase: installed
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
    fixed_by:
      description: Role of this collection that fixes it; empty where none does.
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
  description: The phase in which the node was checked.
  returned: success
  type: str
  sample: preflight
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
server:
  description: The option O(server), for the checks across nodes.
  returned: success
  type: bool
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

from ..module_utils import _kernel
from ..module_utils._k3s.settings import NETWORK_OPTIONS
from ..module_utils._node import check, conflicts
from ..module_utils._node.reader import Host, read_node
from ..module_utils._node.shapes import FOR_THE_COMPARISON
from ..module_utils._node.verdict import INSTALLED, PREFLIGHT
from ..module_utils._requirements import findings, kernel_settings, requirement, thresholds, version_options
from ..module_utils._requirements.ports import LOAD_BALANCER_OPTIONS, ports_of
from ..module_utils._requirements.workloads import NODE_OPTIONS

SYSCTL_OPTIONS = ("sysctls", "sysctls_at_least", "sysctls_ipv6", "sysctls_hardening")


def argument_spec():
    """The options; their defaults are the figures of the requirements."""
    own = {
        "phase": {"type": "str", "choices": [PREFLIGHT, INSTALLED], "default": PREFLIGHT},
        "container_runtime": {"type": "str", "choices": ["system", "embedded"], "default": "system"},
        "joined": {"type": "bool", "default": False},
        "min_disk_bytes": {"type": "int", "default": thresholds.MIN_DISK_BYTES},
        "recommended_disk_bytes": {"type": "int", "default": 0},
        # Keys of the kernel's keyring, no secret.
        "min_root_maxkeys": {"type": "int", "default": thresholds.MIN_ROOT_MAXKEYS, "no_log": False},
        "recommended_clock_skew": {"type": "float", "default": thresholds.RECOMMENDED_CLOCK_SKEW},
        "max_clock_skew": {"type": "float", "default": thresholds.MAX_CLOCK_SKEW},
        "certificate_warning_days": {"type": "int", "default": thresholds.CERTIFICATE_WARNING_DAYS},
        "certificate_failure_days": {"type": "int", "default": thresholds.CERTIFICATE_FAILURE_DAYS},
        "api_address": {"type": "str", "default": ""},
        "kernel_upgrade": {"type": "bool", "default": True},
        "kernel_reboot": {"type": "str", "choices": ["auto", "never"], "default": "auto"},
        "shiftfs": {"type": "bool", "default": False},
        "resolv_conf": {"type": "path", "default": ""},
        "kubernetes_version": {"type": "str", "default": ""},
        "k3s_adopt": {"type": "bool", "default": False},
        "k3s_install_dir": {"type": "path", "default": "/opt/k3s"},
        "k3s_settings": {"type": "list", "elements": "str", "default": []},
        "k3s_disable": {"type": "list", "elements": "str", "default": ["traefik"]},
        "node_name": {"type": "str", "default": ""},
        "cni_kept": {"type": "dict", "default": {}},
    }
    for shared in (NETWORK_OPTIONS, requirement.OPTIONS, kernel_settings.OPTIONS, thresholds.OPTIONS, NODE_OPTIONS, LOAD_BALANCER_OPTIONS):
        own.update(shared)
    return own


def wrong_options(options):
    """What is wrong with the options beyond their types: a list of sentences."""
    wrong = requirement.wrong_options(options, check.REQUIREMENTS.ids() + conflicts.REQUIREMENTS.ids())
    for option in SYSCTL_OPTIONS:
        for name, value in options[option].items():
            if not isinstance(value, (int, str)) or not str(value).strip():
                wrong.append("%s: give the value of `%s` as a number" % (option, name))
    for name, reason in options["cni_kept"].items():
        if not reason or not isinstance(reason, str):
            wrong.append("cni_kept: give the reason why `%s` stays as a text" % name)
    if not wrong:
        try:
            _kernel.settings(*kernel_settings.sysctls_of(options))
        except ValueError as error:
            wrong.append(str(error))
    wrong += version_options.wrong_options(options, ("min_kernel", "tested_kernel", "min_containerd"))
    for option in ("pod_cidr", "service_cidr"):
        for text in options[option].split(","):
            try:
                ipaddress.ip_network(text.strip())
            except ValueError as error:
                wrong.append("%s: %s" % (option, error))
    return wrong


def sysctls_to_read(options):
    """Names of the sysctls that are checked in some way."""
    checked = [name for option in SYSCTL_OPTIONS for name in options[option]]
    return sorted(set(kernel_settings.SYSCTL_KEYS).union(checked))


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    options = module.params
    wrong = wrong_options(options)
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    ports = ports_of(options["server"], options["workloads"], options["load_balancer_ports"], options["gitpod_version"])
    facts = read_node(
        Host(),
        modules=kernel_settings.modules_of(options),
        sysctls=sysctls_to_read(options),
        ports={(port.protocol, port.number) for port in ports},
        runtime=options["container_runtime"],
        resolv_conf=options["resolv_conf"],
    )
    checked = check.findings_of(facts, options, options["phase"], options["only"], options["skip"])
    states = facts.get("modules", {})
    facts["modules_missing"] = sorted(name for name in states if states[name] not in ("loaded", "builtin"))
    module.exit_json(
        changed=False,
        facts=facts,
        **findings.result_of(checked),
        **{name: options[name] for name in FOR_THE_COMPARISON},
    )


if __name__ == "__main__":
    main()
