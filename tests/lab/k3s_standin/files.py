"""The files that a server leaves for people and programs: token, passwords, kubeconfig."""

import base64
import os

import yaml

from . import log, tls, token

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"


def write_token(folder, authority, secret):
    """server/token, and server/node-token as a link to it."""
    tls.write(os.path.join(folder, "token"), (token.full(authority, "server", secret) + "\n").encode(), 0o600)
    link = os.path.join(folder, "node-token")
    if not os.path.islink(link):
        os.symlink(os.path.join(folder, "token"), link)


def write_passwords(folder, secrets):
    """server/cred/passwd."""
    text = f"{secrets['server']},server,server,k3s:server\n{secrets['node']},node,node,k3s:agent\n"
    tls.write(os.path.join(folder, "cred", "passwd"), text.encode(), 0o600)


def write_kubeconfig(options, url, pki):
    """The administrator's kubeconfig; the usual path is a link to it where another one is wanted."""
    path = options["write-kubeconfig"] or KUBECONFIG
    for each in {path, KUBECONFIG}:
        os.makedirs(os.path.dirname(each), mode=0o755, exist_ok=True)
    if os.path.islink(KUBECONFIG) or (path != KUBECONFIG and os.path.exists(KUBECONFIG)):
        os.remove(KUBECONFIG)
    tls.write(path, yaml.safe_dump(_kubeconfig(url, pki)).encode(), int(options["write-kubeconfig-mode"] or "600", 8))
    if path != KUBECONFIG:
        os.symlink(path, KUBECONFIG)
    log.info(f"Wrote kubeconfig {path}")


def _kubeconfig(url, pki):
    def data(name):
        return base64.b64encode(pki.read(name)).decode()

    user = {"client-certificate-data": data("client-admin.crt"), "client-key-data": data("client-admin.key")}
    return {
        "apiVersion": "v1",
        "clusters": [{"name": "default", "cluster": {"certificate-authority-data": data("server-ca.crt"), "server": url}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
        "kind": "Config",
        "preferences": {},
        "users": [{"name": "default", "user": user}],
    }
