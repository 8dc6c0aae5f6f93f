"""Listener and probe over the loopback, with real sockets and the real process."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._reachability import listener, wire
from ansible_collections.gitpod.node_prep.plugins.module_utils._reachability.prober import probe
from ansible_collections.gitpod.node_prep.plugins.modules import reachability_listen

HOME = "127.0.0.1"


@pytest.fixture(autouse=True)
def control_of_its_own(monkeypatch):
    """Tests that run at the same time, or a real listener of this machine, are not disturbed."""
    monkeypatch.setattr(listener, "CONTROL", f"\0gitpod.node_prep.reachability.test.{os.getpid()}")
    yield
    listener.stop()


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as opened:
        opened.bind((HOME, 0))
        return opened.getsockname()[1]


def listen(ports, name="node-1", seconds=20):
    """Starts the listener at ports, (protocol, number); returns its process id."""
    opened = [listener.open_port(HOME, number, protocol) for protocol, number in ports]
    assert [state for state, _socket in opened] == ["opened"] * len(ports)
    return listener.detach([one for _state, one in opened], listener.control(), name, seconds)


def target(protocol, number, to="node-1", address=HOME, served=False):
    return {"to": to, "address": address, "protocol": protocol, "number": number, "served": served}


def troubles(targets, seconds=1):
    return [answer["trouble"] for answer in probe(targets, seconds)]


def test_open_ports_are_reached_at_once():
    tcp, udp = free_port(), free_port(socket.SOCK_DGRAM)
    listen([("tcp", tcp), ("udp", udp)])
    start = time.monotonic()
    assert probe([target("tcp", tcp), target("udp", udp)], 5) == [
        {"to": "node-1", "protocol": "tcp", "number": tcp, "trouble": ""},
        {"to": "node-1", "protocol": "udp", "number": udp, "trouble": ""},
    ]
    assert time.monotonic() - start < 2


def test_nothing_listens():
    assert troubles([target("tcp", free_port()), target("udp", free_port(socket.SOCK_DGRAM))]) == ["connection refused"] * 2


def test_silence_ends_in_time():
    """A full backlog drops connections as a firewall does; a UDP socket that nobody reads is silent."""
    with socket.socket() as full, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        full.bind((HOME, 0))
        full.listen(0)
        deaf.bind((HOME, 0))
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        start = time.monotonic()
        found = troubles([target("tcp", full.getsockname()[1]), target("udp", deaf.getsockname()[1])] * 100)
        assert set(found) == {"no answer within 1 s"}
        assert time.monotonic() - start < 3
        for one in waiting:
            one.close()


def test_another_machine_in_its_place_is_named():
    tcp, udp = free_port(), free_port(socket.SOCK_DGRAM)
    listen([("tcp", tcp), ("udp", udp)], name="node-9")
    assert troubles([target("tcp", tcp), target("udp", udp)]) == ["node-9 answered in its place at 127.0.0.1"] * 2
    assert troubles([target("tcp", tcp, served=True)]) == [""]


def test_a_program_that_holds_the_port_is_left_alone_and_reached():
    with socket.create_server((HOME, 0)) as program:
        number = program.getsockname()[1]
        assert listener.open_port(HOME, number, "tcp") == ("served", None)
        assert troubles([target("tcp", number, served=True)]) == [""]


def test_a_program_on_another_address_does_not_count():
    number = free_port()
    with socket.create_server(("127.0.0.2", number)):
        state, opened = listener.open_port(HOME, number, "tcp")
        assert state == "opened"
        assert opened.getsockname()[0] == HOME
        opened.close()


def test_udp_in_use():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as program:
        program.bind(("0.0.0.0", 0))
        assert listener.open_port(HOME, program.getsockname()[1], "udp") == ("served", None)


def test_a_name_that_nobody_knows():
    (trouble,) = troubles([target("tcp", 6443, address="no-such-host.invalid")])
    assert trouble
    assert "no answer" not in trouble


def test_only_questions_are_answered():
    udp = free_port(socket.SOCK_DGRAM)
    listen([("udp", udp)])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.3)
        for nonsense in (b"", b"x" * 1400, wire.MAGIC, wire.question() + b"x"):
            asker.sendto(nonsense, (HOME, udp))
            with pytest.raises(TimeoutError):
                asker.recv(2000)
    assert troubles([target("udp", udp)]) == [""]


def test_clients_that_go_away_do_not_end_the_listener():
    tcp = free_port()
    listen([("tcp", tcp)])
    for _ in range(20):
        with socket.create_connection((HOME, tcp)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    assert troubles([target("tcp", tcp)]) == [""]


def test_stop_frees_the_ports_before_it_returns():
    tcp = free_port()
    listen([("tcp", tcp)])
    assert listener.stop()
    assert not listener.stop()
    listen([("tcp", tcp)])


def test_it_is_known_by_its_name_and_ends_when_it_is_told_to():
    tcp = free_port()
    pid = listen([("tcp", tcp)])
    assert Path(f"/proc/{pid}/comm").read_text() == "reachability\n"
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    assert troubles([target("tcp", tcp)]) == ["connection refused"]
    assert not listener.stop()


def test_it_ends_by_itself():
    tcp = free_port()
    listen([("tcp", tcp)], seconds=1)
    assert troubles([target("tcp", tcp)]) == [""]
    deadline = time.monotonic() + 5
    while troubles([target("tcp", tcp)]) == [""]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not listener.stop()


def test_two_listeners_are_refused():
    listen([("tcp", free_port())])
    with pytest.raises(OSError, match="in use"):
        listener.control()


def test_it_holds_nothing_of_its_caller():
    """Whoever waits for the end of the caller's output, as Ansible does, does not wait for the listener."""
    tcp = free_port()
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import conftest\n"
        "from ansible_collections.gitpod.node_prep.plugins.module_utils._reachability import listener as l\n"
        f"l.CONTROL = {listener.CONTROL!r}\n"
        f"l.detach([l.open_port('{HOME}', {tcp}, 'tcp')[1]], l.control(), 'node-1', 20)\n"
        "print('done')\n"
    )
    tests = Path(__file__).resolve().parents[2]
    result = subprocess.run([sys.executable, "-c", script, str(tests)], capture_output=True, text=True, timeout=15)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stderr
    assert troubles([target("tcp", tcp)]) == [""]


def test_the_address_of_the_node():
    assert listener.own_address("10.1.2.3", "x") == "10.1.2.3"
    assert listener.problem_with(HOME) == ""
    assert listener.problem_with("192.0.2.77") == "this machine cannot listen at the address 192.0.2.77: Cannot assign requested address"
    address = listener.own_address("", "fallback")
    assert address == "fallback" or listener.problem_with(address) == ""


@pytest.mark.parametrize(
    ("address", "number", "said"),
    [
        ("", 6443, "no address"),
        ("a" * 64 + ".example", 6443, "is not a name"),
        (".example", 6443, "is not a name"),
        ("a\0b", 6443, "not"),
        (HOME, 70000, "no port 70000"),
        (HOME, -1, "no port -1"),
    ],
)
def test_what_is_no_address_and_no_port_is_said_and_raises_nothing(address, number, said):
    (trouble,) = troubles([target("tcp", number, address=address)])
    assert said in trouble
    assert said in listener.problem_with(address) or number != 6443


def test_the_name_of_a_stranger_is_harmless():
    assert wire.stranger(wire.greeting("evil\x1b[31m\n\u202e"), "node-1") == "evil?[31m ?"
    assert wire.stranger(wire.greeting(""), "node-1") == "a node without a name"
    assert wire.stranger(wire.greeting("x" * 300), "node-1") == "x" * 64 + " …"


@pytest.mark.parametrize(("join_address", "returned"), [("", "192.0.2.250"), ("api.example.com", "api.example.com")])
def test_where_nodes_join_is_the_address_of_the_node_unless_it_is_said(join_address, returned):
    options = {"address": "192.0.2.250,fd00::1", "fallback_address": "", "join_address": join_address, "control_node_address": "192.0.2.1", "server": True}
    started = reachability_listen.start(options)
    assert (started["join_address"], started["pid"]) == (returned, 0)
    assert "cannot listen at the address 192.0.2.250" in started["problem"]
