# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reachability_plan
short_description: Says which ports each machine has to try
version_added: 0.1.0
description:
  - Takes where the nodes listen, and says for each of them, and for the control node, which ports of which other nodes it needs (§4).
options:
  _input:
    description: A dictionary from the name of a host to what M(gitpod.node_prep.reachability_listen) returned there.
    type: dict
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show what this node has to try
  ansible.builtin.debug:
    msg: "{{ (listening | gitpod.node_prep.reachability_plan)[inventory_hostname] }}"
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a host, or C(the control node), to targets for M(gitpod.node_prep.reachability_probe).
  type: dict
"""

from ..module_utils._reachability.plan import plan
from ..plugin_utils._untrusted import untrusted


def reachability_plan(nodes):
    return untrusted(plan(nodes))


class FilterModule:
    def filters(self):
        return {"reachability_plan": reachability_plan}
