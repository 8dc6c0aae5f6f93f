"""The script that keepalived calls, against an API that lets in nobody without a certificate."""

import ast
import importlib.util
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from certificates import Authority

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "api_vip" / "files" / "api_ready.py"


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("api_ready", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def credentials(tmp_path):
    """What K3s has in its folder: the authority of its servers, and a client certificate that another one has signed."""
    server, client = Authority("k3s-server-ca"), Authority("k3s-client-ca")
    certificate, key = client.issue("system:admin")
    (tmp_path / "server-ca.crt").write_bytes(server.certificate)
    (tmp_path / "client-admin.crt").write_bytes(certificate)
    (tmp_path / "client-admin.key").write_bytes(key)
    (tmp_path / "client-ca.crt").write_bytes(client.certificate)
    return tmp_path, server


class Api:
    """Answers each request with the same bytes, and keeps the requests."""

    def __init__(self, folder, authority, answer, names=("127.0.0.1",)):
        certificate, key = authority.issue("k3s", names)
        (folder / "api.pem").write_bytes(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "api.pem")
        context.load_verify_locations(folder / "client-ca.crt")
        context.verify_mode = ssl.CERT_REQUIRED
        self.answer, self.requests = answer, []
        self.socket = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _peer = self.socket.accept()
                self.requests.append(connection.recv(1000).decode())
                connection.sendall(self.answer)
                connection.close()
            except ssl.SSLError:
                continue
            except OSError:
                return


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nok", "200"),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n[-]etcd failed", "500"),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "401"),
        (b"\xff\xfe\r\n", "nothing"),
        (b"", "nothing"),
    ],
)
def test_what_the_api_says(script, credentials, answer, status):
    folder, authority = credentials
    api = Api(folder, authority, answer)
    assert script.status("/readyz", 5, api.port, str(folder)) == status
    assert api.requests[0].startswith("GET /readyz HTTP/1.0\r\n")


def test_an_api_of_another_authority_is_no_api(script, credentials):
    folder, _authority = credentials
    api = Api(folder, Authority("k3s-server-ca"), b"HTTP/1.0 200 OK\r\n\r\n")
    with pytest.raises(ssl.SSLError):
        script.status("/readyz", 5, api.port, str(folder))


def test_a_certificate_for_another_machine_is_none(script, credentials):
    folder, authority = credentials
    api = Api(folder, authority, b"HTTP/1.0 200 OK\r\n\r\n", names=("10.0.0.11",))
    with pytest.raises(ssl.SSLError):
        script.status("/readyz", 5, api.port, str(folder))


def test_an_api_that_hangs_is_not_waited_for(script, credentials):
    folder, _authority = credentials
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OSError):
        script.status("/readyz", 0.2, silent.getsockname()[1], str(folder))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("200", None),
        ("500", "/readyz answers 500"),
        (ConnectionRefusedError(111, "Connection refused"), "/readyz cannot be asked: [Errno 111] Connection refused"),
        (FileNotFoundError(2, "No such file"), "/readyz cannot be asked: [Errno 2] No such file"),
        (ValueError("embedded null"), "/readyz cannot be asked: embedded null"),
    ],
)
def test_its_exit(script, monkeypatch, said, reason):
    def status(path, seconds):
        assert (path, seconds) == script.QUESTIONS["ready"]
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(script, "status", status)
    if reason is None:
        script.main("ready")
        return
    with pytest.raises(SystemExit) as ended:
        script.main("ready")
    assert ended.value.code == reason


def test_it_ends_before_keepalived_ends_it(script):
    """What it says stands in the journal, and what keepalived ends says nothing."""
    configuration = (SCRIPT.parents[1] / "templates" / "keepalived.conf.j2").read_text()
    timeouts = dict(re.findall(r'script "\S* ?\S* ?\S* (\w+)"\n.*?timeout (\d+)', configuration, re.DOTALL))
    assert timeouts.keys() == script.QUESTIONS.keys()
    assert all(seconds < int(timeouts[question]) for question, (_path, seconds) in script.QUESTIONS.items())


def test_where_there_is_no_k3s_it_fails_with_a_sentence():
    ended = subprocess.run([sys.executable, "-IS", SCRIPT, "ready"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("/readyz cannot be asked: ")


def test_it_is_python_3_6():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
