# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What listener and probe of the reachability test say to each other.

TCP: the listener sends a greeting to whoever connects, and closes. UDP: it returns a question, a greeting behind it. The greeting names the node, so that
a machine that answers in its place (an address used twice) shows.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import binascii
import os
import socket

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
        return data[len(MAGIC) :].decode("utf-8", "replace")
    return ""


def resolve(address, number, protocol):
    """Family, type and socket address; OSError where the name is unknown."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    family, _kind, _protocol, _name, where = socket.getaddrinfo(address, number, 0, kind)[0]
    return family, kind, where
