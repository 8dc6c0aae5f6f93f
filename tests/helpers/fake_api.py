"""A small Kubernetes API in this process: lists in pages, merge patches, and whatever failure a test asks for.

It counts requests, so that "one list call" can be verified, and it listens on a real socket, so that timeouts, refused
connections and garbage are the real ones.
"""

import json
import threading
import time
from collections import namedtuple
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

NODES = "/api/v1/nodes"

Call = namedtuple("Call", "method path query headers body")


def status(code, reason, message):
    """An answer as the API refuses: (HTTP status, Status object)."""
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}


class FakeApi:
    """Use as a context manager.

    :param nodes: list of node objects, served and patched under /api/v1/nodes.
    :param answers: dict of path to what GET answers there (a dict, or a tuple of status, dict or text, and perhaps headers).
    """

    def __init__(self, nodes=(), answers=None):
        self.nodes = {node["metadata"]["name"]: json.loads(json.dumps(node)) for node in nodes}
        self.answers = answers or {}
        self.posts = {}
        # (method, path) to a list of answers that come once each, before the usual one.
        self.once = {}
        self.delay = 0
        self.calls = []

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def auth(self, **more):
        """Module parameters that lead here."""
        return {"host": self.url, "api_key": "secret", **more}

    def labels(self, name):
        return self.nodes[name]["metadata"]["labels"]

    @property
    def requests(self):
        return [(call.method, call.path) for call in self.calls]

    def count(self, method, path=None):
        return sum(1 for call in self.calls if call.method == method and path in (None, call.path))

    def respond(self, method, path, query, body):
        queued = self.once.get((method, path))
        if queued:
            return queued.pop(0)
        if method == "POST" and path in self.posts:
            return self.posts[path]
        if path in self.answers:
            answer = self.answers[path]
            return answer if isinstance(answer, tuple) else (200, answer)
        if path == NODES:
            return 200, self._page(query)
        if path.startswith(NODES + "/"):
            return self._node(method, path[len(NODES) + 1 :], body)
        return 404, "404 page not found\n"

    def _page(self, query):
        start, limit = int(query.get("continue", 0)), int(query.get("limit", 0)) or len(self.nodes)
        items = list(self.nodes.values())
        more = {"continue": str(start + limit)} if start + limit < len(items) else {}
        return {"kind": "NodeList", "apiVersion": "v1", "metadata": more, "items": items[start : start + limit]}

    def _node(self, method, name, body):
        node = self.nodes.get(name)
        if node is None:
            return status(404, "NotFound", f'nodes "{name}" not found')
        if method == "PATCH":
            labels = {**node["metadata"].get("labels", {}), **body["metadata"]["labels"]}
            node["metadata"]["labels"] = {key: value for key, value in labels.items() if value is not None}
        return 200, node


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api = None

    def _serve(self):
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw else None
        query = dict(parse_qsl(url.query))
        self.api.calls.append(Call(self.command, url.path, query, self.headers, body))
        time.sleep(self.api.delay)
        code, answer, *headers = self.api.respond(self.command, url.path, query, body)
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        with suppress(ConnectionError):  # a client that gave up waiting
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            for name, value in dict(*headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def log_message(self, *_):
        """Nothing: the requests are in ``api.requests``."""
