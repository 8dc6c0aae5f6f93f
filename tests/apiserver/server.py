"""A real kube-apiserver with etcd on free ports of 127.0.0.1, with RBAC, and nothing behind it: no controller, scheduler or kubelet.

with ApiServer(folder, version="v1.30.3-gke.1969001") as server:
    server.client().create("/api/v1/nodes", node)
    kubeconfig = server.kubeconfig("jane", groups=("developers",))
"""

import base64
import contextlib
import json
import os
import socket
import ssl
import subprocess
import tempfile
import time
from http.client import HTTPSConnection
from pathlib import Path

import binaries
import pki
import yaml

START_LIMIT = 60  # seconds; it takes 2 to 3 where the machine is idle
STOP_LIMIT = 10  # seconds, before a process is killed
ADMIN, ADMINS = "admin", ("system:masters",)
MERGE_PATCH = "application/merge-patch+json"


class Refused(Exception):
    """The API did not do what a test asked for to set the scene."""


class ApiServer:
    """Use as a context manager. `kubectl` and the modules reach it with `kubeconfig()`.

    :param folder: for the database, the log and the kubeconfigs.
    :param version: what `/version` says instead of the true one, so that it stands for that of a cloud.
    :param pod_security: the level of Pod Security that a namespace without a label has; Kubernetes' own default is `privileged`.
    """

    def __init__(self, folder, version="", pod_security="privileged"):
        self.folder = Path(folder)
        self._version, self._pod_security = version, pod_security
        self._authority = pki.Authority()
        self._processes = contextlib.ExitStack()
        self._kubeconfigs = 0

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as processes:
            database = self._start_etcd(processes)
            self._start_apiserver(processes, database)
            self._processes = processes.pop_all()
        return self

    def __exit__(self, *_):
        self._processes.close()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def log(self):
        return (self.folder / "kube-apiserver.log").read_text(errors="replace")

    def client(self, user=ADMIN, groups=ADMINS):
        """A connection of this user, to look and to set the scene."""
        return Client(self.port, self._context(user, groups))

    def kubeconfig(self, user=ADMIN, groups=ADMINS, login=None):
        """Path of a new kubeconfig.

        :param login: what it says of the user instead of a certificate, such as `{"exec": …}`.
        """
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "clusters": [{"name": "test", "cluster": {"server": self.url, "certificate-authority-data": _encoded(self._authority.certificate)}}],
            "users": [{"name": "test", "user": self.credentials(user, groups) if login is None else login}],
        }
        self._kubeconfigs += 1
        path = self.folder / f"kubeconfig-{self._kubeconfigs}"
        path.write_text(yaml.safe_dump(content))
        path.chmod(0o600)
        return path

    def credentials(self, user, groups=()):
        """What a kubeconfig says of a user with a certificate."""
        certificate, key = (_encoded(pem) for pem in self._authority.issue(user, groups))
        return {"client-certificate-data": certificate, "client-key-data": key}

    def namespace(self, name, labels=None):
        """Make a namespace and, in place of the controller, its service account, without which no pod is admitted."""
        client = self.client()
        if name != "default":
            client.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels or {}}})
        client.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})

    def _start_etcd(self, processes):
        database, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        command = (binaries.etcd(), "--data-dir", self.folder / "etcd", "--unsafe-no-fsync", "--log-level", "error")
        urls = {"listen-client-urls": database, "advertise-client-urls": database, "listen-peer-urls": peer, "initial-advertise-peer-urls": peer}
        options = [f"--{name}={url}" for name, url in urls.items()] + [f"--initial-cluster=default={peer}"]
        self._start(processes, "etcd", *command, *options)
        return database

    def _start_apiserver(self, processes, database):
        self.port = free_port()
        certificate, key = self._authority.issue("kube-apiserver", addresses=("127.0.0.1", "10.96.0.1"))
        files = {
            "tls-cert-file": certificate,
            "tls-private-key-file": key,
            "client-ca-file": self._authority.certificate,
            "service-account-signing-key-file": pki.new_key(),
            "admission-control-config-file": yaml.safe_dump(_admission(self._pod_security)).encode(),
        }
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
        options = {name: self.folder / name for name in files} | {
            "service-account-key-file": self.folder / "service-account-signing-key-file",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-cluster-ip-range": "10.96.0.0/16",
            "etcd-servers": database,
            "bind-address": "127.0.0.1",
            "secure-port": self.port,
            "cert-dir": self.folder / "certificates",
            "authorization-mode": "Node,RBAC",
            "allow-privileged": "true",
            "endpoint-reconciler-type": "none",
        }
        environment = os.environ | ({"H6_GIT_VERSION": self._version} if self._version else {})
        arguments = [f"--{name}={value}" for name, value in options.items()]
        process = self._start(processes, "kube-apiserver", binaries.kube_apiserver(), *arguments, env=environment)
        self._wait(process)

    def _start(self, processes, name, *command, env=None):
        log = processes.enter_context((self.folder / f"{name}.log").open("w"))
        # Ended with this process, however that ends.
        command = ("setpriv", "--pdeathsig", "KILL", "--", *command)
        process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=subprocess.STDOUT, env=env)
        processes.callback(_stop, process)
        return process

    def _wait(self, process):
        deadline = time.monotonic() + START_LIMIT
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Refused(f"kube-apiserver is not ready; the end of its log:\n{self.log[-4000:]}")
            time.sleep(0.1)

    def _is_ready(self):
        with contextlib.suppress(OSError):
            client = self.client()
            return client.ask("GET", "/readyz")[0] == 200 and client.ask("GET", "/api/v1/namespaces/default")[0] == 200
        return False

    def _context(self, user, groups):
        context = ssl.create_default_context(cadata=self._authority.certificate.decode())
        certificate, key = self._authority.issue(user, groups)
        # The library takes a file only.
        with tempfile.NamedTemporaryFile(dir=self.folder) as file:
            file.write(certificate + key)
            file.flush()
            context.load_cert_chain(file.name)
        return context


class Client:
    """One connection to the API; one thread at a time."""

    def __init__(self, port, context):
        self._connection = HTTPSConnection("127.0.0.1", port, context=context, timeout=60)

    def ask(self, method, path, body=None, content_type="application/json"):
        """(status, answer) of a request; an answer that is no JSON is a text."""
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, data, {"Content-Type": content_type})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def get(self, path):
        return self._done("GET", path)

    def create(self, path, body):
        return self._done("POST", path, body)

    def merge(self, path, body):
        return self._done("PATCH", path, body, MERGE_PATCH)

    def delete(self, path):
        return self._done("DELETE", path)

    def _done(self, method, path, body=None, content_type="application/json"):
        status, answer = self.ask(method, path, body, content_type)
        if status >= 300:
            raise Refused(f"{method} {path}: {status} {answer.get('message') if isinstance(answer, dict) else answer}")
        return answer


def _admission(level):
    """The configuration of Pod Security admission."""
    defaults = {"enforce": level, "enforce-version": "latest"}
    configuration = {"apiVersion": "pod-security.admission.config.k8s.io/v1", "kind": "PodSecurityConfiguration", "defaults": defaults}
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{"name": "PodSecurity", "configuration": configuration}],
    }


def _stop(process):
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


_given_out = set()


def free_port():
    """A port that nothing listens on, and another one each time."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as bound:
            port = bound.getsockname()[1]
        if port not in _given_out:
            _given_out.add(port)
            return port


def is_listening(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _encoded(pem):
    return base64.b64encode(pem).decode()
