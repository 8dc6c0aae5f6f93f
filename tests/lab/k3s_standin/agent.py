"""`k3s agent`: joins a server as the real one does (/cacerts, /v1-k3s/config, certificates, node password), then runs the kubelet."""

import json
import os
import signal
import threading
import time
import urllib.parse

from . import client, log, machine, notify, tls, token
from .kubelet import Kubelet
from .release import COMMIT
from .version import VERSION

FIRST_RETRY = 2  # seconds between two attempts to reach the server
RETRY = 5  # seconds between two attempts to get the configuration
PASSWORD = "/etc/rancher/node/password"
LOCAL = "https://127.0.0.1:%d"  # the real agent reaches the server through its own load balancer; its messages name that


class NotJoined(Exception):
    """One attempt to join failed; the text is what K3s logs."""


def run(options):
    """The command `k3s agent`; ends, as the real one, with status 1 when it is told to stop."""
    notify.name_process("k3s-agent")
    secret = read_token(options)
    if not secret:
        log.fatal("--token is required")
    if not options["server"]:
        log.fatal("--server is required")
    log.info(f"Starting k3s agent {VERSION} ({COMMIT})")
    serve(options, options["server"], secret, stop_signal())


def stop_signal():
    """An event that SIGTERM and SIGINT set."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: stopped.set())
    return stopped


def serve(options, url, secret, stopped):
    """Join until it succeeds, tell systemd, and report until stopped. A server calls it too, for its own node."""
    if not urllib.parse.urlsplit(url).hostname:
        log.fatal("Initial server URL host is not defined for load balancer")
    authority = _until_done(lambda: _authority(options, url, secret), "%s", FIRST_RETRY, stopped, "context canceled")
    _warn_without_hash(secret)
    joined = _until_done(lambda: _configure(options, url, secret, authority), "Failed to configure agent: %s", RETRY, stopped, "Interrupted")
    kubelet = Kubelet(options, joined, node_name(options), node_ip(options))
    kubelet.start()
    notify.ready()
    kubelet.report(stopped)
    log.fatal("context canceled")


def _until_done(attempt, message, pause, stopped, last_words):
    while not stopped.is_set():
        try:
            return attempt()
        except NotJoined as problem:
            log.error(message % problem)
            stopped.wait(pause)
    return log.fatal(last_words)


def read_token(options):
    """The token of --token-file (waited for, as the real one does), --token or --cluster-secret."""
    while options["token-file"]:
        try:
            with open(options["token-file"], encoding="utf-8") as stream:
                return stream.read().strip()
        except FileNotFoundError:
            log.info("Waiting for {} to be available\n".format(options["token-file"]))
            time.sleep(2)
        except OSError as problem:
            log.fatal("open {}: {}".format(options["token-file"], problem.strerror.lower()))
    return options["token"] or options["cluster-secret"]


def node_name(options):
    """The name under which the node registers."""
    return (options["node-name"] or machine.hostname()).lower()


def node_ip(options):
    """The address that the node registers."""
    return options["node-ip"][0].split(",")[0] if options["node-ip"] else machine.address()


def _authority(options, url, text):
    """The server's certificate authority; NotJoined if the server cannot be reached or is not the token's."""
    local = LOCAL % options["lb-server-port"]
    try:
        digest = token.parse(text)[0]
    except ValueError as problem:
        raise NotJoined(str(problem)) from problem
    if not url.startswith("https://"):
        raise NotJoined("only https:// URLs are supported, invalid scheme: {}".format(local.replace("https", urllib.parse.urlsplit(url).scheme)))
    try:
        authority = client.Client(url).page("/cacerts").decode()
    except (client.Unreachable, client.Refused) as problem:
        raise NotJoined(f'failed to get CA certs: Get "{local}/cacerts": EOF') from problem
    try:
        client.Client(url, authority).page("/cacerts")
    except (client.Unreachable, client.Refused) as problem:
        raise NotJoined(f'CA cert validation failed: Get "{local}/cacerts": {problem}') from problem
    found = token.ca_hash(authority.encode())
    if digest and digest != found:
        raise NotJoined(f"token CA hash does not match the Cluster CA certificate hash: {digest} != {found}")
    return authority


def _warn_without_hash(text):
    if not token.parse(text)[0]:
        log.warning(
            "Cluster CA certificate is not trusted by the host CA bundle, but the token does not include a CA hash. "
            "Use the full token from the server's node-token file to enable Cluster CA validation."
        )


def _configure(options, url, text, authority):
    """The server's configuration and the certificates of the node; NotJoined if the server refuses."""
    local, secret = LOCAL % options["lb-server-port"], token.parse(text)[2]
    server = client.Client(url, authority)
    try:
        config = json.loads(_page(server, "config", secret, local))
    except NotJoined as problem:
        raise NotJoined(f"failed to retrieve configuration from server: {problem}") from problem
    _keep_pages(options, server, secret, local)
    return {"config": config, "url": url, "authority": authority}


def _page(server, name, secret, local, headers=None):
    path = "/v1-k3s/" + name
    try:
        return server.page(path, "node", secret, headers)
    except client.Refused as problem:
        if problem.code == 403 and headers:
            raise NotJoined(
                f"Node password rejected, duplicate hostname or contents of '{PASSWORD}' may not match server node-passwd entry, try enabling a "
                "unique node name with the --with-node-id flag"
            ) from problem
        raise NotJoined(f"{local}{path}: {problem}") from problem
    except client.Unreachable as problem:
        raise NotJoined(f'Get "{local}{path}": EOF') from problem


def _keep_pages(options, server, secret, local):
    """Fetch certificates and keys into `agent/`, as the real one does."""
    folder = os.path.join(options["data-dir"], "agent")
    for name in ("", "images", "etc", "pod-manifests"):
        os.makedirs(os.path.join(folder, name), mode=0o755, exist_ok=True)
    named = {"K3s-Node-Name": node_name(options), "K3s-Node-Password": _node_password(), "K3s-Node-IP": node_ip(options)}
    for name, headers in (
        ("client-ca", None),
        ("server-ca", None),
        ("serving-kubelet", named),
        ("client-kubelet", named),
        ("client-kube-proxy", None),
        ("client-k3s-controller", None),
    ):
        text = _page(server, name + ".crt", secret, local, headers)
        certificates, separator, key = text.partition(b"-----BEGIN EC PRIVATE KEY-----")
        tls.write(os.path.join(folder, name + ".crt"), certificates, 0o600)
        if separator:
            tls.write(os.path.join(folder, name + ".key"), separator + key, 0o600)


def _node_password():
    if not os.path.exists(PASSWORD):
        os.makedirs(os.path.dirname(PASSWORD), mode=0o755, exist_ok=True)
        tls.write(PASSWORD, (os.urandom(16).hex() + "\n").encode(), 0o600)
    with open(PASSWORD, encoding="ascii") as stream:
        return stream.read().strip()
