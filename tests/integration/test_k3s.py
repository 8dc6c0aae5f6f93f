"""The role k3s told in order on one lab: a cluster is made, resists broken mirrors, and restarts only for a reason.

It needs two releases: the second one is there to be refused, and in the end to be upgraded to. They are real ones where the lab has two of them
between which an upgrade may go, else stand-ins.
"""

import hashlib
import json
import re
import socket
import stat

import artifacts
import k3s_source
import lab
import pytest
import yaml
from playbook import play

STANDINS = ("v1.23.13+k3s2", "v1.24.9+k3s2")
RELEASES = lab.STATE / "artifacts" / "k3s"


def two_releases(files):
    """An older release and a newer one to which it may be upgraded, for K3s skips no minor one."""
    newer, older = (*files, "", "")[:2]
    if older and k3s_source.numbers(newer)[:2] in (minor(older), minor(older, 1)):
        return older, newer
    return STANDINS


def minor(release, more=0):
    """(1, 21) of v1.21.2+k3s1, or a minor release that comes later."""
    return k3s_source.numbers(release)[0], k3s_source.numbers(release)[1] + more


OLD, NEW = two_releases(k3s_source.find().files)
OLDER = f"v{minor(OLD)[0]}.{minor(OLD)[1] - 1}.2+k3s1"
NEXT = ".".join(map(str, minor(OLD, 1)))
TOO_NEW = f"v{minor(OLD, 2)[0]}.{minor(OLD, 2)[1]}.0+k3s1"
PLAYBOOK = "tests/integration/playbooks/k3s.yml"
CONTAINERD = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends containerd"


class Cluster:
    def __init__(self, inventory):
        self.inventory = inventory
        self.mirror = yaml.safe_load(inventory.read_text())["all"]["vars"]["lab_mirror"]

    def run(self, *args, version=OLD, base="k3s", **variables):
        url = base if base.startswith("http") else f"{self.mirror}/{base}"
        given = {"k3s_version": version, "k3s_release_url": url, **variables}
        return play(PLAYBOOK, self.inventory, "--extra-vars", json.dumps(given), *args)

    def on(self, node, *command):
        return lab.podman("exec", lab.container("k3s", node), *command)

    def pid(self, node):
        unit = "k3s" if node == "server" else "k3s-agent"
        return self.on(node, "systemctl", "show", "--property=MainPID", "--value", unit)

    def installed(self, node):
        """All that a download could have touched, and the process that must not be disturbed."""
        files = self.on(node, "sh", "-c", "find /opt/k3s -type f | sort | xargs sha256sum; readlink /usr/local/bin/k3s")
        return files, self.pid(node)


@pytest.fixture(scope="module")
def cluster():
    lab.down("k3s")
    inventory = lab.up("k3s", {"server": ["servers"], "agent": ["agents"]})
    if OLD in STANDINS:
        for version in STANDINS:
            artifacts.publish_standin(RELEASES, version)
    for node in ("server", "agent"):
        lab.podman("exec", lab.container("k3s", node), "sh", "-c", CONTAINERD)
    yield Cluster(inventory)
    lab.down("k3s")


def message(run):
    """The one message of a run that failed."""
    assert run.code != 0, run.output
    messages = re.findall(r"fatal: \[\w+\]: FAILED! =>(.*?)(?=\n\n)", run.output, re.DOTALL)
    assert len(messages) == 1, run.output
    return yaml.safe_load(messages[0])["msg"]


def test_check_mode_on_fresh_nodes_reaches_the_end(cluster):
    run = cluster.run("--check", "--diff")
    assert run.code == 0, run.output
    for node in ("server", "agent"):
        assert cluster.on(node, "sh", "-c", "ls -d /etc/rancher /opt/k3s /usr/local/bin/k3s 2>/dev/null || true") == ""
    assert not (cluster.inventory.parent / "artifacts").exists()


def test_the_first_run_shows_no_token(cluster):
    run = cluster.run("-vvv", "--diff")
    assert run.code == 0, run.output
    secret = cluster.on("server", "cat", "/var/lib/rancher/k3s/server/token").rpartition(":")[2]
    assert len(secret) >= 16
    assert cluster.on("agent", "cat", "/etc/rancher/k3s/token").endswith(secret)
    assert secret not in run.output
    kubeconfig = cluster.inventory.parent / "artifacts" / "kubeconfig"
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
    assert yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["client-key-data"] not in run.output


def test_the_second_run_changes_nothing_and_asks_no_mirror(cluster):
    run = cluster.run(base="http://192.0.2.1")
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output


def test_check_mode_on_the_finished_cluster_changes_nothing(cluster):
    run = cluster.run("--check", "--diff")
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output


BROKEN = {
    "404": ("sha256sum-amd64.txt", "a line for k3s", "HTTP 404 Not Found"),
    "500": ("sha256sum-amd64.txt", "a line for k3s", "HTTP 500 Internal Server Error"),
    "garbage": ("sha256sum-amd64.txt", "a line for k3s", "bytes that begin with"),
    "truncated": ("k3s", "a file with the SHA-256 {digest}", "bytes, then the connection ended"),
    "digest": ("k3s", "a file with the SHA-256 {digest}", "with the SHA-256"),
    "slow": ("k3s", "a file with the SHA-256 {digest}", "16 bytes in 2 s, and no end"),
}


def check_refusal(cluster, base, name, expected, came):
    before = cluster.installed("server")
    run = cluster.run("--limit", "server", version=NEW, base=base, k3s_download_timeout=2)
    said = message(run)
    digest = hashlib.sha256((RELEASES / NEW / "k3s").read_bytes()).hexdigest()
    url = base if base.startswith("http") else f"{cluster.mirror}/{base}"
    lines = dict(line.split(": ", 1) for line in said.splitlines()[1:])
    assert lines["URL"] == f"{url}/{NEW.replace('+', '%2B')}/{name}"
    assert expected.format(digest=digest) in lines["expected"]
    assert came in lines["came"]
    assert lines["what to do"]
    assert cluster.installed("server") == before
    assert run.count("changed") == {}


@pytest.mark.parametrize("mode", BROKEN)
def test_a_broken_mirror_leaves_binary_and_cluster_untouched(cluster, mode):
    check_refusal(cluster, f"broken/{mode}/k3s", *BROKEN[mode])


def test_a_mirror_that_does_not_answer_leaves_binary_and_cluster_untouched(cluster):
    closed = f"http://{socket.gethostbyname(cluster.mirror.split('/')[2].split(':')[0])}:8081"
    check_refusal(cluster, closed, "sha256sum-amd64.txt", "a line for k3s", "no answer: ")


def test_a_changed_configuration_restarts_only_that_node(cluster):
    pids = cluster.pid("server"), cluster.pid("agent")
    host_vars = cluster.inventory.parent / "host_vars"
    host_vars.mkdir()
    (host_vars / "server.yml").write_text("k3s_kubelet_args: [max-pods=50]\n")
    predicted = cluster.run("--check", "--limit", "server")
    assert predicted.count("changed") == {"server": 2}, predicted.output
    run = cluster.run()
    assert run.code == 0, run.output
    assert run.count("changed") == {"server": 2}
    assert cluster.pid("server") != pids[0]
    assert cluster.pid("agent") == pids[1]
    assert "max-pods=50" in cluster.on("server", "cat", "/etc/rancher/k3s/config.yaml")


def test_labels_restart_nothing(cluster):
    pid = cluster.pid("server")
    run = cluster.run("--limit", "server", k3s_node_labels=["gitpod.io/workload_meta=true"])
    assert run.code == 0, run.output
    assert run.count("changed") == {"server": 1}
    assert cluster.pid("server") == pid


def test_a_file_changed_by_hand_is_put_back_without_a_restart(cluster):
    pid = cluster.pid("server")
    cluster.on("server", "sed", "-i", "s/max-pods=50/max-pods=60/", "/etc/rancher/k3s/config.yaml")
    run = cluster.run("--limit", "server")
    assert run.count("changed") == {"server": 1}, run.output
    assert cluster.pid("server") == pid


def test_a_run_that_was_interrupted_before_the_restart_is_made_good(cluster):
    """K3s runs with what was on disk before a change, and no handler remembers the change."""
    pid = cluster.pid("server")
    cluster.on("server", "sed", "-i", f"2s/^.*  /{'0' * 64}  /", "/run/k3s-node-prep/started-with")
    run = cluster.run("--limit", "server")
    assert run.count("changed") == {"server": 1}, run.output
    assert cluster.pid("server") != pid


def test_a_unit_that_was_changed_by_hand_is_put_back_and_read_again(cluster):
    cluster.on("server", "sh", "-c", "echo '# by hand' >> /etc/systemd/system/k3s.service && systemctl daemon-reload")
    assert cluster.run("--limit", "server").count("changed") == {"server": 2}
    assert cluster.on("server", "systemctl", "show", "--property=NeedDaemonReload", "--value", "k3s") == "no"


def test_an_option_that_k3s_does_not_know_is_reported_from_the_journal(cluster):
    said = message(cluster.run("--limit", "server", k3s_config={"no-such-option": True}))
    assert "K3s did not come up on server" in said
    assert "flag provided but not defined: -no-such-option" in said
    assert "journalctl -u k3s.service" in said
    assert cluster.run("--limit", "server").code == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "401 Unauthorized"),
        ({"k3s_server_url": "https://192.0.2.1:6443"}, "https://127.0.0.1:6444/cacerts"),
    ],
)
def test_a_join_that_would_hang_fails_within_its_limit(cluster, given, expected):
    wrong = "0123456789abcdefwrong"
    run = cluster.run("--limit", "agent", "-vvv", "--diff", k3s_token=wrong, k3s_start_timeout=8, **given)
    said = message(run)
    assert "did not come up on agent within 8 s" in said
    assert expected in said
    assert wrong not in run.output


def test_the_right_token_joins_the_node_again(cluster):
    run = cluster.run()
    assert run.code == 0, run.output
    assert run.count("changed") == {"agent": 2}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"version": OLDER}, f"K3s cannot be downgraded; ask for {OLD} or newer"),
        ({"version": TOO_NEW}, f"skips a minor release: go to the newest v{NEXT} first"),
        ({"version": "stable"}, "'stable' is not a release of K3s"),
        ({"k3s_container_runtime": "embedded"}, "containerd.service runs and k3s_container_runtime is embedded"),
        ({"k3s_role": "agent", "k3s_token": "x", "k3s_server_url": "https://192.0.2.1:6443"}, "k3s.service runs on a node that shall be"),
        ({"k3s_role": "agent", "k3s_token": "x", "k3s_server_url": ""}, "set k3s_server_url"),
        ({"k3s_role": "agent", "k3s_token": "", "k3s_server_url": "https://192.0.2.1:6443"}, "set k3s_token"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_changes(cluster, given, expected):
    before = cluster.installed("server")
    run = cluster.run("--limit", "server", **given)
    assert expected in message(run)
    assert run.count("changed") == {}
    assert cluster.installed("server") == before


def test_without_a_containerd_nothing_is_begun(cluster):
    cluster.on("agent", "mv", "/run/containerd/containerd.sock", "/run/containerd/away")
    assert "has no /run/containerd/containerd.sock" in message(cluster.run())
    cluster.on("agent", "mv", "/run/containerd/away", "/run/containerd/containerd.sock")


def test_an_upgrade_switches_the_link_and_restarts(cluster):
    pids = cluster.pid("server"), cluster.pid("agent")
    run = cluster.run(version=NEW)
    assert run.code == 0, run.output
    for node, pid in zip(("server", "agent"), pids, strict=True):
        assert cluster.on(node, "readlink", "/usr/local/bin/k3s") == f"/opt/k3s/{NEW}/k3s"
        assert cluster.pid(node) != pid
        # The release before stays, so that a switch back needs no download.
        assert cluster.on(node, "ls", f"/opt/k3s/{OLD}/k3s")
    assert cluster.run(version=NEW).count("changed") == {}
