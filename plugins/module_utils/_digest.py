# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SHA-256 of files, and the lines in which `sha256sum` writes them."""

import hashlib
import re

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_BLOCK = 1 << 20  # bytes


def is_digest(text):
    """Whether a text is a SHA-256 as `sha256sum` writes it: 64 hexadecimal digits in lower case."""
    return bool(_DIGEST.fullmatch(text))


def sha256_of(path):
    """The SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(_BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


def sha256_if_there(path):
    """The same; '' where there is no such file."""
    try:
        return sha256_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return ""


def parse_sums(text):
    """The output of `sha256sum` as a dict of path to digest.

    A line of another form stands for a file of its name without a digest, so that a damaged list equals none that is whole.
    """
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _LINE.fullmatch(line)
        found[match.group(2) if match else line] = match.group(1) if match else ""
    return found
