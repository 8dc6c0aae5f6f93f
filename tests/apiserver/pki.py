"""Keys and certificates for an API server and its users, made in memory."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority; `certificate` is its own, as PEM."""

    def __init__(self):
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("apiserver-tests", ())
        self.certificate = _pem(self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0)))

    def issue(self, user, groups=(), addresses=()):
        """(certificate, key) as PEM, for a user of these groups, or for a server with these addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        extensions = [x509.BasicConstraints(ca=False, path_length=None)]
        if addresses:
            extensions.append(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]))
        return _pem(self._signed(_name(user, groups), key, *extensions)), key_pem(key)

    def _signed(self, subject, key, *extensions):
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self._key, hashes.SHA256())


def new_key():
    """A private key as PEM."""
    return key_pem(ec.generate_private_key(ec.SECP256R1()))


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(user, groups):
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, user)])
