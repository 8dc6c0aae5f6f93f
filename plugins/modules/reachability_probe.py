#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries ports of other nodes from this one."""

DOCUMENTATION = r"""
module: reachability_probe
short_description: Tries ports of other nodes from this one
version_added: 0.1.0
description:
  - Tries TCP and UDP ports of other machines, all at once. M(gitpod.node_prep.reachability_listen) answers there, or the program that holds the port.
  - A port that is not reached never makes the module fail; the answers are the result.
  - The role P(gitpod.node_prep.reachability#role) uses it. Needs nothing on the node but Python 3.6 and its standard library.
options:
  targets:
    description: What to try.
    type: list
    elements: dict
    required: true
    suboptions:
      to:
        description: Name of the node that is expected to answer.
        type: str
        required: true
      address:
        description: Its address.
        type: str
        required: true
      protocol:
        description: Protocol of the port.
        type: str
        choices: [tcp, udp]
        required: true
      number:
        description: Number of the port.
        type: int
        required: true
      served:
        description: Whether a program holds the port there. Then a connection is all that is asked for.
        type: bool
        default: false
  seconds:
    description: For how many seconds each port is tried.
    type: int
    default: 3
extends_documentation_fragment:
  - gitpod.node_prep.attributes.read_only
  - gitpod.node_prep.attributes.linux
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Try two ports
  gitpod.node_prep.reachability_probe:
    targets:
      - to: workspace-1
        address: 10.0.0.11
        protocol: tcp
        number: 8080
      - to: workspace-1
        address: 10.0.0.11
        protocol: udp
        number: 4789
"""

RETURN = r"""
answers:
  description: One entry for each target, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    to:
      description: Name of the node.
      type: str
    protocol:
      description: Protocol of the port.
      type: str
    number:
      description: Number of the port.
      type: int
    trouble:
      description: Why the port was not reached; empty where it was.
      type: str
      sample: no answer within 3 s
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._reachability.prober import probe


def main():
    module = AnsibleModule(
        argument_spec={
            "targets": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "to": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "protocol": {"type": "str", "choices": ["tcp", "udp"], "required": True},
                    "number": {"type": "int", "required": True},
                    "served": {"type": "bool", "default": False},
                },
            },
            "seconds": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, answers=probe(module.params["targets"], module.params["seconds"]))


if __name__ == "__main__":
    main()
