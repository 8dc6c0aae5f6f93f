# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: calico_plan
short_description: Works out what is to be done about Calico's manifest on a server
version_added: 0.1.0
description:
  - Compares what the role C(calico) shall write with what it has read on the server, and says what prevents it.
  - Nothing is read or changed.
positional: _input
options:
  _input:
    description:
      - What the server printed, lines of a key, a space and a value. V(kernel) is its kernel, and always there.
      - V(cluster) is there where K3s has run. V(source) is the SHA-256 of the manifest that was downloaded.
      - V(attributes), V(header) and V(body) are there where K3s has a manifest to apply, with its mode, owner and group, first
        line, and the SHA-256 of the other lines.
    type: str
    required: true
  settings:
    description:
      - What the role's variables say, as for the filter P(gitpod.node_prep.calico_manifest#filter), and V(kubernetes_version).
      - V(path) is where the manifest lies that K3s applies, for the messages.
    type: dict
    required: true
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Show what is to be done
  ansible.builtin.debug:
    var: reading.stdout | gitpod.node_prep.calico_plan(__calico_settings)
"""

RETURN = r"""
_value:
  description:
    - V(problems) is a list of sentences, empty where nothing prevents writing the manifest.
    - V(sha256) is what the downloaded manifest must have, V(downloaded) whether it lies on the server already.
    - V(reasons) is a list of what differs between the manifest that K3s applies and the wanted one, empty where nothing does.
  type: dict
"""

from ..module_utils._calico.manifest import plan
from ..plugin_utils._untrusted import untrusted


def calico_plan(reading, settings):
    return untrusted(plan(settings, reading))


class FilterModule:
    def filters(self):
        return {"calico_plan": calico_plan}
