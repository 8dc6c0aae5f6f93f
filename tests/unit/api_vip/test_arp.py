"""What is asked of a network, and what is taken from its answers."""

import socket
import threading
import time

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._api_vip import arp
from hypothesis import given, strategies as st

OWN, OTHER = b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02"


def answer(mac, address, operation=2):
    """An ARP frame of a machine that has an address."""
    return OWN + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04" + bytes([0, operation]) + mac + socket.inet_aton(address) + OWN + b"\x00" * 4


def test_the_request_of_a_machine_that_does_not_say_its_own_address():
    assert arp.request(OWN, "10.0.0.100").hex() == (
        "ffffffffffff" "020000000001" "0806" "0001" "0800" "06" "04" "0001" "020000000001" "00000000" "000000000000" "0a000064"
    )  # fmt: skip


def test_who_has_an_address_says_so_in_answers_and_requests():
    assert arp.claim(answer(OTHER, "10.0.0.100")) == ("10.0.0.100", "02:00:00:00:00:02")
    assert arp.claim(answer(OTHER, "10.0.0.100", operation=1)) == ("10.0.0.100", "02:00:00:00:00:02")
    # With the padding of a short frame.
    assert arp.claim(answer(OTHER, "10.0.0.100") + b"\x00" * 18) == ("10.0.0.100", "02:00:00:00:00:02")


def test_who_asks_without_an_address_claims_none():
    assert arp.claim(arp.request(OTHER, "10.0.0.100")) is None


@given(st.binary(max_size=80))
def test_no_frame_raises(frame):
    arp.claim(frame)


class Network:
    """In the place of a socket: a network in which machines answer."""

    def __init__(self, machines, hardware=arp.ETHERNET, lost=0):
        self.machines, self.hardware, self.lost = machines, hardware, lost
        self.frames, self.wait = [], 0

    def __call__(self, *_kind):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False

    def bind(self, place):
        if place[0] != "eth0":
            raise OSError(19, "No such device")

    def getsockname(self):
        return ("eth0", 0x0806, 0, self.hardware, OWN)

    def send(self, frame):
        if self.lost:
            self.lost -= 1
            return
        asked = socket.inet_ntoa(frame[-4:])
        self.frames += [answer(mac, address) for mac, address in self.machines if address == asked]

    def settimeout(self, seconds):
        self.wait = seconds

    def recv(self, _length):
        if not self.frames:
            time.sleep(self.wait)
            raise TimeoutError
        return self.frames.pop(0)


@pytest.fixture
def ask(monkeypatch):
    def asked(network, interface="eth0", addresses=("10.0.0.100", "10.0.0.12")):
        monkeypatch.setattr(arp.socket, "socket", network)
        return arp.owners(interface, addresses, 0.2)

    return asked


def test_nobody_has_it(ask):
    assert ask(Network([])) == {"10.0.0.100": set(), "10.0.0.12": set()}


def test_each_machine_is_told_once(ask):
    machines = [(OTHER, "10.0.0.100"), (b"\x02\x00\x00\x00\x00\x03", "10.0.0.100"), (OTHER, "10.0.0.12")]
    assert ask(Network(machines)) == {"10.0.0.100": {"02:00:00:00:00:02", "02:00:00:00:00:03"}, "10.0.0.12": {"02:00:00:00:00:02"}}


def test_a_request_that_gets_lost_is_asked_again(ask):
    assert ask(Network([(OTHER, "10.0.0.100")], lost=4))["10.0.0.100"] == {"02:00:00:00:00:02"}


def test_the_machine_itself_is_no_other(ask):
    assert ask(Network([(OWN, "10.0.0.100")]))["10.0.0.100"] == set()


def test_what_cannot_be_asked_is_a_clause(ask):
    with pytest.raises(arp.NoAnswer, match=r"^wg0: No such device$"):
        ask(Network([]), "wg0")
    with pytest.raises(arp.NoAnswer, match=r"^eth0 is no Ethernet, and only there"):
        ask(Network([], hardware=65534))


def test_it_does_not_wait_for_ever_where_others_talk_all_the_time(ask):
    network = Network([(OTHER, "10.0.0.100")])
    network.frames = [answer(OTHER, "10.0.0.7")] * 10**6
    done = threading.Event()
    worker = threading.Thread(target=lambda: (ask(network), done.set()), daemon=True)
    worker.start()
    assert done.wait(20)
