"""`k3s server`: the files on disk, the API, the controllers, and the node of the server itself."""

import base64
import ipaddress
import os
import threading
import time

import yaml

from . import addons, agent, deploy, log, machine, nodes, notify, supervisor, tls, token
from .api import Api
from .http_server import Server
from .kinds import OF_K3S
from .nodes import Network, NodeController
from .release import COMMIT
from .store import Store
from .version import VERSION

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
GLOBAL_KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"

CLIENTS = {  # client certificates in server/tls: (common name, organization)
    "client-admin": ("system:admin", "system:masters"),
    "client-controller": ("system:kube-controller-manager", ""),
    "client-scheduler": ("system:kube-scheduler", ""),
    "client-kube-proxy": ("system:kube-proxy", ""),
    "client-k3s-controller": ("system:k3s-controller", ""),
}


def run(options):
    """The command `k3s server`; ends, as the real one, with status 1 when it is told to stop."""
    notify.name_process("k3s-server")
    _check(options)
    log.info("Starting k3s %s (%s)" % (VERSION, COMMIT))
    stopped = agent.stop_signal()
    folder = os.path.join(options["data-dir"], "server")
    pki = os.path.join(folder, "tls")
    for path in (folder, pki, os.path.join(folder, "cred"), os.path.join(folder, "db"), os.path.join(folder, "manifests")):
        os.makedirs(path, mode=0o700, exist_ok=True)
    secret = _secret(options, folder)
    _make_certificates(pki)

    store = Store(_database(options, folder))
    address = options["bind-address"] or "0.0.0.0"
    network = Network(store, options["cluster-cidr"][0].split(",")[0], options["service-cidr"][0].split(",")[0],
                      "%s:%d" % (agent.node_ip(options), options["https-listen-port"]))
    controller = NodeController(store, network, not options["disable-cloud-controller"])
    api = Api(store, network, controller)
    _make_first_objects(api, options)

    pages = supervisor.Supervisor(pki, _shared_config(options), {"node": _agent_secret(options, secret), "server": secret})
    pages.api = api
    try:
        listener = Server((address, options["https-listen-port"]), pages, api)
    except OSError as problem:
        log.fatal("starting kubernetes: preparing server: init cluster datastore and https: listen tcp %s:%d: bind: %s" % (
            options["bind-address"], options["https-listen-port"], problem.strerror.lower()))
    listener.use(*_serving_certificate(options, pki, network), client_ca=os.path.join(pki, "client-ca.crt"))
    _start(listener.serve_forever)

    _write_token(folder, pki, secret)
    passwords = "%s,server,server,k3s:server\n%s,node,node,k3s:agent\n" % (secret, pages.secrets["node"])
    tls.write(os.path.join(folder, "cred", "passwd"), passwords.encode(), 0o600)
    _write_kubeconfig(options, pki)
    disabled = {name.strip() for text in options["disable"] for name in text.split(",")}
    disabled |= {"ccm"} if options["disable-cloud-controller"] else set()
    skipped = disabled | {name.strip() for text in options["no-deploy"] for name in text.split(",")}
    addons.stage(os.path.join(folder, "manifests"), skipped, _cluster_dns(options))
    deployer = deploy.DeployController(api, os.path.join(folder, "manifests"), disabled)
    _start(deployer.watch)
    _start(controller.watch)
    log.info("k3s is up and running")

    try:
        _serve_node(options, pki, pages.secrets["node"], stopped)
    finally:
        deployer.stopped.set()
        controller.stopped.set()
        listener.shutdown()
        store.close()


def _serve_node(options, pki, secret, stopped):
    """The server's own node, unless it shall have none; until stopped."""
    if options["disable-agent"]:
        notify.ready()
        stopped.wait()
        log.fatal("controllers exited")
    with open(os.path.join(pki, "server-ca.crt"), "rb") as stream:
        full = token.full(stream.read(), "node", secret)
    url = "https://%s:%d" % (options["bind-address"] or "127.0.0.1", options["https-listen-port"])
    agent.serve(dict(options, **{"control-plane": True}), url, full, stopped)


def _start(target):
    threading.Thread(target=target, daemon=True).start()


def _check(options):
    for name in ("cluster-cidr", "service-cidr"):
        for text in options[name]:
            for network in text.split(","):
                try:
                    ipaddress.ip_network(network)
                except ValueError:
                    log.fatal("invalid %s %s: invalid CIDR address: %s" % (name, network, network))
    for text in options["cluster-dns"]:
        for address in text.split(","):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                log.fatal("invalid cluster-dns address %s" % address)
    if options["server"]:
        log.fatal("--server: the stand-in for K3s does not show a server that joins another")


def _database(options, folder):
    """server/db/state.db, or a file under server/db/etcd where the real one has its embedded etcd."""
    database = os.path.join(folder, "db")
    if options["cluster-init"] or os.path.isdir(os.path.join(database, "etcd")):
        database = os.path.join(database, "etcd")
        os.makedirs(database, mode=0o700, exist_ok=True)
    return os.path.join(database, "state.db")


def _secret(options, folder):
    """The secret of the token: what is configured, else what was there, else a new one."""
    text = agent.read_token(options)
    path = os.path.join(folder, "token")
    if not text and os.path.exists(path):
        with open(path, encoding="ascii") as stream:
            text = stream.read()
    if not text:
        return os.urandom(16).hex()
    try:
        return token.parse(text)[2]
    except ValueError as problem:
        log.fatal("starting kubernetes: preparing server: %s" % problem)


def _agent_secret(options, secret):
    text = options["agent-token"]
    if options["agent-token-file"]:
        with open(options["agent-token-file"], encoding="utf-8") as stream:
            text = stream.read()
    return token.parse(text)[2] if text else secret


def _make_certificates(pki):
    for name in ("server-ca", "client-ca", "request-header-ca"):
        tls.make_ca("k3s-%s@%d" % (name, time.time()), os.path.join(pki, name + ".crt"), os.path.join(pki, name + ".key"))
    for name in ("client-kubelet", "serving-kubelet", "service", "serving-kube-apiserver"):
        tls.make_key(os.path.join(pki, name + ".key"))
    for name, (common_name, organization) in CLIENTS.items():
        key, certificate = os.path.join(pki, name + ".key"), os.path.join(pki, name + ".crt")
        tls.make_key(key)
        if not os.path.exists(certificate):
            issued = tls.issue(os.path.join(pki, "client-ca.crt"), os.path.join(pki, "client-ca.key"), key, common_name, organization)
            tls.write(certificate, issued, 0o644)


def _serving_certificate(options, pki, network):
    """Certificate and key of the port, made anew at each start so that it has the names of now."""
    certificate, key = os.path.join(pki, "serving-kube-apiserver.crt"), os.path.join(pki, "serving-kube-apiserver.key")
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + options["cluster-domain"], "localhost",
             machine.hostname(), agent.node_name(options), "127.0.0.1", machine.address(), agent.node_ip(options), str(network.services[1])]
    names += [name for text in options["tls-san"] for name in text.split(",")]
    names += [options["advertise-address"]] if options["advertise-address"] else []
    issued = tls.issue(
        os.path.join(pki, "server-ca.crt"), os.path.join(pki, "server-ca.key"), key, "k3s", "k3s", names=list(dict.fromkeys(names)),
        usage="serverAuth")
    tls.write(certificate, issued, 0o644)
    return certificate, key


def _shared_config(options):
    """What agents learn from /v1-k3s/config."""
    return {
        "HTTPSPort": options["https-listen-port"], "SupervisorPort": options["https-listen-port"],
        "FlannelBackend": options["flannel-backend"], "DisableCCM": options["disable-cloud-controller"],
        "DisableNPC": options["disable-network-policy"], "DisableKubeProxy": options["disable-kube-proxy"],
        "ClusterDomain": options["cluster-domain"], "ClusterDNS": _cluster_dns(options),
    }


def _cluster_dns(options):
    if options["cluster-dns"]:
        return options["cluster-dns"][0].split(",")[0]
    return str(ipaddress.ip_network(options["service-cidr"][0].split(",")[0])[10])


def _make_first_objects(api, options):
    definitions = api.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    for group, plural, kind in OF_K3S:
        if api.store.get(definitions, "", "%s.%s" % (plural, group)) is None:
            api.create(definitions, "", {
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "%s.%s" % (plural, group)},
                "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind}, "versions": [
                    {"name": "v1", "served": True, "storage": True}]}}, "k3s")
    spaces = api.resource("", "v1", "namespaces")
    for name in NAMESPACES:
        if api.store.get(spaces, "", name) is None:
            api.create(spaces, "", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, "k3s")
    if api.store.get(nodes.SERVICE, "default", "kubernetes") is None:
        labels = {"component": "apiserver", "provider": "kubernetes"}
        ports = [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": options["https-listen-port"]}]
        api.create(nodes.SERVICE, "default", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "kubernetes", "labels": labels}, "spec": {"ports": ports}}, "k3s")


def _write_token(folder, pki, secret):
    with open(os.path.join(pki, "server-ca.crt"), "rb") as stream:
        text = token.full(stream.read(), "server", secret)
    tls.write(os.path.join(folder, "token"), (text + "\n").encode(), 0o600)
    link = os.path.join(folder, "node-token")
    if not os.path.islink(link):
        os.symlink(os.path.join(folder, "token"), link)


def _write_kubeconfig(options, pki):
    def data(name):
        with open(os.path.join(pki, name), "rb") as stream:
            return base64.b64encode(stream.read()).decode()

    content = {
        "apiVersion": "v1",
        "clusters": [{"name": "default", "cluster": {
            "certificate-authority-data": data("server-ca.crt"),
            "server": "https://%s:%d" % (options["bind-address"] or "127.0.0.1", options["https-listen-port"])}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
        "kind": "Config",
        "preferences": {},
        "users": [{"name": "default", "user": {
            "client-certificate-data": data("client-admin.crt"), "client-key-data": data("client-admin.key")}}],
    }
    path = options["write-kubeconfig"] or GLOBAL_KUBECONFIG
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    if os.path.islink(GLOBAL_KUBECONFIG):
        os.remove(GLOBAL_KUBECONFIG)
    tls.write(path, yaml.safe_dump(content).encode(), int(options["write-kubeconfig-mode"] or "600", 8))
    if path != GLOBAL_KUBECONFIG:
        os.makedirs(os.path.dirname(GLOBAL_KUBECONFIG), mode=0o755, exist_ok=True)
        if os.path.lexists(GLOBAL_KUBECONFIG):
            os.remove(GLOBAL_KUBECONFIG)
        os.symlink(path, GLOBAL_KUBECONFIG)
    log.info("Wrote kubeconfig %s" % path)
