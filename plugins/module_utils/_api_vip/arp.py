# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a network which machine has an address, as one does before taking it (RFC 5227): with the sender's address left open, so that nobody learns a thing."""

import socket
import struct
import time

ETHERNET = 1
_ARP, _IPV4 = 0x0806, 0x0800
_REQUEST = 1
_EVERYBODY, _UNKNOWN = b"\xff" * 6, b"\x00" * 6
_FRAME = struct.Struct("!6s6sHHHBBH6s4s6s4s")
# A request that gets lost is asked again.
ROUNDS = 3


class NoAnswer(Exception):
    """The network could not be asked; the text is a clause that says why."""


def request(mac, address):
    """The frame that asks who has an address.

    :param mac: of the interface that asks, six bytes.
    :param address: dotted text.
    """
    return _FRAME.pack(_EVERYBODY, mac, _ARP, ETHERNET, _IPV4, 6, 4, _REQUEST, mac, b"\x00" * 4, _UNKNOWN, socket.inet_aton(address))


def claim(frame):
    """Who says in a frame to have which address, as (address, MAC); None where nobody does. A machine says so whatever the reason for its frame is."""
    if len(frame) < _FRAME.size:
        return None
    _to, _from, kind, hardware, protocol, _length, _width, _operation, mac, address, _target, _wanted = _FRAME.unpack(frame[: _FRAME.size])
    if (kind, hardware, protocol) != (_ARP, ETHERNET, _IPV4) or address == b"\x00" * 4:
        return None
    return socket.inet_ntoa(address), _shown(mac)


def owners(interface, addresses, seconds):
    """Address to the set of MAC addresses of other machines that have it.

    :param interface: name of the interface to ask at.
    :param addresses: dotted texts.
    :param seconds: for how long answers are waited for.
    :raises NoAnswer: the interface cannot be asked.
    """
    found = {address: set() for address in addresses}
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ARP)) as connection:
            connection.bind((interface, _ARP))
            _name, _protocol, _type, hardware, mac = connection.getsockname()
            if hardware != ETHERNET:
                raise NoAnswer("%s is no Ethernet, and only there can an address move from one machine to another" % interface)
            _ask(connection, mac, addresses, seconds, found)
    except OSError as error:
        raise NoAnswer("%s: %s" % (interface, error.strerror or error))
    return found


def _ask(connection, mac, addresses, seconds, found):
    begin = time.monotonic()
    for number in range(1, ROUNDS + 1):
        for address in addresses:
            connection.send(request(mac, address))
        for owner, whose in _claims(connection, begin + seconds * number / ROUNDS):
            if owner in found and whose != _shown(mac):
                found[owner].add(whose)


def _claims(connection, until):
    """What machines say until a time."""
    while time.monotonic() < until:
        connection.settimeout(max(until - time.monotonic(), 0.001))
        try:
            said = claim(connection.recv(_FRAME.size))
        except socket.timeout:
            return
        if said:
            yield said


def _shown(mac):
    return ":".join("%02x" % byte for byte in bytearray(mac))
