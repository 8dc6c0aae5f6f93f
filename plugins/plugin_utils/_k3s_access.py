# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to a cluster of K3s, from what its server told. Pure.

A kubeconfig can name programs to run and files to read. So nothing of the server's file is taken over but a certificate authority, a client
certificate and its key, each as plain base64; all the rest is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from ..module_utils._k3s.release import VERSION
from ..module_utils._text import one_line
from ._marked import Unmarked, lines_of

THERE = "there"  # K3s runs, or ran, as a server here, and this is how to log in
ABSENT = "absent"  # no server of K3s has ever run here
UNKNOWN = "unknown"  # that could not be found out; `problem` says why

LONGEST = 100_000  # characters; K3s' own file has 3,000
NAME = "default"  # of cluster, user and context, as in K3s' own file
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
# The lines before, and what they may say.
_TOLD = {"data": re.compile("etcd|sqlite"), "authority": re.compile("[0-9a-f]{64}"), "token": re.compile(r"[!-~]{1,1000}"), "release": VERSION}


class NoKubeconfig(ValueError):
    """The file is not one that K3s writes; the text is a clause."""


def access(reading, server):
    """How to log in to the cluster of a server.

    :param reading: result of the task that ran the script of the role k3s.
    :param server: URL of the API for the control node.
    :returns: dict with `state` (one of the constants above), `problem` (a clause, or ''), `kubeconfig` (a dict, empty where there is none), `token` (for
        those that join, '' where there is none), `reached` (whether the machine answered), `data` (`etcd`, `sqlite` or ''), `release` (that it was
        started with, or '') and `authority` (SHA-256 of the cluster's certificate authority, or '').
    """
    if reading.get("unreachable"):
        return _result(UNKNOWN, f"the server cannot be reached: {one_line(str(reading.get('msg', '')))}", reached=False)
    try:
        lines = lines_of(str(reading.get("stdout", "")))
    except Unmarked as error:
        return _result(UNKNOWN, f"{error}; {one_line(str(reading.get('msg', '')))}")
    told, rest = _told(lines)
    if rest == ["nothing"]:
        return _result(ABSENT, **told)
    if rest[:1] != ["kubeconfig"]:
        return _result(UNKNOWN, "K3s is a server there, but has no /etc/rancher/k3s/k3s.yaml", **told)
    try:
        return _result(THERE, **told, kubeconfig=kubeconfig("\n".join(rest[1:]), server))
    except NoKubeconfig as error:
        return _result(UNKNOWN, f"/etc/rancher/k3s/k3s.yaml there cannot be used: {error}", **told)


def _told(lines):
    """What the first lines say by a name, and the other lines."""
    told, rest = {}, list(lines)
    while rest and rest[0].partition(" ")[0] in _TOLD:
        name, _space, value = rest.pop(0).partition(" ")
        told[name] = value if _TOLD[name].fullmatch(value) else ""
    return told, rest


def kubeconfig(text, server):
    """A kubeconfig for `server` with the three credentials in the text of another one."""
    parsed = _parsed(text)
    cluster, user = _entry(parsed, "clusters", "cluster"), _entry(parsed, "users", "user")
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": NAME, "cluster": {"server": server, "certificate-authority-data": _base64(cluster, "certificate-authority-data")}},
        ],
        "users": [{"name": NAME, "user": {key: _base64(user, key) for key in ("client-certificate-data", "client-key-data")}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }


def _result(state, problem="", **more):
    return {"state": state, "problem": problem, "kubeconfig": {}, "token": "", "reached": True, "data": "", "authority": "", "release": "", **more}


def _parsed(text):
    if len(text) > LONGEST:
        raise NoKubeconfig("it is too long")
    try:
        parsed = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NoKubeconfig("it is no YAML") from error
    if not isinstance(parsed, Mapping):
        raise NoKubeconfig("it is no kubeconfig")
    return parsed


def _entry(parsed, kind, part):
    entries = parsed.get(kind)
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], Mapping) or not isinstance(entries[0].get(part), Mapping):
        raise NoKubeconfig(f"it has not one of '{kind}'")
    return entries[0][part]


def _base64(part, key):
    value = part.get(key)
    if not isinstance(value, str) or not _BASE64.fullmatch(value):
        raise NoKubeconfig(f"its '{key}' is not plain base64")
    return value
