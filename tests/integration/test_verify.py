"""verify.yml always ends with a verdict about what was asked: with --limit, from any folder, with stopped services and with machines that are gone."""

import contextlib
import json

import lab
import pytest
import yaml
from lab_api import request
from playbook import CHECKOUT, play, site

LAB = "verify"
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
REGULAR = "gitpod.io/workload_workspace_regular"


def on(node, script):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", script)


@pytest.fixture(scope="module")
def inventory():
    """The inventory of a cluster."""
    lab.down(LAB)
    path = lab.up(LAB, NODES)
    run = site(path)
    assert run.code == 0, run.output
    yield path
    lab.down(LAB)


def verify(inventory, *args, **more):
    return play(CHECKOUT / "playbooks" / "verify.yml", inventory, *args, **more)


def failures(inventory):
    """What failed and could not be checked, as {(id, node), ...}."""
    report = json.loads((inventory.parent / "artifacts" / "report.json").read_text())
    return {(found["id"], found["node"]) for found in report["node_findings"] + report["cluster_findings"] if found["status"] in ("fail", "unknown")}


@contextlib.contextmanager
def gone(node):
    """The node answers nothing inside the block."""
    container = lab.container(LAB, node)
    lab.podman("pause", container)
    try:
        yield
    finally:
        lab.podman("unpause", container)


def label(inventory, node, value):
    request(inventory, "PATCH", f"/api/v1/nodes/{node}", {"metadata": {"labels": {REGULAR: value}}})


@pytest.fixture
def broken_label(inventory):
    label(inventory, "workspace-1", "false")
    yield
    label(inventory, "workspace-1", "true")


def test_all_is_well(inventory):
    run = verify(inventory)
    assert run.code == 0, run.output
    assert "Ready for Gitpod" in run.output
    assert run.count("changed") == {}
    assert failures(inventory) == set()


@pytest.mark.parametrize("playbook", ["verify", "labels"])
def test_no_credential_is_shown_at_any_verbosity(inventory, playbook):
    run = play(CHECKOUT / "playbooks" / f"{playbook}.yml", inventory, "-vvvv", "--diff")
    assert run.code == 0, run.output
    (user,) = yaml.safe_load((inventory.parent / "artifacts" / "kubeconfig").read_text())["users"]
    for secret in user["user"].values():
        assert secret[40:80] not in run.output


@pytest.mark.parametrize("limit", ["workspace-1", "workspace-2", "meta-1", "workspace"])
def test_a_limit_takes_no_verdict_about_the_cluster_away(inventory, broken_label, limit):
    run = verify(inventory, "--limit", limit)
    assert run.code == 2, run.output
    assert failures(inventory) >= {("label_values", "workspace-1")}
    assert "Not ready for Gitpod" in run.output


def test_with_a_limit_the_cluster_is_checked_by_what_is_said_of_the_first_server(inventory, tmp_path):
    changed = yaml.safe_load(inventory.read_text())
    changed["all"]["hosts"]["meta-1"]["cluster_spec_min_cpus"] = 1000
    path = tmp_path / "hosts.yml"
    path.write_text(yaml.safe_dump(changed))
    run = verify(path, "--limit", "workspace-1")
    assert run.code == 2, run.output
    assert {name for name, _node in failures(inventory)} == {"cpus"}


def test_from_another_folder_by_somebody_who_has_no_kubeconfig(inventory, tmp_path, broken_label):
    run = verify(inventory, "-e", f"node_prep_artifacts={tmp_path / 'artifacts'}", cwd=tmp_path)
    assert run.code == 2, run.output
    report = json.loads((tmp_path / "artifacts" / "report.json").read_text())
    assert {node["joined"] for node in report["nodes"]} == {True}
    assert [found["node"] for found in report["cluster_findings"] if found["status"] == "fail"] == ["workspace-1"]
    # verify writes the report, and no kubeconfig.
    assert sorted(path.name for path in (tmp_path / "artifacts").iterdir()) == ["gitpod.fragment.yaml", "report.html", "report.json"]


def test_a_server_whose_k3s_is_stopped_leaves_the_cluster_unread(inventory):
    on("meta-1", "systemctl stop k3s")
    try:
        run = verify(inventory)
    finally:
        on("meta-1", "systemctl start k3s")
    assert run.code == 2, run.output
    assert ("cluster_access", "cluster") in failures(inventory)
    assert ("services", "meta-1") in failures(inventory)


@pytest.mark.parametrize(("node", "unit"), [("workspace-1", "containerd"), ("workspace-2", "k3s-agent")])
def test_a_service_that_is_stopped(inventory, node, unit):
    on(node, f"systemctl stop {unit}")
    try:
        run = verify(inventory)
    finally:
        on(node, f"systemctl start {unit}")
    assert run.code == 2, run.output
    assert ("services", node) in failures(inventory)


def test_one_machine_is_gone_one_has_a_broken_label_and_one_is_fine(inventory, broken_label):
    with gone("workspace-2"):
        run = verify(inventory, "-e", "ansible_ssh_timeout=3")
    assert run.code == 2, run.output
    found = failures(inventory)
    assert ("unreachable", "workspace-2") in found
    assert ("label_values", "workspace-1") in found
    assert {node for _name, node in found} <= {"workspace-1", "workspace-2", "cluster"}
    words = " ".join(run.output.split())
    assert "workspace-2: Connection: cannot be reached: " in words
    report = json.loads((inventory.parent / "artifacts" / "report.json").read_text())
    assert [node["name"] for node in report["nodes"]] == list(NODES)


def test_site_stops_at_a_machine_that_is_gone_before_anything_changed(inventory):
    with gone("workspace-2"):
        run = site(inventory, "-e", "ansible_ssh_timeout=3")
    assert run.code == 2, run.output
    assert run.count("changed") == {}
    message = " ".join(run.output[run.output.index("Not every node meets what Gitpod needs") :].split())
    assert "workspace-2 (1 fail) FAIL Connection: cannot be reached: " in message


def test_the_server_is_gone(inventory):
    with gone("meta-1"):
        run = verify(inventory, "-e", "ansible_ssh_timeout=3")
    assert run.code == 2, run.output
    assert failures(inventory) >= {("unreachable", "meta-1"), ("cluster_access", "cluster")}
    assert "the server cannot be reached" in " ".join(run.output.split())


def test_site_with_a_limit_repairs_labels_of_its_nodes_and_verifies_the_cluster(inventory, broken_label):
    run = site(inventory, "--limit", "workspace-2")
    assert run.code == 2, run.output
    assert failures(inventory) == {("label_values", "workspace-1")}
    run = site(inventory, "--limit", "workspace-1")
    assert run.code == 0, run.output
    assert failures(inventory) == set()


def test_site_with_a_limit_changes_nothing_that_is_right(inventory):
    for limit in ("meta-1", "workspace-2"):
        run = site(inventory, "--limit", limit)
        assert run.code == 0, run.output
        # The report says less of the nodes that were left out.
        assert run.output.count("changed: [") <= 1
        run = site(inventory, "--limit", limit)
        assert run.code == 0, run.output
        assert run.count("changed") == {}, run.output


def test_a_new_node_alone(inventory, tmp_path):
    """One node is wiped and comes back empty: site with a limit to it does the whole job."""
    on("meta-1", "k3s kubectl delete node workspace-2 && k3s kubectl -n kube-system delete secret workspace-2.node-password.k3s --ignore-not-found")
    lab.start(LAB, "workspace-2", "")
    path = lab.up(LAB, NODES)
    run = site(path, "--limit", "workspace-2")
    assert run.code == 0, run.output
    assert failures(path) == set()


@pytest.mark.parametrize("part", ["access", "cluster", "label", "nodes", "reboot", "report"])
def test_a_part_is_not_called_by_itself(inventory, part):
    run = play(f"playbooks/parts/{part}.yml", inventory)
    assert run.code != 0
    assert "This playbook is a part of others and does nothing by itself. Call gitpod.node_prep.site" in " ".join(run.output.split())


def test_labels_without_nodes_is_refused(tmp_path):
    path = tmp_path / "hosts.yml"
    path.write_text("all: {vars: {node_prep_managed: true}}\n")
    run = play("playbooks/labels.yml", path)
    assert run.code == 2
    assert "No pool has a node, so there is nothing to label." in " ".join(run.output.split())


NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
users: [{name: nobody, user: {token: none}}]
current-context: nowhere
"""


def test_without_an_inventory_there_is_no_odd_warning(tmp_path):
    (tmp_path / "kubeconfig").write_text(NOWHERE)
    run = play(CHECKOUT / "playbooks" / "verify.yml", "/dev/null", "-e", f"node_prep_kubeconfig={tmp_path / 'kubeconfig'}", cwd=tmp_path)
    assert run.code == 2
    assert "localhost-like" not in run.output
    assert "Not known to be ready for Gitpod" in run.output


def test_a_kubeconfig_that_is_none_is_told_before_anything_is_asked(tmp_path):
    run = play(CHECKOUT / "playbooks" / "verify.yml", "/dev/null", "-e", f"node_prep_kubeconfig={tmp_path / 'kubeconfig'}", cwd=tmp_path)
    assert run.code == 2
    assert f"The kubeconfig {tmp_path}/kubeconfig is of no use: no such file or directory." in " ".join(run.output.split())
