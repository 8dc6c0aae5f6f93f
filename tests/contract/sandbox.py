"""A place on this machine to run `k3s` in: own network, own /etc/rancher, /var/lib/rancher and /run/k3s, own processes.

Nothing of it is left when it is closed: its first process ends, and the kernel ends all others with it.
"""

import ctypes
import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SET_UP = """
set -eu
ip link set lo up
ip link add eth0 type dummy 2>/dev/null || ip link add eth0 type veth peer name eth1
ip address add 192.0.2.10/24 dev eth0
ip link set eth0 up
ip route add default via 192.0.2.1
for folder in /etc/rancher /var/lib/rancher /var/lib/kubelet /run/k3s; do
  mkdir -p "$folder"
  mount -t tmpfs tmpfs "$folder"
done
echo ready
exec sleep infinity
"""
CLONE_NEWNET = 0x40000000
# Seconds; what has not come by then does not come. A real K3s on a busy machine needs a minute for what takes 15 s on an idle one.
LIMIT = 120
SERVER = Path("/var/lib/rancher/k3s/server")


class Sandbox:
    """The place; `root` is where its files are seen from outside."""

    def __init__(self, k3s, folder):
        self.k3s, self.folder = k3s, folder
        self.holder = subprocess.Popen(
            ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", SET_UP),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.holder.stdout.readline() == "ready\n", "the namespaces could not be made (run as root)"
        self.first = self._first_process()
        self.root = Path(f"/proc/{self.first}/root")
        self.requests = ThreadPoolExecutor(max_workers=1, initializer=self._enter_network)

    def _first_process(self):
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()
        return int(children[0])

    def _enter_network(self):
        with open(f"/proc/{self.first}/ns/net") as namespace:
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.setns(namespace.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())

    def command(self, *arguments):
        """The command line that runs `k3s` in here."""
        return ("nsenter", "--target", str(self.first), "--mount", "--net", "--pid", "--wd=/", str(self.k3s), *arguments)

    def inside(self, function, *arguments):
        """The result of a function that is called inside the sandbox's network."""
        return self.requests.submit(function, *arguments).result(timeout=LIMIT)

    def run(self, *arguments, timeout=LIMIT):
        """Run `k3s` to its end: status, output, error output."""
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=timeout, env=environment())

    def start(self, name, *arguments):
        """Start `k3s`; a Process."""
        return Process(self, name, arguments)

    def path(self, inside):
        """Where a file of the sandbox is seen from outside."""
        return self.root / str(inside).lstrip("/")

    def close(self):
        """End everything in here."""
        self.requests.shutdown(cancel_futures=True)
        self.holder.kill()
        self.holder.wait()


class Ended(AssertionError):
    """`k3s` is no longer there while something of it is waited for."""


class Process:
    """A running `k3s` with its log and with what it told systemd."""

    def __init__(self, sandbox, name, arguments):
        self.log = sandbox.folder / f"{name}.log"
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.channel.bind(str(sandbox.folder / f"{name}.notify"))
        self.channel.setblocking(False)
        with self.log.open("w") as stream:
            self.popen = subprocess.Popen(
                sandbox.command(*arguments),
                stdout=stream,
                stderr=stream,
                env=dict(environment(), NOTIFY_SOCKET=str(sandbox.folder / f"{name}.notify")),
            )

    def notified(self):
        """What the process told systemd since the last question."""
        try:
            return self.channel.recv(4096).decode()
        except BlockingIOError:
            return ""

    def lines(self, word):
        """The lines of its log that hold `word`."""
        return [line for line in self.log.read_text().splitlines() if word in line]

    def wait_for(self, condition, timeout, what):
        """Wait until `condition()` is true; fail with the end of the log if it does not come."""
        deadline = time.monotonic() + timeout
        while True:
            result = condition()
            if result:
                return result
            tail = self.tail()
            if self.popen.poll() is not None:
                raise Ended(f"k3s ended with {self.popen.returncode} before {what}:\n{tail}")
            assert time.monotonic() < deadline, f"not within {timeout} s: {what}\n{tail}"
            time.sleep(0.1)

    def tail(self):
        """The end of its log, and before it the line that says why it ended, which a stack trace may have pushed far up."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines[:-5] if re.match("panic: |fatal error: |F[0-9]{4} |.* level=fatal ", line)] + lines[-5:])

    def stop(self):
        """SIGTERM; the exit status."""
        children = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        status = self.popen.wait(timeout=LIMIT)
        self.channel.close()
        Path(self.channel_path()).unlink(missing_ok=True)
        return status

    def channel_path(self):
        """The path of the notification socket."""
        return str(self.log.with_suffix(".notify"))


def environment():
    """An environment without anything of K3s in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("K3S_", "NOTIFY_"))}
