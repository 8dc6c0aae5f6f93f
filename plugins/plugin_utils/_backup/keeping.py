# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive on the control node: whether it is what its manifest says and could be restored, and how it becomes a backup."""

from __future__ import annotations

import json
import os
import shutil

from ...module_utils._backup import archive, snapshots
from ...module_utils._digest import sha256_of
from . import folder as backups
from .encryption import decrypt, encrypt
from .manifest import ARCHIVE, FORMAT, SUFFIXES, parse, text_of

TOKEN = "server/token"
WANTED = (archive.SNAPSHOT, TOKEN)  # what is looked into


def made(name, server, datastore, packed):
    """The manifest of what a server says that it has packed. Raises BadManifest."""
    said = {"format": FORMAT, "name": name, "server": server, "datastore": datastore, "encryption": ""}
    facts = {key: packed.get(key) for key in ("cluster", "k3s_version", "servers", "files")}
    return parse(json.dumps({**said, **facts, "archive": {**dict(packed.get("archive") or {}), "name": ARCHIVE}}))


def same_file(path, file):
    """Raises BadArchive where this is not the file that the manifest names."""
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise archive.BadArchive(f"{path.name} is not there") from error
    if size != file.size:
        raise archive.BadArchive(f"{path.name} has {size} bytes, and its manifest says {file.size}")
    if sha256_of(path) != file.sha256:
        raise archive.BadArchive(f"{path.name} has another SHA-256 than its manifest says")


def verify(path, manifest, work):
    """The token in an archive, all of which was read and whose snapshot was opened. Raises BadArchive or BadSnapshot.

    :param path: of the archive, as it is without encryption.
    :param work: an existing folder that nobody else can read. It is left as it was.
    """
    unpacked = work / backups.UNPACKED
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(mode=0o700)
    try:
        archive.unpack(str(path), manifest.files, str(unpacked), WANTED.__contains__)
        snapshots.check(manifest.datastore, str(unpacked / archive.SNAPSHOT))
        return (unpacked / TOKEN).read_text(encoding="utf-8", errors="replace").strip()
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def sealed(partial, manifest, kind, recipients):
    """The manifest of the archive once that is encrypted, with a program or, if that is '', with none. The plain one is removed."""
    if not kind:
        return manifest
    plain, closed = partial / ARCHIVE, partial / (ARCHIVE + SUFFIXES[kind])
    encrypt(kind, recipients, str(plain), str(closed))
    plain.unlink()
    return manifest._replace(encryption=kind, archive=archive.File(closed.name, closed.stat().st_size, sha256_of(closed)))


def opened(source, manifest, identity, work):
    """The path of the archive as it is without encryption: the backup's own, or one in `work`."""
    path = source / manifest.archive.name
    same_file(path, manifest.archive)
    if not manifest.encryption:
        return path
    decrypt(manifest.encryption, identity, str(path), str(work / ARCHIVE))
    return work / ARCHIVE


def put_in_place(partial, final, manifest):
    """A whole backup under its name: from one moment to the next it is there."""
    for name in (manifest.archive.name, backups.MANIFEST):
        path = partial / name
        if name == backups.MANIFEST:
            path.write_text(text_of(manifest), encoding="utf-8")
        path.chmod(0o600)
        _flush(path)
    os.rename(partial, final)
    _flush(final.parent)


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
