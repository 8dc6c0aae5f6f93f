# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the certificates of K3s expire and which names they are for, without openssl. Pure.

Of a certificate, which is DER inside of PEM, only these two things are taken; that it is signed by somebody is not checked. A text that is no certificate
raises ValueError and nothing else.
"""

import base64
import calendar
import datetime
import ipaddress
import json
import re
from collections import namedtuple

from .._text import one_line

SERVER_DIRECTORY = "/var/lib/rancher/k3s/server/tls"
# Where K3s keeps the certificates that it renews itself. What is temporary lies in directories below these.
DIRECTORIES = (SERVER_DIRECTORY, SERVER_DIRECTORY + "/etcd", "/var/lib/rancher/k3s/agent")
# The certificate that is shown on port 6443, with its key, in the form of the secret kube-system/k3s-serving. K3s adds names to it as it is asked for them.
LISTENER = SERVER_DIRECTORY + "/dynamic-cert.json"
# What is shown there until K3s has written that file.
SERVING = SERVER_DIRECTORY + "/serving-kube-apiserver.crt"

# expiry: seconds since the epoch; names: DNS names and addresses, as texts
Certificate = namedtuple("Certificate", "expiry names")

LONGEST = 2**17  # characters of a certificate
MOST_NAMES = 2000
_OWN_NAME = re.compile(r"(client|serving|server|peer|request-header)(-[a-z0-9-]+)?\.crt$")
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"  # 2.5.29.17
# Tags of DER, and those of this place in a certificate.
_OBJECT_ID, _OCTETS, _SEQUENCE, _VERSION, _EXTENSIONS, _DNS_NAME, _ADDRESS = 0x06, 0x04, 0x30, 0xA0, 0xA3, 0x82, 0x87
_TIMES = {0x17: re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$"), 0x18: re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$")}


def is_own(name):
    """Whether K3s calls one of its certificates so."""
    return bool(_OWN_NAME.match(name))


def is_authority(path):
    return path.endswith("-ca.crt")


def read(text):
    """The first Certificate in a text: that of the file's name; what follows are those that signed it."""
    found = _BLOCK.search(text[:LONGEST])
    if not found:
        raise ValueError("no certificate")
    certificate = _first(base64.b64decode("".join(found.group(1).split())), _SEQUENCE)
    parts = list(_items(_first(certificate, _SEQUENCE)))
    # version (may be left out), serial number, signature, issuer, validity
    validity = parts[4 if parts and parts[0][0] == _VERSION else 3 :][:1]
    if not validity or validity[0][0] != _SEQUENCE:
        raise ValueError("no validity")
    return Certificate(_end(validity[0][1]), _names(parts))


def read_listener(text):
    """The Certificate in the file LISTENER; its key is not looked at."""
    try:
        encoded = json.loads(text)["data"]["tls.crt"]
        return read(base64.b64decode(encoded).decode("ascii", "replace"))
    except (KeyError, TypeError, RecursionError):
        raise ValueError("no certificate")


def _items(data):
    """The elements of DER as pairs of a tag and a content."""
    position = 0
    while position < len(data):
        tag, length, start = data[position], int.from_bytes(data[position + 1 : position + 2], "big"), position + 2
        if length & 0x80:  # so many bytes follow in which the length stands
            start += length & 0x7F
            length = int.from_bytes(data[position + 2 : start], "big")
        if tag & 0x1F == 0x1F or start + length > len(data):
            raise ValueError("no DER")
        yield tag, data[start : start + length]
        position = start + length


def _first(data, tag):
    """The content of the first element, which has this tag."""
    found = next(_items(data), None)
    if not found or found[0] != tag:
        raise ValueError("no certificate")
    return found[1]


def _end(validity):
    moments = list(_items(validity))
    if len(moments) != 2 or moments[1][0] not in _TIMES:
        raise ValueError("no validity")
    found = _TIMES[moments[1][0]].match(moments[1][1])
    if not found:
        raise ValueError("no validity")
    year, *rest = (int(part) for part in found.groups())
    if moments[1][0] == 0x17:
        year += 1900 if year >= 50 else 2000
    return calendar.timegm(datetime.datetime(year, *rest).timetuple())


def _names(parts):
    """The subject alternative names among the parts of a certificate."""
    for tag, content in parts:
        for _tag, extension in _items(_first(content, _SEQUENCE)) if tag == _EXTENSIONS else ():
            fields = list(_items(extension))
            if len(fields) > 1 and fields[0] == (_OBJECT_ID, _ALTERNATIVE_NAMES) and fields[-1][0] == _OCTETS:
                return [_name(kind, value) for kind, value in _items(_first(fields[-1][1], _SEQUENCE)) if kind in (_DNS_NAME, _ADDRESS)][:MOST_NAMES]
    return []


def _name(kind, value):
    return one_line(value.decode("ascii", "replace")) if kind == _DNS_NAME else str(ipaddress.ip_address(value))
