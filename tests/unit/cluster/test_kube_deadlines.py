"""A request has one limit of wall time, whatever the other side does, and its message says how long it was."""

import contextlib
import socket
import threading
import time

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils import _deadline as under_test
from ansible_collections.gitpod.node_prep.plugins.module_utils._deadline import Deadline
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.client import KubeConfigError, KubeConnectionError, KubeStatusError, open_client
from fake_api import NODES, FakeApi, status

BUSY = status(429, "TooManyRequests", "please try again later")


@pytest.fixture
def api():
    with FakeApi() as api:
        yield api


@contextlib.contextmanager
def serving(serve):
    """A server that does this with each connection; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=_suppressed, args=(serve, server.accept()[0]), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _suppressed(serve, connection):
    with contextlib.suppress(OSError), connection:
        serve(connection)


def dribbling(head, rest):
    """Sends the head at once and the rest byte by byte, a byte each tenth of a second, for 6 s at most."""

    def serve(connection):
        connection.recv(65536)
        connection.sendall(head)
        for byte in (rest * 60)[:60]:
            time.sleep(0.1)
            connection.sendall(bytes([byte]))

    return serve


def silent(connection):
    connection.recv(65536)
    time.sleep(6)


def deaf(_connection):
    time.sleep(6)


def too_late(host, timeout=0.5, limit=None, **params):
    found = open_client({"timeout": timeout, "host": host, "api_key": "t", **params})
    start = time.monotonic()
    with pytest.raises(KubeConnectionError) as error:
        (found.until(Deadline(limit)) if limit is not None else found).get("/version")
    assert time.monotonic() - start < 2.5
    return str(error.value)


@pytest.mark.parametrize(
    ("scheme", "serve"),
    [
        ("http", dribbling(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x")),
        ("http", dribbling(b"HTTP/1.1 200 OK\r\n\r\n", b"x")),
        ("http", dribbling(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")),
        ("http", dribbling(b"", b"HTTP/1.1 200 OK\r\n")),
        ("http", dribbling(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")),
        ("http", silent),
        ("https", deaf),
    ],
    ids=["body", "body without a length", "chunks", "status line", "headers", "silent", "handshake"],
)
def test_a_server_that_takes_too_long(scheme, serve):
    with serving(serve) as address:
        assert too_late(f"{scheme}://{address}") == f"the Kubernetes API at {scheme}://{address} did not answer within 0.5 s"


def test_a_name_server_that_is_silent(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(6))
    assert "did not answer within 0.5 s" in too_late("http://api.example")


def test_a_proxy_that_is_silent():
    with serving(silent) as address:
        assert "did not answer within 0.5 s" in too_late("https://api.example", proxy=f"http://{address}")


def test_a_connection_that_breaks_off_again_and_again_late():
    def serve(connection):
        connection.recv(65536)
        time.sleep(0.4)

    with serving(serve) as address:
        assert "did not answer within 0.5 s" in too_late(f"http://{address}")


def test_the_limit_of_what_a_request_is_made_for_is_said_where_it_is_the_nearer_one():
    with serving(silent) as address:
        assert "did not answer within 1.5 s" in too_late(f"http://{address}", timeout=30, limit=1.5)
        assert "did not answer within 1 s" in too_late(f"http://{address}", timeout=30, limit=0)
        assert "did not answer within 0.5 s" in too_late(f"http://{address}", timeout=0.5, limit=30)


@pytest.mark.parametrize("code", [429, 503])
def test_an_api_that_wants_to_be_asked_after_the_deadline_is_not_waited_for(api, code):
    api.answers["/version"] = (code, BUSY[1], {"Retry-After": "90"})
    start = time.monotonic()
    with pytest.raises(KubeStatusError, match="please try again later; it wants to be asked again after 90 s") as error:
        open_client({"timeout": 5, **api.auth()}).get("/version")
    assert time.monotonic() - start < 1
    assert (error.value.retry_after, api.count("GET")) == (90, 1)


def test_an_api_that_wants_to_be_asked_later_is_asked_later(api):
    api.once["GET", "/version"] = [(*BUSY, {"Retry-After": "1"})]
    api.answers["/version"] = {"gitVersion": "v"}
    start = time.monotonic()
    assert open_client({"timeout": 5, **api.auth()}).get("/version") == {"gitVersion": "v"}
    assert 1 <= time.monotonic() - start < 2


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "9" * 40, "Wed, 21 Oct 2099 07:28:00 GMT", "²"])
def test_a_time_to_come_again_that_is_no_number_of_seconds_does_not_count(api, value):
    api.once["GET", "/version"] = [(BUSY[0], BUSY[1], {"Retry-After": value.encode().decode("latin-1")})]
    api.answers["/version"] = {"gitVersion": "v"}
    assert open_client({"timeout": 5, **api.auth()}).get("/version") == {"gitVersion": "v"}


def test_the_repetitions_of_a_busy_api_end_with_the_deadline(api):
    api.answers["/version"] = BUSY
    start = time.monotonic()
    with pytest.raises(KubeStatusError):
        open_client({"timeout": 1, **api.auth()}).get("/version")
    assert time.monotonic() - start < 1.2
    assert api.count("GET") == 3


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_that_leaves_no_time_is_refused(api, timeout):
    with pytest.raises(KubeConfigError, match=f"timeout is {timeout}"):
        open_client({"timeout": timeout, **api.auth()})


def test_a_list_is_asked_for_what_it_selects(api):
    api.nodes = {f"n{number}": {"metadata": {"name": f"n{number}"}} for number in range(501)}
    open_client({"timeout": 5, **api.auth()}).items(NODES, selector="spec.nodeName=n1")
    assert [call.query["fieldSelector"] for call in api.calls] == ["spec.nodeName=n1"] * 2


def test_the_error_of_a_function_is_that_of_waiting_for_it():
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        under_test.within(Deadline(1), fail)
    assert under_test.within(Deadline(1), lambda: None) is None


@pytest.mark.parametrize(("seconds", "said"), [(30, "30 s"), (0.2, "0.2 s"), (29.9996, "30 s"), (1.23456, "1.2 s"), (300, "300 s"), (3600, "3600 s")])
def test_seconds_as_they_are_said(seconds, said):
    assert Deadline(seconds).said() == said
