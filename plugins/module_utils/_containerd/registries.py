# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the variable containerd_registries to the files below /etc/containerd/certs.d. Pure.

A message names the registry and the number of its mirror, and shows no value: each may hold a password.
"""

import base64
import json
import re
from urllib.parse import urlsplit

from .._text import each
from .state import REGISTRY_MARK

DIRECTORY = "/etc/containerd/certs.d"
NAME = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::\d{1,5}|_\d{1,5}_)?|_default)\Z")
CAPABILITIES = ("pull", "resolve", "push")
TEXTS = ("ca", "username", "password")
SWITCHES = ("skip_verify", "override_path")


class RegistryError(ValueError):
    """An entry that cannot be written; the message says which and why."""


def files_of(registries, present=()):
    """Entries for the module files: what the registries need, and the end of those in `present` (names) that are not among them."""
    registries = each(registries, _plain)
    _need(isinstance(registries, list), "it must be a list of registries")
    wanted, names = [], set()
    for registry in registries:
        wanted += _of_registry(registry)
        _need(registry["name"] not in names, "%s stands there twice" % registry["name"])
        names.add(registry["name"])
    return wanted + [{"dest": "%s/%s" % (DIRECTORY, name), "state": "absent"} for name in present if name not in names]


def _plain(value):
    """The value without what Ansible wraps around it: a vaulted text inside of a list is still to be decrypted."""
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value


def _of_registry(registry):
    name = registry.get("name") if isinstance(registry, dict) else None
    _need(_is_text(name) and NAME.match(name), "each entry needs a 'name' such as docker.io or registry.example.com:5000%s", _shown(name))
    mirrors = registry.get("mirrors") or []
    _need(isinstance(mirrors, list), "%s: its mirrors must be a list" % name)
    server = registry.get("server")
    _need(not server or is_url(server), "%s: the 'server' must be a URL such as https://registry-1.docker.io" % name)
    lines, certificates = [REGISTRY_MARK], {}
    if server:
        lines.append("server = %s" % _toml(server))
    for number, mirror in enumerate(mirrors, 1):
        lines += _of_mirror(name, number, mirror, certificates)
    secret = any(mirror.get("username") or _has_login(mirror["url"]) for mirror in mirrors) or bool(server and _has_login(server))
    hosts = {
        "dest": "%s/%s/hosts.toml" % (DIRECTORY, name),
        "content": "\n".join(lines) + "\n",
        "mode": "0600" if secret else "0644",
        "secret": secret,
    }
    files = [{"dest": path, "content": content} for path, content in certificates.items()]
    return [{"dest": "%s/%s" % (DIRECTORY, name), "state": "directory"}] + files + [hosts]


def _of_mirror(name, number, mirror, certificates):
    """Lines of hosts.toml for a mirror; the file of its CA is added to certificates, a dict of path to content."""
    where = "%s: a mirror needs %%s (number %d of its mirrors)" % (name, number)
    url = mirror.get("url") if isinstance(mirror, dict) else None
    _need(is_url(url), where % "a 'url' such as https://mirror.example.com")
    for option in TEXTS:
        _need(mirror.get(option) is None or _is_text(mirror[option]), where % ("a text as its '%s'" % option))
    capabilities = mirror.get("capabilities", ["pull", "resolve"])
    _need(isinstance(capabilities, list) and all(map(_is_text, capabilities)), where % "a list of capabilities")
    unknown = [one for one in capabilities if one not in CAPABILITIES]
    _need(not unknown, "%s: unknown capabilities %s; known are %s" % (name, ", ".join(unknown), ", ".join(CAPABILITIES)))
    lines = ["", "[host.%s]" % _toml(url), "  capabilities = %s" % _toml(capabilities)]
    if mirror.get("ca"):
        lines.append("  ca = %s" % _toml(_certificate(name, url, mirror["ca"].rstrip("\n") + "\n", certificates)))
    for option in SWITCHES:
        if mirror.get(option):
            lines.append("  %s = true" % option)
    if mirror.get("username"):
        credentials = "%s:%s" % (mirror["username"], mirror.get("password") or "")
        lines.append("  [host.%s.header]" % _toml(url))
        lines.append("    authorization = %s" % _toml("Basic " + base64.b64encode(credentials.encode("utf-8")).decode("ascii")))
    return lines


def _certificate(name, url, content, certificates):
    """The path of the file for the CA of a mirror: named after its host, with a number where another mirror there has another CA."""
    parts = urlsplit(url)
    host = parts.hostname if parts.port is None else "%s_%d" % (parts.hostname, parts.port)
    stem, number = "%s/%s/%s" % (DIRECTORY, name, re.sub("[^A-Za-z0-9.-]", "_", host)), 1
    path = stem + ".crt"
    while certificates.setdefault(path, content) != content:
        number += 1
        path = "%s-%d.crt" % (stem, number)
    return path


def is_url(value, schemes=("http", "https")):
    """Whether a value is the address of something on another machine, with its scheme and its host."""
    if not _is_text(value) or re.search(r"[\s\x00-\x1f\x7f]", value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        # Brackets that do not match, or a port that is no number.
        return False


def _has_login(url):
    return "@" in urlsplit(url).netloc


def _need(condition, sentence, *values):
    if not condition:
        raise RegistryError(sentence % values if values else sentence)


def _shown(name):
    return ", not %r" % str(name)[:100] if _is_text(name) else ""


def _is_text(value):
    return isinstance(value, str)


def _toml(value):
    """A string, a boolean or a list of strings as TOML, which shares their notation with JSON."""
    return json.dumps(value)
