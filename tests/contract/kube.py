"""Requests to the port of a K3s server."""

import json
import ssl
import urllib.parse
from http.client import HTTPSConnection


class Api:
    """The server at an address; `pki` holds its certificates, `inside` calls a function where the address can be reached."""

    def __init__(self, address, pki, inside=lambda function, *arguments: function(*arguments)):
        self.address, self.pki, self.inside = address, pki, inside

    def context(self, admin):
        """TLS that trusts the server, with the administrator's certificate or without one."""
        context = ssl.create_default_context(cafile=self.pki / "server-ca.crt")
        if admin:
            context.load_cert_chain(self.pki / "client-admin.crt", self.pki / "client-admin.key")
        return context

    def _request(self, method, path, body, headers, admin):
        connection = HTTPSConnection(self.address, 6443, context=self.context(admin), timeout=15)
        try:
            connection.request(method, urllib.parse.quote(path, safe="/?&=%:,"), body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def text(self, path, method="GET", body=None, headers=None, admin=True):
        """(status, body as text)."""
        return self.inside(self._request, method, path, body, {"User-Agent": "contract/1", **(headers or {})}, admin)

    def call(self, path, method="GET", item=None, media_type="application/json", admin=True):
        """(status, body from JSON)."""
        body = None if item is None else json.dumps(item)
        status, text = self.text(path, method, body, {"Content-Type": media_type}, admin)
        return status, json.loads(text)

    def answers(self, path):
        """Whether this path answers 200 now."""
        try:
            return self.text(path)[0] == 200
        except OSError:
            return False
