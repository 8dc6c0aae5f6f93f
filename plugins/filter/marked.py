# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: marked
short_description: Makes a shell script mark where its output begins and ends
version_added: 0.1.0
description:
  - For scripts that M(ansible.builtin.raw) runs. Profiles and banners of a node print before and after them, whatever words they like.
  - What the script printed is then told apart by P(gitpod.node_prep.marked_lines#filter). Its exit status stays.
options:
  _input:
    description: The script, for C(sh).
    type: str
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Ask for the kernel
  ansible.builtin.raw: "{{ 'uname -r' | gitpod.node_prep.marked }}"
  register: reading
"""

RETURN = r"""
_value:
  description: The script with its marks.
  type: str
"""

from ..plugin_utils._marked import marked


class FilterModule:
    def filters(self):
        return {"marked": marked}
