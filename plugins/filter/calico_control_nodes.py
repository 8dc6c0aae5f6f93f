from __future__ import annotations

DOCUMENTATION = r"""
name: calico_control_nodes
short_description: The address from which a run has come to a node by SSH, for a firewall
version_added: 0.1.0
description:
  - Takes what the shell of a node says of its connection, between the marks of P(gitpod.node_prep.marked#filter).
  - Returns the address in the form that firewalls know.
options:
  _input:
    description: The lines of the shell.
    type: list
    elements: str
    required: true
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Ask from where this run has come
  ansible.builtin.raw: "{{ 'echo \"${SSH_CONNECTION%% *}\"' | gitpod.node_prep.marked }}"
  register: asked

- name: Show it
  ansible.builtin.debug:
    msg: "{{ asked.stdout | gitpod.node_prep.marked_lines | gitpod.node_prep.calico_control_nodes }}"
"""

RETURN = r"""
_value:
  description: The address; none where the run did not come by SSH.
  type: list
  elements: str
  sample: [192.0.2.10]
"""

import ipaddress


def calico_control_nodes(lines):
    return [str(address) for address in map(_address, lines) if address]


def _address(text):
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class FilterModule:
    def filters(self):
        return {"calico_control_nodes": calico_control_nodes}
