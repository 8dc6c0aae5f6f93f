"""systemd's notification protocol (sd_notify), and the name of the process."""

import ctypes
import os
import socket

PR_SET_NAME = 15


def ready():
    """Tell systemd once that the service is up; nothing without NOTIFY_SOCKET."""
    address = os.environ.pop("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"READY=1\n", address)


def name_process(name):
    """Show the process as `name` (k3s-server, k3s-agent) in ps, ss and /proc, as the real one does."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
