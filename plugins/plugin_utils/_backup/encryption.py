# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts an archive for its recipients, and decrypts it, with the program age or gpg of the control node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from ...module_utils._text import decoded, one_line

AGE, GPG = "age", "gpg"
SECONDS = 3600
_AGE = re.compile(r"age1[a-z0-9]{20,4000}|ssh-(ed25519|rsa) [A-Za-z0-9+/=]{20,4000}( [ -~]{0,200})?")
_GPG = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")


class CannotEncrypt(Exception):
    """The text is a sentence."""


def kind_of(recipient):
    """Which program knows such a recipient; '' for none."""
    return AGE if _AGE.fullmatch(recipient) else GPG if _GPG.fullmatch(recipient) else ""


def program_for(recipients):
    """`age`, `gpg` or, without recipients, ''. Raises CannotEncrypt where they are of several kinds, or the program is not there."""
    kinds = {kind_of(recipient) for recipient in recipients}
    if not kinds:
        return ""
    if len(kinds) > 1 or "" in kinds:
        raise CannotEncrypt(
            "node_prep_backup_recipients has to name recipients of age (age1…, or a public key of SSH) or whole fingerprints of gpg, and not both. "
            "Nothing was changed."
        )
    (kind,) = kinds
    _require(kind)
    return kind


def encrypt(kind, recipients, source, target):
    """Write the encrypted file. What else is known of a recipient is not asked: they are the user's own words."""
    if kind == AGE:
        command = [AGE, "--encrypt", *(word for one in recipients for word in ("--recipient", one)), "--output", target, source]
    else:
        named = [word for one in recipients for word in ("--recipient", one)]
        command = [GPG, "--batch", "--no-tty", "--yes", "--trust-model", "always", *named, "--output", target, "--encrypt", source]
    _run(command, "encrypted")


def decrypt(kind, identity, source, target):
    """Write the decrypted file.

    :param identity: path of the file with the identity of age; gpg asks its own agent.
    """
    _require(kind)
    if kind == AGE and not identity:
        raise CannotEncrypt("The backup is encrypted with age: say which file holds the identity that opens it (node_prep_restore_identity).")
    if kind == AGE:
        command = [AGE, "--decrypt", "--identity", identity, "--output", target, source]
    else:
        command = [GPG, "--batch", "--no-tty", "--yes", "--output", target, "--decrypt", source]
    _run(command, "decrypted")


def _require(kind):
    if not shutil.which(kind):
        raise CannotEncrypt(f"The program {kind} is not on this control node. Nothing was changed. Install it.")


def _run(command, done):
    before = os.umask(0o077)
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise CannotEncrypt(f"The backup was not {done} within {SECONDS} s.") from error
    finally:
        os.umask(before)
    if run.returncode:
        raise CannotEncrypt(f"The backup could not be {done}: {command[0]} ended with {run.returncode}: {one_line(decoded(run.stderr)) or 'it said nothing'}")
