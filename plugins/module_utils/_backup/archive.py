# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive of a backup: what goes into it on a server, and what may come out of it. Regular files of known places only, each with its SHA-256."""

import hashlib
import io
import os
import re
import stat
import tarfile
import zlib
from collections import namedtuple

from .._text import listed, one_line

# The datastore. Where the other files lie on a server: the start of their names in the archive -> a file or a directory.
SNAPSHOT = "datastore/snapshot"
SOURCES = {
    "server/token": "/var/lib/rancher/k3s/server/token",
    "server/cred": "/var/lib/rancher/k3s/server/cred",
    "server/tls": "/var/lib/rancher/k3s/server/tls",
    "config": "/etc/rancher/k3s",
}
# Without these no server could go on with the datastore.
NEEDED = (SNAPSHOT, "server/token", "server/cred/passwd", "server/tls/server-ca.crt", "server/tls/server-ca.key")
MOST_FILES = 10000
LARGEST_FILE = 16 * 2**20  # bytes, of those beside the snapshot: K3s' own have some thousands
LEVEL = 3  # of compression: more takes more time than it saves
BLOCK = 1 << 20

# A file of the archive.
File = namedtuple("File", "name size sha256")

_NAME = re.compile(r"(server/token|(datastore|server/cred|server/tls|config)(/(?!\.\.?(/|$))[^/\x00-\x1f\x7f]{1,255}){1,16})")


class BadArchive(ValueError):
    """An archive that is not what its manifest says; the text is a clause."""


def is_known(name):
    """Whether a file of this name may be in an archive."""
    return bool(_NAME.fullmatch(name))


def missing_in(names):
    """Those of the files without which nothing can be restored that are not among these."""
    return [name for name in NEEDED if name not in names]


def pack(path, snapshot, sources):
    """Write an archive of a snapshot and what belongs to it; the list of its Files.

    :param sources: as SOURCES. What is not there is left out.
    """
    found = []
    with open(path, "wb") as stream:
        os.fchmod(stream.fileno(), 0o600)
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=LEVEL, format=tarfile.PAX_FORMAT) as archive:
            for name, source in [(SNAPSHOT, snapshot)] + sorted(_files_of(sources)):
                found.append(_add(archive, name, source))
        stream.flush()
        os.fsync(stream.fileno())
    return found


def _files_of(sources):
    """Pairs of a name and a path of all regular files."""
    for name, source in sources.items():
        if os.path.isfile(source):
            yield name, source
        for folder, _folders, files in os.walk(source):
            below = os.path.normpath(os.path.join(name, os.path.relpath(folder, source)))
            for file in files:
                if os.path.isfile(os.path.join(folder, file)):
                    yield os.path.join(below, file), os.path.join(folder, file)


class _Digesting:
    """A stream of which is known what was read."""

    def __init__(self, stream):
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size):
        block = self._stream.read(size)
        self.digest.update(block)
        return block


def _add(archive, name, source):
    with open(source, "rb") as stream:
        status = os.fstat(stream.fileno())
        if name != SNAPSHOT and status.st_size > LARGEST_FILE:
            raise BadArchive("%s has %d MB, which no file beside the datastore has: move it elsewhere" % (source, status.st_size >> 20))
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = status.st_size, int(status.st_mtime), stat.S_IMODE(status.st_mode) & 0o700
        reading = _Digesting(stream)
        archive.addfile(member, reading)
    return File(name, status.st_size, reading.digest.hexdigest())


def unpack(path, files, folder, wanted=is_known):
    """Verify all that is in an archive, and write what is wanted of it into an empty folder, for nobody but its owner.

    :param files: list of the Files that the manifest names.
    :param wanted: function of a name.
    :raises BadArchive: anything else than exactly these files.
    """
    expected = {file.name: file for file in files}
    try:
        with tarfile.open(path, mode="r|gz") as archive:
            for member in archive:
                _take(archive, member, expected, folder, wanted)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise BadArchive("it is cut off or damaged: %s" % one_line(str(error)))
    if expected:
        raise BadArchive("it does not hold %s" % listed(sorted(expected)))


def _take(archive, member, expected, folder, wanted):
    name = one_line(member.name)
    if not is_known(member.name) or not member.isreg():
        raise BadArchive("it holds %s, which is no file of a backup" % name)
    file = expected.pop(member.name, None)
    if file is None:
        raise BadArchive("it holds %s, which its manifest does not name, or names once" % name)
    if member.size != file.size:
        raise BadArchive("%s in it has %d bytes, and its manifest says %d" % (name, member.size, file.size))
    digest = hashlib.sha256()
    target = _new_file(os.path.join(folder, member.name)) if wanted(member.name) else _Nowhere()
    with target, archive.extractfile(member) as source:
        for block in iter(lambda: source.read(BLOCK), b""):
            digest.update(block)
            target.write(block)
    if digest.hexdigest() != file.sha256:
        raise BadArchive("%s in it has another SHA-256 than its manifest says" % name)


class _Nowhere(io.RawIOBase):
    """A file that keeps nothing."""

    def write(self, block):
        return len(block)


def _new_file(path):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
