# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_findings
short_description: Adds findings to the results of node_spec
version_added: 0.1.0
description:
  - Returns what M(gitpod.node_prep.node_spec) returned on each host with more findings behind its own, so that one report shows them all.
options:
  _input:
    description: A dictionary from the name of a host to what M(gitpod.node_prep.node_spec) returned there.
    type: dict
    required: true
  more:
    description: A dictionary from the name of a host to a list of findings; hosts may be missing.
    type: dict
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show all findings
  ansible.builtin.debug:
    msg: "{{ results | gitpod.node_prep.with_findings(reachability_findings) }}"
"""

RETURN = r"""
_value:
  description: A dictionary like the one that went in.
  type: dict
"""

from ansible_collections.gitpod.node_prep.plugins.plugin_utils.untrusted import untrusted


def with_findings(results, more):
    return untrusted({host: {**result, "findings": [*result["findings"], *more.get(host, [])]} for host, result in results.items()})


class FilterModule:
    def filters(self):
        return {"with_findings": with_findings}
