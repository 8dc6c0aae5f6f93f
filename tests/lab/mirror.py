"""The mirror of artifacts: the layout of the real release pages, and on request their failures.

Serves the directory given as argument on port 8080. A path that starts with /broken/<mode>/ answers as a broken mirror does:
404, 500, garbage (an HTML page with status 200), truncated (the connection ends in the middle), digest (another file of the
same length), slow (the answer stops after its first bytes and never ends).
"""

import sys
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

GARBAGE = b"<html><body><h1>Please log in to the company network</h1></body></html>\n"
# A checksum file tells the truth under these modes, so that it is the artifact itself that fails.
FAULTS_OF_THE_ARTIFACT = ("truncated", "digest", "slow")


class Mirror(SimpleHTTPRequestHandler):
    def do_GET(self):
        parts = self.path.split("/", 3)
        if parts[1] != "broken":
            return super().do_GET()
        mode, self.path = parts[2], "/" + parts[3]
        name = Path(self.path).name
        if mode in FAULTS_OF_THE_ARTIFACT and name.startswith("sha256sum-"):
            return super().do_GET()
        return getattr(self, f"fail_{mode}")()

    def fail_404(self):
        self.send_error(404)

    def fail_500(self):
        self.send_error(500)

    def fail_garbage(self):
        self.answer(GARBAGE)

    def fail_digest(self):
        self.answer(bytes(reversed(self.content())))

    def fail_truncated(self):
        content = self.content()
        self.answer(content[: len(content) // 2], length=len(content))

    def fail_slow(self):
        content = self.content()
        self.answer(content[:16], length=len(content))
        time.sleep(600)

    def content(self):
        return Path(self.translate_path(self.path)).read_bytes()

    def answer(self, body, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), partial(Mirror, directory=sys.argv[1])).serve_forever()
