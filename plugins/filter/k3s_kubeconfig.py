# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: k3s_kubeconfig
short_description: Says what becomes of a kubeconfig on the control node
version_added: 0.1.0
description:
  - Reads the file, and says whether the role P(gitpod.node_prep.k3s#role) may write it.
  - It may where there is none, or one that it wrote. One for the same cluster stays as it is. Any other is refused, or gets one more context.
options:
  _input:
    description: Path of the file on the control node.
    type: path
    required: true
  access:
    description: What the module M(gitpod.node_prep.k3s_access) returned.
    type: dict
    required: true
  merge:
    description: Whether a context may be added to the kubeconfig of other clusters.
    type: bool
    default: false
author:
  - Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: See what becomes of it
  ansible.builtin.set_fact:
    plan: "{{ '~/.kube/config' | gitpod.node_prep.k3s_kubeconfig(k3s_access, merge=true) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description:
    - C(path) is where the file really is, behind all links.
    - C(step) is V(write), V(merge), V(keep), V(refuse) or V(unclear), and C(problem) says why it is one of the last two.
    - C(content) is the new text, a secret; C(changed) is whether it differs from what is there.
    - C(findings) is what a preflight says of it.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ..plugin_utils._kubeconfig import content_of, findings_about, plan
from ..plugin_utils._untrusted import untrusted


def k3s_kubeconfig(path, access, merge=False):
    try:
        real, text = content_of(path)
    except OSError as error:
        raise AnsibleFilterError(f"{path} cannot be read on the control node: {error.strerror}. Name another file in k3s_kubeconfig.") from error
    planned = plan(text, access, merge)
    return untrusted(
        {
            "path": real,
            **planned._asdict(),
            "changed": bool(planned.content) and planned.content != text,
            "findings": findings_about(path, planned),
        }
    )


class FilterModule:
    def filters(self):
        return {"k3s_kubeconfig": k3s_kubeconfig}
