"""K3s' own pages on the port of the API: /cacerts and /ping for anyone, /v1-k3s/… for nodes that know the token."""

import base64
import binascii
import hmac
import json

from . import log, nodes

PREFIX = "/v1-k3s/"
PAGES = (
    "config",
    "client-ca.crt",
    "server-ca.crt",
    "client-kube-proxy.crt",
    "client-k3s-controller.crt",
    "serving-kubelet.crt",
    "client-kubelet.crt",
)
TEXT = "text/plain"


class Supervisor:
    """`config` is what /v1-k3s/config shows; `secrets` the secret by user (node, server)."""

    def __init__(self, pki, config, secrets, api):
        self.pki, self.config, self.secrets, self.api = pki, config, secrets, api

    def page(self, _method, path, headers):
        """(status code, media type, content), or None if the path is not one of these pages."""
        if path == "/ping":
            return 200, TEXT, b"pong"
        if path == "/cacerts":
            return 200, TEXT, self.pki.read("server-ca.crt")
        name = path[len(PREFIX) :] if path.startswith(PREFIX) else ""
        if name not in PAGES:
            return None
        code = self._refuse(headers)
        if code:
            return code, TEXT, b""
        if name == "config":
            return 200, "application/json", json.dumps(self.config).encode()
        if name in ("client-ca.crt", "server-ca.crt"):
            return 200, TEXT, self.pki.read(name)
        if name in ("client-kube-proxy.crt", "client-k3s-controller.crt"):
            return 200, TEXT, self.pki.read(name) + self.pki.read(name.replace(".crt", ".key"))
        return self._kubelet(name, headers)

    def _refuse(self, headers):
        given = headers.get("Authorization") or ""
        if not given.startswith("Basic "):
            return 403
        try:
            user, _colon, secret = base64.b64decode(given[6:]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return 401
        wanted = self.secrets.get(user)
        if wanted is None or not hmac.compare_digest(secret.encode(), wanted.encode()):
            log.error("Failed to authenticate request: invalid username/password combination")
            return 401
        return 0 if user == "node" else 403

    def _kubelet(self, name, headers):
        node, password = (headers.get("K3s-Node-Name") or "").lower(), headers.get("K3s-Node-Password") or ""
        if not node or not password:
            return 400, TEXT, b"node name not set" if not node else b"node password not set"
        if not nodes.ensure_password(self.api, node, password):
            problem = f"unable to verify hash for node '{node}': hash does not match"
            log.error(problem)
            return 403, TEXT, problem.encode()
        key = name[: -len(".crt")]
        if key == "client-kubelet":
            certificate = self.pki.client(key, "system:node:" + node, "system:nodes")
        else:
            addresses = [each for each in (headers.get("K3s-Node-IP") or "").split(",") if each]
            certificate = self.pki.serving(key, node, [node, "localhost", "127.0.0.1", *addresses])
        return 200, TEXT, certificate + self.pki.read(key + ".key")
