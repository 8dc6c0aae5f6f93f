"""Three servers with etcd, told in order on one lab: made, kept, with one of them down, wiped, removed and back. Never a second cluster."""

import json

import lab
import pytest
from playbook import message_in, play, site

LAB = "servers"
SERVERS = ("meta-1", "meta-2", "meta-3")
NODES = {**{name: ["meta"] for name in SERVERS}, "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
OBJECTS = 200
FILES = "find /etc/rancher /etc/systemd/system -type f -exec sha256sum {} + | sort"


@pytest.fixture(scope="module")
def inventory():
    lab.down(LAB)
    yield lab.up(LAB, NODES)
    lab.down(LAB)


def on(node, command):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", command)


def kubectl(node, arguments):
    return on(node, f"k3s kubectl {arguments}")


def members(node="meta-3"):
    """Names of the nodes that keep etcd, as etcd itself says."""
    folder = "/var/lib/rancher/k3s/server/tls/etcd"
    script = (
        "import json,ssl,http.client,re;"
        f"c=ssl.create_default_context(cafile='{folder}/peer-ca.crt');"
        f"c.load_cert_chain('{folder}/peer-server-client.crt','{folder}/peer-server-client.key');"
        "a=re.search(r'https://([^:]+):2379',open('/var/lib/rancher/k3s/server/db/etcd/config').read()).group(1);"
        "h=http.client.HTTPSConnection(a,2380,context=c);h.request('GET','/members');print(h.getresponse().read().decode())"
    )
    listed = json.loads(on(node, f'python3 -c "{script}"'))
    assert not any(one.get("isLearner") for one in listed)
    return sorted(one["name"].rpartition("-")[0] for one in listed)


def cluster_of(node):
    return kubectl(node, "get namespace kube-system -o jsonpath={.metadata.uid}")


@pytest.fixture(scope="module")
def cluster(inventory):
    """The one cluster that there ever is."""
    run = site(inventory)
    assert run.code == 0, run.output
    return cluster_of("meta-1")


def test_check_mode_on_fresh_nodes_founds_nothing(inventory):
    run = site(inventory, "--check")
    assert run.code == 0, run.output
    assert not on("meta-1", "ls -d /etc/rancher /var/lib/rancher/k3s/* 2>/dev/null || true")


def test_the_first_run_makes_one_cluster_of_three_members(cluster):
    assert members() == list(SERVERS)
    assert {cluster_of(node) for node in SERVERS} == {cluster}


def test_the_second_run_changes_nothing(inventory, cluster):
    for arguments in ((), ("--check", "--diff")):
        run = site(inventory, *arguments)
        assert run.code == 0, run.output
        assert run.count("changed") == {}, run.output


def test_what_a_cluster_keeps_is_refused_to_change(inventory, cluster):
    before = {node: on(node, FILES) for node in NODES}
    run = site(inventory, "-e", "k3s_cluster_domain=other.local", "-e", json.dumps({"k3s_disable": []}))
    assert run.code != 0
    assert "cluster-domain is cluster.local in this cluster and would become other.local" in run.output
    assert "disable is traefik in this cluster and would become K3s' own" in run.output
    assert {node: on(node, FILES) for node in NODES} == before


def test_what_may_change_changes_on_one_server_after_the_other(inventory, cluster):
    starts = {node: on(node, "systemctl show -p ExecMainStartTimestampMonotonic --value k3s") for node in SERVERS}
    run = site(inventory, "-e", json.dumps({"k3s_tls_san": ["api.example.com"]}))
    assert run.code == 0, run.output
    for node in SERVERS:
        assert "api.example.com" in on(node, "cat /etc/rancher/k3s/config.yaml")
        assert on(node, "systemctl show -p ExecMainStartTimestampMonotonic --value k3s") != starts[node]
    assert site(inventory).code == 0


@pytest.mark.parametrize("down", ["meta-1", "meta-3"])
def test_with_one_server_down_the_rest_is_done_and_it_is_named(inventory, cluster, down):
    with lab.unplugged(LAB, down):
        run = site(inventory)
    assert run.code != 0
    report = json.loads((inventory.parent / "artifacts" / "report.json").read_text())
    failed = {finding["id"] for finding in report["node_findings"] if finding["node"] == down and finding["status"] == "fail"}
    assert "unreachable" in failed
    others = set(NODES) - {down, "meta-1"}
    assert set(run.recap) >= others
    assert not others & set(run.count("failed"))
    assert not others & set(run.count("changed"))


def test_back_again_it_needs_nothing(inventory, cluster):
    run = site(inventory)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output


def test_all_servers_stopped_start_together(inventory, cluster):
    for node in SERVERS:
        on(node, "systemctl stop k3s")
    run = site(inventory)
    assert run.code == 0, run.output
    assert {cluster_of(node) for node in SERVERS} == {cluster}
    assert members() == list(SERVERS)


def test_a_wiped_first_server_joins_and_nothing_is_lost(inventory, cluster):
    manifests = "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kept-{number}}}\n" for number in range(OBJECTS))
    on("meta-2", f"printf '{manifests}' | k3s kubectl create -f - > /dev/null")
    lab.podman("rm", "--force", "--volumes", lab.container(LAB, "meta-1"))
    lab.up(LAB, NODES)
    run = site(inventory)
    assert run.code == 0, run.output
    assert {cluster_of(node) for node in SERVERS} == {cluster}
    assert members() == list(SERVERS)
    assert kubectl("meta-1", "get configmaps -o name").count("configmap/kept-") == OBJECTS


def remove(inventory, names):
    return play("playbooks/remove.yml", inventory, "-e", f"node_prep_remove={names}")


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ("workspace-1,workspace-2", "would leave no node with the label gitpod.io/workload_workspace_regular"),
        ("meta-1,meta-2,meta-3", "would leave no server"),
        ("nobody", "Neither the cluster nor the inventory knows nobody"),
        ("", "Say what to remove"),
    ],
)
def test_what_the_cluster_needs_is_not_removed(inventory, cluster, names, why):
    run = remove(inventory, names)
    assert run.code != 0
    assert why in " ".join(message_in(run.output).split()) if "msg: |-" in run.output else why in " ".join(run.output.split())
    assert kubectl("meta-2", "get nodes -o name").count("node/") == len(NODES)


def test_an_agent_and_the_first_server_leave(inventory, cluster):
    run = remove(inventory, "workspace-2,meta-1")
    assert run.code == 0, run.output
    assert members() == ["meta-2", "meta-3"]
    assert sorted(kubectl("meta-2", "get nodes -o name").split()) == ["node/meta-2", "node/meta-3", "node/workspace-1"]
    for node, unit in (("workspace-2", "k3s-agent"), ("meta-1", "k3s")):
        assert on(node, f"systemctl is-active {unit} || true").strip() == "inactive"
        assert "left-cluster" in on(node, "ls /var/lib/rancher")
    again = remove(inventory, "workspace-2,meta-1")
    assert again.code == 0, again.output


def test_they_come_back_under_the_same_names(inventory, cluster):
    run = site(inventory)
    assert run.code == 0, run.output
    assert members() == list(SERVERS)
    assert cluster_of("meta-1") == cluster
    assert site(inventory).count("changed") == {}


def test_a_machine_that_is_gone_for_good_is_removed(inventory, cluster):
    lab.podman("stop", "--time", "1", lab.container(LAB, "workspace-2"))
    run = remove(inventory, "workspace-2")
    assert run.code == 0, run.output
    assert "node/workspace-2" not in kubectl("meta-2", "get nodes -o name")


def test_fewer_servers_in_the_inventory_are_refused_as_long_as_the_cluster_has_them(inventory, cluster):
    alone = inventory.parent / "alone.yml"
    alone.write_text(inventory.read_text() + "    control_plane: {hosts: {meta-2: {}}}\n")
    run = site(alone)
    assert run.code != 0
    assert "the cluster has the server meta-1, meta-3, which the inventory does not name" in " ".join(run.output.split())
