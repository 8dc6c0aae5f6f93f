# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: findings_text
short_description: Renders the findings of nodes as text
version_added: 0.1.0
description:
  - Turns the findings of all nodes into one text, node by node, the worst finding first, each with what to do.
  - The text is empty where no finding has one of the statuses.
options:
  _input:
    description: A dictionary from the name of a host to the list of its findings.
    type: dict
    required: true
  statuses:
    description: Statuses of the findings that are shown.
    type: list
    elements: str
    default: [fail, unknown, warning, fixable]
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show what is wrong with the nodes
  ansible.builtin.debug:
    msg: "{{ hostvars | gitpod.node_prep.node_findings(ansible_play_hosts_all) | gitpod.node_prep.findings_text }}"
"""

RETURN = r"""
_value:
  description: The text, of several lines.
  type: str
"""

from ansible.errors import AnsibleFilterError

from ..module_utils._requirements import findings
from ..plugin_utils._untrusted import untrusted


def findings_text(by_host, statuses=(findings.FAIL, findings.UNKNOWN, findings.WARNING, findings.FIXABLE)):
    unknown = sorted(set(statuses) - set(findings.STATUSES))
    if unknown:
        raise AnsibleFilterError(f"findings_text: no such status: {', '.join(unknown)}; there are {', '.join(findings.STATUSES)}")
    return untrusted(findings.render(by_host, statuses))


class FilterModule:
    def filters(self):
        return {"findings_text": findings_text}
