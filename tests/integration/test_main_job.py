"""The main job, told in order on one lab: three fresh nodes become a cluster, stay one, and are repaired."""

import os

import lab
import pytest
import yaml
from lab_api import request
from playbook import play, site

META = {"gitpod.io/workload_meta", "gitpod.io/workload_ide"}
WORKSPACE = {
    "gitpod.io/workload_workspace_services",
    "gitpod.io/workload_workspace_regular",
    "gitpod.io/workload_workspace_headless",
}
LAB = os.environ.get("MAIN_JOB_LAB", "main-job")
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}


@pytest.fixture(scope="module")
def inventory():
    lab.down(LAB)
    yield lab.up(LAB, NODES)
    lab.down(LAB)


def on(node, *command):
    return lab.podman("exec", lab.container(LAB, node), *command)


def gitpod_labels(inventory):
    nodes = request(inventory, "GET", "/api/v1/nodes")["items"]
    return {
        node["metadata"]["name"]: {key: value for key, value in node["metadata"]["labels"].items() if key.startswith("gitpod.io/workload_")} for node in nodes
    }


def true(keys):
    return dict.fromkeys(keys, "true")


def test_check_mode_on_fresh_nodes_reaches_the_end_and_changes_nothing(inventory):
    run = site(inventory, "--check")
    assert run.code == 0, run.output
    assert not run.count("failed")
    for node in NODES:
        assert on(node, "sh", "-c", "ls -d /etc/rancher /etc/containerd /opt/k3s /etc/sysctl.d/*gitpod* 2>/dev/null || true") == ""


def test_first_run_ends_with_a_cluster(inventory):
    run = site(inventory)
    assert run.code == 0, run.output
    assert gitpod_labels(inventory) == {"meta-1": true(META), "workspace-1": true(WORKSPACE), "workspace-2": true(WORKSPACE)}


def test_every_node_is_ready_with_containerd(inventory):
    for node in request(inventory, "GET", "/api/v1/nodes")["items"]:
        conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"
        assert node["status"]["nodeInfo"]["containerRuntimeVersion"].startswith("containerd://1.6.")


def test_calico_and_cert_manager_are_taken_up_by_k3s(inventory):
    addons = request(inventory, "GET", "/apis/k3s.cattle.io/v1/namespaces/kube-system/addons")["items"]
    assert {"calico", "cert-manager"} <= {addon["metadata"]["name"] for addon in addons}
    daemonsets = request(inventory, "GET", "/apis/apps/v1/namespaces/kube-system/daemonsets")["items"]
    assert "calico-node" in {item["metadata"]["name"] for item in daemonsets}
    charts = request(inventory, "GET", "/apis/helm.cattle.io/v1/namespaces/kube-system/helmcharts")["items"]
    assert "cert-manager" in {item["metadata"]["name"] for item in charts}


def test_second_run_changes_nothing(inventory):
    run = site(inventory)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output


def test_check_mode_on_the_finished_cluster_changes_nothing(inventory):
    run = site(inventory, "--check", "--diff")
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output


def test_the_token_is_in_no_output_file_or_command_line(inventory):
    token = on("meta-1", "cat", "/var/lib/rancher/k3s/server/token").strip()
    secret = token.rsplit(":", 1)[-1]
    assert len(secret) >= 16
    # A node made anew makes the run write the token once more.
    lab.podman("rm", "--force", "--time", "0", "--volumes", lab.container(LAB, "workspace-2"))
    request(inventory, "DELETE", "/api/v1/nodes/workspace-2")
    lab.up(LAB, NODES)
    run = site(inventory, "-vvv", "--diff")
    assert run.code == 0, run.output
    assert secret not in run.output
    for node in NODES:
        arguments = on(node, "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'")
        assert secret not in arguments
        readable = on(
            node, "sh", "-c",
            f"find / -xdev -type f -perm /o+r -size -4M -not -path '/proc/*' -exec grep -lsF -e {secret} {{}} + || true",
        )  # fmt: skip
        assert readable == ""
        volumes = on(node, "sh", "-c", f"grep -rlsF -e {secret} /var/lib/rancher | xargs -r stat -c '%a %n' || true")
        for line in volumes.splitlines():
            assert line.split()[0] == "600", line


def test_labels_that_were_changed_by_hand_are_repaired_and_foreign_ones_survive(inventory):
    request(inventory, "PATCH", "/api/v1/nodes/meta-1", {"metadata": {"labels": {"gitpod.io/workload_ide": None}}})
    changed = {
        "gitpod.io/workload_workspace_regular": "false",
        "gitpod.io/workload_meta": "true",
        "gitpod.io/diskPressure": "x",
        "example.com/mine": "1",
    }
    request(inventory, "PATCH", "/api/v1/nodes/workspace-1", {"metadata": {"labels": changed}})
    run = play("playbooks/labels.yml", inventory)
    assert run.code == 0, run.output
    assert gitpod_labels(inventory) == {"meta-1": true(META), "workspace-1": true(WORKSPACE), "workspace-2": true(WORKSPACE)}
    labels = request(inventory, "GET", "/api/v1/nodes/workspace-1")["metadata"]["labels"]
    assert labels["gitpod.io/diskPressure"] == "x"
    assert labels["example.com/mine"] == "1"


def test_a_node_that_moves_to_the_other_group_changes_its_labels(inventory, tmp_path):
    moved = yaml.safe_load(inventory.read_text())
    del moved["all"]["children"]["workspace"]["hosts"]["workspace-2"]
    moved["all"]["children"]["ide"] = {"hosts": {"workspace-2": None}}
    moved["all"]["vars"]["node_prep_kubeconfig"] = str(inventory.parent / "artifacts" / "kubeconfig")
    moved["all"]["vars"]["node_prep_pools"] = {
        "meta": ["workload_meta"],
        "ide": ["workload_ide"],
        "workspace": sorted(key.removeprefix("gitpod.io/") for key in WORKSPACE),
    }
    path = tmp_path / "hosts.yml"
    path.write_text(yaml.safe_dump(moved))
    run = play("playbooks/labels.yml", path)
    assert run.code == 0, run.output
    assert gitpod_labels(inventory) == {
        "meta-1": true({"gitpod.io/workload_meta"}),
        "workspace-1": true(WORKSPACE),
        "workspace-2": true({"gitpod.io/workload_ide"}),
    }
    run = site(inventory)
    assert run.code == 0, run.output
    assert gitpod_labels(inventory)["workspace-2"] == true(WORKSPACE)


def test_k3s_that_is_stopped_by_hand_is_started_again(inventory):
    on("workspace-1", "systemctl", "stop", "k3s-agent")
    run = site(inventory)
    assert run.code == 0, run.output
    assert run.count("changed").keys() == {"workspace-1"}
    assert on("workspace-1", "systemctl", "is-active", "k3s-agent") == "active"
