"""K3s on a node once it runs there: its etcd and its certificates, read from a directory that stands for the node, and checked."""

import base64
import json
import os

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import etcd
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import paths
from certificates import DAY, Authority
from node_options import options_with

IDS = ("etcd", "etcd_disk", "certificates", "api_certificate")
TLS = "/var/lib/rancher/k3s/server/tls"
AGENT = "/var/lib/rancher/k3s/agent"
NOW = 1_700_000_000


def member(name, healthy=True, learner=False):
    return {"name": name and f"{name}-a5d17571", "address": f"10.0.0.{name[-1:] or 9}", "learner": learner, "healthy": healthy}


def state(*members, leader=False, problem="", fsync_p99=0.002):
    return {"name": "s1-a5d17571", "members": list(members), "problem": problem, "leader": leader, "fsync_p99": fsync_p99}


GOOD = {
    "etcd": state(member("s1"), member("s2"), member("s3")),
    "certificates": {TLS + "/client-admin.crt": NOW + 300 * DAY, TLS + "/server-ca.crt": NOW + 3000 * DAY},
    "api_names": ["kubernetes", "10.0.0.1", "fd00::1", "API.example.com"],
    "clock": float(NOW),
}


def check(name, phase="installed", facts=(), **options):
    """(status, found, remedy) of one requirement of a server that has joined."""
    given = options_with({"joined": True, **options})
    (finding,) = node_check.findings_of({**GOOD, **dict(facts)}, given, phase, only=[name])
    return finding["status"], finding["found"], finding["remedy"]


@pytest.mark.parametrize("name", IDS)
def test_what_is_needed_once_k3s_runs_is_not_needed_before(name):
    bad = {"etcd": state(problem="no answer", fsync_p99=9.0), "certificates": {TLS + "/client-admin.crt": 0}, "api_names": []}
    assert check(name, facts=bad, api_address="10.0.0.9")[0] in ("fail", "warning")
    assert check(name, facts=bad, api_address="10.0.0.9", joined=False)[:2] == ("pass", "not needed before K3s runs")


@pytest.mark.parametrize("name", IDS)
def test_check_mode_waits_for_nothing_that_a_run_would_make(name):
    nothing = {"etcd": etcd.NONE, "certificates": {}, "api_names": []}
    assert check(name, facts=nothing, api_address="10.0.0.9", phase="preflight")[0] == "pass"


def test_what_is_there_says_the_same_in_check_mode():
    facts = {"etcd": state(fsync_p99=9.0), "certificates": {TLS + "/client-admin.crt": 0}}
    for name in ("etcd_disk", "certificates"):
        assert check(name, facts=facts, phase="preflight") == check(name, facts=facts)


@pytest.mark.parametrize("name", ["etcd", "etcd_disk", "api_certificate"])
def test_an_agent_has_none_of_what_a_server_has(name):
    bad = {"etcd": etcd.NONE, "api_names": None}
    assert check(name, facts=bad, server=False, api_address="10.0.0.9")[0] == "pass"
    assert check("certificates", facts={"certificates": {AGENT + "/client-kubelet.crt": NOW}}, server=False)[0] == "fail"


@pytest.mark.parametrize(
    ("read", "status", "found"),
    [
        (etcd.NONE, "pass", "none, this server keeps its data alone"),
        (state(member("s1")), "pass", "1 member, healthy"),
        (state(member("s1"), member("s2"), member("s3"), leader=True), "pass", "3 members, all healthy, led by this one"),
        (state(problem="etcd cannot be asked at 10.0.0.1, port 2380: refused"), "fail", "etcd cannot be asked at 10.0.0.1, port 2380: refused"),
        (state(member("s2"), member("s3")), "fail", "etcd has no member s1-a5d17571"),
        (state(member("s1", learner=True), member("s2"), member("s3")), "fail", "etcd still copies its data to this server"),
        (state(member("s1"), member("s2", False), member("s3")), "fail", "s2 of its 3 members is not healthy, and none of the others may fail now"),
        (state(*(member(f"s{n}", n != 4) for n in range(1, 6))), "fail", "s4 of its 5 members is not healthy"),
        (state(*(member(f"s{n}", n < 4) for n in range(1, 6))), "fail", "s4, s5 of its 5 members are not healthy, and none of the others may fail now"),
        (
            state(member("s1", False), member("s2", False), member("s3", False)),
            "fail",
            "etcd is not healthy on this server; s2, s3 of its 3 members are not healthy, so that nothing can be written",
        ),
        (state(member("s1"), member("s2"), member("", False)), "fail", "10.0.0.9 of its 3 members is not healthy, and none of the others may fail now"),
        (state(member("s1"), member("s2"), member("s3"), member("s4", False, learner=True)), "fail", "s4 of its 4 members is not healthy"),
    ],
)
def test_every_server_says_how_etcd_is(read, status, found):
    assert check("etcd", facts={"etcd": read})[:2] == (status, found)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (state(problem="refused"), ["systemctl start k3s", "journalctl -u k3s"]),
        (state(member("s2")), ["gitpod.node_prep.remove"]),
        (state(member("s1", learner=True)), ["some minutes"]),
        (state(member("s1"), member("s2"), member("s3", False)), ["Start K3s on s3", "gitpod.node_prep.remove -e node_prep_remove=s3"]),
        (state(member("s1", False), member("s2", False), member("s3", False)), ["Start K3s on s2, s3", "journalctl -u k3s"]),
    ],
)
def test_what_to_do_about_etcd(read, words):
    remedy = check("etcd", facts={"etcd": read})[2]
    assert [word for word in words if word not in remedy] == []
    assert ("node_prep_remove" in remedy) == ("Start K3s on" in remedy), "nobody removes a server that only has to be started"


@pytest.mark.parametrize(
    ("seconds", "status", "found"),
    [
        (0.0, "pass", "99 of 100 writes within 0.0 ms"),
        (0.01, "pass", "99 of 100 writes within 10.0 ms"),
        (0.0101, "warning", "99 of 100 writes within 10.1 ms"),
        (8.192, "warning", "99 of 100 writes within 8192.0 ms"),
        (None, "unknown", "could not be read: etcd does not say how long its writes take"),
    ],
)
def test_a_slow_disk_is_a_warning(seconds, status, found):
    assert check("etcd_disk", facts={"etcd": state(member("s1"), fsync_p99=seconds)})[:2] == (status, found)
    assert check("etcd_disk", facts={"etcd": {**etcd.NONE, "fsync_p99": seconds}})[0] == "pass"


LEAF, AUTHORITY = TLS + "/client-admin.crt", TLS + "/etcd/peer-ca.crt"


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(90 * DAY, "pass"), (90 * DAY - 1, "warning"), (14 * DAY, "warning"), (14 * DAY - 1, "fail"), (0, "fail"), (-400 * DAY, "fail"), (-(2**62), "fail")],
)
@pytest.mark.parametrize("path", [LEAF, AUTHORITY, TLS + "/dynamic-cert.json"])
def test_certificates_expire(path, seconds, status):
    found = check("certificates", facts={"certificates": {path: NOW + seconds, TLS + "/client-scheduler.crt": NOW + 365 * DAY}})
    assert found[0] == status
    if status != "pass":
        assert path.removeprefix("/var/lib/rancher/k3s/") in found[1]
        assert ("rotate-ca" in found[2]) == (path == AUTHORITY)
        assert ("systemctl restart k3s`" in found[2]) == (path != AUTHORITY)


def test_the_days_of_the_user_count():
    facts = {"certificates": {LEAF: NOW + 50 * DAY}}
    for warning, failure, status in ((90, 14, "warning"), (50, 14, "pass"), (90, 51, "fail"), (10, 51, "fail")):
        assert check("certificates", facts=facts, certificate_warning_days=warning, certificate_failure_days=failure)[0] == status
    assert check("certificates", facts=facts, certificate_warning_days=0, certificate_failure_days=0)[0] == "pass"


def test_files_and_days_are_named_the_next_ones_first():
    expiries = {f"{AGENT}/client-{number}.crt": NOW + 10 * DAY for number in range(7)}
    expiries |= {f"{TLS}/client-{number}.crt": NOW + (20 + number) * DAY for number in range(4)}
    status, found, remedy = check("certificates", facts={"certificates": {LEAF: NOW - 1, **expiries}}, server=False)
    assert status == "fail"
    assert found == (
        "expired on 2023-11-14: server/tls/client-admin.crt; expires on 2023-11-24: agent/client-0.crt, agent/client-1.crt, agent/client-2.crt, "
        "agent/client-3.crt, agent/client-4.crt and 2 more; expires on 2023-12-04: server/tls/client-0.crt; 3 more soon afterwards"
    )
    assert "systemctl restart k3s-agent" in remedy


@pytest.mark.parametrize(
    ("expiries", "status", "words"),
    [
        ({}, "unknown", "no certificates below"),
        ({LEAF: None}, "unknown", "no certificate in server/tls/client-admin.crt"),
        ({LEAF: None, AUTHORITY: NOW + 900 * DAY}, "unknown", "no certificate in server/tls/client-admin.crt"),
        ({LEAF: None, AUTHORITY: NOW}, "fail", "; no certificate can be read in server/tls/client-admin.crt"),
    ],
)
def test_certificates_that_cannot_be_read_do_not_pass(expiries, status, words):
    found = check("certificates", facts={"certificates": expiries})
    assert (found[0], words in found[1]) == (status, True)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("", "pass"),
        ("10.0.0.1", "pass"),
        ("10.0.0.10", "fail"),
        ("fd00:0:0::1", "pass"),
        ("[fd00::1]", "pass"),
        ("api.example.com", "pass"),
        ("API.EXAMPLE.COM.", "pass"),
        ("example.com", "fail"),
        ("api", "fail"),
    ],
)
def test_the_address_of_the_api_stands_in_its_certificate(address, status):
    found = check("api_certificate", api_address=address)
    assert found[0] == status
    if status == "fail":
        assert found[1] == "for 10.0.0.1, fd00::1, API.example.com"
        assert "k3s_tls_san" in found[2]


def test_a_server_without_a_certificate_of_the_api_is_unknown():
    assert check("api_certificate", facts={"api_names": None}, api_address="10.0.0.1")[0] == "unknown"
    for names in ([], ["kubernetes.default", "127.0.0.1", "::1", "localhost"]):
        assert check("api_certificate", facts={"api_names": names}, api_address="10.0.0.1")[:2] == ("fail", "for no address of its own")


AUTHORITY_OF_K3S = Authority()
END = NOW + 500 * DAY


def certificate(end=END, names=()):
    return AUTHORITY_OF_K3S.issue(end=end, begin=NOW, names=names)[0]


def listener(text):
    return json.dumps({"data": {"tls.crt": base64.b64encode(text).decode(), "tls.key": "aHVzaA=="}}).encode()


@pytest.fixture
def machine(tmp_path):
    """put(path, content) makes a file; read(name) is a fact, or why it was not read."""

    class Machine:
        root = tmp_path

        @staticmethod
        def put(path, content=b""):
            file = tmp_path / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            return file

        @staticmethod
        def read(name):
            host = Host(str(tmp_path))
            try:
                return next(read for one, read in reader.READERS if one == name)(host)
            except (OSError, ValueError) as error:
                return "unread: " + str(error)

    return Machine()


def test_a_machine_without_k3s_has_nothing_of_it(machine):
    assert [machine.read(name) for name in ("etcd", "certificates", "api_names", "k3s_server_settings")] == [etcd.NONE, {}, None, None]


def test_a_server_without_an_answer_says_why(machine):
    machine.put(etcd.NAME_FILE, "s1-a5d17571\n")
    found = machine.read("etcd")
    assert found["name"] == "s1-a5d17571"
    assert "No such file" in found["problem"]


def test_the_certificates_of_k3s_are_read_and_no_others(machine):
    for path in (LEAF, TLS + "/server-ca.crt", TLS + "/etcd/peer-ca.crt", AGENT + "/serving-kubelet.crt"):
        machine.put(path, certificate())
    machine.put(TLS + "/dynamic-cert.json", listener(certificate(END + 1)))
    for path in ("/client-admin.key", "/temporary-certs/apiserver-loopback-client__.crt", "/my-company.crt", "/client-admin.crt.old", "/etcd/deep/client.crt"):
        machine.put(TLS + path, certificate(NOW))
    assert machine.read("certificates") == {
        LEAF: END,
        TLS + "/server-ca.crt": END,
        TLS + "/etcd/peer-ca.crt": END,
        AGENT + "/serving-kubelet.crt": END,
        TLS + "/dynamic-cert.json": END + 1,
    }


def test_odd_files_in_the_place_of_certificates(machine):
    for name, content in (("client-a", b""), ("client-b", b"\xff" * 9), ("client-c", b"-----BEGIN CERTIFICATE-----\n" * 30_000)):
        machine.put(f"{TLS}/{name}.crt", content)
    (machine.root / TLS.lstrip("/") / "client-d.crt").mkdir()
    os.mkfifo(machine.root / TLS.lstrip("/") / "client-e.crt")
    machine.put(TLS + "/dynamic-cert.json", b"{")
    assert machine.read("certificates") == dict.fromkeys([*(f"{TLS}/client-{letter}.crt" for letter in "abcde"), TLS + "/dynamic-cert.json"])
    assert machine.read("api_names") == f"unread: no certificate can be read in {TLS}/dynamic-cert.json"


def test_the_certificate_that_is_shown_on_the_port_counts(machine):
    machine.put(TLS + "/serving-kube-apiserver.crt", certificate(names=["a.example.com"]))
    assert machine.read("api_names") == ["a.example.com"]
    machine.put(TLS + "/dynamic-cert.json", listener(certificate(names=["b.example.com", "10.0.0.1"])))
    assert machine.read("api_names") == ["b.example.com", "10.0.0.1"]


OURS = paths.K3S_MARK + "; changes made here are overwritten.\n"
UNIT = "[Service]\nEnvironmentFile=-/etc/systemd/system/k3s.service.env\nExecStart=/usr/local/bin/k3s server %s\n"


def test_what_a_server_is_told(machine):
    machine.put("/etc/systemd/system/k3s.service", OURS + UNIT % "")
    own = "cluster-cidr: 10.42.0.0/16\ndisable:\n- traefik\ntoken: hush\nnode-name: s1\nsecrets-encryption: true\n"
    machine.put("/etc/rancher/k3s/config.yaml", OURS + own)
    machine.put("/etc/rancher/k3s/config.yaml.d/10.yaml", "disable+: [servicelb]\nflannel-backend: vxlan\n")
    machine.put("/etc/rancher/k3s/config.yaml.d/20.yaml", "flannel-backend: none # Calico\n")
    machine.put("/etc/rancher/k3s/config.yaml.d/30.yml.off", "cluster-cidr: 10.99.0.0/16\n")
    assert machine.read("k3s_server_settings") == {
        "cluster-cidr": ["10.42.0.0/16"],
        "disable": ["traefik", "servicelb"],
        "secrets-encryption": ["true"],
        "flannel-backend": ["none"],
    }


def test_what_a_server_of_somebody_else_is_told(machine):
    machine.put("/etc/systemd/system/k3s.service", UNIT % "--cluster-cidr=10.52.0.0/16 --disable traefik --token hush --disable-network-policy")
    machine.put("/etc/systemd/system/k3s.service.env", "K3S_SERVICE_CIDR=10.53.0.0/16\nK3S_TOKEN=hush\nK3S_CLUSTER_CIDR=10.1.0.0/16\n")
    machine.put("/etc/rancher/k3s/config.yaml", "cluster-cidr: 10.2.0.0/16\nno-deploy: servicelb\n")
    assert machine.read("k3s_server_settings") == {
        "service-cidr": ["10.53.0.0/16"],
        "cluster-cidr": ["10.52.0.0/16"],
        "disable": ["servicelb", "traefik"],
        "disable-network-policy": ["true"],
    }


def test_a_configuration_that_cannot_be_taken_apart_is_not_half_read(machine):
    machine.put("/etc/systemd/system/k3s.service", OURS + UNIT % "")
    machine.put("/etc/rancher/k3s/config.yaml.d/10.yaml", "{cluster-cidr: 10.42.0.0/16}\n")
    assert machine.read("k3s_server_settings") == "unread: /etc/rancher/k3s/config.yaml.d/10.yaml cannot be taken apart"


def test_nothing_secret_is_read(machine):
    machine.put("/etc/systemd/system/k3s.service", UNIT % "--token hush")
    machine.put("/etc/rancher/k3s/config.yaml", "token: hush\nagent-token: hush\ndatastore-endpoint: mysql://root:hush@db\n")
    machine.put(TLS + "/dynamic-cert.json", listener(certificate()))
    facts = [machine.read(name) for name in ("k3s_server_settings", "certificates", "api_names", "k3s")]
    assert "hush" not in repr(facts)
    assert "aHVzaA" not in repr(facts)
