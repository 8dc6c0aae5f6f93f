# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k3s_equal_settings
short_description: The settings of K3s that all servers of a cluster must have in common
version_added: 0.1.0
description:
  - Takes those out of a configuration, each as a list of texts. The list is empty for one that is not there, where K3s does what it does by itself.
  - None of them can be a secret.
options:
  _input:
    description: The configuration of a server, as its C(config.yaml) holds it.
    type: dict
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show what no server may say differently
  ansible.builtin.debug:
    msg: "{{ k3s_config | gitpod.node_prep.k3s_equal_settings }}"
"""

RETURN = r"""
_value:
  description: A dictionary from the name of a setting to a list of texts.
  type: dict
  sample: {cluster-cidr: [10.42.0.0/16], disable: [traefik]}
"""

from ..module_utils._k3s.settings import EQUAL_ON_SERVERS


def k3s_equal_settings(config):
    return {name: _texts(config.get(name)) for name in EQUAL_ON_SERVERS}


def _texts(value):
    """As K3s reads them, with several in one text separated by commas."""
    values = value if isinstance(value, (list, tuple)) else [value]
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in values if one is not None]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


class FilterModule:
    def filters(self):
        return {"k3s_equal_settings": k3s_equal_settings}
