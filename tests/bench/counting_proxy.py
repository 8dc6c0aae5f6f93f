"""A plain HTTP door to the API server that counts the requests which come through it.

Usage: counting_proxy.py <folder with the server's certificates> <file for the counts>. It listens at 127.0.0.1:PORT until it is ended, and
writes after each request how many there were of each kind: {"GET /api/v1/nodes": 1}.
"""

import json
import ssl
import sys
from collections import Counter
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 8001


class Handler(BaseHTTPRequestHandler):
    """Forwards a request with the administrator's certificate, and its answer back."""

    protocol_version = "HTTP/1.1"
    counts, context, report = None, None, None

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.counts[f"{self.command} {self.path.partition('?')[0]}"] += 1
        self.report.write_text(json.dumps(self.counts))
        upstream = HTTPSConnection("127.0.0.1", 6443, context=self.context, timeout=60)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "authorization", "connection")}
        upstream.request(self.command, self.path, body, kept)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type", ""))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    do_GET = do_POST = do_PATCH = forward

    def log_message(self, *_):
        """Nothing: the counts are in the file."""


def main(pki, report):
    Handler.context = ssl.create_default_context(cafile=Path(pki, "server-ca.crt"))
    Handler.context.load_cert_chain(Path(pki, "client-admin.crt"), Path(pki, "client-admin.key"))
    Handler.counts, Handler.report = Counter(), Path(report)
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
