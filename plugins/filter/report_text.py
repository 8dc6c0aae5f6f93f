# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_text
short_description: Renders a report as text for a terminal
version_added: 0.1.0
description:
  - Turns the document of M(gitpod.node_prep.report) into text. It holds the cluster, the nodes with versions, pools and labels, what is
    met, and a sentence with the remedy for everything that is not.
options:
  _input:
    description: The document, the return value C(document) of M(gitpod.node_prep.report).
    type: dict
    required: true
  width:
    description: Columns of the text. The default fits a terminal of 100, since the callback indents it.
    type: int
    default: 92
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show the report
  ansible.builtin.debug:
    msg: "{{ written.document | gitpod.node_prep.report_text }}"
"""

RETURN = r"""
_value:
  description: The text, of several lines.
  type: str
"""

from ansible_collections.gitpod.node_prep.plugins.module_utils.report_text import text


class FilterModule:
    def filters(self):
        return {"report_text": text}
