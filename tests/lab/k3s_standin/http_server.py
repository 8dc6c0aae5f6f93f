"""The port of a K3s server: TLS, the supervisor's own pages, and the Kubernetes API behind them."""

import json
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from . import errors, log, negotiation
from .api import Request


class Server(ThreadingHTTPServer):
    """One thread a connection; the TLS handshake happens in it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, supervisor, api):
        self.supervisor, self.api, self.context = supervisor, api, None
        super().__init__(address, Handler)

    def use(self, certificate, key, client_ca):
        """Take this certificate; ask clients for one of `client_ca`, which they need not have."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.load_cert_chain(certificate, key)
        self.context.verify_mode = ssl.CERT_OPTIONAL
        self.context.load_verify_locations(client_ca)

    def get_request(self):
        channel, address = super().get_request()
        return self.context.wrap_socket(channel, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        problem = sys.exc_info()[1]
        if not isinstance(problem, OSError):
            log.error(f"http: panic serving {client_address[0]}: {problem!r}")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 900  # seconds until an idle connection is closed

    def setup(self):
        self.request.settimeout(10)
        self.request.do_handshake()
        super().setup()

    def answer(self):
        """Any method."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        found = self.server.supervisor.page(self.command, parts.path, self.headers)
        if found is None:
            found = self._api(parts, body)
        code, media_type, content = found
        self.send_response(code)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers_with(b"" if self.command == "HEAD" else content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def end_headers_with(self, content):
        """Headers and body in one packet."""
        self._headers_buffer.append(b"\r\n")
        self._headers_buffer.append(content)
        self.flush_headers()

    def _api(self, parts, body):
        user, groups = self._client()
        media_type = (self.headers.get("Content-Type") or "").partition(";")[0]
        agent = (self.headers.get("User-Agent") or "unknown").partition("/")[0]
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), media_type, body, user, groups, agent)
        try:
            code, answer = self.server.api.handle(request)
            if isinstance(answer, dict):
                answer = negotiation.shown(self.headers.get("Accept"), answer)
        except errors.ApiError as problem:
            code, answer = problem.code, problem.body
        except errors.NoSuchPath as problem:
            code, answer = 404, problem.body
        if isinstance(answer, str):
            return code, "text/plain; charset=utf-8", answer.encode()
        return code, "application/json", (json.dumps(answer, separators=(",", ":")) + "\n").encode()

    def _client(self):
        subject = (self.request.getpeercert() or {}).get("subject", ())
        fields = [pair for part in subject for pair in part]
        names = [value for key, value in fields if key == "commonName"]
        return (names[0] if names else ""), [value for key, value in fields if key == "organizationName"]

    def log_message(self, *_arguments):
        """Requests are not logged, as in the real one."""
