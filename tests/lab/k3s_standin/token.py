"""K3s' token: `K10<sha256 of server-ca.crt>::<user>:<secret>`, or the secret alone."""

import hashlib
import re


def parse(text):
    """(hash or "", user or "", secret); ValueError with K3s' words."""
    text = text.strip()
    if not text:
        raise ValueError("token must not be empty")
    if not text.startswith("K10"):
        return "", "", text
    digest, separator, rest = text[3:].partition("::")
    if not separator:
        digest, rest = "", digest
    if digest and not re.match(r"^[0-9a-f]{64}$", digest):
        raise ValueError("invalid token CA hash length")
    user, separator, secret = rest.partition(":")
    if not separator or not secret:
        raise ValueError("invalid token format")
    return digest, user, secret


def ca_hash(certificate):
    """The hash of a certificate authority, as it stands in a token."""
    return hashlib.sha256(certificate).hexdigest()


def full(certificate, user, secret):
    """The token in full."""
    return f"K10{ca_hash(certificate)}::{user}:{secret}"
