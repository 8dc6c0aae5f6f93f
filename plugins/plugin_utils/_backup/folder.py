# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder of all backups on the control node: one folder each, those that are not done yet, and the lock of the run that works there."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path

from .manifest import ARCHIVE, NAME, SUFFIXES, BadManifest, parse

MANIFEST = "manifest.json"
LOCK = ".lock"
PARTIAL = ".%s.partial"
UNPACKED = "unpacked"  # what is looked into, and not kept
# What may lie in the folder of a backup, or of one that is not done.
FILES = {MANIFEST, UNPACKED, *(ARCHIVE + suffix for suffix in SUFFIXES.values())}
LONGEST_MANIFEST = 4 * 2**20  # bytes


class CannotWork(Exception):
    """Somebody else works there, or the folder cannot be used; the text is a sentence."""


# --- the lock: it holds as long as the process that took it --------------------------------------------------------------------


def lock(folder, process):
    """Take the lock for a process, which may have it already. Raises CannotWork where another one has it."""
    with open(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        holder, own = _holder(stream.read(200)), (process, _started(process))
        if holder and holder != own and _started(holder[0]) == holder[1]:
            raise CannotWork(
                f"Another run backs up or restores with {folder} (process {holder[0]}). Nothing was changed. Wait until it is done, then run again."
            )
        stream.seek(0)
        stream.truncate()
        json.dump(own, stream)


def holds(folder, process):
    """Whether this process has the lock."""
    try:
        return _holder((folder / LOCK).read_text(encoding="ascii", errors="replace")) == (process, _started(process))
    except FileNotFoundError:
        return False


def _holder(text):
    try:
        process, started = json.loads(text)
        return int(process), str(started)
    except (ValueError, TypeError):
        return None


def _started(process):
    """When a process was started, as the kernel counts; '' where there is none, '?' where the system does not say."""
    if process <= 0:
        return ""
    try:
        return Path("/proc", str(process), "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return ""
    except PermissionError:
        pass
    return "?"


# --- folders -------------------------------------------------------------------------------------------------------------------


def begin(folder, name, process):
    """Take the lock, and make the empty folder of a backup that is about to be made, for nobody but its owner. What killed runs have left goes first."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    lock(folder, process)
    _sweep(folder)
    if (folder / name).exists():
        raise CannotWork(f"{folder / name} is there already. Nothing was changed. Run again.")
    (folder / (PARTIAL % name)).mkdir(mode=0o700)


def end(folder, process):
    """Remove what is not done, and let the lock go, where this process has it."""
    if holds(folder, process):
        _sweep(folder)
        (folder / LOCK).write_text("", encoding="ascii")


def _sweep(folder):
    for left in folder.glob(PARTIAL % "*"):
        discard(left)


def discard(partial):
    """Remove the folder of a backup that is not done; what is not ours in it stays, and the folder with it."""
    for name in FILES:
        if (partial / name).is_dir() and not (partial / name).is_symlink():
            shutil.rmtree(partial / name)
        else:
            (partial / name).unlink(missing_ok=True)
    if partial.is_dir() and not any(partial.iterdir()):
        partial.rmdir()


def read(folder):
    """The manifest of a backup. Raises BadManifest."""
    try:
        with (folder / MANIFEST).open(encoding="utf-8") as stream:
            text = stream.read(LONGEST_MANIFEST)
    except FileNotFoundError as error:
        raise BadManifest("there is none") from error
    except (OSError, ValueError) as error:
        raise BadManifest("it cannot be read") from error
    return parse(text)


def of_cluster(folder, cluster):
    """The folders of the backups of a cluster, oldest first. A folder of another name, or without its manifest, is none."""
    found = []
    for path in sorted(folder.iterdir()):
        if NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
            try:
                manifest = read(path)
            except BadManifest:
                continue
            if (manifest.name, manifest.cluster) == (path.name, cluster):
                found.append(path)
    return found


def prune(folder, cluster, keep):
    """Remove the oldest backups of a cluster but so many, 0 for none; the folders that are gone. What is not ours in them stays."""
    old = of_cluster(folder, cluster)[: -keep or None] if keep > 0 else []
    for path in old:
        discard(path)
    return old


def require_space(folder, size):
    """Raises CannotWork where there is no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise CannotWork(
            f"{folder} has {free >> 20} MB free, and up to {(size >> 20) + 1} MB are needed. Make room, or let node_prep_artifacts name another place."
        )
