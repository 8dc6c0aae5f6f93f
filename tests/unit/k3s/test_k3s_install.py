"""The download of a release against a real HTTP server in all its failures, and the links to it."""

import contextlib
import functools
import hashlib
import http.server
import io
import os
import socket
import threading
import time
from types import SimpleNamespace

import mirror
import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import binary
from ansible_collections.gitpod.node_prep.plugins.modules import k3s_install

VERSION = "v1.24.9+k3s1"
CONTENT = b"\x7fELF" + bytes(range(256)) * 400
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Address of a mirror that serves one release, as the lab's does."""
    root = tmp_path_factory.mktemp("mirror")
    folder = root / "k3s" / VERSION
    folder.mkdir(parents=True)
    (folder / "k3s").write_bytes(CONTENT)
    (root / "without-list" / VERSION).mkdir(parents=True)
    (root / "without-list" / VERSION / "k3s").write_bytes(CONTENT)
    (folder / "sha256sum-amd64.txt").write_text(f"{'0' * 64}  k3s-airgap-images-amd64.tar\n{DIGEST}  k3s\n")

    class Quiet(mirror.Mirror):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root))) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def node(tmp_path):
    """A node with an old release that is linked."""
    old = tmp_path / "opt" / "v1.23.13+k3s1" / "k3s"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "k3s").symlink_to(old)
    return tmp_path


def names_in(directory):
    return sorted(path.name for path in directory.iterdir())


def install(node, url, digests=None, timeout=10, check_mode=False):
    path = str(node / "opt" / VERSION / "k3s")
    params = {
        "version": VERSION,
        "release_url": url,
        "digests": digests or {},
        "install_dir": str(node / "opt"),
        "links": {str(node / "bin" / "k3s"): path, str(node / "bin" / "kubectl"): "k3s"},
        "timeout": timeout,
    }
    return k3s_install.install(params, "amd64", check_mode)


def test_a_release_is_verified_by_its_own_list(release, node):
    assert install(node, f"{release}/k3s")["changed"] is True
    path = node / "opt" / VERSION / "k3s"
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o7777 == 0o755
    assert (node / "bin" / "k3s").readlink() == path
    assert (node / "bin" / "kubectl").resolve() == path
    assert binary.read(str(path)) == {"path": str(path), "exists": True, "intact": True, "sha256": DIGEST}
    assert names_in(path.parent) == ["k3s", "k3s.verified"]


def test_a_second_time_nothing_is_changed_or_asked_for(release, node):
    install(node, f"{release}/k3s")
    assert install(node, "http://127.0.0.1:9/nobody")["changed"] is False


def test_a_digest_that_is_given_needs_no_list(release, node):
    assert install(node, f"{release}/without-list", digests={"amd64": DIGEST})["changed"] is True


def test_check_mode_downloads_and_changes_nothing(release, node):
    result = install(node, "http://127.0.0.1:9/nobody", check_mode=True)
    assert result["changed"] is True
    assert result["diff"]["after"][str(node / "bin" / "kubectl")] == "k3s"
    assert names_in(node / "opt") == ["v1.23.13+k3s1"]
    assert names_in(node / "bin") == ["k3s"]


def test_a_binary_that_was_altered_is_replaced(release, node):
    install(node, f"{release}/k3s")
    path = node / "opt" / VERSION / "k3s"
    path.write_bytes(CONTENT + b"more")
    assert binary.read(str(path))["intact"] is False
    assert install(node, f"{release}/k3s")["changed"] is True
    assert path.read_bytes() == CONTENT


def test_a_file_that_only_got_a_new_time_is_still_the_one_that_was_verified(release, node):
    install(node, f"{release}/k3s")
    os.utime(node / "opt" / VERSION / "k3s", (1, 1))
    assert install(node, "http://127.0.0.1:9/nobody")["changed"] is False


def closed_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


NO_END = " s, and no end"
FAILURES = {
    "404": ("sha256sum-amd64.txt", "a line for k3s", "HTTP 404 Not Found", "Check k3s_version and k3s_release_url"),
    "500": ("sha256sum-amd64.txt", "a line for k3s", "HTTP 500 Internal Server Error", "Run the play again later"),
    "garbage": ("sha256sum-amd64.txt", "a line for k3s", "begin with '<html>", "Check k3s_version and k3s_release_url"),
    "truncated": ("k3s", DIGEST, f"{len(CONTENT) // 2} of {len(CONTENT)} bytes", "Run the play again later"),
    "digest": ("k3s", DIGEST, hashlib.sha256(CONTENT[::-1]).hexdigest(), "Do not use that file"),
    "slow": ("k3s", DIGEST, NO_END, "Run the play again later"),
}


def check_failure(node, base, name, expected, came, remedy, **options):
    with pytest.raises(k3s_install.DownloadError) as raised:
        # A second where the limit is what ends it; else much more than a busy machine needs.
        install(node, f"{base}/k3s", timeout=1 if came == NO_END else 60, **options)
    text = k3s_install.failure_text(VERSION, raised.value)
    lines = dict(line.split(": ", 1) for line in text.splitlines()[1:])
    assert VERSION in text.splitlines()[0]
    assert lines["URL"] == f"{base}/k3s/v1.24.9%2Bk3s1/{name}"
    assert expected in lines["expected"]
    assert came in lines["came"]
    assert remedy in lines["what to do"]
    # The old release is untouched, and nothing is left behind.
    assert names_in(node / "opt") == ["v1.23.13+k3s1"]
    assert names_in(node / "bin") == ["k3s"]
    assert (node / "bin" / "k3s").read_bytes() == b"old"


@pytest.mark.parametrize("mode", FAILURES)
def test_a_mirror_that_fails(release, node, mode):
    check_failure(node, f"{release}/broken/{mode}", *FAILURES[mode])


@pytest.mark.parametrize(
    ("mode", "came"),
    [("404", "HTTP 404"), ("500", "HTTP 500"), ("garbage", "72 bytes that begin with '<html>"), ("slow", NO_END)],
)
def test_a_binary_that_fails_with_a_known_digest(release, node, mode, came):
    check_failure(node, f"{release}/broken/{mode}", "k3s", DIGEST, came, "", digests={"amd64": DIGEST})


def test_nobody_answers(node):
    check_failure(node, closed_port(), "sha256sum-amd64.txt", "a line for k3s", "no answer: ", "Run the play again later")


def test_a_server_that_never_says_anything(node):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        check_failure(node, base, "sha256sum-amd64.txt", "a line for k3s", NO_END, "Run the play again later")


def test_a_server_that_dribbles_is_left_at_the_limit(node):
    """Every byte comes in time, the file never does: it is the limit for the whole file that ends this."""

    class Dribble(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(50):
                    self.wfile.write(b"x")
                    time.sleep(0.1)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dribble) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        check_failure(node, base, "sha256sum-amd64.txt", "a line for k3s", NO_END, "Run the play again later")
        server.shutdown()


def test_a_wrong_digest_of_the_user_says_what_came(release, node):
    check_failure(node, release, "k3s", "e" * 64, DIGEST, "k3s_sha256", digests={"amd64": "e" * 64})


@pytest.mark.parametrize("note", ["", "not json", "[]", "{}", '{"sha256": "x"}'])
def test_a_damaged_note_verifies_nothing(tmp_path, note):
    path = tmp_path / "k3s"
    path.write_bytes(CONTENT)
    (tmp_path / "k3s.verified").write_text(note)
    assert binary.read(str(path)) == {"path": str(path), "exists": True, "intact": False, "sha256": DIGEST}


@pytest.mark.parametrize("url", ["http://[x", "http://a\u2100b/", "https://x:port"])
def test_an_address_that_is_none_is_said(node, url):
    with pytest.raises(k3s_install.DownloadError) as caught:
        install(node, url, digests={"amd64": DIGEST})
    assert caught.value.came.startswith(("nothing, for this is no address: ", "no answer: "))
    assert names_in(node / "opt") == ["v1.23.13+k3s1"]


@pytest.mark.parametrize(("announced", "whole"), [("many", True), ("", True), ("9" * 5000, True), (str(len(CONTENT)), True), ("7", False)])
def test_a_length_that_is_no_number_announces_nothing(monkeypatch, announced, whole):
    answer = SimpleNamespace(headers={"Content-Length": announced}, read1=io.BytesIO(CONTENT).read)
    monkeypatch.setattr(k3s_install, "open_url", lambda *_args, **_options: answer)
    with contextlib.nullcontext() if whole else pytest.raises(k3s_install.DownloadError, match="of 7 bytes"):
        assert k3s_install.download("http://x", io.BytesIO(), 10) == DIGEST
