#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: kernel_info
short_description: Says what a node's kernel, modules and sysctls lack
version_added: 0.1.0
description:
  - Reads the running and the installed kernels, the state of modules, the live sysctls and what C(sysctl.d) will set at the next boot, and
    says what the role P(gitpod.node_prep.kernel#role) has to do. Nothing is changed.
options:
  sysctl_file:
    description: The file of C(sysctl.d) that the settings are written to.
    type: path
    required: true
  reboot_mark:
    description: The file that lies on a node from the moment it is drained for a reboot until it is uncordoned.
    type: path
    required: true
extends_documentation_fragment:
  - gitpod.node_prep.kernel
  - gitpod.node_prep.thresholds.min_kernel
  - gitpod.node_prep.attributes.read_only
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: See what is missing
  gitpod.node_prep.kernel_info:
    kernel_modules: [overlay, br_netfilter]
    sysctls:
      net.ipv4.ip_forward: 1
    sysctl_file: /etc/sysctl.d/99-zz-gitpod.conf
    reboot_mark: /var/lib/gitpod-node-prep-reboot
"""

RETURN = r"""
min_kernel:
  description: What O(min_kernel) was.
  returned: success
  type: str
  sample: "5.4"
kernel_modules:
  description: What O(kernel_modules) was.
  returned: success
  type: list
  elements: str
running:
  description: Release of the running kernel.
  returned: success
  type: str
  sample: 5.4.0-150-generic
newest:
  description: Newest kernel that is installed; empty where none can be seen.
  returned: success
  type: str
  sample: 5.4.0-150-generic
step:
  description: >-
    V(nothing) where the running kernel reaches the minimum, V(boot) where the newest installed one does, V(install) where none does, V(unknown)
    where the version cannot be read.
  returned: success
  type: str
  sample: nothing
cluster:
  description: What the node is in a cluster that runs, V(server) or V(agent), by the ports that listen (§4); empty where it is in none.
  returned: success
  type: str
  sample: agent
interrupted:
  description: Whether an earlier run drained the node for a reboot and ended before the node was uncordoned.
  returned: success
  type: bool
release:
  description: Id and version of the distribution.
  returned: success
  type: str
  sample: ubuntu 20.04
headers:
  description: Whether the headers of the running kernel are installed.
  returned: success
  type: bool
modules_to_load:
  description: Modules that are neither loaded nor built in, and may be on disk.
  returned: success
  type: list
  elements: str
modules_missing:
  description: Modules that this kernel does not have.
  returned: success
  type: list
  elements: str
sysctl_content:
  description: Keys and numbers for the file of the settings.
  returned: success
  type: dict
  sample: {net.ipv4.ip_forward: 1}
sysctl_live:
  description: Keys and numbers that have to be set now.
  returned: success
  type: dict
sysctl_absent:
  description: Keys that this kernel does not have, and ought to.
  returned: success
  type: list
  elements: str
sysctl_conflicts:
  description: Clauses that name a file which would win over the settings at the next boot.
  returned: success
  type: list
  elements: str
  sample: ["/etc/sysctl.d/99-zzz.conf sets net.ipv4.ip_forward to 0, and wins at boot"]
module_conflicts:
  description: Clauses that name what keeps a module from being loaded at the next boot.
  returned: success
  type: list
  elements: str
  sample: ["/etc/modprobe.d/cis.conf says `install overlay /bin/false`, which keeps overlay from being loaded at boot"]
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _kernel as kernel_plan
from ..module_utils._node import foreign_reader, parsers
from ..module_utils._node.reader import READERS, Host
from ..module_utils._requirements import kernel_settings, thresholds
from ..module_utils._requirements.ports import API_PORT, KUBELET_PORT


def cluster_role(host):
    """`server`, `agent`, or '' where no kubelet listens."""
    tables = [host.text_if_there("/proc/net/" + name) or "" for name in ("tcp", "tcp6")]
    ports = {port for table in tables for port, _inode in parsers.listening(table, "tcp")}
    if KUBELET_PORT not in ports:
        return ""
    return "server" if API_PORT in ports else "agent"


def has_headers(host, running):
    """Whether the headers of the running kernel are there, and not as an interrupted dpkg left them. They need not come from a package."""
    if not dict(READERS)["kernel_headers"](host):
        return False
    _before, package, after = (host.text_if_there("/var/lib/dpkg/status") or "").partition("Package: linux-headers-%s\n" % running)
    return not package or (after.startswith("Status: ") and after.split("\n", 1)[0].endswith(" ok installed"))


def installed_kernels(host):
    """Releases that have both an image to boot and modules."""
    found = []
    for directory in ("/boot", "/lib/modules"):
        names = os.listdir(host.path(directory)) if host.exists(directory) else []
        found.append({name[len("vmlinuz-") :] if directory == "/boot" else name for name in names})
    return sorted(found[0] & found[1])


def survey(host, options):
    """Reads the host and returns the plan; raises OSError where a file cannot be read."""
    read = dict(READERS)
    rows = kernel_plan.settings(*kernel_settings.sysctls_of(options))
    running, kernels = read["kernel"](host), installed_kernels(host)
    modules = read["modules"](host, kernel_settings.modules_of(options))
    to_load, missing = kernel_plan.plan_modules(modules)
    live = read["sysctls"](host, [row.key for row in rows])
    sysctls = kernel_plan.plan_sysctls(rows, live, foreign_reader.sysctl_files(host), options["sysctl_file"])
    return {
        "min_kernel": options["min_kernel"],
        "kernel_modules": options["kernel_modules"],
        "running": running,
        "newest": kernel_plan.newest(kernels),
        "step": kernel_plan.kernel_step(running, kernels, options["min_kernel"]),
        "cluster": cluster_role(host),
        "interrupted": host.exists(options["reboot_mark"]),
        "release": "%s %s" % (read["os_id"](host), read["os_version"](host)),
        "headers": has_headers(host, running),
        "modules_to_load": to_load,
        "modules_missing": missing,
        "sysctl_content": sysctls.content,
        "sysctl_live": sysctls.live,
        "sysctl_absent": sysctls.absent,
        "sysctl_conflicts": sysctls.conflicts,
        "module_conflicts": kernel_plan.module_conflicts(foreign_reader.module_blocks(host), modules, options["kernel_modules"]),
    }


def main():
    module = AnsibleModule(
        argument_spec=dict(
            dict(kernel_settings.OPTIONS, **thresholds.KERNEL_OPTIONS),
            sysctl_file={"type": "path", "required": True},
            reboot_mark={"type": "path", "required": True},
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **survey(Host(), module.params))
    except (OSError, ValueError) as error:
        module.fail_json(msg="cannot read the kernel's settings: %s" % error)


if __name__ == "__main__":
    main()
