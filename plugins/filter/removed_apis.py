# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: removed_apis
short_description: Who still writes objects through APIs that a newer Kubernetes no longer serves
version_added: 0.1.0
description:
  - Takes what M(gitpod.node_prep.objects_info) returned for each of the APIs that the filter P(gitpod.node_prep.upgrade#filter) names as C(removed).
  - An object counts where its C(managedFields) say that somebody has written it through the old API, or where that has no successor. Objects of K3s' own
    manifests do not count, since K3s replaces them.
options:
  _input:
    description: Results of the task, each with C(item) and C(resources).
    type: list
    elements: dict
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: See who would be surprised
  ansible.builtin.debug:
    msg: "{{ listed.results | gitpod.node_prep.removed_apis }}"
"""

RETURN = r"""
_value:
  description: A sentence about each API that is in use.
  type: list
  elements: str
"""

from ..plugin_utils._removed_apis import in_use
from ..plugin_utils._untrusted import untrusted


def removed_apis(results):
    return untrusted(in_use(results))


class FilterModule:
    def filters(self):
        return {"removed_apis": removed_apis}
