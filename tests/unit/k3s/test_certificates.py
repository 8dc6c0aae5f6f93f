"""Certificates are read without openssl: when they expire, and for which names they are."""

import base64
import datetime
import json
import re
import subprocess

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import certificates
from certificates import DAY, Authority
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings, strategies as st

AUTHORITY = Authority()
# What K3s v1.21.2 shows on port 6443, recorded; openssl says of it: notAfter=Nov 28 04:58:15 2027 GMT.
RECORDED = """\
-----BEGIN CERTIFICATE-----
MIICFDCCAbqgAwIBAgIIONcRAqBQfQwwCgYIKoZIzj0EAwIwIzEhMB8GA1UEAwwY
azNzLXNlcnZlci1jYUAxNzk1ODQxNzkwMB4XDTI2MTEyODA0NTYzMFoXDTI3MTEy
ODA0NTgxNVowHDEMMAoGA1UEChMDazNzMQwwCgYDVQQDEwNrM3MwWTATBgcqhkjO
PQIBBggqhkjOPQMBBwNCAATC1aVS2ZGU3SB+MSxneAVK+/WCQhcVBArwGiQNIdNA
hOjn477g1YbmpvplNsoFBLmPBjZ44Fi4s047QS/ZVXoyo4HeMIHbMA4GA1UdDwEB
/wQEAwIFoDATBgNVHSUEDDAKBggrBgEFBQcDATAfBgNVHSMEGDAWgBTDTcM7xA4k
KC9aC9mC0ffc78BVnzCBkgYDVR0RBIGKMIGHggprdWJlcm5ldGVzghJrdWJlcm5l
dGVzLmRlZmF1bHSCFmt1YmVybmV0ZXMuZGVmYXVsdC5zdmOCJGt1YmVybmV0ZXMu
ZGVmYXVsdC5zdmMuY2x1c3Rlci5sb2NhbIIJbG9jYWxob3N0hwQKKwABhwQKWAKI
hwQKWAKJhwQKWAKKhwR/AAABMAoGCCqGSM49BAMCA0gAMEUCICnOXRfLMaPQQUm8
l7uvhT5bUsQPp+nBGmM/KRVEixglAiEAtzE79jqSAMznMc3DdmgY40MK2kSQQfnA
xtjeUdgF604=
-----END CERTIFICATE-----
"""
RECORDED_NAMES = [
    "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost",
    "10.43.0.1", "10.88.2.136", "10.88.2.137", "10.88.2.138", "127.0.0.1",
]  # fmt: skip


def made(**options):
    return AUTHORITY.issue(**options)[0].decode()


def test_a_certificate_of_a_real_k3s():
    assert certificates.read(RECORDED) == (1827377895, RECORDED_NAMES)


@pytest.mark.parametrize(
    "end",
    [1_795_841_790, 2_145_916_799, 2_524_607_999, 2_524_608_000, 4_102_444_800, 253_402_300_799],
    ids=["2026", "2037", "the last second of two digits", "the first of four", "2100", "the last of all"],
)
def test_the_end_whatever_the_form_of_its_year(end):
    assert certificates.read(made(end=end, begin=1_000_000_000)).expiry == end


@pytest.mark.parametrize("end", [946_684_799, -400_000_000], ids=["1999", "1957"])
def test_a_certificate_of_the_last_century(end):
    assert certificates.read(made(end=end, begin=-500_000_000)).expiry == end


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["kubernetes"],
        ["10.0.0.1", "fd00::1", "api.example.com", "*.example.com"],
        [f"node-{number}.example.com" for number in range(700)],
    ],
    ids=["none", "one", "of all kinds", "many"],
)
def test_the_names(names):
    assert certificates.read(made(names=names)).names == names


def test_names_of_other_kinds_are_left_out():
    assert certificates.read(made(names=["root@example.com", "localhost"])).names == ["localhost"]


def test_the_first_of_a_chain_counts():
    chain = made(names=["localhost"], end=2_000_000_000) + AUTHORITY.certificate.decode()
    assert certificates.read(chain) == (2_000_000_000, ["localhost"])
    assert certificates.read(AUTHORITY.certificate.decode()).names == []


def test_openssl_says_the_same(tmp_path):
    made_by_openssl = tmp_path / "made.crt"
    command = "openssl req -x509 -newkey rsa:1024 -nodes -keyout /dev/null -days 9000 -subj /O=k3s/CN=k3s -addext subjectAltName=DNS:a.example,IP:10.1.2.3 -out"
    subprocess.run([*command.split(), str(made_by_openssl)], check=True, capture_output=True)
    said = subprocess.run(["openssl", "x509", "-in", str(made_by_openssl), "-noout", "-enddate"], capture_output=True, text=True)
    found = certificates.read(made_by_openssl.read_text())
    assert found.names == ["a.example", "10.1.2.3"]
    moment = datetime.datetime.strptime(said.stdout.strip(), "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=datetime.UTC)
    assert found.expiry == moment.timestamp()


def in_pem(der):
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}\n-----END CERTIFICATE-----\n"


def der(text):
    return x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER)


GOOD = der(made(names=["localhost", "127.0.0.1"]))
END = re.search(rb"\d{12}Z(?=0)", GOOD).group()
WRONG = (
    "", "x", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----A-----END CERTIFICATE-----",
    in_pem(b"\x30"), in_pem(b"\x30\x00"), in_pem(b"\x30\x02\x30\x00"), in_pem(b"\x30\x80\x00\x00"),
    in_pem(b"\x30\x84\xff\xff\xff\xff"), in_pem(b"\x30\x85\0\0\0\0\1"), in_pem(b"\x1f\x01\x00"),
    in_pem(GOOD[:-200]), in_pem(GOOD[:40]), in_pem(b"\x31" + GOOD[1:]),
    "-----BEGIN CERTIFICATE-----\n" * 5000,
    # A month and a letter that there are not, and an address of three bytes.
    in_pem(GOOD.replace(END, b"261399000000Z")), in_pem(GOOD.replace(END, END[:-1] + b"+")),
    in_pem(GOOD.replace(b"\x87\x04\x7f\x00\x00\x01", b"\x87\x03\x7f\x00\x00\x81\x00"[:6])),
)  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda text: repr(text[:30]))
def test_what_is_no_certificate(text):
    with pytest.raises(ValueError):
        certificates.read(text)


@settings(max_examples=60)
@given(changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4), cut=st.integers(0, len(GOOD)))
def test_no_damaged_certificate_raises_anything_else(changes, cut):
    damaged = bytearray(GOOD)
    for position, value in changes:
        damaged[position] = value
    for text in (in_pem(bytes(damaged)), in_pem(bytes(damaged[:cut]))):
        try:
            found = certificates.read(text)
        except ValueError:
            continue
        assert isinstance(found.expiry, int)
        assert all(name.isprintable() for name in found.names)


def test_a_name_does_not_reach_a_terminal_as_it_is():
    assert certificates.read(in_pem(GOOD.replace(b"localhost", b"lo\x1b[31mst"))).names == ["lo?[31mst", "127.0.0.1"]


def secret(certificate, **changes):
    """The file in which K3s keeps the certificate of its port."""
    data = {"tls.crt": base64.b64encode(certificate.encode()).decode(), "tls.key": base64.b64encode(b"the key").decode()}
    return json.dumps({"metadata": {"name": "k3s-serving", "namespace": "kube-system"}, "data": data, "type": "kubernetes.io/tls", **changes})


def test_the_certificate_of_the_port():
    assert certificates.read_listener(secret(RECORDED)) == (1827377895, RECORDED_NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        "[" * 100_000,
        secret("x"),
        secret(RECORDED, data=None),
        secret(RECORDED, data={"tls.crt": 7}),
        secret(RECORDED, data={"tls.crt": "é"}),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_certificate_of_the_port(text):
    with pytest.raises(ValueError):
        certificates.read_listener(text)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("client-admin.crt", True),
        ("serving-kube-apiserver.crt", True),
        ("server-ca.crt", True),
        ("request-header-ca.crt", True),
        ("client.crt", True),
        ("peer-server-client.crt", True),
        ("client-k3s-cloud-controller.crt", True),
        ("client-admin.key", False),
        ("client-admin.crt.old", False),
        ("my-company.crt", False),
        ("clients.crt", False),
        ("CLIENT-admin.crt", False),
        ("client-\nadmin.crt", False),
        ("apiserver-loopback-client__.crt", False),
    ],
)
def test_whose_file_it_is(name, own):
    assert certificates.is_own(name) is own


def test_authorities_live_longer():
    assert certificates.is_authority("/var/lib/rancher/k3s/server/tls/etcd/peer-ca.crt")
    assert not certificates.is_authority("/var/lib/rancher/k3s/agent/client-kubelet.crt")
    assert certificates.read(AUTHORITY.certificate.decode()).expiry > certificates.read(made()).expiry + 3000 * DAY
