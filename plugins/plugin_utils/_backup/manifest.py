# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest beside an archive: which cluster it is of, and what is in it. Pure. What it says is believed in no more than its form."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from ...module_utils._backup.archive import MOST_FILES, File, is_known, missing_in
from ...module_utils._digest import is_digest
from ...module_utils._k3s.datastore import ETCD, SQLITE
from ...module_utils._k3s.release import VersionError, parse_version
from ...module_utils._requirements.names import is_name
from ...module_utils._text import one_line

FORMAT = "gitpod.node_prep.backup/1"
ARCHIVE = "backup.tar.gz"
# How an archive is encrypted, and what its name then ends with.
SUFFIXES = {"": "", "age": ".age", "gpg": ".gpg"}
NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z")  # of a backup, which is that of its folder: when it was begun, in UTC

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadManifest(ValueError):
    """It is none of ours; the text is a clause that says why."""


class Manifest(NamedTuple):
    """name: of the backup. cluster: UID of the namespace kube-system. server: node on which it was made. servers: all of the cluster. encryption: a key of
    SUFFIXES. archive: File as it lies in the folder. files: those in it."""

    name: str
    cluster: str
    k3s_version: str
    datastore: str
    server: str
    servers: tuple
    encryption: str
    archive: File
    files: tuple


def parse(text):
    """The manifest that a text says. Raises BadManifest."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadManifest("it is no JSON") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise BadManifest(f"it has not the format {FORMAT}")
    try:
        return _manifest(said)
    except VersionError as error:
        raise BadManifest(one_line(str(error))) from error
    except (KeyError, TypeError) as error:
        raise BadManifest(f"its entry {one_line(str(error))} is missing or of another kind") from error


def _manifest(said):
    parse_version(_text(said["k3s_version"]))
    files = tuple(map(_file, _list(said["files"])))
    found = Manifest(
        name=_matching(said, "name", NAME.fullmatch),
        cluster=_matching(said, "cluster", _UID.fullmatch),
        k3s_version=said["k3s_version"],
        datastore=_matching(said, "datastore", (ETCD, SQLITE).__contains__),
        server=_matching(said, "server", is_name),
        servers=tuple(map(_text, _list(said["servers"]))),
        encryption=_matching(said, "encryption", SUFFIXES.__contains__),
        archive=_file(said["archive"]),
        files=files,
    )
    names = [file.name for file in files]
    if not found.servers or not all(map(is_name, found.servers)):
        raise BadManifest("its servers are no names of nodes")
    if found.archive.name != ARCHIVE + SUFFIXES[found.encryption]:
        raise BadManifest("its archive has another name than those of backups have")
    if len(names) > MOST_FILES or len(set(names)) < len(names) or not all(map(is_known, names)):
        raise BadManifest("it names files that are not those of a backup")
    if missing_in(names):
        raise BadManifest(f"it is incomplete: it names no {', '.join(missing_in(names))}")
    return found


def _text(value):
    if not isinstance(value, str):
        raise TypeError(one_line(repr(value)))
    return value


def _list(value):
    if not isinstance(value, list):
        raise TypeError(one_line(repr(value)))
    return value


def _matching(said, key, holds):
    if not holds(_text(said[key])):
        raise BadManifest(f"its entry {key} is {one_line(said[key])!r}")
    return said[key]


def _file(said):
    size = said["size"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 0 or not is_digest(_text(said["sha256"])):
        raise BadManifest("a size or a SHA-256 in it is none")
    return File(_text(said["name"]), size, said["sha256"])


def text_of(manifest):
    """The text of a manifest."""
    said = manifest._asdict() | {"archive": manifest.archive._asdict(), "files": [file._asdict() for file in manifest.files]}
    return json.dumps({"format": FORMAT, **said}, indent=1) + "\n"
