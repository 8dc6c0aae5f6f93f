"""What a server leaves on disk, tells systemd, and shows on its port besides the Kubernetes API."""

import base64
import hashlib
import json
import os
import re
import socket

import pytest
import yaml
from conftest import SECRET
from sandbox import LIMIT, SERVER


@pytest.fixture(scope="module")
def path(sandbox, server):
    return lambda inside: sandbox.path(inside)


def test_tells_systemd_that_it_is_ready(server):
    assert server.wait_for(server.notified, LIMIT, "READY=1").strip() == "READY=1"


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (SERVER, 0o700),
        (SERVER / "token", 0o600),
        (SERVER / "tls", 0o700),
        (SERVER / "tls/server-ca.crt", 0o644),
        (SERVER / "tls/server-ca.key", 0o600),
        (SERVER / "tls/client-ca.crt", 0o644),
        (SERVER / "tls/client-admin.crt", 0o644),
        (SERVER / "tls/client-admin.key", 0o600),
        (SERVER / "cred/passwd", 0o600),
        (SERVER / "db", 0o700),
        (SERVER / "db/state.db", 0o644),
        (SERVER / "manifests", 0o700),
        ("/etc/rancher/k3s/k3s.yaml", 0o600),
    ],
)
def test_modes(path, name, mode):
    status = path(name).stat()
    assert oct(status.st_mode & 0o7777) == oct(mode)
    assert (status.st_uid, status.st_gid) == (0, 0)


def test_token(path):
    digest = hashlib.sha256(path(SERVER / "tls/server-ca.crt").read_bytes()).hexdigest()
    assert path(SERVER / "token").read_text() == f"K10{digest}::server:{SECRET}\n"
    assert os.readlink(path(SERVER / "node-token")) == str(SERVER / "token")


def test_kubeconfig(path):
    config = yaml.safe_load(path("/etc/rancher/k3s/k3s.yaml").read_text())
    assert config["apiVersion"] == "v1" and config["kind"] == "Config"
    assert config["current-context"] == "default"
    assert config["contexts"] == [{"name": "default", "context": {"cluster": "default", "user": "default"}}]
    (cluster,), (user,) = config["clusters"], config["users"]
    assert (cluster["name"], user["name"]) == ("default", "default")
    assert cluster["cluster"]["server"] == "https://127.0.0.1:6443"
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == path(SERVER / "tls/server-ca.crt").read_bytes()
    assert base64.b64decode(user["user"]["client-certificate-data"]) == path(SERVER / "tls/client-admin.crt").read_bytes()
    assert base64.b64decode(user["user"]["client-key-data"]) == path(SERVER / "tls/client-admin.key").read_bytes()


def test_packaged_add_ons(path):
    assert not path(SERVER / "manifests/traefik.yaml").exists()


def test_certificate_has_the_names(sandbox, api):
    def names():
        context = api.context(admin=False)
        with (
            socket.create_connection(("127.0.0.1", 6443), timeout=10) as channel,
            context.wrap_socket(channel, server_hostname="k3s.contract.example.com") as secured,
        ):
            return secured.getpeercert()["subjectAltName"]

    found = sandbox.inside(names)
    for wanted in ("kubernetes", "kubernetes.default.svc.cluster.local", "localhost", "k3s.contract.example.com"):
        assert ("DNS", wanted) in found
    for wanted in ("127.0.0.1", "192.0.2.10", "10.43.0.1"):
        assert ("IP Address", wanted) in found


def test_pages_for_anyone(path, api):
    assert api.text("/ping", admin=False) == (200, "pong")
    assert api.text("/cacerts", admin=False) == (200, path(SERVER / "tls/server-ca.crt").read_text())


def basic(user, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 403), (basic("node", "wrong"), 401), (basic("nobody", SECRET), 401), (basic("server", SECRET), 403)],
    ids=["none", "wrong-secret", "unknown-user", "server"],
)
def test_configuration_needs_the_secret(api, headers, status):
    assert api.text("/v1-k3s/config", headers=headers, admin=False) == (status, "")


def test_configuration(api):
    status, text = api.text("/v1-k3s/config", headers=basic("node", SECRET), admin=False)
    assert status == 200
    config = json.loads(text)
    assert (config["FlannelBackend"], config["ClusterDomain"], config["ClusterDNS"]) == ("none", "cluster.local", "10.43.0.10")
    assert (config["HTTPSPort"], config["DisableNPC"], config["DisableCCM"]) == (6443, True, False)


def test_page_of_the_supervisor_that_is_not_there(api):
    status, text = api.text("/v1-k3s/nothing", headers=basic("node", SECRET), admin=False)
    assert (status, json.loads(text)["reason"]) == (401, "Unauthorized")


def test_node_password(api):
    page = "/v1-k3s/client-kubelet.crt"
    secret = basic("node", SECRET)
    assert api.text(page, headers=secret, admin=False) == (400, "node name not set")
    named = dict(secret, **{"K3s-Node-Name": "guarded"})
    assert api.text(page, headers=named, admin=False) == (400, "node password not set")
    status, text = api.text(page, headers=dict(named, **{"K3s-Node-Password": "first"}), admin=False)
    assert status == 200
    assert re.findall("-----BEGIN ([A-Z ]+)-----", text) == ["CERTIFICATE", "CERTIFICATE", "EC PRIVATE KEY"]
    assert api.text(page, headers=dict(named, **{"K3s-Node-Password": "first"}), admin=False)[0] == 200
    status, text = api.text(page, headers=dict(named, **{"K3s-Node-Password": "second"}), admin=False)
    assert (status, text) == (403, "unable to verify hash for node 'guarded': hash does not match")
    assert api.call("/api/v1/namespaces/kube-system/secrets/guarded.node-password.k3s")[0] == 200
