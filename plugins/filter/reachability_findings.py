# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reachability_findings
short_description: Checks which ports were reached
version_added: 0.1.0
description:
  - Makes findings of the answers, about each node as the one that was to be reached. Each names from where, to where, the port and what needs it.
options:
  _input:
    description: A dictionary from the name of a host to what M(gitpod.node_prep.reachability_listen) returned there when it started.
    type: dict
    required: true
  answers:
    description: A dictionary from the name of a host, or C(the control node), to the answers that M(gitpod.node_prep.reachability_probe) returned there.
    type: dict
    required: true
  stops:
    description:
      - A dictionary from the name of a host to what it printed when its listener was to be stopped.
      - C(ended) as the one line between the marks says that it had ended by then, so that silence says nothing. Nothing else is taken for that.
    type: dict
    default: {}
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

from ..module_utils._reachability.plan import findings_of
from ..plugin_utils._marked import Unmarked, lines_of
from ..plugin_utils._untrusted import untrusted

ENDED = "ended"


def reachability_findings(nodes, answers, stops=None):
    ended = [name for name, output in (stops or {}).items() if _says_ended(output)]
    return untrusted(findings_of(nodes, answers, ended))


def _says_ended(output):
    try:
        return lines_of(output) == [ENDED]
    except Unmarked:
        return False


class FilterModule:
    def filters(self):
        return {"reachability_findings": reachability_findings}
