"""The keys and certificates of a server, in server/tls."""

import os
import time

from . import tls

AUTHORITIES = ("server-ca", "client-ca", "request-header-ca")
KEYS = ("client-kubelet", "serving-kubelet", "service", "serving-kube-apiserver")
CLIENTS = {  # client certificates: (common name, organization)
    "client-admin": ("system:admin", "system:masters"),
    "client-controller": ("system:kube-controller-manager", ""),
    "client-scheduler": ("system:kube-scheduler", ""),
    "client-kube-proxy": ("system:kube-proxy", ""),
    "client-k3s-controller": ("system:k3s-controller", ""),
}


class Pki:
    """The folder server/tls; what is missing in it is made."""

    def __init__(self, folder):
        self.folder = folder
        for name in AUTHORITIES:
            tls.make_ca(f"k3s-{name}@{time.time():.0f}", self.path(name + ".crt"), self.path(name + ".key"))
        for name in KEYS + tuple(CLIENTS):
            tls.make_key(self.path(name + ".key"))
        for name, (common_name, organization) in CLIENTS.items():
            if not os.path.exists(self.path(name + ".crt")):
                tls.write(self.path(name + ".crt"), self.client(name, common_name, organization), 0o644)

    def path(self, name):
        """Where a file lies."""
        return os.path.join(self.folder, name)

    def read(self, name):
        """The content of a file."""
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def client(self, key, common_name, organization=""):
        """A client certificate for the key `<key>.key`, with that of its authority."""
        return tls.issue(self.path("client-ca.crt"), self.path("client-ca.key"), self.path(key + ".key"), common_name, organization)

    def serving(self, key, common_name, names, organization=""):
        """A server certificate for the key `<key>.key` and these names, with that of its authority."""
        unique = list(dict.fromkeys(names))
        return tls.issue(self.path("server-ca.crt"), self.path("server-ca.key"), self.path(key + ".key"), common_name, organization, unique, "serverAuth")

    def serve(self, names):
        """Certificate and key of the server's port, made anew at each start so that it has the names of now."""
        key = "serving-kube-apiserver"
        tls.write(self.path(key + ".crt"), self.serving(key, "k3s", names, "k3s"), 0o644)
        return self.path(key + ".crt"), self.path(key + ".key")
