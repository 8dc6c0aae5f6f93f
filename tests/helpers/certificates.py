"""Certificates for tests, made in memory: as K3s makes them, and as it would never."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = 86400
PEM = serialization.Encoding.PEM


class Authority:
    """A certificate authority; `certificate` is its own, as PEM."""

    def __init__(self, name="k3s-server-ca@1795841790", end=None):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        extension = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._signed(self._name, self._key, (_now() - DAY, end or _now() + 3650 * DAY), [(extension, True)])

    def issue(self, name="k3s", names=(), end=None, begin=None):
        """(certificate, key) as PEM: valid until `end`, in seconds since the epoch, for these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        extensions = [(x509.BasicConstraints(ca=False, path_length=None), True)]
        if names:
            extensions.append((x509.SubjectAlternativeName([_general_name(one) for one in names]), False))
        certificate = self._signed(subject, key, (begin or _now() - DAY, end or _now() + 365 * DAY), extensions)
        return certificate, key.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())

    def _signed(self, subject, key, window, extensions):
        begin, end = (datetime.datetime.fromtimestamp(moment, datetime.UTC) for moment in window)
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number(), begin, end)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(PEM)


def _now():
    return int(datetime.datetime.now(datetime.UTC).timestamp())


def _general_name(text):
    if "@" in text:
        return x509.RFC822Name(text)
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
