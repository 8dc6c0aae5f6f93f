# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: printable
short_description: Makes text from a machine harmless for a terminal
version_added: 0.1.0
description:
  - Puts C(?) in the place of every character that a terminal would obey, such as those of escape sequences and of the direction of writing.
  - Line ends and tabs stay. Lists and dictionaries are gone through.
options:
  _input:
    description: A text, or a list or dictionary of texts.
    type: raw
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Stop with the words of a node
  ansible.builtin.fail:
    msg: "{{ result.stdout | gitpod.node_prep.printable }}"
"""

RETURN = r"""
_value:
  description: The same, printable.
  type: raw
"""

from ..module_utils._text import printable
from ..plugin_utils._untrusted import untrusted


class FilterModule:
    def filters(self):
        return {"printable": lambda value: untrusted(printable(value))}
