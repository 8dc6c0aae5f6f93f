"""`k3s` under contract: the real one of the lab, else the stand-in, built as the release of the recordings."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab")]

import build_standin  # noqa: E402  the lab is not a package that could be imported without the line above
import k3s_source  # noqa: E402  as above
import nodes  # noqa: E402  as above
import recordings  # noqa: E402  as above
from kube import Api  # noqa: E402  as above
from sandbox import LIMIT, SERVER, Ended, Sandbox  # noqa: E402  as above

SECRET = "contract-secret"
# The controllers of a real server end it with this status when its API takes more than 10 s to be healthy, as on a busy machine.
TOO_SLOW = 255
NO_CONFIG = "/etc/rancher/empty.yaml"  # a command with it does not read the server's configuration
MANIFESTS = {
    "good.yaml": """\
apiVersion: v1
kind: Namespace
metadata: {name: deployed}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: first, namespace: deployed}
data: {answer: "42"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: second, namespace: deployed}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: each, namespace: deployed}
spec:
  selector: {matchLabels: {app: each}}
  template:
    metadata: {labels: {app: each}}
    spec: {containers: [{name: each, image: "registry.invalid/each:1"}]}
""",
    "chart.yaml": """\
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: chart, namespace: kube-system}
spec: {chart: "https://registry.invalid/chart.tgz"}
""",
    "crd.yaml": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.contract.example.com}
spec:
  group: contract.example.com
  scope: Cluster
  names: {plural: things, singular: thing, kind: Thing}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
""",
    "broken.yaml": "a: [\n",
    "unknown.yaml": "apiVersion: nope.example.com/v1\nkind: Nope\nmetadata: {name: nope}\n",
    "ignored.txt": "apiVersion: v1\nkind: Namespace\nmetadata: {name: ignored}\n",
}


@pytest.fixture(scope="session")
def k3s(tmp_path_factory):
    """The file under contract."""
    real = k3s_source.find().binary
    if real:
        return real
    path = tmp_path_factory.mktemp("build") / "k3s"
    build_standin.build(path, recordings.RELEASE)
    return path


@pytest.fixture(scope="session")
def release(k3s):
    """The release that the file is, such as v1.21.2+k3s1."""
    output = subprocess.run((k3s, "--version"), capture_output=True, text=True, check=True, timeout=LIMIT).stdout
    return re.search(r"v\d+\.\d+\.\d+\+k3s\d+", output).group()


@pytest.fixture(scope="session", autouse=True)
def coming_cluster(request, k3s):
    """The lab nodes are made while other tests run, if any test asks for them."""
    if not any("cluster" in item.fixturenames for item in request.session.items):
        yield None
        return
    with ThreadPoolExecutor() as pool:
        yield pool.submit(nodes.up, k3s)
    nodes.down()


@pytest.fixture(scope="session")
def cluster(coming_cluster):
    """(server, agent): two lab nodes, both started."""
    return coming_cluster.result()


@pytest.fixture(scope="session")
def sandbox(k3s, tmp_path_factory):
    """Where it runs."""
    made = Sandbox(k3s, tmp_path_factory.mktemp("sandbox"))
    made.path(NO_CONFIG).write_text("")
    yield made
    made.close()


@pytest.fixture(scope="session")
def server(sandbox):
    """A server without a node, ready, with its token from a file; MANIFESTS lie in its folder from then on."""
    sandbox.path("/etc/rancher/k3s").mkdir()
    sandbox.path("/etc/rancher/k3s/secret").write_text(SECRET + "\n")
    sandbox.path("/etc/rancher/k3s/config.yaml").write_text(
        "token-file: /etc/rancher/k3s/secret\ntls-san: [k3s.contract.example.com]\ndisable: [traefik]\ndisable-network-policy: true\nflannel-backend: none\n"
        + nodes.ALONE
    )
    process = start_server(sandbox, "server")
    folder = sandbox.path(SERVER / "manifests")
    process.wait_for(lambda: (folder / "coredns.yaml").exists(), LIMIT, "the packaged add-ons")
    for name, content in MANIFESTS.items():
        (folder / name).write_text(content)
    return process


def requests_to(sandbox):
    """Requests to the server in a sandbox."""
    return Api("127.0.0.1", sandbox.path(SERVER / "tls"), sandbox.inside)


def start_server(sandbox, name, starts=4):
    """Start a server and wait until it is ready. One that ends itself is started again, as its unit has systemd do."""
    process = sandbox.start(f"{name}-{starts}", "server", "--disable-agent")
    api = requests_to(sandbox)
    try:
        process.wait_for(lambda: sandbox.path(SERVER / "tls/client-admin.key").exists() and api.answers("/readyz"), LIMIT, "readyz")
    except Ended:
        if starts == 1 or process.popen.returncode != TOO_SLOW:
            raise
        return start_server(sandbox, name, starts - 1)
    return process


@pytest.fixture(scope="session")
def api(sandbox, server):
    """Requests to that server."""
    return requests_to(sandbox)


@pytest.fixture(scope="session")
def agents(sandbox, server):
    """Agents that cannot join, all started at once: by what is wrong with them."""
    wrong = {
        "token": ("--token", "wrong", "--server", "https://127.0.0.1:6443"),
        "address": ("--token", SECRET, "--server", "https://127.0.0.1:6553"),
        "authority": ("--token", f"K10{'a' * 64}::server:{SECRET}", "--server", "https://127.0.0.1:6443"),
    }
    return {
        name: sandbox.start(
            f"agent-{name}", "agent", "--config", NO_CONFIG, "--data-dir", f"/var/lib/rancher/agent-{name}", "--lb-server-port", str(port), *arguments
        )
        for port, (name, arguments) in enumerate(wrong.items(), start=6544)
    }
