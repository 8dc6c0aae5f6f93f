# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what belongs to Gitpod's domain: what names resolve to here, and what a certificate in a secret covers. Checks nothing."""

import base64
import datetime
import secrets
import socket

from .._kube.client import KubeError, KubeStatusError

try:
    from cryptography import x509
except ImportError:  # a dependency of ansible-core, so missing only in a Python that is not the control node's
    x509 = None


class NoCryptography(KubeError):
    """A certificate cannot be read in this Python."""


def resolve(pattern):
    """The addresses of a name, sorted; none where it does not resolve. A wildcard is tried with a label that nobody has made up before."""
    name = pattern.replace("*", "gitpod-node-prep-" + secrets.token_hex(4))
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return []
    return sorted({answer[4][0] for answer in answers})


def read_secret(client, namespace, name):
    """What is to be known of a TLS secret; its private key is looked at no further than whether it is there.

    :returns: dict of `there`, `type`, `key` (whether there is one), `problem` (why the certificate cannot be read, or ''),
        `names` that it covers, and the seconds since it is valid (`begun`) and for which it still is (`left`).
    """
    try:
        secret = client.get("/api/v1/namespaces/%s/secrets/%s" % (namespace, name))
    except KubeStatusError as error:
        if error.status != 404:
            raise
        return {"there": False}
    data = secret["data"] if isinstance(secret.get("data"), dict) else {}
    found = {"there": True, "type": secret.get("type"), "key": bool(data.get("tls.key"))}
    found.update(_certificate(data.get("tls.crt")))
    return found


def _certificate(encoded):
    if x509 is None:
        raise NoCryptography("the certificate cannot be read, since this Python has no package cryptography")
    if not encoded:
        return {"problem": "the secret has no tls.crt"}
    try:
        certificate = x509.load_pem_x509_certificate(base64.b64decode(encoded))
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        begin, end = _utc(certificate, "not_valid_before"), _utc(certificate, "not_valid_after")
    except x509.ExtensionNotFound:
        return {"problem": "the certificate names no host (subject alternative names)"}
    # Parsers of foreign bytes raise many things; there is no narrower common class.
    except Exception as error:
        return {"problem": "the certificate in tls.crt cannot be read: %s" % error}
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"names": names, "begun": int((now - begin).total_seconds()), "left": int((end - now).total_seconds())}


def _utc(certificate, field):
    """Older releases of cryptography know the field without a time zone only."""
    moment = getattr(certificate, field + "_utc", None)
    return moment or getattr(certificate, field).replace(tzinfo=datetime.timezone.utc)
