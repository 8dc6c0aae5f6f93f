"""The container runtime as the kubelet sees it: the node's containerd, or the one bundled in K3s (of which only the socket is shown)."""

import os
import re
import socket
import subprocess

from .release import bundled_containerd

EMBEDDED = "/run/k3s/containerd/containerd.sock"


class RuntimeDown(Exception):
    """The runtime does not answer."""


class SystemRuntime:
    """The containerd of the node, behind `container-runtime-endpoint`."""

    def __init__(self, endpoint):
        self.socket = endpoint[len("unix://") :] if endpoint.startswith("unix://") else endpoint
        self.cni = "/etc/cni/net.d"

    def start(self, _data_dir):
        """Nothing: systemd runs it."""

    def version(self):
        """`1.6.20`, asked from the daemon; RuntimeDown if it does not answer."""
        self._connect()
        done = subprocess.run(["ctr", "--address", self.socket, "version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=10)
        text = done.stdout.decode(errors="replace")
        found = re.search(r"Server:\s+Version:\s+(\S+)", text)
        if not found:
            raise RuntimeDown(text.strip())
        return as_kubelet_shows(found.group(1))

    def alive(self):
        """Whether the daemon accepts connections."""
        try:
            self._connect()
        except RuntimeDown:
            return False
        return True

    def _connect(self):
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(5)
            try:
                channel.connect(self.socket)
            except OSError as problem:
                reason = os.strerror(problem.errno).lower() if problem.errno else "i/o timeout"
                raise RuntimeDown(f"dial unix //{self.socket}: connect: {reason}") from problem


class EmbeddedRuntime:
    """The containerd of K3s: a socket that nobody answers, its folders, and the version that the release bundles."""

    def __init__(self, data_dir, flannel):
        self.cni = os.path.join(data_dir, "agent/etc/cni/net.d") if flannel else "/etc/cni/net.d"
        self.listener = None

    def start(self, data_dir):
        """Make the socket and the folders."""
        os.makedirs(os.path.dirname(EMBEDDED), mode=0o711, exist_ok=True)
        for folder in ("agent/containerd", "agent/etc/containerd"):
            os.makedirs(os.path.join(data_dir, folder), exist_ok=True)
        with open(os.path.join(data_dir, "agent/etc/containerd/config.toml"), "w", encoding="ascii") as stream:
            stream.write(f'[plugins.opt]\n  path = "{data_dir}/agent/containerd"\n')
        if os.path.exists(EMBEDDED):
            os.unlink(EMBEDDED)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(EMBEDDED)
        os.chmod(EMBEDDED, 0o660)
        self.listener.listen()

    def version(self):
        """The version that the release bundles."""
        return bundled_containerd()

    def alive(self):
        """Always."""
        return True


def as_kubelet_shows(text):
    """A version as the kubelet puts it into nodeInfo: a semantic version whole (`1.6.8-k3s1`), else its numbers (`1.6.20~ds1` -> `1.6.20`)."""
    text = text.lstrip("v")
    if re.match(r"^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$", text):
        return text
    return re.match(r"^[\d.]*", text).group(0).rstrip(".")
