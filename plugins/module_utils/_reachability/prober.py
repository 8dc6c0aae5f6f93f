# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries many ports of other machines at once, each for a bounded time."""

import os
import selectors
import socket
import time

from . import wire

AT_ONCE = 250  # open sockets; the usual limit of a process is 1024
ASK_AGAIN = 0.5  # seconds after which a UDP question is repeated: a datagram may be lost


def probe(targets, seconds):
    """The answers to targets, in their order: each `to`, `protocol`, `number` and `trouble`, '' where the port was reached.

    :param targets: as _reachability.plan makes them.
    :param seconds: for how long each is tried. It takes that long for every AT_ONCE of them, at most.
    """
    answers = []
    for first in range(0, len(targets), AT_ONCE):
        answers += _probe_at_once(targets[first : first + AT_ONCE], seconds)
    return answers


def _probe_at_once(targets, seconds):
    attempts = [_Attempt(target, seconds) for target in targets]
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for attempt in attempts:
            attempt.start(selector)
        while selector.get_map() and time.monotonic() < deadline:
            for attempt in attempts:
                attempt.ask()
            for key, _events in selector.select(min(ASK_AGAIN, max(0, deadline - time.monotonic()))):
                key.data.go_on(selector)
        for attempt in attempts:
            attempt.close()
    return [attempt.answer() for attempt in attempts]


class _Attempt:
    """One target. `trouble` is what is to be said if nothing more happens."""

    def __init__(self, target, seconds):
        self.target = target
        self.trouble = "no answer within %d s" % seconds
        self.is_udp = target["protocol"] == "udp"
        self.socket = None
        self.question = wire.question()
        self.asked = 0.0
        self.is_waiting = True

    def start(self, selector):
        try:
            family, kind, where = wire.resolve(self.target["address"], self.target["number"], self.target["protocol"])
            self.socket = socket.socket(family, kind)
            self.socket.setblocking(False)
            self.socket.connect(where)
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(_say(error))
            return
        selector.register(self.socket, selectors.EVENT_READ if self.is_udp else selectors.EVENT_WRITE, self)

    def ask(self):
        """Sends the question of a UDP target, again where it has been silent for a while."""
        now = time.monotonic()
        if not self.is_udp or not self.is_waiting or now < self.asked + ASK_AGAIN:
            return
        self.asked = now
        try:
            self.socket.send(self.question)
        except OSError as error:
            # Perhaps only about the question before; the last one counts.
            self.trouble = _say(error)

    def go_on(self, selector):
        """Something happened on the socket."""
        try:
            if self.is_udp or selector.get_key(self.socket).events == selectors.EVENT_READ:
                self._hear(selector, self.socket.recv(wire.MAX_BYTES))
            else:
                self._connected(selector)
        except OSError as error:
            selector.unregister(self.socket)
            self._end(_say(error))

    def _connected(self, selector):
        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        # Reached. A greeting may still show that it is another machine; a program that serves the port greets nobody.
        self.trouble = ""
        if self.target["served"]:
            selector.unregister(self.socket)
            self._end("")
        else:
            selector.modify(self.socket, selectors.EVENT_READ, self)

    def _hear(self, selector, data):
        if self.is_udp:
            if not data.startswith(self.question):
                return
            data = data[len(self.question) :]
        stranger = wire.stranger(data, self.target["to"])
        selector.unregister(self.socket)
        self._end("%s answered in its place at %s" % (stranger, self.target["address"]) if stranger else "")

    def _end(self, trouble):
        self.trouble = trouble
        self.is_waiting = False

    def close(self):
        if self.socket is not None:
            self.socket.close()

    def answer(self):
        return {"to": self.target["to"], "protocol": self.target["protocol"], "number": self.target["number"], "trouble": self.trouble}


def _say(error):
    return (error.strerror or str(error)).lower()
