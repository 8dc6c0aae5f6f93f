# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reachability_findings
short_description: Judges which ports were reached
version_added: 0.1.0
description:
  - Makes findings of the answers, about each node as the one that was to be reached. Each names from where, to where, the port and what needs it.
options:
  _input:
    description: A dictionary from the name of a host to what M(gitpod.node_prep.reachability_listen) returned there when it started.
    type: dict
    required: true
  answers:
    description: A dictionary from the name of a host, or C(the controller), to the answers that M(gitpod.node_prep.reachability_probe) returned there.
    type: dict
    required: true
  ended:
    description: Names of the hosts whose listener had ended before it was stopped; their silence proves nothing.
    type: list
    elements: str
    default: []
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show what is blocked
  ansible.builtin.debug:
    msg: "{{ listening | gitpod.node_prep.reachability_findings(answers) | gitpod.node_prep.findings_text }}"
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a host to the list of its findings.
  type: dict
"""

from ansible_collections.gitpod.node_prep.plugins.module_utils.reachability import judge
from ansible_collections.gitpod.node_prep.plugins.plugin_utils.untrusted import untrusted


class FilterModule:
    def filters(self):
        return {"reachability_findings": lambda *args, **kwargs: untrusted(judge(*args, **kwargs))}
