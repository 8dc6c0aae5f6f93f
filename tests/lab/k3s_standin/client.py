"""HTTP over TLS to a K3s server: the supervisor's pages with basic authentication, the API with a client certificate."""

import base64
import http.client
import json
import ssl
import urllib.parse


class Unreachable(Exception):
    """No answer from the server."""


class Refused(Exception):
    """An answer that is not 200/201."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Client:
    """One server; `authority` is the PEM text of its certificate authority, None to trust anybody."""

    def __init__(self, url, authority=None, certificate=None, timeout=10):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 443
        self.timeout = timeout
        self.context = ssl.create_default_context(cadata=authority) if authority else ssl._create_unverified_context()
        if certificate:
            self.context.load_cert_chain(*certificate)
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        """(status code, body as bytes); one attempt on a kept connection, one on a fresh one."""
        for fresh in (False, True):
            kept = self.connection
            if kept is None or fresh:
                self.close()
                kept = self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=self.context)
            try:
                kept.request(method, path, body=body, headers=headers or {})
                answer = kept.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as problem:
                self.close()
                failure = problem
        raise Unreachable(str(failure) or type(failure).__name__)

    def close(self):
        """Drop the kept connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def page(self, path, user=None, secret=None, headers=None):
        """A page of the supervisor; Refused if it is not 200."""
        headers = dict(headers or {})
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode((f"{user}:{secret}").encode()).decode()
        code, body = self.request("GET", path, headers=headers)
        if code != 200:
            raise Refused(code, f"{code} {http.client.responses.get(code, '')}")
        return body

    def object(self, method, path, item=None, media_type="application/json"):
        """An object of the API; Refused if it is not 200 or 201."""
        body = None if item is None else json.dumps(item)
        code, answer = self.request(method, path, body, {"Content-Type": media_type, "Accept": "application/json", "User-Agent": "k3s/stand-in"})
        if code not in (200, 201):
            raise Refused(code, answer.decode(errors="replace"))
        return json.loads(answer)
