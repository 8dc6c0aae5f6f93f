"""Nodes are broken one by one, for real, and the verdict names each break in the expected sentence. No run changes anything on the way to it.

First in preflight, then on a cluster. A containerd that is really too old is in test_python_versions.py. What stands in for the real thing:

* RAM: a container sees the RAM of its machine, so that /proc/meminfo is covered, as lxcfs does where RAM is limited.
* Docker: a service docker.service with docker's socket, whose process is called dockerd.
* Clock: containers share the clock of the kernel, so that the Python that Ansible uses on the node runs with libfaketime.
* Kernel module: the kernel is that of the machine, so that a module is asked for that it really lacks.
"""

import contextlib
import json
import os
import re
from dataclasses import dataclass, field

import lab
import pytest
import yaml
from lab_api import request
from playbook import play

LAB = "broken"
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
# Everything that a run could change on a node, with the time of its last change.
STATE = """
find /etc /opt /usr /var/lib /root -xdev -path /root/.ansible -prune -o -type f -printf '%p %T@\\n' | grep -v -e __pycache__ -e .pyc | sort | md5sum
cut -d ' ' -f 1-4 /proc/mounts
"""
BEHIND = "/usr/local/bin/python-of-the-past"


@dataclass
class Break:
    """One thing that is wrong with a node: shell commands that break it and fix it, and the sentence of the verdict.

    `variables` are those of the node during the run. NUMBER stands for any number (or address) in the sentence, and in all texts META_1 for the address
    of meta-1 and MACHINE_ID for its machine id.
    """

    name: str
    node: str
    breaks: str
    fixes: str
    sentence: str
    variables: dict = field(default_factory=dict)


def dropped(protocol, port):
    rule = f"INPUT --source META_1 --protocol {protocol} --dport {port} --jump DROP"
    return f"iptables --append {rule}", f"iptables --delete {rule}"


IN_PREFLIGHT = [
    Break(
        "RAM limited",
        "workspace-1",
        "sed 's/^MemTotal:.*/MemTotal: 14648437 kB/' /proc/meminfo > /run/meminfo && mount --bind /run/meminfo /proc/meminfo",
        "umount /proc/meminfo && rm /run/meminfo",
        "FAIL workspace-1: RAM: 14.99 GB; required: 16 GB or more (memory, D8) -> Give the machine more RAM.",
    ),
    Break(
        "docker present",
        "workspace-2",
        "cp /usr/bin/python3 /run/dockerd && systemd-run --quiet --unit=docker /run/dockerd -c "
        "\"import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('/run/docker.sock'); s.listen(); time.sleep(10**6)\"",
        "systemctl stop docker && rm /run/docker.sock /run/dockerd",
        "FAIL workspace-2: One container runtime: also /run/docker.sock; required: at most /run/containerd/containerd.sock (runtime_unique, §3) "
        "-> Stop, disable and remove the other container runtimes: Gitpod's runtime detection may pick the wrong one.",
    ),
    Break(
        "port 6443 held",
        "meta-1",
        "systemd-run --quiet --unit=squatter /usr/bin/python3 -m http.server 6443",
        "systemctl stop squatter",
        "FAIL meta-1: Ports: tcp 6443 (the Kubernetes API and the K3s supervisor) is held by python3 (pid NUMBER, squatter.service); "
        "required: free, or held by the cluster (ports, §4) -> Stop the program that holds the port, or move it to another port.",
    ),
    Break(
        "TCP 8080 dropped between two nodes",
        "workspace-1",
        *dropped("tcp", 8080),
        "FAIL workspace-1: Reachability: TCP 8080 on workspace-1, for Gitpod's node daemon, is not reached from meta-1: no answer within 3 s; "
        "required: reached from every node that needs it (reachability, §4) -> Let TCP 8080 in on workspace-1 (NUMBER) from meta-1 (NUMBER): "
        "in the firewall of workspace-1 (`calico_firewall: present` opens ufw and firewalld), and in whatever filters between them (security groups).",
    ),
    Break(
        "UDP 4789 dropped between two nodes",
        "workspace-2",
        *dropped("udp", 4789),
        "FAIL workspace-2: Reachability: UDP 4789 on workspace-2, for Calico's VXLAN, is not reached from meta-1: no answer within 3 s; "
        "required: reached from every node that needs it (reachability, §4) -> Let UDP 4789 in on workspace-2 (NUMBER) from meta-1 (NUMBER): "
        "in the firewall of workspace-2 (`calico_firewall: present` opens ufw and firewalld), and in whatever filters between them (security groups).",
    ),
    Break(
        "machine-id of another node",
        "workspace-1",
        "cp -p /etc/machine-id /run/machine-id && echo MACHINE_ID > /etc/machine-id",
        "cp -p /run/machine-id /etc/machine-id && rm /run/machine-id",
        "FAIL workspace-1: Unique machine id: MACHINE_ID, also on meta-1; required: on no other node (unique_machine_id, §3) "
        "-> Make new machine ids on all but one of them: `rm -f /etc/machine-id && systemd-machine-id-setup`, then reboot.",
    ),
    Break(
        "clock behind",
        "workspace-2",
        "apt-get -qq install libfaketime > /dev/null 2>&1 && printf '%s\\n' '#!/bin/sh' "
        "'LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1 FAKETIME=-60s exec /usr/bin/python3 \"$@\"' "
        f"> {BEHIND} && chmod +x {BEHIND}",
        f"rm {BEHIND}",
        "FAIL workspace-2: Clock skew: at least NUMBER s from meta-1; required: 1 s or less (clock_skew, §3) "
        "-> Synchronise the clocks of all nodes with the same time service.",
        {"ansible_python_interpreter": BEHIND},
    ),
    Break(
        "/etc/hosts immutable",
        "workspace-1",
        "chattr +i /etc/hosts",
        "chattr -i /etc/hosts",
        "FAIL workspace-1: /etc/hosts: immutable; required: writable (hosts_file, §3) -> Make /etc/hosts writable "
        "(`chattr -i -a /etc/hosts`, no read-only mount): Gitpod's node daemon writes to it.",
    ),
    Break(
        "/var/gitpod on a full mount",
        "workspace-2",
        "mkdir /var/gitpod && mount -t tmpfs -o size=16m tmpfs /var/gitpod && fallocate -l 16m /var/gitpod/backups",
        "umount /var/gitpod && rmdir /var/gitpod",
        "FAIL workspace-2: Free disk: 0 GB; required: 21.47 GB or more (disk_space, §3) "
        "-> Free or add disk space where /var/gitpod lies: Gitpod marks a node with less as under disk pressure.",
    ),
    Break(
        "/var/gitpod on a private mount",
        "workspace-1",
        "mkdir /var/gitpod && mount --bind /var/gitpod /var/gitpod && mount --make-private /var/gitpod",
        "umount /var/gitpod && rmdir /var/gitpod",
        "FAIL workspace-1: Mount propagation: /var/gitpod is not shared; required: a shared mount under /var/gitpod (mount_propagation, §3) "
        "-> Make the mount shared now (`mount --make-rshared`) and at boot: Gitpod's node daemon passes mounts on to workspaces.",
    ),
    Break(
        "10.0.5.0/24 in use",
        "workspace-2",
        "ip address add 10.0.5.77/24 dev eth0",
        "ip address delete 10.0.5.77/24 dev eth0",
        "FAIL workspace-2: Networks: the network inside workspaces (10.0.5.0/24) overlaps eth0 of this node (10.0.5.0/24); "
        "required: no overlap of pods, services, workspaces and node (networks, §3) "
        "-> Choose other networks for pods and services, or move the node's interface out of 10.0.5.0/24.",
    ),
    Break(
        "kernel module missing",
        "workspace-1",
        "test ! -e /sys/module/of_another_kernel",
        "true",
        "FAIL workspace-1: Kernel modules: not in this kernel: of_another_kernel; required: loaded or built in (kernel_modules, §3) -> "
        "Install the package that has them (`linux-modules-extra-$(uname -r)`) or boot Ubuntu's generic kernel.",
        {"node_spec_kernel_modules": ["overlay", "of_another_kernel"]},
    ),
]

ON_A_CLUSTER = [
    Break(
        "sysctl wrong",
        "workspace-1",
        "sysctl -q -w net.ipv4.ip_forward=0",
        "sysctl -q -w net.ipv4.ip_forward=1",
        "FAIL workspace-1: Kernel settings: net.ipv4.ip_forward=0; required: net.ipv4.ip_forward=1 (sysctls, §3) "
        "-> Set these sysctls now and in `/etc/sysctl.d`, or let the role kernel do both.",
    ),
]


def cases(breaks):
    return pytest.mark.parametrize("broken", breaks, ids=lambda broken: broken.name)


@pytest.fixture(scope="module")
def inventory():
    lab.down(LAB)
    yield lab.up(LAB, NODES)
    lab.down(LAB)


@pytest.fixture(scope="module")
def known(inventory):
    """What stands in the texts of the cases for what only the lab knows."""
    hosts = yaml.safe_load(inventory.read_text())["all"]["hosts"]
    return {"META_1": hosts["meta-1"]["ansible_host"], "MACHINE_ID": on("meta-1", "cat /etc/machine-id")}


def on(node, command):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", command)


def filled(text, known):
    for word, value in known.items():
        text = text.replace(word, value)
    return text


def state():
    return {node: on(node, STATE) for node in NODES}


def with_variables(inventory, node, variables, folder):
    """The inventory with more variables of one node."""
    changed = yaml.safe_load(inventory.read_text())
    changed["all"]["hosts"][node].update(variables)
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump(changed))
    return path


@contextlib.contextmanager
def broken_node(broken, known):
    """The node is broken inside the block and fixed after it."""
    on(broken.node, filled(broken.breaks, known))
    try:
        yield
    finally:
        on(broken.node, filled(broken.fixes, known))


def run_unchanging(playbook, inventory, *args):
    """Runs a playbook that may change nothing but the report on the control node; returns the run, and its output on one line."""
    before = state()
    run = play(playbook, inventory, *args)
    changing = {task.split("]")[0] for task in run.output.split("\nTASK [") if "\nchanged: " in task}
    assert changing <= {"gitpod.node_prep.report : Write the report on the control node and show it"}
    assert state() == before
    return run, " ".join(run.output.split())


def assert_says(words, sentence):
    pattern = re.escape(sentence).replace("NUMBER", "[0-9.]+")
    assert re.search(pattern, words), f"{sentence}\n\nis not in\n\n{words}"


def assert_verdict(inventory, sentence, source=None):
    """verify.yml fails with that sentence, and for nothing else. `source`: the inventory to use, where it is another one."""
    run, words = run_unchanging("playbooks/verify.yml", source or inventory)
    assert run.code == 2, run.output
    assert_says(words, sentence)
    report = json.loads((inventory.parent / "artifacts" / "report.json").read_text())
    failed = {found["id"] for found in report["node_findings"] + report["cluster_findings"] if found["status"] == "fail"}
    assert failed == {re.search(r"\((\w+), [D§]", sentence).group(1)}


def assert_caught(broken, inventory, known, folder):
    with broken_node(broken, known):
        source = with_variables(inventory, broken.node, broken.variables, folder)
        assert_verdict(inventory, filled(broken.sentence, known), source)


def test_nothing_fails_in_preflight(inventory):
    run, words = run_unchanging("playbooks/verify.yml", inventory)
    assert run.code == 0, run.output
    assert "Ready to become a cluster for Gitpod" in words


def test_limited_to_one_node(inventory):
    run, _words = run_unchanging("playbooks/verify.yml", inventory, "--limit", "meta-1")
    assert run.code == 0, run.output
    report = json.loads((inventory.parent / "artifacts" / "report.json").read_text())
    assert [node["name"] for node in report["nodes"]] == ["meta-1"]


@cases(IN_PREFLIGHT)
def test_node_in_preflight(broken, inventory, known, tmp_path):
    assert_caught(broken, inventory, known, tmp_path)


def test_node_in_preflight_with_fewer_cpus(inventory):
    """The cpuset that hides CPUs is the container's, so that it is set from outside."""
    container = lab.container(LAB, "workspace-2")
    lab.podman("update", "--cpuset-cpus", "0", container)
    try:
        assert_verdict(
            inventory,
            "FAIL workspace-2: CPUs: 1; required: 2 or more (cpus, D8) "
            "-> Give the machine more CPUs, or lift the limit (cpuset, affinity) that hides some of them.",
        )
    finally:
        lab.podman("update", "--cpuset-cpus", f"0-{os.cpu_count() - 1}", container)


def test_site_stops_at_the_findings_of_all_nodes_before_anything_changed(inventory, known):
    other_system = Break(
        "other system",
        "meta-1",
        "cp -p /etc/os-release /run/os-release && sed -i 's/^ID=.*/ID=fedora/; s/^VERSION_ID=.*/VERSION_ID=38/' /etc/os-release",
        "cat /run/os-release > /etc/os-release",
        "Operating system: fedora 38; required: Ubuntu 18.04 or 20.04 (os_release, D5)",
    )
    little_memory = IN_PREFLIGHT[0]
    with broken_node(other_system, known), broken_node(little_memory, known):
        run, words = run_unchanging("playbooks/site.yml", inventory)
    assert run.code == 2
    message = words[words.index("fatal:") :]
    for expected in ("meta-1 (1 fail", other_system.sentence, "workspace-1 (1 fail", "RAM: 14.99 GB; required: 16 GB or more (memory, D8)"):
        assert expected in message


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["run", "check"])
def test_site_stops_at_a_blocked_port_before_anything_changed(inventory, known, mode):
    (blocked,) = (broken for broken in IN_PREFLIGHT if "8080" in broken.name)
    with broken_node(blocked, known):
        run, words = run_unchanging("playbooks/site.yml", inventory, *mode)
    assert run.code == 2
    assert "Not every node is reached at the ports that the cluster needs." in words
    assert filled(blocked.sentence, known).split(" -> ")[0].removeprefix("FAIL workspace-1: ") in words


def test_cluster(inventory):
    run = play("playbooks/site.yml", inventory)
    assert run.code == 0, run.output


@cases(ON_A_CLUSTER)
def test_node_of_a_cluster(broken, inventory, known, tmp_path):
    assert_caught(broken, inventory, known, tmp_path)


def test_label_set_to_false(inventory):
    def label(value):
        request(inventory, "PATCH", "/api/v1/nodes/workspace-1", {"metadata": {"labels": {"gitpod.io/workload_workspace_regular": value}}})

    label("false")
    try:
        assert_verdict(
            inventory,
            "FAIL workspace-1: Values of the labels: gitpod.io/workload_workspace_regular=false; required: true (label_values, §2) "
            "-> Set the label to `true` or remove it, or let the role node_labels do it: the scheduler only looks for the key.",
        )
    finally:
        label("true")


def test_calico_absent(inventory):
    request(inventory, "DELETE", "/apis/apps/v1/namespaces/kube-system/daemonsets/calico-node")
    assert_verdict(inventory, "FAIL cluster: Calico: missing; required: installed (calico, D6) -> Install Calico, or let the role calico do it.")
