"""A cluster whose every text is an attack: templates, escape sequences and markup, in all that the API lets anybody write and cluster_spec reads."""

import base64
import datetime
import itertools
import json
import subprocess

import pytest
import runs
import scene
import shapes
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from server import ApiServer
from test_admission import deny

ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e"
MARKUP = "<img src=x onerror=alert(1)>"
DOMAIN = "gitpod.invalid"
# Beside what the user would have written, so that a rule reads it and shows it; or alone.
PLACES = {"beside the usual text": "{usual} {attack}", "alone": "{attack}"}


class Attack:
    """Texts that make a file where they are rendered; each says in its name what it was planted in."""

    def __init__(self, folder, place):
        self.folder, self._place, self._numbers = folder, place, itertools.count()
        self.folder.mkdir()

    def __call__(self, usual=""):
        trap = self.folder / f"rendered-{next(self._numbers)}"
        template = f"""{{{{ lookup("pipe", "touch {trap}") }}}}"""
        return self._place.format(usual=usual, attack=template + ESCAPES + MARKUP)

    def rendered(self):
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(scope="module", params=PLACES)
def hostile(request, tmp_path_factory):
    """(server, attack): K3s with Calico, with an attack in every text."""
    folder = tmp_path_factory.mktemp("hostile")
    attack = Attack(folder / "traps", PLACES[request.param])
    # The server starts with a version only.
    with ApiServer(folder / "server", version="v1.24.7+k3s1 " + attack()) as server:
        shapes.make(server, planted(shapes.load("k3s-calico"), attack))
        plant_in_status(server.client(), attack)
        plant_secret(server.client(), attack)
        scene.allow(server.client(), "few", ("", "nodes", ("list",)))
        yield server, attack


def planted(shape, attack):
    machine = shape["machine"]
    for field in ("os", "kernel", "runtime", "provider", "kubelet", "address"):
        machine[field] = attack(machine.get(field, ""))
    machine["annotations"] = {key: attack(value) for key, value in machine["annotations"].items()}
    for node in shape["nodes"].values():
        node["annotations"] = {key: attack(value) for key, value in node.get("annotations", {}).items()}
    for workload in (*shape["daemon_sets"].values(), *shape["deployments"].values()):
        workload["image"] = attack(workload["image"])
        workload["env"] = {key: attack(value) for key, value in workload.get("env", {}).items()}
    for content in shape["config_maps"].values():
        content.update({key: attack(value) for key, value in content.items()})
    pool = shape["resources"]["ippools.crd.projectcalico.org/v1"]
    pool["default-ipv4-ippool"] = {"spec": {"cidr": attack("10.42.0.0/16"), "ipipMode": attack("Never"), "vxlanMode": attack("Always")}}
    felix = shape["resources"]["felixconfigurations.crd.projectcalico.org/v1"]
    felix["default"] = {"spec": {"featureDetectOverride": attack("ChecksumOffloadBroken=true")}}
    shape["resources"]["installations.operator.tigera.io/v1"] = {
        "default": {"spec": {"calicoNetwork": {"linuxDataplane": attack("BPF"), "containerIPForwarding": attack("Enabled")}}}
    }
    shape["resources"]["helmcharts.helm.cattle.io/v1"] = {"cert-manager": {"spec": {"chart": attack("cert-manager")}}}
    return shape


def plant_in_status(client, attack):
    """What only a status says, and what a policy answers."""
    node = {
        "capacity": {"cpu": "4", "memory": "15896988Ki"},
        "conditions": [
            {"type": kind, "status": status, "reason": attack("Tried"), "message": attack("Tried")}
            for kind, status in (("Ready", "False"), ("DiskPressure", "True"), (attack("Other"), attack("True")))
        ],
        "addresses": [{"type": "InternalIP", "address": attack("192.168.100.1")}, {"type": attack("Other"), "address": attack()}],
    }
    client.merge("/api/v1/nodes/meta-1/status", {"status": node})
    client.merge("/api/v1/nodes/meta-1", {"metadata": {"annotations": {"example.com/planted": attack()}}})
    deployment = {"conditions": [{"type": "Available", "status": attack("False"), "reason": attack("Tried"), "message": attack("Tried")}]}
    client.merge("/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager/status", {"status": deployment})
    client.merge("/api/v1/namespaces/default", {"metadata": {"annotations": {"example.com/planted": attack()}}})
    default = {"storageclass.kubernetes.io/is-default-class": attack("true")}
    client.merge("/apis/storage.k8s.io/v1/storageclasses/standard", {"metadata": {"annotations": default}})


def plant_secret(client, attack):
    """A certificate for names that are attacks, and a secret of an odd kind."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    ascii_only = attack(f"*.{DOMAIN}").encode("ascii", "ignore").decode()
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(ascii_only)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    data = {"tls.crt": base64.b64encode(certificate).decode(), "tls.key": base64.b64encode(b"x").decode()}
    client.create("/api/v1/namespaces/default/secrets", {"metadata": {"name": "https-certificates"}, "type": attack("Opaque"), "data": data})


@pytest.fixture(params=[pytest.param(runs.NEWEST, id="this ansible-core"), pytest.param(runs.OLDEST, id="ansible-core 2.16")])
def ansible(request):
    if request.param == runs.OLDEST:
        subprocess.run((runs.CHECKOUT / "tests" / "oldest_venv.sh",), check=True)
    return request.param


def assert_harmless(ran, attack):
    assert attack.rendered() == []
    texts = {"the terminal": ran.output, **ran.files}
    assert [(where, character) for where, text in texts.items() for character in "\x1b\x07\x9b\u202e" if character in text] == []
    assert MARKUP not in ran.files.get("report.html", "")


def test_the_trap_springs_where_it_is_rendered(ansible, tmp_path):
    attack = Attack(tmp_path / "traps", "{attack}")
    runs.ask(("ansible", "localhost", "--module-name", "debug", "--args", json.dumps({"msg": attack()})), tmp_path, ansible)
    assert attack.rendered() == ["rendered-0"]


def test_nothing_of_a_cluster_is_rendered_or_reaches_the_terminal(hostile, ansible, tmp_path):
    server, attack = hostile
    ran = runs.verify(server.kubeconfig(), tmp_path, bin_folder=ansible, node_prep_domain=DOMAIN)
    assert ran.report, ran.output
    assert "lookup" in json.dumps(ran.report), "the attack was not read at all"
    assert_harmless(ran, attack)


def test_nothing_of_a_refusal_is_rendered_or_reaches_the_terminal(hostile, ansible, tmp_path):
    server, attack = hostile
    name = f"hostile-{ansible.parent.name.strip('.')}"
    server.namespace(name)
    deny(server, name, name, attack("refused").replace("\x07", ""))
    ran = runs.verify(server.kubeconfig(), tmp_path, bin_folder=ansible, cluster_spec_namespace=name)
    assert "lookup" in ran.found("privileged_pods")
    assert_harmless(ran, attack)


def test_labels_are_set_without_rendering_anything(hostile, ansible, tmp_path):
    server, attack = hostile
    variables = {"node_labels_nodes": {"meta": ["meta-1"], "workspace": ["workspace-1"]}}
    ran = runs.labels(server.kubeconfig(), tmp_path, bin_folder=ansible, **variables)
    assert_harmless(ran, attack)
