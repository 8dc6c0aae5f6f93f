"""Two lab nodes with containerd and `k3s` as a systemd service: one server, one agent."""

import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import k3s_source
import lab
from sandbox import LIMIT

# The same tests may run on the other kind at the same time.
LAB = "contract-real" if k3s_source.find().binary else "contract-standin"
# A real server ends itself when a busy machine does not let it renew its leases in time; a server that is alone needs none.
ALONE = "".join(f"{part}-arg: [leader-elect=false]\n" for part in ("kube-controller-manager", "kube-cloud-controller-manager", "kube-scheduler"))
UNIT = """\
[Unit]
StartLimitIntervalSec=0

[Service]
Type=notify
KillMode=process
Delegate=yes
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStart=/usr/local/bin/k3s {role}
"""
CONFIG = """\
token: contract-secret
container-runtime-endpoint: unix:///run/containerd/containerd.sock
kubelet-arg: [cgroup-driver=cgroupfs]
kube-proxy-arg: [conntrack-max-per-core=0]
"""
SERVER_CONFIG = CONFIG + "flannel-backend: none\ndisable-network-policy: true\ndisable: [traefik]\nnode-label: [contract/first=server]\n" + ALONE
AGENT_CONFIG = CONFIG + "server: https://{server}:6443\nnode-label: [contract/first=agent]\n"


class Node:
    """One lab node."""

    def __init__(self, name):
        self.name, self.container = name, lab.container(LAB, name)
        self.address = lab.running()[self.container]

    def run(self, script, timeout=LIMIT, check=True):
        """Run a shell script; its output without the last newline."""
        command = ("podman", "--runtime", "runc", "exec", self.container, "bash", "-c", script)
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        assert not check or done.returncode == 0, f"{self.name}: {script}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def put(self, path, content, mode="0600"):
        """Write a file."""
        with tempfile.NamedTemporaryFile("w", suffix=".contract") as stream:
            stream.write(content)
            stream.flush()
            self.copy(stream.name, path, mode)

    def copy(self, source, path, mode="0755"):
        """Copy a file of this machine onto the node."""
        self.run(f"mkdir -p {Path(path).parent}")
        lab.podman("--runtime", "runc", "cp", str(source), f"{self.container}:{path}")
        self.run(f"chmod {mode} {path}; chown root:root {path}")

    def journal(self):
        """What k3s has logged."""
        return self.run("journalctl --unit k3s --no-pager --output cat")

    def start(self):
        """Start k3s and wait until systemd holds it for started; the journal's end if it does not come."""
        state = self.run(f"timeout {LIMIT} systemctl restart k3s; systemctl is-active k3s", timeout=LIMIT + 10, check=False)
        assert state == "active", self.journal()[-2000:]

    def prepare(self, k3s, role, config):
        """containerd, the file, its configuration and unit."""
        self.run(
            "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; apt-get -qq update >/dev/null 2>&1;"
            "apt-get -qq install --no-install-recommends containerd >/dev/null 2>&1; systemctl start containerd",
            timeout=2 * LIMIT,
        )
        self.copy(k3s, "/usr/local/bin/k3s")
        self.put("/etc/rancher/k3s/config.yaml", config)
        self.put("/etc/systemd/system/k3s.service", UNIT.format(role=role), "0644")
        self.run("systemctl daemon-reload")


def up(k3s):
    """Both nodes, prepared and started: (server, agent)."""
    lab.up(LAB, {"server": ["meta"], "agent": ["workspace"]})
    server, agent = Node("server"), Node("agent")
    with ThreadPoolExecutor() as pool:
        list(
            pool.map(
                lambda each: each[0].prepare(k3s, *each[1:]), ((server, "server", SERVER_CONFIG), (agent, "agent", AGENT_CONFIG.format(server=server.address)))
            )
        )
    server.start()
    agent.start()
    return server, agent


def down():
    """Remove both."""
    lab.down(LAB)


def wait_for(condition, timeout, what):
    """Wait until `condition()` gives something; fail if it does not come."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.3)


def listeners(node):
    """Port to name of the process, for the ports of all addresses."""
    return {
        int(port): name
        for port, name in re.findall(r'(?:\*|0\.0\.0\.0):(\d+) .*?users:\(\("([^"]+)"', node.run("ss --tcp --listening --numeric --processes --no-header"))
    }
