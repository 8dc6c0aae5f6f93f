# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes a consistent snapshot of the datastore of a running K3s server. A live file is never simply copied."""

import glob
import os
import shutil
import subprocess
import zipfile

from .._deadline import TimeIsUp, within
from .._text import decoded, one_line
from .datastore import ETCD, SQLITE_FILE
from .release import VERSION, parse_version

# What the database may grow by while it is read, in bytes.
SPARE = 64 * 2**20
# The first release that knows `k3s etcd-snapshot save`; v1.21.1 takes a snapshot without that word.
SAVES = (1, 21, 2)


class NoSnapshot(Exception):
    """None was taken; the text is a clause that says why."""


def require_space(folder, size):
    """Raises NoSnapshot where the file system of a folder has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise NoSnapshot("%s has %d MB free, and up to %d MB are needed" % (folder, free >> 20, (size + SPARE) >> 20))


def take(datastore, program, path, deadline):
    """Write a snapshot to a path where nothing is yet.

    :param program: path of K3s.
    :raises NoSnapshot: there is none, or it took too long.
    """
    try:
        if datastore == ETCD:
            _take_of_etcd(program, path, deadline)
        else:
            within(deadline, lambda: copy_sqlite(SQLITE_FILE, path))
    except (TimeIsUp, subprocess.TimeoutExpired):
        raise NoSnapshot("it was not done within %s" % deadline.said())
    os.chmod(path, 0o600)


def _take_of_etcd(program, path, deadline):
    """K3s puts the name of the node and the time behind the name that it is given, and may compress the file."""
    folder, name = os.path.split(path)
    made, said, code = [], "", -1
    try:
        done = subprocess.run(
            [program] + _words(program) + ["--dir", folder, "--name", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=deadline.remaining(),
            check=False,
        )
        code, said = done.returncode, "".join(decoded(done.stdout).strip().splitlines()[-1:])
    finally:
        made = glob.glob(glob.escape(path) + "-*")
        for other in made if code or len(made) > 1 else ():
            os.unlink(other)
    if code or len(made) != 1:
        raise NoSnapshot("`k3s etcd-snapshot save` ended with %d: %s" % (code, one_line(said) or "it said nothing"))
    if made[0].endswith(".zip"):
        _unzip(made[0], path)
    else:
        os.rename(made[0], path)


def _words(program):
    """Which words take a snapshot: the release is known by the folder in which the role puts it."""
    name = os.path.basename(os.path.dirname(os.path.realpath(program)))
    older = VERSION.fullmatch(name) and parse_version(name)[:3] < SAVES
    return ["etcd-snapshot"] if older else ["etcd-snapshot", "save"]


def _unzip(archive, path):
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(opened.namelist()[0]) as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, IndexError) as error:
        raise NoSnapshot("what K3s wrote cannot be unpacked: %s" % one_line(str(error)))
    finally:
        os.unlink(archive)


def copy_sqlite(source, target):
    """A consistent copy of a database that others write to meanwhile."""
    try:
        import sqlite3  # not part of a minimal Python
    except ImportError:
        raise NoSnapshot("the Python of this machine has no sqlite3: install the package python3")
    try:
        _copy_sqlite(sqlite3, source, target)
    except sqlite3.Error as error:
        raise NoSnapshot("SQLite says: %s" % one_line(str(error)))


def _copy_sqlite(sqlite3, source, target):
    opened, copy = sqlite3.connect(source, timeout=30), sqlite3.connect(target)
    try:
        if hasattr(opened, "backup"):
            opened.backup(copy)
        else:
            _copy_in_one_transaction(opened, copy)
    finally:
        copy.close()
        opened.close()


def _copy_in_one_transaction(opened, copy):
    """The same with Python 3.6. All is read as it was when the transaction began."""
    opened.isolation_level = copy.isolation_level = None
    opened.execute("BEGIN")
    for statement in opened.iterdump():
        copy.execute(statement)
