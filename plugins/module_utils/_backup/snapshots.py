# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a snapshot of a cluster's datastore is whole. Opens the file, and changes nothing."""

import hashlib
import os
from urllib.parse import quote

from .._k3s.datastore import ETCD, SQLITE
from .._text import one_line

# etcd writes the SHA-256 of its database behind that, whose size is a multiple of this.
SECTOR = 512
DIGEST_SIZE = hashlib.sha256().digest_size
# What the first page of the database, which is one of bbolt, says of itself behind its header of 16 bytes.
BOLT_MAGIC, BOLT_MAGIC_AT = b"\xed\xda\x0c\xed", 16
SQLITE_MAGIC = b"SQLite format 3\0"
TABLE = "kine"  # in which K3s keeps its objects
BLOCK = 1 << 20


class BadSnapshot(ValueError):
    """A file that the cluster could not be restored from; the text is a clause that says why."""


def check(datastore, path):
    """Raises BadSnapshot where the file is no whole snapshot of this kind of datastore."""
    try:
        CHECKS[datastore](path)
    except OSError as error:
        raise BadSnapshot("it cannot be read: %s" % error.strerror)


def _check_etcd(path):
    size = os.path.getsize(path)
    if size <= DIGEST_SIZE or size % SECTOR != DIGEST_SIZE:
        raise BadSnapshot("its %d bytes are no whole snapshot of etcd, which ends with the SHA-256 of what comes before" % size)
    digest, left = hashlib.sha256(), size - DIGEST_SIZE
    with open(path, "rb") as stream:
        start = stream.read(min(BLOCK, left))
        if start[BOLT_MAGIC_AT : BOLT_MAGIC_AT + len(BOLT_MAGIC)] != BOLT_MAGIC:
            raise BadSnapshot("it holds no database of etcd")
        block = start
        while block:
            digest.update(block)
            left -= len(block)
            block = stream.read(min(BLOCK, left)) if left else b""
        if left or stream.read() != digest.digest():
            raise BadSnapshot("it is not what etcd wrote: the SHA-256 at its end is that of something else")


def _check_sqlite(path):
    with open(path, "rb") as stream:
        if stream.read(len(SQLITE_MAGIC)) != SQLITE_MAGIC:
            raise BadSnapshot("it is no database of SQLite")
    import sqlite3  # not part of a minimal Python; whoever took the snapshot has it

    database = sqlite3.connect("file:%s?mode=ro&immutable=1" % quote(path), uri=True)
    try:
        found = [one_line(str(row[0])) for row in database.execute("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise BadSnapshot("SQLite finds it damaged: %s" % "; ".join(found))
        if not database.execute("SELECT count(*) FROM (SELECT id FROM %s LIMIT 1)" % TABLE).fetchone()[0]:
            raise BadSnapshot("its table %s, in which K3s keeps its objects, is empty" % TABLE)
    except sqlite3.Error as error:
        raise BadSnapshot("SQLite cannot read it: %s" % one_line(str(error)))
    finally:
        database.close()


CHECKS = {ETCD: _check_etcd, SQLITE: _check_sqlite}
