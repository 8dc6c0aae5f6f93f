# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ansible.errors import AnsibleFilterError

from ansible_collections.gitpod.node_prep.plugins.module_utils.containerd_state import REGISTRY_MARK

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

DIRECTORY = "/etc/containerd/certs.d"
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(:\d{1,5}|_\d{1,5}_)?|_default")
CAPABILITIES = ("pull", "resolve", "push")


def toml(value):
    """A string, a boolean or a list of strings as TOML, which shares their notation with JSON."""
    return json.dumps(value)


def host_table(name, mirror):
    """(lines of hosts.toml, entries for certificates) of one mirror of the registry `name`."""
    url = mirror.get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise AnsibleFilterError(f"containerd_registries: {name}: a mirror needs a 'url' such as https://mirror.example.com, not {url!r}")
    capabilities = mirror.get("capabilities", ["pull", "resolve"])
    unknown = [one for one in capabilities if one not in CAPABILITIES]
    if unknown:
        raise AnsibleFilterError(f"containerd_registries: {name}: unknown capabilities {', '.join(unknown)}; known are {', '.join(CAPABILITIES)}")
    lines, certificates = ["", f"[host.{toml(url)}]", f"  capabilities = {toml(capabilities)}"], []
    if mirror.get("ca"):
        path = f"{DIRECTORY}/{name}/{re.sub('[^A-Za-z0-9.-]', '_', urlsplit(url).netloc)}.crt"
        certificates.append({"dest": path, "content": mirror["ca"].rstrip("\n") + "\n"})
        lines.append(f"  ca = {toml(path)}")
    for option in ("skip_verify", "override_path"):
        if mirror.get(option):
            lines.append(f"  {option} = true")
    if mirror.get("username"):
        credentials = f"{mirror['username']}:{mirror.get('password', '')}".encode()
        lines += [f"  [host.{toml(url)}.header]", f"    authorization = {toml('Basic ' + base64.b64encode(credentials).decode())}"]
    return lines, certificates


def registry_files(registry):
    """The entries of one registry."""
    # The message shows nothing but the name: the rest may hold a password.
    name = registry.get("name") if isinstance(registry, Mapping) else None
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise AnsibleFilterError(f"containerd_registries: each entry needs a 'name' such as docker.io or registry.example.com:5000, not {name!r}")
    mirrors = registry.get("mirrors", [])
    lines, certificates = [REGISTRY_MARK], []
    if registry.get("server"):
        lines.append(f"server = {toml(registry['server'])}")
    for mirror in mirrors:
        table, files = host_table(name, mirror)
        lines += table
        certificates += files
    secret = any(mirror.get("username") for mirror in mirrors)
    hosts = {"dest": f"{DIRECTORY}/{name}/hosts.toml", "content": "\n".join(lines) + "\n", "mode": "0600" if secret else "0644", "secret": secret}
    return [{"dest": f"{DIRECTORY}/{name}", "state": "directory"}, *certificates, hosts]


def containerd_registries(registries, present=()):
    wanted = [entry for registry in registries for entry in registry_files(registry)]
    names = {registry["name"] for registry in registries}
    return wanted + [{"dest": f"{DIRECTORY}/{name}", "state": "absent"} for name in present if name not in names]


class FilterModule:
    def filters(self):
        return {"containerd_registries": containerd_registries}
