# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ..module_utils._containerd.registries import RegistryError, files_of
from ..plugin_utils._untrusted import untrusted

DOCUMENTATION = r"""
name: containerd_registries
short_description: Turns a list of registries into the files below /etc/containerd/certs.d
version_added: 0.1.0
author: Gitpod node_prep authors (@gitpod-io)
description: Makes the entries for M(gitpod.node_prep.files) from the variable C(containerd_registries) of P(gitpod.node_prep.containerd#role).
options:
  _input:
    description: The registries, as documented for C(containerd_registries).
    type: list
    elements: dict
    required: true
  present:
    description: Names of registries that the role has configured before; those that are not listed any more are removed.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
files: "{{ containerd_registries | gitpod.node_prep.containerd_registries(present=info.registries) }}"
"""

RETURN = r"""
_value:
  description: Entries for the option C(files) of M(gitpod.node_prep.files).
  type: list
  elements: dict
"""


def containerd_registries(registries, present=()):
    try:
        return untrusted(files_of(registries, present))
    except RegistryError as error:
        raise AnsibleFilterError(f"containerd_registries: {error}")


class FilterModule:
    def filters(self):
        return {"containerd_registries": containerd_registries}
