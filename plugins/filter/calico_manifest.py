# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
name: calico_manifest
short_description: Makes the manifest that K3s applies of Calico's calico-vxlan.yaml
version_added: 0.1.0
description:
  - Allows IP forwarding in pods, gives Calico the network of the pods, and declares the VXLAN checksum offload broken where a
    kernel needs that (§7). Sets encapsulation, block size, MTU and the detection of the nodes' addresses.
  - Only the ConfigMap C(calico-config) and the DaemonSet C(calico-node) are parsed, and written anew where something changes.
    Every other document passes byte for byte.
  - The first line of the result describes it, so that the filter P(gitpod.node_prep.calico_plan#filter) can tell whether it is
    the wanted one.
  - The result of the filter can be given to it again and gives the same result.
positional: _input
options:
  _input:
    description: Text of the manifest as it was published.
    type: str
    required: true
  settings:
    description:
      - The keys V(cidr), V(encapsulation), V(block_size), V(mtu), V(ip_autodetection_method), V(kernels), V(version) and
        V(manifest_sha256), with the values of the role's variables C(calico_<key>).
    type: dict
    required: true
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Write the manifest
  ansible.builtin.copy:
    dest: /var/lib/rancher/k3s/server/manifests/calico.yaml
    content: "{{ published | gitpod.node_prep.calico_manifest(settings) }}"
    mode: "0600"
  vars:
    published: "{{ lookup('ansible.builtin.file', 'calico-vxlan.yaml', rstrip=false) }}"
    settings:
      version: v3.24.5
      manifest_sha256: ""
      cidr: 10.42.0.0/16
      encapsulation: VXLAN
      block_size: 26
      mtu: 0
      ip_autodetection_method: first-found
      kernels: [5.4.0-150-generic]
"""

RETURN = r"""
_value:
  description: Text of the manifest with the changes.
  type: str
"""

import yaml
from ansible.errors import AnsibleFilterError

from ..module_utils._calico.manifest import CalicoError, digest_of, transform, wanted_of, with_header, without_header

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Writes texts of several lines as blocks, so that a person can read the CNI configuration."""


def text_of(dumper, text):
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, text_of)


def load(text):
    try:
        return yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise CalicoError(f"The manifest is no YAML: {error}")


def dump(document):
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True)


def calico_manifest(text, settings):
    wanted = wanted_of(settings)
    # A plain copy: what comes out of a template may be a subclass of str, which YAML does not know.
    plain = "".join(text)
    try:
        return with_header(transform(without_header(plain), wanted, load, dump), wanted, digest_of(settings))
    except CalicoError as error:
        raise AnsibleFilterError(str(error))


class FilterModule:
    def filters(self):
        return {"calico_manifest": calico_manifest}
