# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps the objects of a K3s server, and where that lies."""

import os

from . import etcd

ETCD, SQLITE = "etcd", "sqlite"
SERVER = "/var/lib/rancher/k3s/server"
SQLITE_FILE = SERVER + "/db/state.db"
ETCD_FILE = etcd.DIRECTORY + "/member/snap/db"
_FILES = {ETCD: (ETCD_FILE,), SQLITE: (SQLITE_FILE, SQLITE_FILE + "-wal")}


def datastore_of(path_of=str):
    """`etcd`, `sqlite`, or '' where this machine keeps no objects.

    :param path_of: function from a path of the machine to where that lies, for a machine that is a directory.
    """
    if os.path.exists(path_of(etcd.NAME_FILE)):
        return ETCD
    return SQLITE if os.path.exists(path_of(SQLITE_FILE)) else ""


def size_of(datastore, path_of=str):
    """How many bytes the datastore has, and a snapshot of it at most."""
    return sum(os.path.getsize(path) for path in map(path_of, _FILES[datastore]) if os.path.exists(path))
