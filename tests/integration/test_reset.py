"""reset.yml on a cluster with pods, beside ufw, firewalld, docker-like rules and a container of somebody else: all of the cluster goes and nothing else.

Told in order on one lab. What a node shows is compared with what it showed once it was prepared, before K3s came.
"""

import difflib
import json
import re
import subprocess
from pathlib import Path

import lab
import pytest
from playbook import play, site

LAB = "reset"
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}
FIREWALLS = {"meta-1": "ufw", "workspace-1": "firewalld"}
PARTS = Path(__file__).parent / "reset"
IMAGE = "lab.local/sleep:1"
VARIABLES = ("-e", '{"containerd_cni_plugins": true}')
POD = """
apiVersion: v1
kind: Pod
metadata: {name: sleeper-%(node)s}
spec:
  nodeName: %(node)s
  tolerations: [{operator: Exists}]
  containers:
    - {name: a, image: "%(image)s", imagePullPolicy: Never, ports: [{containerPort: 80, hostPort: 8088}], volumeMounts: [{name: e, mountPath: /e}]}
  volumes: [{name: e, emptyDir: {medium: Memory}}]
"""
# The lines in which rules stand, without counters and without the chains and tables that are empty: those of iptables stay.
RULE = re.compile(r"^(-A .*|:\S+ -|:\S+ DROP)")
SHOWN = {
    "links": "ip -br link | awk '{print $1}' | cut -d @ -f 1 | sort",
    "addresses": "ip -o addr | awk '{print $2, $3, $4}' | sort",
    "routes": "ip -4 route show table all; ip -6 route show table all",
    "ip rules": "ip rule; ip -6 rule",
    "sets": "ipset save",
    "own table": "nft list table inet own",
    "mounts": "cut -d ' ' -f 5 /proc/self/mountinfo | sort",
    "namespaces": "ls /run/netns 2>/dev/null | sort",
    "containers": "ctr --namespace moby tasks list; ctr --namespace k8s.io containers list -q; pgrep -a containerd-shim",
    "units": "systemctl list-unit-files --type=service,socket,timer,path --no-legend | awk '{print $1, $2}'; systemctl is-active containerd",
    "files": "find /etc /usr/local /opt /run/calico /run/k3s /run/flannel /var/lib/cni /var/lib/calico /var/lib/rancher /var/lib/kubelet /var/gitpod"
    " -xdev -name '*.before-reset*' -prune -o -type f -exec sha256sum {} + -o -type l -printf '%p %l\\n' 2>/dev/null | sort -k 2",
}
BACKENDS = ("iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft")


def on(node, command):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", command)


def feed(node, text, *command):
    """Runs a command on a node that reads a text."""
    command = ("podman", "exec", "--interactive", lab.container(LAB, node), *command)
    result = subprocess.run(command, input=text, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def run_part(node, name, *arguments):
    """Runs one of the scripts beside this file on a node."""
    feed(node, (PARTS / name).read_text(), "bash", "-s", "--", *arguments)


def shown(node):
    """All of a node that a reset must leave as it is, and that it must bring back to what it was."""
    found = {name: lab.on(LAB, node, command).stdout for name, command in SHOWN.items()}
    for program in BACKENDS:
        tables, table = {}, ""
        for line in on(node, f"{program}-save 2>/dev/null").splitlines():
            table = line if line.startswith("*") else table
            if RULE.match(line):
                tables.setdefault(table, []).append(re.sub(r" \[\d+:\d+\]$", "", line))
        found[program] = tables
    return found


@pytest.fixture(scope="module")
def inventory():
    lab.down(LAB)
    path = lab.up(LAB, NODES)
    for node in NODES:
        run_part(node, "foreign.sh", FIREWALLS[node])
    yield path
    lab.down(LAB)


@pytest.fixture(scope="module")
def bare(inventory):
    """What the nodes show before K3s comes, with a container of somebody else in the same containerd."""
    run = play("playbooks/prepare.yml", inventory, *VARIABLES)
    assert run.code == 0, run.output
    for node in NODES:
        name = lab.container(LAB, node)
        lab.podman("cp", str(PARTS / "image.py"), f"{name}:/root/image.py")
        on(node, "mv /usr/sbin/runc /usr/sbin/runc.real")
        lab.podman("cp", str(PARTS / "runc.py"), f"{name}:/usr/sbin/runc")
        on(node, "chmod 755 /usr/sbin/runc")
        sandbox = on(node, "sed -n 's/.*sandbox_image = \"\\(.*\\)\"/\\1/p' /etc/containerd/config.toml")
        for namespace, image in (("k8s.io", sandbox), ("k8s.io", IMAGE), ("moby", IMAGE)):
            on(node, f"python3 /root/image.py {image} | ctr --namespace {namespace} images import - > /dev/null")
        on(node, f"ctr --namespace moby run --detach --null-io {IMAGE} somebody")
    return {node: shown(node) for node in NODES}


def make(inventory):
    """A cluster with pods that run, and what Calico would have made; returns its id."""
    run = site(inventory, *VARIABLES)
    assert run.code == 0, run.output
    for node in NODES:
        feed("meta-1", POD % {"node": node, "image": IMAGE}, "k3s", "kubectl", "apply", "-f", "-")
        on("meta-1", f"k3s kubectl wait --for=condition=Ready --timeout=180s pod/sleeper-{node}")
        run_part(node, "calico.sh")
    return on("meta-1", "k3s kubectl get namespace kube-system -o jsonpath={.metadata.uid}")


def reset(inventory, *arguments, confirm="meta-1,workspace-1"):
    return play("playbooks/reset.yml", inventory, "-e", f"node_prep_reset_confirm={confirm}", *arguments)


@pytest.fixture(scope="module")
def cluster(inventory, bare):
    return make(inventory)


def differences(before, after):
    """What is shown otherwise, as the lines of a diff."""
    texts = {name: [json.dumps(one[name], indent=1).replace("\\n", "\n").splitlines() for one in (before, after)] for name in before}
    return {name: list(difflib.unified_diff(*both, lineterm="", n=0))[2:] for name, both in texts.items() if both[0] != both[1]}


def alive(node):
    """What a cluster that was left alone keeps; some of its pods come and go here, for want of images."""
    container = f"ctr --namespace k8s.io containers list | grep {IMAGE} | cut -d ' ' -f 1"
    rules = "iptables-legacy-save | grep cali-; ipset save | grep cali; ip route show proto 80"
    return on(node, f"systemctl show --property=MainPID --value k3s k3s-agent; {container}; {rules}; ls /var/lib/rancher /etc/rancher /opt/k3s")


@pytest.mark.parametrize("confirm", ["", "meta-1", "meta-1,workspace-1,workspace-2"])
def test_without_the_right_confirmation_nothing_is_changed(inventory, cluster, confirm):
    before = {node: alive(node) for node in NODES}
    run = reset(inventory, confirm=confirm)
    assert run.code == 2, run.output
    assert "`-e node_prep_reset_confirm=meta-1,workspace-1`" in " ".join(run.output.split())
    assert run.count("changed") == {}
    assert {node: alive(node) for node in NODES} == before


def test_check_mode_says_what_would_go_and_changes_nothing(inventory, cluster):
    before = {node: alive(node) for node in NODES}
    run = reset(inventory, "--check", "--diff", confirm="")
    assert run.code == 0, run.output
    for line in (
        "-unit k3s.service is stopped",
        "-process ",
        "-interface vxlan.calico",
        "-route blackhole 10.42.79.0/26",
        "-iptables-legacy: filter: chain cali-FORWARD",
        "-ipset cali40all-hosts-net",
        "-/var/lib/rancher/k3s is moved aside",
    ):
        assert line in run.output
    assert {node: alive(node) for node in NODES} == before


def test_an_agent_whose_server_is_gone_is_reset_and_nothing_of_others(inventory, cluster, bare):
    lab.podman("pause", lab.container(LAB, "meta-1"))
    try:
        run = reset(inventory, "--limit", "workspace-1", confirm="workspace-1")
    finally:
        lab.podman("unpause", lab.container(LAB, "meta-1"))
    assert run.code == 0, run.output
    assert differences(bare["workspace-1"], shown("workspace-1")) == {}
    assert "node-password" not in on("workspace-1", "ls /etc/rancher")
    assert on("workspace-1", "test -s /etc/rancher/node.before-reset/password && echo kept") == "kept"


def test_a_mount_that_somebody_uses_is_named_and_the_next_run_goes_on(inventory, cluster, bare):
    """The other machine does not answer meanwhile."""
    mount = "/var/lib/kubelet/pods/somebody/volume"
    on("meta-1", f"mkdir -p {mount} && mount -t tmpfs tmpfs {mount} && cd {mount} && (nohup sleep 3600 > /dev/null 2>&1 & echo $! > /run/holder)")
    lab.podman("pause", lab.container(LAB, "workspace-1"))
    try:
        run = reset(inventory)
        assert run.code != 0
        said = " ".join(run.output.split())
        assert f"These mounts cannot be unmounted: {mount}" in said
        assert "the next run goes on from there" in said
        on("meta-1", "kill $(cat /run/holder) && rm /run/holder")
        run = reset(inventory)
    finally:
        lab.podman("unpause", lab.container(LAB, "workspace-1"))
    assert run.code != 0
    assert "workspace-1 could not be reached and was left as it is" in " ".join(run.output.split())
    assert differences(bare["meta-1"], shown("meta-1")) == {}
    assert on("meta-1", "ls /var/lib/rancher") == "k3s.before-reset"


def test_the_second_run_changes_nothing(inventory, cluster, bare):
    for arguments in ((), ("--check", "--diff")):
        run = reset(inventory, *arguments)
        assert run.code == 0, run.output
        assert run.count("changed") == {}, run.output
    assert {node: differences(bare[node], shown(node)) for node in NODES} == {node: {} for node in NODES}


HALF = r"""
mkdir -p /opt/k3s/v1.21.2+k3s1 /etc/rancher/k3s/config.yaml.d /var/lib/rancher/k3s/agent
echo half > /opt/k3s/v1.21.2+k3s1/k3s && ln -s /opt/k3s/v1.21.2+k3s1/k3s /usr/local/bin/k3s && ln -s k3s /usr/local/bin/kubectl
printf '# Written by the Ansible role gitpod.node_prep.k3s\n[Service]\nExecStart=/bin/false\n' > /etc/systemd/system/k3s-agent.service
echo mine > /opt/k3s/v1.21.2+k3s1/notes
"""


def test_a_machine_half_set_up_without_some_programs_is_reset(inventory, cluster, bare):
    on("workspace-1", HALF)
    on("workspace-1", "mv /usr/sbin/ipset /usr/sbin/ipset.off && mv /usr/sbin/nft /usr/sbin/nft.off && mv /usr/sbin/iptables-legacy-save /usr/sbin/ilsave.off")
    try:
        run = reset(inventory, "--limit", "workspace-1", confirm="workspace-1")
    finally:
        on("workspace-1", "cd /usr/sbin && mv ipset.off ipset && mv nft.off nft && mv ilsave.off iptables-legacy-save")
    assert run.code == 0, run.output
    assert on("workspace-1", "cat /opt/k3s/v1.21.2+k3s1/notes && rm -r /opt/k3s") == "mine"
    assert differences(bare["workspace-1"], shown("workspace-1")) == {}


def test_a_k3s_of_somebody_else_is_refused_on_all_machines(inventory, cluster):
    on("workspace-1", r"printf '[Service]\nExecStart=/usr/local/bin/k3s agent\n' > /etc/systemd/system/k3s-agent.service")
    on("meta-1", HALF)
    before = {node: shown(node) for node in NODES}
    try:
        run = reset(inventory)
        assert run.code == 2, run.output
        said = " ".join(run.output.split())
        assert "K3s of an unknown release of somebody else (/etc/systemd/system/k3s-agent.service): remove it with `k3s-uninstall.sh`" in said
        assert "workspace-1 was left as it is, and so are all others" in said
        assert {node: shown(node) for node in NODES} == before
    finally:
        on("workspace-1", "rm /etc/systemd/system/k3s-agent.service")
    assert reset(inventory).code == 0
    on("meta-1", "rm -r /opt/k3s")


def test_site_makes_a_new_cluster(inventory, cluster):
    assert make(inventory) != cluster


def test_who_leaves_a_cluster_takes_pods_and_networks_with_it(inventory, cluster, bare):
    for changed in (True, False):
        run = play("tests/integration/playbooks/leave.yml", inventory)
        assert run.code == 0, run.output
        assert bool(run.count("changed")) == changed, run.output
    left = differences(bare["workspace-1"], shown("workspace-1"))
    assert sorted(left) == ["files", "units"]
    assert on("workspace-1", "systemctl is-enabled k3s-agent || true") == "disabled"
    assert on("workspace-1", "readlink -f /usr/local/bin/k3s").startswith("/opt/k3s/")
    assert "k3s.left-cluster" in on("workspace-1", "ls /var/lib/rancher")
    on("workspace-1", "rm -r /var/lib/rancher/*.left-cluster /etc/rancher/*.left-cluster /var/lib/kubelet/*.left-cluster")


def test_all_of_it_goes_again_and_work_stays(inventory, cluster, bare):
    on("workspace-1", "mkdir -p /var/gitpod/workspaces && echo work > /var/gitpod/workspaces/file")
    run = reset(inventory)
    assert run.code == 0, run.output
    assert on("workspace-1", "cat /var/gitpod/workspaces/file") == "work"
    assert "k3s.before-reset.~1~" in on("meta-1", "ls /var/lib/rancher")
    on("workspace-1", "rm /var/gitpod/workspaces/file")
    assert {node: differences(bare[node], shown(node)) for node in NODES} == {node: {} for node in NODES}


def test_containerd_kernel_settings_and_workspaces_go_where_that_is_asked(inventory, cluster):
    on("workspace-1", "mkdir -p /var/gitpod/workspaces && echo work > /var/gitpod/workspaces/file")
    asked = ("-e", json.dumps({f"node_prep_reset_{what}": True for what in ("containerd", "kernel", "workspaces")}))
    run = reset(inventory, *asked)
    assert run.code == 0, run.output
    for node in NODES:
        for path in ("/etc/containerd/config.toml", "/etc/crictl.yaml", "/etc/sysctl.d/99-zz-gitpod.conf", "/etc/modules-load.d/gitpod.conf", "/var/gitpod"):
            assert lab.on(LAB, node, f"test -e {path}").returncode != 0, path
        assert lab.on(LAB, node, "systemctl is-enabled containerd").stdout.strip() == "disabled"
    assert on("workspace-1", "cat /var/gitpod.before-reset/workspaces/file") == "work"
    again = reset(inventory, *asked)
    assert again.code == 0, again.output
    assert again.count("changed") == {}, again.output
