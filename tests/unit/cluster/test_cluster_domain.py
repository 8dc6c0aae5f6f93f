"""Gitpod's domain: its names and its certificate, from the resolver and the secret to the finding."""

import base64
import datetime
import socket

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check, domain_reader, reader
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec
from cluster_checks import OPTIONS, check, reading
from cluster_fixtures import answers, served
from cluster_objects import node, service
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fake_api import status
from run_module import run

DOMAIN = "gitpod.example.com"
NAMES = [DOMAIN, "*." + DOMAIN, "*.ws." + DOMAIN]
GIVEN = {"domain": DOMAIN, "namespace": "gitpod"}
DAY = 86400


def test_without_a_domain_nothing_is_checked():
    assert check("dns_names") == [("skipped", "", "not checked: no domain given")]
    assert check("certificate") == [("skipped", "", "not checked: no domain given")]


# --- names ------------------------------------------------------------------------------------------------------------------


def all_at(*addresses):
    return {name: list(addresses) for name in NAMES}


SHOWN = f"{DOMAIN} is %s; *.{DOMAIN} is %s; *.ws.{DOMAIN} is %s"
ON_EKS = {"version": "v1.22.17-eks-48e63af"}
SERVED = [service("proxy", "LoadBalancer", "203.0.113.7")]
BY_NAME = [{"metadata": {"name": "proxy"}, "spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"hostname": "a1.elb.example"}]}}}]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"names": all_at("203.0.113.7"), "services": SERVED}, "pass"),
        ({"names": all_at("192.0.2.10"), "services": SERVED}, "pass"),  # an address of a node
        ({"names": all_at("192.0.2.10")}, "pass"),
        ({"names": all_at("198.51.100.1", "203.0.113.7"), "services": SERVED}, "pass"),
        ({"names": all_at("198.51.100.1"), "services": SERVED}, "fail"),
        ({"names": {**all_at("203.0.113.7"), NAMES[2]: ["198.51.100.1"]}, "services": SERVED}, "fail"),
        ({"names": all_at("198.51.100.1")}, "fail"),  # ServiceLB has the addresses of the nodes
        ({"names": all_at("198.51.100.1"), **ON_EKS}, "warning"),  # no address to compare with
        ({"names": {**all_at("198.51.100.1"), "a1.elb.example": ["198.51.100.1", "198.51.100.2"]}, "services": BY_NAME, **ON_EKS}, "pass"),
        ({"names": {**all_at("198.51.100.9"), "a1.elb.example": ["198.51.100.1"]}, "services": BY_NAME, **ON_EKS}, "fail"),
        ({"names": {**all_at("198.51.100.9"), "a1.elb.example": []}, "services": BY_NAME, **ON_EKS}, "fail"),
        ({"names": all_at()}, "fail"),
        ({"names": {}}, "fail"),
    ],
)
def test_dns_names(changes, expected):
    (finding,) = check("dns_names", GIVEN, **changes)
    assert finding[:2] == (expected, "")


def test_what_is_said_of_names():
    assert check("dns_names", GIVEN, names=all_at("192.0.2.10"))[0][2] == SHOWN % (("192.0.2.10",) * 3)
    elsewhere = check("dns_names", GIVEN, names=all_at("198.51.100.1"), nodes=[node("m")])[0][2]
    assert elsewhere == SHOWN % (("198.51.100.1",) * 3) + "; the cluster has 192.0.2.10"
    lacking = check("dns_names", GIVEN, names={DOMAIN: ["192.0.2.10"]})[0][2]
    assert lacking == f"does not resolve on the control node: *.{DOMAIN}, *.ws.{DOMAIN}"


def test_resolver(monkeypatch):
    asked = []

    def getaddrinfo(name, *_, **__):
        asked.append(name)
        return [(2, 1, 6, "", ("192.0.2.2", 0)), (2, 1, 6, "", ("192.0.2.1", 0)), (2, 1, 6, "", ("192.0.2.2", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert [domain_reader.resolve(name) for name in NAMES] == [["192.0.2.1", "192.0.2.2"]] * 3
    assert asked[0] == DOMAIN
    for pattern, name in zip(NAMES[1:], asked[1:], strict=True):
        label, dot, rest = name.partition(".")
        assert "*" + dot + rest == pattern
        assert label.startswith("gitpod-node-prep-")
    domain_reader.resolve(NAMES[1])
    assert asked[3] != asked[1]


@pytest.mark.parametrize("name", ["", "a..b", "x" * 300, "nul\0", "\udcff.example", "*"])
def test_resolver_with_strange_names(name, monkeypatch):
    def getaddrinfo(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    assert domain_reader.resolve(name) in ([], domain_reader.resolve(name))
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert domain_reader.resolve(name) == []


# --- certificate ------------------------------------------------------------------------------------------------------------

GOOD = {"there": True, "type": "kubernetes.io/tls", "key": True, "problem": "", "names": NAMES, "begun": DAY, "left": 30 * DAY}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("pass", "covers them for another 30 days")),
        ({"names": [name.upper() for name in NAMES]}, ("pass", "covers them for another 30 days")),
        ({"there": False}, ("fail", "there is no such secret")),
        ({"type": "Opaque"}, ("fail", "the secret is of type `Opaque` and not kubernetes.io/tls")),
        ({"key": False}, ("fail", "the secret has no tls.key")),
        ({"problem": "the secret has no tls.crt"}, ("fail", "the secret has no tls.crt")),
        ({"names": NAMES[:2]}, ("fail", f"the certificate does not cover *.ws.{DOMAIN}")),
        ({"names": ["*.example.com"]}, ("fail", f"the certificate does not cover {', '.join(NAMES)}")),
        ({"left": 0}, ("fail", "the certificate has expired")),
        ({"begun": -1}, ("fail", "the certificate is not valid yet")),
        ({"key": False, "left": -5}, ("fail", "the secret has no tls.key; the certificate has expired")),
    ],
)
def test_certificate(changes, expected):
    assert check("certificate", GIVEN, secret={**GOOD, **changes}) == [(expected[0], "", expected[1])]


def issued(ready, names=NAMES, secret="https-certificates", message="waiting for the order"):
    conditions = [] if ready is None else [{"type": "Ready", "status": ready, "message": message}]
    return {"metadata": {"name": "gitpod"}, "spec": {"secretName": secret, "dnsNames": names}, "status": {"conditions": conditions}}


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (issued("False"), "there is no such secret; cert-manager is not done with its Certificate gitpod: waiting for the order"),
        (issued(None), "there is no such secret; cert-manager is not done with its Certificate gitpod: it says nothing yet"),
        (issued("False", secret="other"), "there is no such secret"),
    ],
)
def test_certificate_that_is_being_issued(item, text):
    assert check("certificate", GIVEN, secret={"there": False}, certificates=[item]) == [("fail", "", text)]


@pytest.mark.parametrize(
    ("item", "status", "text"),
    [
        (issued("True"), "pass", "ready, says cert-manager"),
        (issued("True", names=NAMES[:2]), "unknown", "could not be read: no permission"),
        (issued("False"), "unknown", "could not be read: no permission"),
        (issued("True", secret="other"), "unknown", "could not be read: no permission"),
    ],
)
def test_where_secrets_may_not_be_read_cert_manager_is_asked(item, status, text):
    content = reading(certificates=[item], unreadable={"secret": "no permission"})
    (finding,) = cluster_check.findings_of(content, {**OPTIONS, **GIVEN}, only=["certificate"])
    assert (finding["status"], finding["found"]) == (status, text)


def pem(names, begin=-1, end=90):
    """A self-signed certificate in PEM that is valid from and to so many days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begin))
        .not_valid_after(now + datetime.timedelta(days=end))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def encoded(content):
    return base64.b64encode(content).decode()


def secret(content, **changes):
    return {"type": "kubernetes.io/tls", "data": {"tls.crt": encoded(content), "tls.key": encoded(b"key")}, **changes}


SECRET = "/api/v1/namespaces/default/secrets/https-certificates"


@pytest.fixture
def resolver(monkeypatch):
    """Every name has the address of the hand-made cluster's load balancer."""
    monkeypatch.setattr(reader, "resolve", lambda _name: ["192.0.2.10"])


def checked(content, capsys, **arguments):
    with served({**answers("k3s"), SECRET: content}) as api:
        result = run(cluster_spec.main, capsys, domain=DOMAIN, **arguments, **api.auth(api_key="token"))
    assert "failed" not in result
    return {finding["id"]: (finding["status"], finding["found"]) for finding in result["findings"] if finding["id"] in ("dns_names", "certificate")}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (secret(pem(NAMES)), ("pass", "covers them for another 89 days")),
        (secret(pem(NAMES) + pem(["ca.example"])), ("pass", "covers them for another 89 days")),
        (secret(pem(NAMES, end=-0.5)), ("fail", "the certificate has expired")),
        (secret(pem(NAMES, begin=1)), ("fail", "the certificate is not valid yet")),
        (secret(pem(NAMES[:1])), ("fail", f"the certificate does not cover {', '.join(NAMES[1:])}")),
        (secret(pem([])), ("fail", "the certificate names no host (subject alternative names)")),
        (secret(b""), ("fail", "the secret has no tls.crt")),
        ({"type": "kubernetes.io/tls"}, ("fail", "the secret has no tls.crt")),
        (secret(pem(NAMES), type="Opaque"), ("fail", "the secret is of type `Opaque` and not kubernetes.io/tls")),
        (secret(pem(NAMES), type=None), ("fail", "the secret is of type `` and not kubernetes.io/tls")),
        (status(404, "NotFound", "not found"), ("fail", "there is no such secret")),
    ],
)
@pytest.mark.usefixtures("resolver")
def test_certificate_of_a_secret(content, expected, capsys):
    assert checked(content, capsys)["certificate"] == expected


@pytest.mark.parametrize(
    "data",
    [
        {"tls.crt": encoded(b"garbage")},
        {"tls.crt": "!"},
        {"tls.crt": 7},
        {"tls.crt": ["x"]},
        {"tls.crt": encoded(pem(NAMES).replace(b"M", b"N"))},
        {"tls.crt": "\udcff"},
    ],
)
@pytest.mark.usefixtures("resolver")
def test_certificate_that_cannot_be_read(data, capsys):
    kind, text = checked({"type": "kubernetes.io/tls", "data": data}, capsys)["certificate"]
    assert (kind, text.startswith("the certificate in tls.crt cannot be read: ")) == ("fail", True)


@pytest.mark.usefixtures("resolver")
def test_permission_to_read_the_secret_is_named(capsys):
    kind, text = checked(status(403, "Forbidden", "forbidden"), capsys)["certificate"]
    assert kind == "unknown"
    assert "the verb 'get' on the resource 'secrets'" in text


@pytest.mark.usefixtures("resolver")
def test_python_without_cryptography(capsys, monkeypatch):
    monkeypatch.setattr(domain_reader, "x509", None)
    kind, text = checked(secret(pem(NAMES)), capsys)["certificate"]
    assert (kind, "no package cryptography" in text) == ("unknown", True)


@pytest.mark.usefixtures("resolver")
def test_nothing_of_the_secret_comes_out_of_the_module(capsys):
    with served({**answers("k3s"), SECRET: secret(pem(NAMES))}) as api:
        result = run(cluster_spec.main, capsys, domain=DOMAIN, **api.auth(api_key="token"))
    assert encoded(b"key") not in str(result)


@pytest.mark.usefixtures("resolver")
def test_names_are_resolved_and_compared(capsys):
    assert checked(secret(pem(NAMES)), capsys)["dns_names"] == ("pass", SHOWN % (("192.0.2.10",) * 3))


def test_without_a_domain_neither_secret_nor_names_are_looked_for(capsys, monkeypatch):
    monkeypatch.setattr(reader, "resolve", None)
    with served({**answers("k3s"), SECRET: secret(pem(NAMES))}) as api:
        run(cluster_spec.main, capsys, host=api.url, api_key="token")
        assert ("GET", SECRET) not in api.requests
