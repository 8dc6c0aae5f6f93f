# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reachability_skipped
short_description: Says that the reachability test was left out
version_added: 0.1.0
description:
  - Makes the findings of a test that the user left out, with the reason.
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  reason:
    description: The reason.
    type: str
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show that the test was left out
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | gitpod.node_prep.reachability_skipped('There is no firewall.') }}"
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a host to the list of its findings, which is one.
  type: dict
"""

from ..module_utils._reachability.plan import skipped


class FilterModule:
    def filters(self):
        return {"reachability_skipped": skipped}
