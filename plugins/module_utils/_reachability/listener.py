# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listener of the reachability test: a process of its own that leaves no file and ends by itself."""

import errno
import os
import selectors
import signal
import socket

from . import wire
from .plan import OPENED, SERVED

# Through which a listener that an interrupted run left ends for the next one: an abstract socket of Linux, which is no file and goes with the process.
CONTROL = "\0gitpod.node_prep.reachability"
PROCESS = "reachability"  # its name in `ps` and `ss`, at most 15 characters
STOP_SECONDS = 5  # the longest wait for a listener that was told to end

# Nothing is sent there (documentation networks): only the route is asked for.
_ROUTED = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def own_address(wanted, fallback):
    """The address at which other nodes reach this one: `wanted`, else that of the default route, else `fallback`."""
    if wanted:
        return wanted
    for family, somewhere in _ROUTED:
        with socket.socket(family, socket.SOCK_DGRAM) as asker:
            try:
                asker.connect((somewhere, 9))
                return asker.getsockname()[0]
            except OSError:
                continue
    return fallback


def problem_with(address):
    """Why this machine cannot listen at the address, as a sentence; '' where it can."""
    try:
        _bound(address, 0, "udp").close()
    except OSError as error:
        return "this machine cannot listen at the address %s: %s" % (address, error.strerror)
    return ""


def open_port(address, number, protocol):
    """The state of a port and the socket that listens at it, None where another program does."""
    # Programs of the cluster listen everywhere; where one has the port on another address, ours is still free. UDP answers from the address asked.
    everywhere = "::" if ":" in address else "0.0.0.0"
    for where in (everywhere, address) if protocol == "tcp" else (address,):
        try:
            return OPENED, _bound(where, number, protocol)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return SERVED, None


def _bound(address, number, protocol):
    family, kind, where = wire.resolve(address, number, protocol)
    opened = socket.socket(family, kind)
    try:
        if protocol == "tcp":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setblocking(False)
        opened.bind(where)
        if protocol == "tcp":
            opened.listen(128)
    except OSError:
        opened.close()
        raise
    return opened


def control():
    """The socket through which the next listener ends this one; OSError where there is a listener already."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(CONTROL)
    except OSError:
        opened.close()
        raise
    opened.listen(1)
    return opened


def stop():
    """Ends the listener of this machine and waits for its end. Returns whether there was one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(STOP_SECONDS)
        try:
            caller.connect(CONTROL)
        except ConnectionRefusedError:
            return False
        caller.recv(1)
    return True


def detach(sockets, control, name, seconds):
    """Serves the sockets in a process of its own, for so many seconds at most; they are closed in this one. Returns its process id."""
    ready, told = os.pipe()
    child = os.fork()
    if child:
        for opened in sockets + [control]:
            opened.close()
        os.close(told)
        # Its end of the pipe is closed once it has its name, by which it is known to whoever ends it.
        os.read(ready, 1)
        os.close(ready)
        return child
    # Whatever happens, nothing of the caller (its clean-up, its output) is done twice.
    try:
        _be_a_daemon(seconds)
        os.close(ready)
        os.close(told)
        _serve(sockets, control, wire.greeting(name))
    finally:
        os._exit(0)


def _be_a_daemon(seconds):
    os.setsid()
    # The kernel ends the process, whatever it does by then.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.alarm(seconds)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    with open("/proc/self/comm", "w") as comm:
        comm.write(PROCESS)


def _serve(sockets, control, greeting):
    with selectors.DefaultSelector() as selector:
        for opened in sockets + [control]:
            selector.register(opened, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                if key.fileobj is control:
                    # The caller sees the end of its connection, which comes last.
                    _caller = control.accept()[0]
                    for opened in sockets + [control]:
                        opened.close()
                    return
                try:
                    _answer(key.fileobj, greeting)
                except OSError:
                    # Whoever asked has gone.
                    continue


def _answer(opened, greeting):
    if opened.type & socket.SOCK_DGRAM:
        data, sender = opened.recvfrom(wire.MAX_BYTES)
        if wire.is_question(data):
            opened.sendto(data + greeting, sender)
        return
    with opened.accept()[0] as connection:
        connection.send(greeting)
