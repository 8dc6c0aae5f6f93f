# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k3s_access
short_description: Makes access to a cluster of what its K3s server told
version_added: 0.1.0
description:
  - Makes a kubeconfig of what the role P(gitpod.node_prep.k3s#role) has read on a server.
  - Nothing of the server's own kubeconfig is taken over but the certificate authority, the client certificate and its key, so that
    a server cannot have the control node run programs or read files.
options:
  _input:
    description: The result of the task that read the server.
    type: dict
    required: true
  host:
    description: Address under which the control node reaches the API.
    type: str
    required: true
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Keep the access
  ansible.builtin.set_fact:
    access: "{{ reading | gitpod.node_prep.k3s_access('192.0.2.11') }}"
  no_log: true
"""

RETURN = r"""
_value:
  description:
    - C(state) is V(there), V(absent) (no server of K3s has ever run there) or V(unknown).
    - C(problem) is a clause that says why it is unknown.
    - C(kubeconfig) is a kubeconfig as a dictionary, a secret; empty where there is none.
  type: dict
"""

from ..plugin_utils._api_url import api_url
from ..plugin_utils._k3s_access import access
from ..plugin_utils._untrusted import untrusted


def k3s_access(reading, host):
    return untrusted(access(reading, api_url(host)))


class FilterModule:
    def filters(self):
        return {"k3s_access": k3s_access}
