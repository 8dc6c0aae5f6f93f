# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the kubeconfig on the control node: whose it is, and how a context comes into that of somebody else.

Nothing here puts a part of such a file into a message.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import yaml

from ..module_utils._requirements import findings
from ..module_utils._requirements.requirement import Requirement
from ._k3s_access import NAME, THERE, UNKNOWN

MARK = "# Written by the Ansible role gitpod.node_prep.k3s; changes made here are overwritten.\n"
PARTS = {"clusters": "cluster", "users": "user", "contexts": "context"}
MERGED_NAME = "gitpod-node-prep"

WRITE = "write"  # the whole file is the role's
MERGE = "merge"  # our context goes into a file of somebody else
KEEP = "keep"  # it gives access to this cluster, and stays as it is
REFUSE = "refuse"  # it is another one, and `problem` says so
UNCLEAR = "unclear"  # nothing can be said before the server tells of its cluster

KUBECONFIG = Requirement(
    "kubeconfig",
    "Kubeconfig on the control node",
    "§6",
    findings.FAIL,
    "k3s",
    "Name another file in node_prep_kubeconfig (k3s_kubeconfig), move this one away, or set `k3s_kubeconfig_merge: true` to have a context added to it.",
)
REQUIRED = "no file there, one that the role k3s wrote, or one for this cluster"


class Plan(NamedTuple):
    """What is done with the file. content: its new text, a secret; '' where it is not written."""

    step: str
    content: str = ""
    problem: str = ""


def content_of(path):
    """Where a file really is, behind all links, and its content; None where there is none. Raises OSError."""
    real = os.path.realpath(os.path.expanduser(path))
    try:
        with open(real, "rb") as stream:
            return real, stream.read().decode()
    except UnicodeDecodeError:
        return real, "\0"  # no kubeconfig
    except (FileNotFoundError, NotADirectoryError):
        return real, None


def plan(text, access, merge):
    """The Plan for a kubeconfig.

    :param text: what is there; None where there is no file.
    :param access: what the module k3s_access returned: its `state`, and the kubeconfig that is `written`.
    :param merge: whether our context may go into a file of somebody else.
    """
    there = access["state"] == THERE
    kubeconfig = json.loads(json.dumps(access["written"]))  # without the marks of Ansible, which YAML does not write
    whole = MARK + yaml.safe_dump(kubeconfig, sort_keys=False) if there else ""
    if text is None or not text.strip() or text.startswith(MARK):
        return Plan(WRITE, whole)
    present = _parsed(text)
    if there and _is_of_an_older_release(present, kubeconfig):
        return Plan(WRITE, whole)
    if present is None:
        return Plan(REFUSE, problem="is no kubeconfig, and was not written by the role k3s")
    if merge:
        keeps = there and _authority_in_use(present) == _authority(kubeconfig) and not _has(present, name_of(kubeconfig))
        return Plan(KEEP) if keeps else Plan(MERGE, merged(text, kubeconfig) if there else "")
    if access["state"] == UNKNOWN:
        return Plan(UNCLEAR, problem="was not written by the role k3s, and its cluster could not be asked for its certificate authority")
    if there and _authority_in_use(present) == _authority(kubeconfig):
        return Plan(KEEP)
    return Plan(REFUSE, problem="is a kubeconfig of somebody else for another cluster, and would be replaced")


def findings_about(path, planned):
    """What the preflight says of the file: a list of one finding, or none where there is nothing to say."""
    if planned.step == REFUSE:
        return [findings.make(KUBECONFIG, findings.FAIL, f"{path} {planned.problem}", REQUIRED, KUBECONFIG.remedy)]
    if planned.step == UNCLEAR:
        return [findings.make(KUBECONFIG, findings.UNKNOWN, f"{path} {planned.problem}", REQUIRED, KUBECONFIG.remedy)]
    return []


def name_of(kubeconfig):
    """The one name of cluster, user and context in the file of somebody else: several clusters can be in it."""
    host = urlsplit(kubeconfig["clusters"][0]["cluster"]["server"]).hostname
    return f"{MERGED_NAME}-{host}"


def server_of_ours(text):
    """The URL in a kubeconfig that the role has written; '' where the text is none."""
    parsed = _parsed(text) if text and text.startswith(MARK) else None
    server = _entry(parsed, "clusters", NAME).get("server") if parsed else ""
    return server if isinstance(server, str) else ""


def merged(text, kubeconfig):
    """The text of a kubeconfig with our cluster, user and context in it; all else stays as it is written, where YAML allows that."""
    name = name_of(kubeconfig)
    ours = {
        "clusters": {"name": name, "cluster": kubeconfig["clusters"][0]["cluster"]},
        "users": {"name": name, "user": kubeconfig["users"][0]["user"]},
        "contexts": {"name": name, "context": {"cluster": name, "user": name}},
    }
    wanted = _with(_parsed(text), ours)
    written = text
    for kind, entry in ours.items():
        written = _put(written, kind, entry)
    if not wanted.get("current-context"):
        wanted["current-context"] = name
        written = written.rstrip("\n") + f"\ncurrent-context: {name}\n"
    if _parsed(written) != wanted:
        return yaml.safe_dump(wanted, sort_keys=False)
    return written


def _with(present, ours):
    """The same as data: a dict of the kubeconfig with our entries instead of those of the same names."""
    result = dict(present)
    for kind, entry in ours.items():
        others = [one for one in present.get(kind) or [] if not (isinstance(one, Mapping) and one.get("name") == entry["name"])]
        position = next((index for index, one in enumerate(present.get(kind) or []) if one not in others), 0)
        result[kind] = [*others[:position], entry, *others[position:]]
    return result


def _put(text, kind, entry):
    """The text with an entry in one of its block lists, in the place of the one of the same name or as the first; as it was where that is not possible."""
    sequence = next((value for key, value in yaml.compose(text, Loader=yaml.SafeLoader).value if key.value == kind), None)
    if not isinstance(sequence, yaml.SequenceNode) or sequence.flow_style or not sequence.value:
        return text
    column = sequence.start_mark.column
    lines = yaml.safe_dump([entry], sort_keys=False).splitlines()
    block = "".join(" " * column + line + "\n" for line in lines)
    for item in sequence.value:
        if isinstance(item, yaml.MappingNode) and any(key.value == "name" and value.value == entry["name"] for key, value in item.value):
            start, end = _line_start(text, item.start_mark.index), _line_end(text, _last(item))
            return text[:start] + block + text[end:]
    start = _line_start(text, sequence.value[0].start_mark.index)
    return text[:start] + block + text[start:]


def _last(node):
    """Where the last scalar of a node ends: the end of a block is the beginning of what follows it."""
    if isinstance(node, yaml.ScalarNode) or not node.value:
        return node.end_mark.index
    return _last(node.value[-1] if isinstance(node, yaml.SequenceNode) else node.value[-1][1])


def _line_start(text, index):
    return text.rfind("\n", 0, index) + 1


def _line_end(text, index):
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _parsed(text):
    """A kubeconfig as a dict; None where the text is none."""
    try:
        parsed = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(parsed, Mapping) or not all(isinstance(parsed.get(kind) or [], list) for kind in PARTS):
        return None
    return dict(parsed) if parsed.get("kind", "Config") == "Config" and set(parsed) & set(PARTS) else None


def _entry(present, kind, name):
    for one in present.get(kind) or []:
        if isinstance(one, Mapping) and one.get("name") == name and isinstance(one.get(PARTS[kind]), Mapping):
            return one[PARTS[kind]]
    return {}


def _has(present, name):
    return bool(_entry(present, "contexts", name))


def _authority_in_use(present):
    """The certificate authority of the cluster that the file logs in to, as bytes; None where it names none."""
    context = _entry(present, "contexts", present.get("current-context"))
    return _decoded(_entry(present, "clusters", context.get("cluster")).get("certificate-authority-data"))


def _authority(kubeconfig):
    return _decoded(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"])


def _decoded(value):
    try:
        return base64.b64decode(value, validate=True).strip() or None
    except (binascii.Error, TypeError, ValueError):
        return None


def _is_of_an_older_release(present, kubeconfig):
    """Whether the role wrote the file before it left its mark: nothing but its own three entries, for this cluster."""
    names = [[one.get("name") for one in (present or {}).get(kind) or [] if isinstance(one, Mapping)] for kind in PARTS]
    authority = _authority(kubeconfig)
    return names == [[NAME]] * 3 and authority is not None and _authority_in_use(present) == authority
