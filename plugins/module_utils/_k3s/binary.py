# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The binary of a K3s release on disk, and the note beside it of what was verified.

The note spares every later run the hashing of some 60 MB: as long as size and time of the file are those of the note,
the file is the one that was verified.
"""

import json
import os

from .._digest import sha256_of
from .._text import decoded


def text_of(path):
    """Content of a small text file; None if there is none."""
    try:
        with open(path, "rb") as stream:
            return decoded(stream.read())
    except (FileNotFoundError, NotADirectoryError):
        return None


def note_of(path):
    return path + ".verified"


def read(path):
    """State of a binary: dict with `path`, `exists`, `intact` (it is the one that was verified) and `sha256`."""
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return {"path": path, "exists": False, "intact": False, "sha256": ""}
    verified = parse_note(text_of(note_of(path)))
    if (verified["size"], verified["mtime_ns"]) == (status.st_size, status.st_mtime_ns):
        return {"path": path, "exists": True, "intact": True, "sha256": verified["sha256"]}
    digest = sha256_of(path)
    return {"path": path, "exists": True, "intact": digest == verified["sha256"], "sha256": digest}


def parse_note(text):
    """A note as a dict with `sha256`, `size` (bytes) and `mtime_ns`; a missing or damaged one matches no file."""
    try:
        note = json.loads(text or "")
        return {"sha256": note["sha256"], "size": note["size"], "mtime_ns": note["mtime_ns"]}
    except (ValueError, KeyError, TypeError):
        return {"sha256": "", "size": -1, "mtime_ns": -1}


def write_note(path, digest):
    """Note that the binary at this path was verified and has this SHA-256."""
    status = os.stat(path)
    with open(note_of(path), "w") as stream:
        json.dump({"sha256": digest, "size": status.st_size, "mtime_ns": status.st_mtime_ns}, stream)
