"""Three servers and two agents get another release of K3s, told in order on one lab: refused, tried, killed again and again, done, and with a binary that does
not start."""

import json
import signal

import k3s_source
import lab
import pytest
from playbook import play, play_until, site

LAB = "upgrade"
SERVERS = ("meta-1", "meta-2", "meta-3")
AGENTS = ("workspace-1", "workspace-2")
NODES = {**{name: ["meta"] for name in SERVERS}, **{name: ["workspace"] for name in AGENTS}}
PLAYBOOK = "playbooks/upgrade.yml"
LINKS = "readlink /usr/local/bin/k3s; systemctl show --property ExecMainStartTimestampMonotonic k3s k3s-agent 2>/dev/null; cat /etc/rancher/k3s/config.yaml"
MOST_RUNS = 20
# A release that is there, verified, and does not start.
BROKEN = """
mkdir -p /opt/k3s/{release} && cd /opt/k3s/{release} && printf '#!/bin/sh\\necho level=fatal msg=broken\\nexit 1\\n' > k3s && chmod 755 k3s
python3 -c 'import hashlib, json, os
status = os.stat("k3s")
digest = hashlib.sha256(open("k3s", "rb").read()).hexdigest()
json.dump({{"sha256": digest, "size": status.st_size, "mtime_ns": status.st_mtime_ns}}, open("k3s.verified", "w"))'
"""


@pytest.fixture(scope="module")
def releases():
    """The release that the nodes get, and the one before it."""
    source = k3s_source.find()
    return source.release, source.others[0]


@pytest.fixture(scope="module")
def inventory(releases):
    lab.down(LAB)
    yield lab.up(LAB, NODES)
    lab.down(LAB)


@pytest.fixture(scope="module")
def cluster(inventory, releases):
    run = site(inventory, "-e", f"k3s_version={releases[1]}")
    assert run.code == 0, run.output


def on(node, command):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", command)


def kubelets(node="meta-1"):
    """The release of each kubelet, and which nodes are cordoned."""
    items = json.loads(on(node, "k3s kubectl get nodes -o json"))["items"]
    return {item["metadata"]["name"]: item["status"]["nodeInfo"]["kubeletVersion"] for item in items}, [
        item["metadata"]["name"] for item in items if item["spec"].get("unschedulable")
    ]


def flat(run):
    return " ".join(run.output.split())


def test_site_leaves_what_runs_and_names_it(inventory, cluster, releases):
    before = {node: on(node, LINKS) for node in NODES}
    run = site(inventory)
    assert run.code != 0
    assert f"still runs {releases[1]}" in flat(run)
    assert "gitpod.node_prep.upgrade" in flat(run)
    assert run.count("changed").keys() <= {"meta-1"}  # the report
    assert {node: on(node, LINKS) for node in NODES} == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("-e", "k3s_version=v1.21.0+k3s1"), "K3s cannot be downgraded"),
        (("-e", "k3s_version=v1.23.13+k3s1"), "skips a minor release"),
        (("--limit", "workspace-1"), "would be newer than the servers"),
    ],
)
def test_what_kubernetes_does_not_allow_is_refused(inventory, cluster, releases, arguments, why):
    before = {node: on(node, LINKS) for node in NODES}
    run = play(PLAYBOOK, inventory, *arguments)
    assert run.code != 0
    assert why in flat(run)
    assert {node: on(node, LINKS) for node in NODES} == before


def test_check_mode_says_what_would_be_done(inventory, cluster, releases):
    before = {node: on(node, LINKS) for node in NODES}
    run = play(PLAYBOOK, inventory, "--check")
    for node in NODES:
        assert f"{node}: {releases[1]} -> {releases[0]}" in run.output
    assert {node: on(node, LINKS) for node in NODES} == before


def test_killed_again_and_again_it_ends_well(inventory, cluster, releases):
    for _attempt in range(MOST_RUNS):
        changes = iter(range(1, 4))
        run = play_until(lambda line, left=changes: line.startswith("changed: ") and next(left, None) is None, PLAYBOOK, inventory)
        if run.code != -signal.SIGKILL:
            break
    assert run.code == 0, run.output
    assert kubelets() == (dict.fromkeys(NODES, releases[0]), [])


def test_a_second_run_changes_nothing(inventory, cluster):
    run = play(PLAYBOOK, inventory)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output


def test_a_binary_that_does_not_start_stops_the_run_and_the_way_back_is_said(inventory, cluster, releases):
    broken = "v1.21.99+k3s1"
    for node in NODES:
        on(node, BROKEN.format(release=broken))
    run = play(PLAYBOOK, inventory, "-e", f"k3s_version={broken}", "-e", json.dumps({"k3s_start_timeout": 30}))
    assert run.code != 0
    failed = next(node for node in SERVERS if broken in on(node, "readlink /usr/local/bin/k3s"))
    others = [node for node in NODES if node != failed]
    back = f"ln -sfn /opt/k3s/{releases[0]}/k3s /usr/local/bin/k3s && systemctl restart k3s"
    assert back in flat(run)
    for node in others:
        assert releases[0] in on(node, "readlink /usr/local/bin/k3s")
    found, cordoned = kubelets(next(node for node in SERVERS if node != failed))
    assert (set(found.values()), cordoned) == ({releases[0]}, [])
    on(failed, back)
    run = site(inventory)
    assert run.code == 0, run.output
