"""`k3s server`: the files on disk, the API, the controllers, and the node of the server itself."""

import ipaddress
import os
import threading

from . import addons, agent, files, log, machine, notify, token
from .api import Api
from .deploy import DeployController
from .http_server import Server
from .kinds import OF_K3S
from .nodes import Network, NodeController
from .pki import Pki
from .release import COMMIT
from .store import Store
from .supervisor import Supervisor
from .version import VERSION

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


def run(options):
    """The command `k3s server`; ends, as the real one, with status 1 when it is told to stop."""
    notify.name_process("k3s-server")
    _check(options)
    log.info(f"Starting k3s {VERSION} ({COMMIT})")
    stopped = agent.stop_signal()
    folder = os.path.join(options["data-dir"], "server")
    for name in ("", "tls", "cred", "db", "manifests"):
        os.makedirs(os.path.join(folder, name), mode=0o700, exist_ok=True)
    secrets = _secrets(options, folder)
    pki = Pki(os.path.join(folder, "tls"))
    store = Store(_database(options, folder))
    network = Network(store, _first(options["cluster-cidr"]), _first(options["service-cidr"]), _address(options, agent.node_ip(options)))
    controller = NodeController(store, network, not options["disable-cloud-controller"])
    api = Api(store, network, controller)
    _make_first_objects(api, options)
    listener = _listen(options, Supervisor(pki, _shared_config(options), secrets, api), api)
    listener.use(*pki.serve(_names(options, network)), client_ca=pki.path("client-ca.crt"))
    _start(listener.serve_forever)

    files.write_token(folder, pki.read("server-ca.crt"), secrets["server"])
    files.write_passwords(folder, secrets)
    files.write_kubeconfig(options, _url(options), pki)
    deployer = _deployer(options, api, os.path.join(folder, "manifests"))
    _start(deployer.watch)
    _start(controller.watch)
    log.info("k3s is up and running")
    try:
        _serve_node(options, token.full(pki.read("server-ca.crt"), "node", secrets["node"]), stopped)
    finally:
        deployer.stopped.set()
        controller.stopped.set()
        listener.shutdown()
        store.close()


def _serve_node(options, secret, stopped):
    """The server's own node, unless it shall have none; until stopped."""
    if options["disable-agent"]:
        notify.ready()
        stopped.wait()
        log.fatal("controllers exited")
    agent.serve({**options, "control-plane": True}, _url(options), secret, stopped)


def _listen(options, pages, api):
    port = options["https-listen-port"]
    try:
        return Server((options["bind-address"] or "0.0.0.0", port), pages, api)
    except OSError as problem:
        reason = f"listen tcp {options['bind-address']}:{port}: bind: {problem.strerror.lower()}"
        return log.fatal(f"starting kubernetes: preparing server: init cluster datastore and https: {reason}")


def _deployer(options, api, folder):
    """The deploy controller of a folder into which the packaged add-ons were staged."""
    disabled = _all(options["disable"]) | ({"ccm"} if options["disable-cloud-controller"] else set())
    addons.stage(folder, disabled | _all(options["no-deploy"]), _cluster_dns(options))
    return DeployController(api, folder, disabled)


def _all(texts):
    return {part.strip() for text in texts for part in text.split(",")}


def _first(texts):
    return texts[0].split(",")[0]


def _address(options, host):
    return f"{host}:{options['https-listen-port']}"


def _url(options):
    return "https://" + _address(options, options["bind-address"] or "127.0.0.1")


def _start(target):
    threading.Thread(target=target, daemon=True).start()


def _check(options):
    for name in ("cluster-cidr", "service-cidr"):
        for text in options[name]:
            for network in text.split(","):
                try:
                    ipaddress.ip_network(network)
                except ValueError:
                    log.fatal(f"invalid {name} {network}: invalid CIDR address: {network}")
    for text in options["cluster-dns"]:
        for address in text.split(","):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                log.fatal(f"invalid cluster-dns address {address}")
    if options["server"]:
        log.fatal("--server: the stand-in for K3s does not show a server that joins another")


def _database(options, folder):
    """server/db/state.db, or a file under server/db/etcd where the real one has its embedded etcd."""
    database = os.path.join(folder, "db")
    if options["cluster-init"] or os.path.isdir(os.path.join(database, "etcd")):
        database = os.path.join(database, "etcd")
        os.makedirs(database, mode=0o700, exist_ok=True)
    return os.path.join(database, "state.db")


def _secrets(options, folder):
    """The secrets by user: what is configured, else what was there, else a new one."""
    text = agent.read_token(options)
    path = os.path.join(folder, "token")
    if not text and os.path.exists(path):
        with open(path, encoding="ascii") as stream:
            text = stream.read()
    of_agents = options["agent-token"]
    if options["agent-token-file"]:
        with open(options["agent-token-file"], encoding="utf-8") as stream:
            of_agents = stream.read()
    try:
        secret = token.parse(text)[2] if text else os.urandom(16).hex()
        return {"server": secret, "node": token.parse(of_agents)[2] if of_agents else secret}
    except ValueError as problem:
        return log.fatal(f"starting kubernetes: preparing server: {problem}")


def _names(options, network):
    """The names and addresses of the certificate."""
    service = "kubernetes.default.svc"
    names = ["kubernetes", "kubernetes.default", service, f"{service}.{options['cluster-domain']}", "localhost", "127.0.0.1", str(network.services[1])]
    names += [machine.hostname(), agent.node_name(options), machine.address(), agent.node_ip(options), options["advertise-address"]]
    return [name for name in names if name] + sorted(_all(options["tls-san"]))


def _shared_config(options):
    """What agents learn from /v1-k3s/config."""
    return {
        "HTTPSPort": options["https-listen-port"],
        "SupervisorPort": options["https-listen-port"],
        "FlannelBackend": options["flannel-backend"],
        "DisableCCM": options["disable-cloud-controller"],
        "DisableNPC": options["disable-network-policy"],
        "DisableKubeProxy": options["disable-kube-proxy"],
        "ClusterDomain": options["cluster-domain"],
        "ClusterDNS": _cluster_dns(options),
    }


def _cluster_dns(options):
    if options["cluster-dns"]:
        return _first(options["cluster-dns"])
    return str(ipaddress.ip_network(_first(options["service-cidr"]))[10])


def _make_first_objects(api, options):
    """What a fresh cluster has: K3s' own definitions, the namespaces, the service of the API."""
    for group, plural, kind in OF_K3S:
        name = f"{plural}.{group}"
        versions = [{"name": "v1", "served": True, "storage": True}]
        spec = {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind}, "versions": versions}
        _ensure(api, {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": spec})
    for name in NAMESPACES:
        _ensure(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    metadata = {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}}
    ports = [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": options["https-listen-port"]}]
    _ensure(api, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}})


def _ensure(api, item):
    resource, metadata = api.resource_of(item), item["metadata"]
    if api.store.get(resource, metadata.get("namespace", ""), metadata["name"]) is None:
        api.create(resource, metadata.get("namespace", ""), item, "k3s")
