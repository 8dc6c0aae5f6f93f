# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What listener and probe of the reachability test say to each other.

TCP: the listener sends a greeting to whoever connects, and closes. UDP: it returns a question, a greeting behind it. The greeting names the node, so that
a machine that answers in its place (an address used twice) shows.
"""

import binascii
import errno
import os
import socket

from .._text import decoded, one_line

MAGIC = b"gitpod.node_prep:"
MAX_BYTES = 512  # of a message


def greeting(name):
    return MAGIC + name.encode("utf-8")[: MAX_BYTES // 2]


def question():
    return MAGIC + binascii.hexlify(os.urandom(8))


def is_question(data):
    return data.startswith(MAGIC) and len(data) == len(MAGIC) + 16


def stranger(data, name):
    """The name in a greeting that is not the greeting of `name`; '' for that one, and for anything that is no greeting."""
    if data.startswith(MAGIC) and data != greeting(name):
        return one_line(decoded(data[len(MAGIC) :]), 64) or "a node without a name"
    return ""


def resolve(address, number, protocol):
    """Family, type and socket address; OSError where the name is unknown or none, or the port is none."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    if not address or not 0 <= number <= 65535:
        raise OSError(errno.EINVAL, "no address" if not address else "no port %d" % number)
    try:
        family, _kind, _protocol, _name, where = socket.getaddrinfo(address, number, 0, kind)[0]
    except ValueError:
        # Of a name that is too long, or has an empty part or a NUL.
        raise OSError(errno.EINVAL, "%r is not a name" % address)
    return family, kind, where
