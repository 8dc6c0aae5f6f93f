# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: reachability_probe
short_description: Tries ports of the nodes from the control node
version_added: 0.1.0
description:
  - Does on the control node what the module P(gitpod.node_prep.reachability_probe#module) does on a node.
options:
  _terms:
    description: What to try, in the form of the module's option O(gitpod.node_prep.reachability_probe#module:targets).
    type: list
    elements: dict
    required: true
  seconds:
    description: For how many seconds each port is tried.
    type: int
    default: 3
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Try the API
  ansible.builtin.debug:
    msg: "{{ query('gitpod.node_prep.reachability_probe', target) }}"
  vars:
    target:
      to: meta-1
      address: 192.0.2.11
      protocol: tcp
      number: 6443
      served: true
"""

RETURN = r"""
_raw:
  description: One answer for each target, in their order, as the module returns them.
  type: list
  elements: dict
"""

from ansible.plugins.lookup import LookupBase

from ..module_utils._reachability.prober import probe
from ..module_utils._text import printable
from ..plugin_utils._untrusted import untrusted


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        return untrusted(printable(probe(terms, self.get_option("seconds"))))
