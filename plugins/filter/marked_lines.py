# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: marked_lines
short_description: Takes the lines of a marked script out of all that a node printed
version_added: 0.1.0
description:
  - Returns the lines between the marks that P(gitpod.node_prep.marked#filter) has put into a script, whole, and without empty ones.
options:
  _input:
    description: The standard output of M(ansible.builtin.raw).
    type: str
    required: true
  required:
    description: Whether it is an error that the marks are missing, as where the script was ended in between. If not, there are no lines then.
    type: bool
    default: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show the kernel
  ansible.builtin.debug:
    msg: "{{ reading.stdout | gitpod.node_prep.marked_lines | first }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from ansible.errors import AnsibleFilterError

from ..plugin_utils._marked import Unmarked, lines_of
from ..plugin_utils._untrusted import untrusted


def marked_lines(output, required=True):
    try:
        return untrusted(lines_of(output))
    except Unmarked as error:
        if required:
            raise AnsibleFilterError(str(error)) from error
        return []


class FilterModule:
    def filters(self):
        return {"marked_lines": marked_lines}
