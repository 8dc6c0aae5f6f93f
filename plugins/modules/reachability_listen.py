#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the listener of the reachability test on this node."""

DOCUMENTATION = r"""
module: reachability_listen
short_description: Listens for a short time at the ports that other nodes need of this one
version_added: 0.1.0
description:
  - Starts a process that answers at the ports of this node that other nodes need (§4), so that M(gitpod.node_prep.reachability_probe)
    can try them from there. A port that a program holds already is left to that program.
  - The process leaves no file. It ends by itself after O(seconds), whatever becomes of the play, or when it gets the signal TERM.
    Starting it again ends the one before.
  - The role P(gitpod.node_prep.reachability#role) uses it. Needs nothing on the node but Python 3.6 and its standard library.
options:
  name:
    description: Name of this node, with which the listener greets.
    type: str
    required: true
  address:
    description:
      - Address at which other nodes reach this one. The first counts where there are two, separated by a comma.
      - Where it is empty, it is the address of the interface of the default route.
    type: str
    default: ""
  fallback_address:
    description: Address at which other nodes reach this one where O(address) is empty and there is no default route.
    type: str
    required: true
  join_address:
    description:
      - Address or name at which other nodes reach the Kubernetes API of this one, and join. It matters on servers only.
      - Where it is empty, it is the address of the node, as of O(address). It is only returned, for the plan of the test.
    type: str
    default: ""
  control_node_address:
    description: Address under which the control node reaches this node. It is only returned, for the plan of the test.
    type: str
    required: true
  seconds:
    description: Seconds after which the listener ends by itself.
    type: int
    default: 60
extends_documentation_fragment:
  - gitpod.node_prep.node
  - gitpod.node_prep.node.gitpod
  - gitpod.node_prep.attributes.read_only
  - gitpod.node_prep.attributes.linux
attributes:
  check_mode:
    description: The listener is started in check mode too. It is no change of the node.
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Listen for a minute
  gitpod.node_prep.reachability_listen:
    name: "{{ inventory_hostname }}"
    fallback_address: "{{ ansible_host }}"
    control_node_address: "{{ ansible_host }}"
  register: listening

- name: Stop listening
  ansible.builtin.raw: kill {{ listening.pid }}
  changed_when: false
"""

RETURN = r"""
address:
  description: Address at which other nodes reach this one.
  returned: success
  type: str
  sample: 10.0.0.11
join_address:
  description: Address or name at which other nodes try the Kubernetes API of this one.
  returned: success
  type: str
  sample: 10.0.0.11
control_node_address:
  description: The option O(control_node_address).
  returned: success
  type: str
server:
  description: The option O(server).
  returned: success
  type: bool
calico_vxlan:
  description: Whether Calico's VXLAN interface is there.
  returned: success
  type: bool
problem:
  description: Why this node cannot listen at all, as a sentence; else empty. It is no failure of the module.
  returned: success
  type: str
ports:
  description: The ports that others need of this node.
  returned: success
  type: list
  elements: dict
  contains:
    protocol:
      description: V(tcp) or V(udp).
      type: str
    number:
      description: Number of the port.
      type: int
    purpose:
      description: What needs it.
      type: str
    state:
      description: V(opened) where the listener answers, V(served) where a program holds the port.
      type: str
pid:
  description: Process id of the listener, whose name is C(reachability); V(0) where there is none because of a RV(problem).
  returned: success
  type: int
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._reachability import listener
from ..module_utils._requirements import gitpod_releases
from ..module_utils._requirements.ports import ports_of
from ..module_utils._requirements.workloads import NODE_OPTIONS

CALICO = "/sys/class/net/vxlan.calico"


def start(options):
    """Starts the listener; returns what the module returns."""
    listener.stop()
    address = listener.own_address(options["address"].split(",")[0].strip(), options["fallback_address"])
    problem = listener.problem_with(address)
    pid, ports, sockets = 0, [], []
    if not problem:
        control = listener.control()
        for port in ports_of(options["server"], options["workloads"], [], options["gitpod_version"]):
            state, opened = listener.open_port(address, port.number, port.protocol)
            ports.append({"protocol": port.protocol, "number": port.number, "purpose": port.purpose, "state": state})
            if opened:
                sockets.append(opened)
        pid = listener.detach(sockets, control, options["name"], options["seconds"])
    return {
        "address": address,
        "join_address": options["join_address"] or address,
        "control_node_address": options["control_node_address"],
        "server": options["server"],
        "calico_vxlan": os.path.exists(CALICO),
        "problem": problem,
        "ports": ports,
        "pid": pid,
    }


def main():
    module = AnsibleModule(
        argument_spec=dict(
            NODE_OPTIONS,
            name={"type": "str", "required": True},
            address={"type": "str", "default": ""},
            fallback_address={"type": "str", "required": True},
            join_address={"type": "str", "default": ""},
            control_node_address={"type": "str", "required": True},
            seconds={"type": "int", "default": 60},
        ),
        supports_check_mode=True,
    )
    if module.params["seconds"] < 1:
        module.fail_json(msg="seconds: %d is no time to listen; give at least 1" % module.params["seconds"])
    try:
        gitpod_releases.release(module.params["gitpod_version"])
        module.exit_json(changed=False, **start(module.params))
    except gitpod_releases.UnknownRelease as error:
        module.fail_json(msg="gitpod_version: %s" % error)
    except OSError as error:
        module.fail_json(msg="the listener of the reachability test could not be started: %s" % error)


if __name__ == "__main__":
    main()
