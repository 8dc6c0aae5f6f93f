#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets the cluster through the firewall of this node."""

DOCUMENTATION = r"""
module: firewall
short_description: Lets the cluster through the firewall of a node
version_added: 0.1.0
description:
  - Lets the ports of §4 in that this node offers, from the machines that need them and from nobody else, and the networks of pods and services.
    Servers that share a virtual address may speak VRRP with each other.
  - Works with ufw and with firewalld, whichever is active. Where neither is, nothing is to be done.
  - It only ever lets in, and neither starts nor stops a firewall.
  - It recognises its own rules, with ufw by the comment C(gitpod-node-prep), with firewalld by ipsets whose names start with that. Those that are not needed
    any more, for example of a node that left, are removed. Rules of others stay as they are, also where they say the same.
  - With firewalld the rules go to every zone in use, at run time and at boot. A reload is needed when the first rules come and when the last ones go; it is
    refused where it would drop something that somebody has set at run time only.
  - Needs nothing on the node but Python 3.6 and its standard library.
options:
  state:
    description: Whether the rules are there, or none of them.
    type: str
    choices: [present, absent]
    default: present
  nodes:
    description: Addresses of the other nodes, servers among them. IPv6 is passed over here and in the other lists, as the network of the cluster is IPv4.
    type: list
    elements: str
    default: []
  servers:
    description: Addresses of the other servers.
    type: list
    elements: str
    default: []
  control_nodes:
    description: Addresses of the machines, besides the nodes, that talk to the Kubernetes API.
    type: list
    elements: str
    default: []
  networks:
    description: Networks of pods and services. What comes from there may reach every port of the node, and be forwarded by it, as K3s asks for.
    type: list
    elements: str
    default: []
  vrrp_peers:
    description:
      - Addresses of the other servers that share a virtual address with this one (role P(gitpod.node_prep.api_vip#role)). They may send VRRP, IP protocol 112.
      - Before release 0.36.2, which is that of Ubuntu 24.04, ufw has no word for VRRP. There they may send everything.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - gitpod.node_prep.node
  - gitpod.node_prep.node.gitpod
  - gitpod.node_prep.node.load_balancer
  - gitpod.node_prep.attributes
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Let the cluster through the firewall of an agent for workspaces
  gitpod.node_prep.firewall:
    server: false
    workloads: [workload_workspace_regular, workload_workspace_headless]
    nodes: [10.0.0.11, 10.0.0.12, 10.0.0.13]
    servers: [10.0.0.11]
    networks: [10.42.0.0/16, 10.43.0.0/16]

- name: Remove what it made
  gitpod.node_prep.firewall:
    state: absent
"""

RETURN = r"""
firewalls:
  description: The firewalls that are active on the node.
  returned: success
  type: list
  elements: str
  sample: [ufw]
commands:
  description: What was run to change them, or would be.
  returned: success
  type: list
  elements: str
  sample: ["ufw allow from 10.0.0.11 to any port 10250 proto tcp comment gitpod-node-prep"]
"""

import os
from shlex import quote

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._firewall import firewalld, openings, ufw
from ..module_utils._requirements import gitpod_releases
from ..module_utils._requirements.ports import LOAD_BALANCER_OPTIONS, ports_of
from ..module_utils._requirements.workloads import NODE_OPTIONS
from ..module_utils._text import UNTRANSLATED, printable


def run(module, command):
    """What a command printed; ends the module where it failed."""
    status, stdout, stderr = module.run_command(list(command), environ_update=UNTRANSLATED)
    if status != 0:
        said = printable((stderr or stdout).strip())
        module.fail_json(msg="`%s` failed with status %d: %s" % (" ".join(map(quote, command)), status, said), rc=status)
    return stdout


def is_active(module, name):
    """Whether a firewall filters; one that is not installed does not."""
    command = {"ufw": ufw.IS_ACTIVE, "firewalld": firewalld.IS_ACTIVE}[name]
    if not module.get_bin_path(command[0]):
        return False
    if name == "ufw":
        return ufw.is_active(run(module, command))
    return module.run_command(list(command), environ_update=UNTRANSLATED)[0] == 0


def plan_ufw(module, opening):
    version = run(module, ufw.VERSION) if opening and opening.vrrp_peers else ""
    return ufw.plan(run(module, ufw.LIST), ufw.rules(opening, version) if opening else [])


def plan_firewalld(module, opening):
    now = firewalld.parse_zones(run(module, firewalld.ZONES_NOW))
    at_boot = firewalld.parse_zones(run(module, firewalld.ZONES_AT_BOOT))
    wanted = firewalld.Rules({}, {})
    if opening:
        wanted = firewalld.rules(opening, now, run(module, firewalld.DEFAULT_ZONE).strip())
    ipsets_now = [name for name in run(module, firewalld.IPSETS_NOW).split() if firewalld.is_ours(name)]
    return firewalld.plan(wanted, now, at_boot, read_ipsets(), ipsets_now)


def read_ipsets():
    """Our ipsets, name to entries."""
    found = {}
    for file_name in os.listdir(firewalld.IPSETS) if os.path.isdir(firewalld.IPSETS) else []:
        name, suffix = os.path.splitext(file_name)
        if suffix == ".xml" and firewalld.is_ours(name):
            with open(os.path.join(firewalld.IPSETS, file_name), "rb") as stream:
                found[name] = firewalld.parse_ipset(stream.read(), name)
    return found


def opening_of(options):
    """What is to be let in; None where nothing is."""
    if options["state"] == "absent":
        return None
    ports = ports_of(options["server"], options["workloads"], [], options["gitpod_version"])
    addresses = {group: options[group] for group in ("nodes", "servers", "control_nodes")}
    return openings.opening(ports, options["load_balancer_ports"], addresses, options["networks"], options["vrrp_peers"])


def main():
    module = AnsibleModule(
        argument_spec=dict(
            dict(NODE_OPTIONS, **LOAD_BALANCER_OPTIONS),
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            nodes={"type": "list", "elements": "str", "default": []},
            servers={"type": "list", "elements": "str", "default": []},
            control_nodes={"type": "list", "elements": "str", "default": []},
            networks={"type": "list", "elements": "str", "default": []},
            vrrp_peers={"type": "list", "elements": "str", "default": []},
        ),
        supports_check_mode=True,
    )
    planners = (("ufw", plan_ufw), ("firewalld", plan_firewalld))
    try:
        opening = opening_of(module.params)
        plans = [(name, planner(module, opening)) for name, planner in planners if is_active(module, name)]
    except (openings.FirewallError, gitpod_releases.UnknownRelease) as error:
        module.fail_json(msg=printable(str(error)))
    commands = [command for _name, plan in plans for command in plan.commands]
    if not module.check_mode:
        for command in commands:
            run(module, command)
    module.exit_json(
        changed=bool(commands),
        firewalls=[name for name, _plan in plans],
        commands=[" ".join(map(quote, command)) for command in commands],
        diff=[{"before_header": name, "after_header": name, "before": text(plan.before), "after": text(plan.after)} for name, plan in plans],
    )


def text(lines):
    return "".join(line + "\n" for line in lines)


if __name__ == "__main__":
    main()
