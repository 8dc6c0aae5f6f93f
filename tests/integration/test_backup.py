"""The drill, told in order, for SQLite and for etcd: backed up while it is written to, destroyed, restored onto new machines, and put back once more."""

import json
import shutil
import threading
import time

import lab
import pytest
from kubernetes import config
from playbook import play, play_until, site

LAB = "backup"
STORES = {
    "sqlite": {"meta-1": ["meta"], "workspace-1": ["workspace"]},
    # The same three are servers and nodes of the pools.
    "etcd": {"meta-1": ["meta", "control_plane"], "workspace-1": ["workspace", "control_plane"], "workspace-2": ["workspace", "control_plane"]},
}
KEPT, LOST, LARGE = 500, 200, 900_000  # objects, objects, bytes of one of them
WRITES = 50  # a second
FILES = "find /etc/rancher /var/lib/rancher/k3s/server/tls /var/lib/rancher/k3s/server/token -type f ! -name k3s.yaml -exec sha256sum {} + | sort"
STARTED = "systemctl show -p ExecMainStartTimestampMonotonic --value k3s k3s-agent"


class Cluster:
    """The lab of one datastore."""

    def __init__(self, store):
        self.nodes = STORES[store]
        self.servers = ["meta-1"] if store == "sqlite" else list(self.nodes)
        lab.down(LAB)
        self.inventory = lab.up(LAB, self.nodes)
        self.backups = self.inventory.parent / "artifacts" / "backups"
        self.backup = None

    def on(self, node, command):
        return lab.podman("exec", lab.container(LAB, node), "sh", "-c", command)

    def api(self):
        """Creates config maps with the kubeconfig that site.yml left."""
        client = config.new_client_from_config(str(self.inventory.parent / "artifacts" / "kubeconfig"))
        url = client.configuration.host + "/api/v1/namespaces/default/configmaps"

        def create(name, data="x"):
            body = {"metadata": {"name": name}, "data": {"key": data}}
            client.rest_client.request("POST", url, headers={"Content-Type": "application/json"}, body=body)

        return create

    def objects(self, kind):
        listed = self.on(self.servers[-1], "k3s kubectl get configmaps -o name").split()
        return sorted(int(name.rpartition("-")[2]) for name in listed if name.startswith(f"configmap/{kind}-"))

    def restore(self, backup=None, confirm=None, *args):
        backup = backup or self.backup
        confirmed = ("-e", f"node_prep_restore_confirm={self.backup.name if confirm is None else confirm}")
        return play("playbooks/restore.yml", self.inventory, "-e", f"node_prep_restore={backup}", *confirmed, *args)

    def state(self):
        return {node: self.on(node, f"{FILES}; {STARTED}") for node in self.nodes}


@pytest.fixture(scope="module", params=STORES)
def cluster(request):
    made = Cluster(request.param)
    run = site(made.inventory)
    assert run.code == 0, run.output
    yield made
    lab.down(LAB)


def test_check_mode_backs_up_nothing(cluster):
    run = play("playbooks/backup.yml", cluster.inventory, "--check")
    assert run.code == 0, run.output
    assert "Nothing was backed up" in run.output
    assert not cluster.backups.exists()


def test_a_backup_is_made_while_others_write(cluster):
    create = cluster.api()
    for number in range(KEPT):
        create(f"kept-{number}", "x" * LARGE if number == 7 else "x")
    done = threading.Event()

    def write():
        number = 0
        while not done.wait(1 / WRITES):
            create(f"meanwhile-{number}")
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        run = play("playbooks/backup.yml", cluster.inventory)
    finally:
        done.set()
        thread.join()
    assert run.code == 0, run.output
    (cluster.backup,) = [path for path in cluster.backups.iterdir() if path.is_dir()]
    modes = {path.name: path.stat().st_mode & 0o777 for path in (cluster.backup, *cluster.backup.iterdir())}
    assert modes == {cluster.backup.name: 0o700, "backup.tar.gz": 0o600, "manifest.json": 0o600}
    manifest = json.loads((cluster.backup / "manifest.json").read_text())
    assert sorted(manifest["servers"]) == cluster.servers
    assert "node-prep-backup" not in cluster.on(manifest["server"], "ls /var/lib/rancher/k3s")
    assert "secret" not in run.output.lower().replace("holds all secrets", "")


def test_another_run_waits_its_turn(cluster):
    """The lock is that of a process that lives: this one."""
    started = time.monotonic()
    lock = cluster.backups / ".lock"
    with open("/proc/self/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")
    lock.write_text(json.dumps([int(fields[0].split()[0]), fields[2].split()[19]]))
    try:
        run = play("playbooks/backup.yml", cluster.inventory)
    finally:
        lock.write_text("")
    assert run.code != 0 and "Another run backs up or restores" in " ".join(run.output.split())
    assert time.monotonic() - started < 300


def damaged(backup, how):
    other = backup.parent.parent / "damaged"
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(backup, other)
    archive = other / "backup.tar.gz"
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2] if how == "cut off" else data[:5000] + b"\0" + data[5001:])
    return other


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("unconfirmed", "Confirm it with the name of the backup"),
        ("cut off", "is not whole"),
        ("tampered", "another SHA-256 than its manifest says"),
        ("foreign", "is no backup of this collection"),
        ("part", "Leave --limit out"),
    ],
)
def test_what_is_no_backup_is_refused_and_nothing_is_touched(cluster, given, why):
    before = cluster.state()
    if given == "unconfirmed":
        run = cluster.restore(confirm="")
    elif given == "part":
        run = cluster.restore(None, None, "--limit", cluster.servers[0])
    else:
        run = cluster.restore(cluster.backups.parent if given == "foreign" else damaged(cluster.backup, given))
    assert run.code != 0
    said = " ".join(run.output.split())
    assert why in said and "othing was" in said
    assert cluster.state() == before
    assert run.count("changed") == {}


def test_all_servers_are_gone_and_restored_onto_new_machines(cluster):
    create = cluster.api()
    for number in range(LOST):
        create(f"lost-{number}")
    for node in cluster.servers:
        lab.podman("rm", "--force", "--volumes", "--time", "0", lab.container(LAB, node))
    lab.up(LAB, cluster.nodes)
    run = cluster.restore()
    assert run.code == 0, run.output
    everything_is_back(cluster)


def everything_is_back(cluster):
    assert cluster.objects("kept") == list(range(KEPT))
    assert cluster.objects("lost") == []
    meanwhile = cluster.objects("meanwhile")
    assert meanwhile == list(range(len(meanwhile)))
    nodes = json.loads(cluster.on(cluster.servers[0], "k3s kubectl get nodes -o json"))["items"]
    assert sorted(node["metadata"]["name"] for node in nodes) == sorted(cluster.nodes)
    for node in nodes:
        assert [one["status"] for one in node["status"]["conditions"] if one["type"] == "Ready"] == ["True"]
        meta = "meta" in cluster.nodes[node["metadata"]["name"]]
        labels = node["metadata"]["labels"]
        assert (labels.get("gitpod.io/workload_meta"), labels.get("gitpod.io/workload_workspace_regular")) == (("true", None) if meta else (None, "true"))


def test_killed_in_the_midst_it_is_called_again_on_the_same_machines(cluster):
    create = cluster.api()
    for number in range(3):
        create(f"lost-{number}")
    arguments = ("-e", f"node_prep_restore={cluster.backup}", "-e", f"node_prep_restore_confirm={cluster.backup.name}")
    killed = play_until(lambda line: "Put the data and the secrets of the backup in place" in line, "playbooks/restore.yml", cluster.inventory, *arguments)
    assert killed.code < 0, killed.output
    run = cluster.restore()
    assert run.code == 0, run.output
    everything_is_back(cluster)
    for node in cluster.servers:
        assert "db.before-restore" in cluster.on(node, "ls /var/lib/rancher/k3s/server")
    assert not list(cluster.backups.glob(".*.partial"))


def test_afterwards_nothing_is_left_to_do(cluster):
    run = site(cluster.inventory)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output
