"""The etcd of several servers: what it says, what follows from that, and that whoever answers oddly or not at all does no harm."""

import contextlib
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import etcd, etcd_reader
from certificates import Authority
from hypothesis import given, strategies as st

# As K3s v1.21.2 answers; the third has not started.
MEMBERS = [
    {"id": 1050625163095949451, "peerURLs": ["https://10.88.2.137:2380"], "name": "s1-a5d17571", "clientURLs": ["https://10.88.2.137:2379"]},
    {"id": 5, "peerURLs": ["https://[fd00::2]:2380"], "isLearner": True, "name": "s2-b1b62643", "clientURLs": ["https://[fd00::2]:2379"]},
    {"id": 6, "peerURLs": ["https://10.88.2.138:2380"], "isLearner": True},
]
CONFIG = "advertise-client-urls: https://10.88.2.137:2379\ndata-dir: /var/lib/rancher/k3s/server/db/etcd\nname: s1-a5d17571\n"
METRICS = """\
# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 0
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 50
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.004"} 98
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.008"} 100
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100
etcd_disk_wal_fsync_duration_seconds_sum 0.2
etcd_server_has_leader 1
etcd_server_is_leader 1
"""


def member(name, healthy=True, learner=False):
    return {"name": name, "address": f"10.0.0.{name[-1:]}", "learner": learner, "healthy": healthy}


def state(*members, name="s1", problem=""):
    return {**etcd.NONE, "name": name, "members": list(members), "problem": problem}


def test_what_a_peer_says_of_the_members():
    assert etcd.parse_members(json.dumps(MEMBERS).encode()) == [
        ("", "10.88.2.138", True, False),
        ("s1-a5d17571", "10.88.2.137", False, False),
        ("s2-b1b62643", "fd00::2", True, False),
    ]


WRONG = (
    b"", b"\xff", b"null", b"0", b"[]", b"{}", b"[1]", b"[[]]", b"[{}]", b'["x"]', b'{"a": 1}', b'[{"name": "a", "peerURLs": []}]',
    b'[{"name": "a", "peerURLs": [7]}]', b'[{"name": "a", "peerURLs": "x"}]', b'[{"peerURLs": ["https://a b:2380"]}]', b'[{"peerURLs": ["file:///x"]}]',
    b"[" * 100_000, json.dumps(MEMBERS[:1] * 21).encode(), json.dumps([{"peerURLs": ["https://%s:2380" % ("a" * 300)]}]).encode(),
)  # fmt: skip


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: repr(answer[:20]))
def test_what_is_no_list_of_members(answer):
    with pytest.raises(etcd.NoAnswer, match="does not say who its members are"):
        etcd.parse_members(answer)


URLS = st.lists(st.sampled_from([0, "", "https://a:1", "https://\u0661:1", "https://a:1/x", []]))
ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | URLS
ODD_MEMBER = st.dictionaries(st.sampled_from(["name", "peerURLs", "isLearner", "id"]), ODD)


@given(answer=st.binary() | st.lists(ODD_MEMBER, max_size=3).map(lambda value: json.dumps(value).encode()))
def test_no_answer_raises_anything_else(answer):
    with contextlib.suppress(etcd.NoAnswer):
        for one in etcd.parse_members(answer):
            assert one.name.isprintable()
            assert len(one.name) < 210
            assert one.healthy is False


def test_a_name_does_not_reach_a_terminal_as_it_is():
    (found,) = etcd.parse_members(json.dumps([{**MEMBERS[0], "name": "a\x1b[31m\nb"}]).encode())
    assert found.name == "a?[31m b"


@pytest.mark.parametrize(
    ("text", "leader", "p99"),
    [
        (METRICS, True, 0.006),
        (METRICS.replace("is_leader 1", "is_leader 0"), False, 0.006),
        ("", False, None),
        ("etcd_server_is_leader 10\n", False, None),
        # Large numbers, as Go writes them.
        (METRICS.replace(" 50\n", " 5e+05\n").replace(" 98\n", " 9.8e+05\n").replace(" 100\n", " 1e+06\n"), True, 0.006),
        (METRICS.replace(" 100\n", " 0\n").replace(" 98\n", " 0\n").replace(" 50\n", " 0\n"), True, None),
        # Slower than the last limit: that much is certain.
        (METRICS.replace('"+Inf"} 100', '"+Inf"} 900'), True, 0.008),
        ('etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 9\n', False, None),
        ('etcd_disk_wal_fsync_duration_seconds_bucket{le="0.1"} 9\n', False, 0.099),
        # What is no number.
        ('etcd_disk_wal_fsync_duration_seconds_bucket{le="1..2"} 9\n', False, None),
        ('etcd_disk_wal_fsync_duration_seconds_bucket{le="0.1"} 1e+e\n', False, None),
        ('etcd_disk_wal_fsync_duration_seconds_bucket{le="0.1"} NaN\n', False, None),
        # Buckets that lose what they had.
        ('etcd_disk_wal_fsync_duration_seconds_bucket{le="0.1"} 9\netcd_disk_wal_fsync_duration_seconds_bucket{le="0.2"} 3\n', False, 0.033),
    ],
)
def test_what_the_metrics_say(text, leader, p99):
    found = etcd.parse_metrics(text)
    assert found == {"leader": leader, "fsync_p99": p99 if p99 is None else pytest.approx(p99)}


NUMBERS = st.floats(0, 10**9).map(str) | st.text("0123456789.e+", min_size=1, max_size=20)


@given(lines=st.lists(st.tuples(st.just("+Inf") | NUMBERS, NUMBERS)))
def test_no_metrics_raise(lines):
    text = "".join(f'etcd_disk_wal_fsync_duration_seconds_bucket{{le="{limit}"}} {count}\n' for limit, count in lines)
    found = etcd.parse_metrics(text)["fsync_p99"]
    assert found is None or 0 <= found < 10**9
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("configuration", "address"),
    [
        (CONFIG, "10.88.2.137"),
        (CONFIG.replace("10.88.2.137", "[fd00::1]"), "fd00::1"),
        (CONFIG.replace(":2379\n", ":2379,https://[fd00::1]:2379\n"), "10.88.2.137"),
        ("", "127.0.0.1"),
        ("advertise-client-urls: https://a b\n", "127.0.0.1"),
        ("advertise-client-urls: https://../x\n", "127.0.0.1"),
    ],
)
def test_where_this_member_is_reached(configuration, address):
    assert etcd.own_address(configuration) == address


@pytest.mark.parametrize(("members", "learners", "needed"), [(1, 0, 1), (2, 0, 2), (3, 0, 2), (3, 2, 2), (4, 0, 3), (5, 0, 3), (0, 1, 1)])
def test_a_majority_of_those_that_vote(members, learners, needed):
    voters = [member(f"s{number}") for number in range(members)]
    assert etcd.quorum(voters + [member(f"l{number}", learner=True) for number in range(learners)]) == needed


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (etcd.NONE, ""),
        (state(problem="no answer"), ""),
        (state(member("s1")), ""),
        (state(member("s1"), member("s2", learner=True)), ""),
        (state(member("s1"), member("s2"), member("s3")), ""),
        (state(member("s1", healthy=False), member("s2"), member("s3")), ""),
        (state(member("s1"), member("s2"), member("s3", healthy=False)), "s3 of etcd is not healthy, and 2 of its 3 members must be"),
        (state(member("s1"), member("s2", False), member("s3", False)), "s2 and s3 of etcd are not healthy, and 2 of its 3 members must be"),
        (state(member("s1"), member("s2")), "another member of etcd is not healthy, and 2 of its 2 members must be"),
        (state(*(member(f"s{n}", healthy=n != 5) for n in range(1, 6))), ""),
        (state(*(member(f"s{n}", healthy=n < 4) for n in range(1, 6))), "s4 and s5 of etcd are not healthy, and 3 of its 5 members must be"),
        # One that never started is called by its address, and a learner does not count.
        (state(member("s1"), member("s2"), member("", healthy=False)), "10.0.0. of etcd is not healthy, and 2 of its 3 members must be"),
        (state(member("s1"), member("s2"), member("s3"), member("s4", healthy=False, learner=True)), ""),
    ],
)
def test_why_a_server_must_not_be_stopped(read, why):
    assert etcd.why_needed(read) == why


@pytest.mark.parametrize(
    ("read", "what"),
    [
        (etcd.NONE, ""),
        (state(problem="no answer"), "no answer"),
        (state(member("s1"), member("s2", healthy=False)), ""),
        (state(member("s2")), "etcd has no member s1"),
        (state(member("s1", learner=True, healthy=True)), "etcd still copies its data to this server"),
        (state(member("s1", healthy=False)), "etcd is not healthy on this server"),
    ],
)
def test_what_a_server_lacks(read, what):
    assert etcd.missing(read) == what


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test put into `answers` of the server: (status, body), or a function that writes by itself."""

    def do_GET(self):
        answer = self.server.answers[self.path]
        if callable(answer):
            answer(self)
            return
        status, body = answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@contextlib.contextmanager
def served(answers, context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.daemon_threads = answers, True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A directory that stands for a server with certificates, and the TLS of its etcd, which asks for one of the client."""
    root = tmp_path_factory.mktemp("server")
    folder = root / etcd_reader.CERTIFICATES.strip("/")
    folder.mkdir(parents=True)
    authority = Authority()
    for name in ("peer-ca.crt", "server-ca.crt"):
        (folder / name).write_bytes(authority.certificate)
    for name in ("peer-server-client", "client"):
        certificate, key = authority.issue("etcd", ["127.0.0.1"])
        (folder / f"{name}.crt").write_bytes(certificate)
        (folder / f"{name}.key").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "peer-server-client.crt", folder / "peer-server-client.key")
    context.load_verify_locations(folder / "peer-ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    return root, context


HERE = [{"peerURLs": ["https://127.0.0.1:2380"], "name": "s1-a5d17571"}]
HERE_IN_JSON = json.dumps(HERE).encode()


@pytest.fixture
def server(certified, monkeypatch):
    """read(members, health): what a server says whose etcd answers so."""
    root, context = certified
    (root / "var/lib/rancher/k3s/server/db/etcd").mkdir(parents=True, exist_ok=True)
    (root / etcd.NAME_FILE.strip("/")).write_text("s1-a5d17571\n")
    monkeypatch.setattr(etcd_reader, "SECONDS", 1)

    def read(members=(200, HERE_IN_JSON), health=(200, b'{"health":"true"}'), tls=context):
        with served({"/members": members, "/health": health}, tls) as port, served({"/metrics": (200, METRICS.encode())}) as plain:
            for name in ("PEER_PORT", "CLIENT_PORT"):
                monkeypatch.setattr(etcd, name, port)
            monkeypatch.setattr(etcd, "METRICS_PORT", plain)
            started = time.monotonic()
            found = etcd.read(lambda path: str(root / path.lstrip("/")))
            assert time.monotonic() - started < 2.5
            return found

    return read


def test_a_machine_without_etcd_is_asked_nothing(tmp_path):
    assert etcd.read(lambda path: str(tmp_path / path.lstrip("/"))) == etcd.NONE


def test_a_server_is_asked_with_its_own_certificates(server):
    assert server() == {
        "name": "s1-a5d17571",
        "members": [{"name": "s1-a5d17571", "address": "127.0.0.1", "learner": False, "healthy": True}],
        "problem": "",
        "leader": True,
        "fsync_p99": pytest.approx(0.006),
    }


def drip(handler):
    """An answer that never ends."""
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.1)


@pytest.mark.parametrize(
    "health",
    [(503, b'{"health":"false"}'), (200, b'{"health":"false","reason":"x"}'), (200, b""), (200, b"[]"), (404, b'{"health":"true"}'), drip],
    ids=["503", "false", "nothing", "a list", "404", "drip"],
)
def test_a_member_that_is_not_healthy(server, health):
    found = server(health=health)
    assert [member["healthy"] for member in found["members"]] == [False]
    assert etcd.missing(found) == "etcd is not healthy on this server"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ((500, b""), "/members is answered with 500"),
        ((200, b"{}"), "does not say who its members are"),
        (drip, "does not answer at 127.0.0.1"),
        (lambda handler: handler.wfile.write(b"no HTTP\r\n"), "cannot be asked at 127.0.0.1"),
    ],
    ids=["500", "no list", "drip", "no HTTP"],
)
def test_an_etcd_that_does_not_answer_says_why(server, members, words):
    found = server(members=members)
    assert words in found["problem"]
    assert (found["members"], found["leader"]) == ([], True)


def test_an_etcd_that_is_down_is_told_at_once(server, certified, monkeypatch):
    root, _context = certified
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        for name in ("PEER_PORT", "CLIENT_PORT", "METRICS_PORT"):
            monkeypatch.setattr(etcd, name, free.getsockname()[1])
        found = etcd.read(lambda path: str(root / path.lstrip("/")))
    assert "Connection refused" in found["problem"]
    assert found["fsync_p99"] is None


def test_an_etcd_of_somebody_else_is_not_believed(server, certified):
    other = Authority()
    root, _context = certified
    certificate, key = other.issue("etcd", ["127.0.0.1"])
    (root / "other.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(root / "other.pem")
    found = server(tls=context)
    assert "certificate verify failed" in found["problem"]


def test_members_that_cannot_be_reached_are_asked_side_by_side(server):
    # Addresses of documentation, at which nobody answers.
    others = [{"peerURLs": [f"https://192.0.2.{number}:2380"], "name": f"s{number}"} for number in range(2, 9)]
    found = server(members=(200, json.dumps(HERE + others).encode()))
    assert [member["name"] for member in found["members"] if member["healthy"]] == ["s1-a5d17571"]
    assert len(found["members"]) == 8
