"""The lab: throw-away nodes on this machine, one implementation for `make site`, the molecule scenarios and the other tests.

A lab is a set of podman containers with systemd and sshd, plus one mirror of artifacts for all labs of this checkout.
`up` writes an inventory, <state>/<lab>/hosts.yml, whose variables point the roles at the mirror.

Usage: lab.py up <lab> <node>=<group>[+<group>...][@<suite>] ...   make the nodes that are missing, print the inventory's path
       lab.py down <lab>                                             remove a lab's nodes
       lab.py shell <lab> <node>                                     a shell on a node
       lab.py clean                                                  remove everything the labs of this checkout made

A node with a suite is made from that release of Debian: bullseye has Python 3.9 and containerd 1.4.

Which K3s the inventory names is in k3s_source.py: LAB_K3S, ../shared/k3s, the official release, the stand-in.
"""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import artifacts
import k3s_source
import yaml

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
STATE = CHECKOUT / ".lab"
KEY = STATE / "id_ed25519"
# Two checkouts on one machine do not share nodes.
PREFIX = "node-prep-" + hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:6]
IMAGE_FILES = ("image.sh", "cni-bridge.conflist")
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# Where cgroups are of version 1: what all containers together weigh against the machine's other processes, each of which weighs 1024.
SHARES, WEIGHT = Path("/sys/fs/cgroup/cpu/libpod_parent/cpu.shares"), 8 * 1024
START_LIMIT = 120  # seconds from the start of a node until its sshd answers


def podman(*args, check=True):
    result = subprocess.run(("podman", *args), capture_output=True, text=True)
    if check and result.returncode:
        sys.exit(f"podman {' '.join(args)} failed: {result.stderr.strip()}")
    return result.stdout.strip()


def container(lab, node):
    return f"{PREFIX}-{lab}-{node}"


def image(suite=""):
    """The node image, of a suite of Debian where one is named; built when a file that shapes it has changed."""
    recipe = b"".join((HERE / name).read_bytes() for name in IMAGE_FILES)
    recipe += os.environ.get("LAB_BASE_IMAGE", "").encode() + suite.encode()
    name = f"localhost/node-prep-lab:{hashlib.sha256(recipe).hexdigest()[:12]}"
    if subprocess.run(("podman", "image", "exists", name)).returncode:
        print("Building the node image (about two minutes, once)", flush=True)
        subprocess.run((HERE / "image.sh", name, suite), check=True)
    return name


def ssh_key():
    if not KEY.exists():
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", PREFIX, "-f", KEY), check=True)
    return KEY


def allow_many_nodes():
    """Each systemd holds some inotify instances; with the usual 128 the nineteenth node hangs at its start."""
    if int(INOTIFY.read_text()) < 1024:
        INOTIFY.write_text("1024")


def give_nodes_their_share():
    """With the usual 1024 all nodes of all labs get no more than one of the machine's processes, and a real K3s starves beside some tests."""
    if SHARES.exists() and int(SHARES.read_text()) < WEIGHT:
        SHARES.write_text(str(WEIGHT))


def keep_bridge_address():
    """A bridge has the MAC address of one of its ports, so that it changes when a node goes and the others wait for their ARP entries.

    An address that was set stays.
    """
    bridge = podman("network", "inspect", "podman", "--format", "{{.NetworkInterface}}")
    address = Path("/sys/class/net", bridge, "address").read_text().strip()
    subprocess.run(("ip", "link", "set", bridge, "address", address), check=True)


def running():
    """Name to address of every running container of this checkout's labs."""
    names = podman("ps", "--filter", f"name=^{PREFIX}-", "--format", "{{.Names}}").split()
    if not names:
        return {}
    # A node of another lab may be removed between the two calls; the others are printed all the same.
    found = json.loads(podman("inspect", "--type", "container", *names, check=False) or "[]")
    return {item["Name"]: item["NetworkSettings"]["IPAddress"] for item in found}


def mirror(source):
    """The address of the artifact mirror, started if it does not run."""
    name = f"{PREFIX}-mirror"
    root = artifacts.publish(STATE / "artifacts", source)
    # One that outlived its checkout serves a folder that is gone.
    if name not in running() or not podman("exec", name, "ls", "/srv", check=False):
        podman("rm", "--force", "--ignore", name)
        podman(
            "--runtime", "runc", "run", "--detach", "--name", name, *limits(),
            "--volume", f"{root}:/srv:ro", "--volume", f"{HERE / 'mirror.py'}:/mirror.py:ro",
            image(), "python3", "/mirror.py", "/srv",
        )  # fmt: skip
    return running()[name]


def limits():
    """podman's own default limits may be more than the machine's hard limits, which cannot be raised."""
    result = []
    for name, kind, wanted in (("nofile", resource.RLIMIT_NOFILE, 20000), ("nproc", resource.RLIMIT_NPROC, 30000)):
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        result += ["--ulimit", f"{name}={value}:{value}"]
    return result


def start(lab, node, suite):
    name = container(lab, node)
    podman("rm", "--force", "--volumes", "--ignore", name)
    podman(
        "--runtime", "runc", "run", "--detach", "--name", name, "--hostname", node,
        "--systemd=always", "--privileged", *limits(),
        "--volume", "/var/lib/rancher", "--volume", "/var/lib/containerd", "--volume", "/var/lib/kubelet",
        "--volume", f"{ssh_key()}.pub:/root/.ssh/authorized_keys:ro",
        image(suite),
    )  # fmt: skip


def wait_for_ssh(address):
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((address, 22), timeout=1) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"the lab node at {address} did not answer on port 22 within {START_LIMIT} s")


def up(lab, nodes, suites=None, release=None):
    """Makes what is missing of a lab and returns the inventory's path.

    nodes is {name: [group, ...]}, suites is {name: suite of Debian}; release is that of K3s where it is not the lab's own choice.
    """
    suites = suites or {}
    source = k3s_source.find()
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        # What all labs share is made once, even when two are started at the same time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for suite in {"", *suites.values()}:
            image(suite)
        ssh_key()
        allow_many_nodes()
        mirror_address = mirror(source)
        give_nodes_their_share()
        keep_bridge_address()
    missing = [node for node in nodes if container(lab, node) not in running()]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: start(lab, node, suites.get(node, "")), missing))
    addresses = {node: running()[container(lab, node)] for node in nodes}
    for address in addresses.values():
        wait_for_ssh(address)
    return write_inventory(lab, nodes, addresses, artifacts.variables(f"http://{mirror_address}:8080", source, release))


def write_inventory(lab, nodes, addresses, artifact_variables):
    folder = STATE / lab
    folder.mkdir(parents=True, exist_ok=True)
    groups = {}
    for node, names in nodes.items():
        for group in names:
            groups.setdefault(group, {"hosts": {}})["hosts"][node] = None
    inventory = {
        "all": {
            "hosts": {node: {"ansible_host": address} for node, address in addresses.items()},
            "vars": connection_variables() | artifact_variables | lab_variables(folder),
            "children": groups,
        }
    }
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump(inventory, sort_keys=False))
    return path


def connection_variables():
    return {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(KEY),
        # The nodes are made anew all the time, so their host keys are worth nothing.
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
    }


def lab_variables(folder):
    """Where the results go, and what a container on this machine cannot give, said in the open: tests/lab/variables.yml."""
    return {"node_prep_artifacts": str(folder / "artifacts")} | yaml.safe_load((HERE / "variables.yml").read_text())


def remove(prefix):
    """Removes all containers, running or not, whose name begins so."""
    names = podman("ps", "--all", "--filter", f"name=^{prefix}-", "--format", "{{.Names}}").split()
    if names:
        podman("rm", "--force", "--time", "0", "--volumes", *names)


def down(lab):
    remove(f"{PREFIX}-{lab}")
    shutil.rmtree(STATE / lab, ignore_errors=True)


def on(lab, node, script):
    """Runs a script on a node; returns the completed process, whatever its exit status."""
    return subprocess.run(("podman", "exec", container(lab, node), "sh", "-c", script), capture_output=True, text=True)


@contextlib.contextmanager
def unplugged(lab, node):
    """Within it the node is as one whose cable was pulled: it runs on, and nobody reaches it."""
    index = podman("exec", container(lab, node), "cat", "/sys/class/net/eth0/iflink").strip()
    links = json.loads(subprocess.run(("ip", "-json", "link"), capture_output=True, text=True, check=True).stdout)
    device = next(link["ifname"] for link in links if link["ifindex"] == int(index))
    subprocess.run(("ip", "link", "set", device, "down"), check=True)
    try:
        yield
    finally:
        subprocess.run(("ip", "link", "set", device, "up"), check=True)


def restart(lab, nodes):
    """Restarts nodes, which may have another address then; nodes: node to a script that succeeds when the node has come up."""
    for node in nodes:
        podman("--runtime", "runc", "restart", "--time", "10", container(lab, node))
    deadline = time.monotonic() + START_LIMIT
    for node, ready in nodes.items():
        while on(lab, node, ready).returncode:
            if time.monotonic() > deadline:
                sys.exit(f"{START_LIMIT} s after its restart this still fails on {node}: {ready}")
            time.sleep(0.5)


def shell(lab, node):
    os.execvp("podman", ("podman", "exec", "--interactive", "--tty", container(lab, node), "bash", "-l"))


def clean():
    remove(PREFIX)
    images = podman("images", "--filter", "reference=localhost/node-prep-lab", "--format", "{{.Repository}}:{{.Tag}}").split()
    if images:
        # An image that another checkout's nodes still use stays.
        podman("rmi", *images, check=False)
    shutil.rmtree(STATE, ignore_errors=True)
    print("Removed the lab's nodes, mirror, image and state.")


def main(args):
    match args:
        case ["up", lab, *nodes] if nodes and all("=" in node for node in nodes):
            wanted = {name: rest.partition("@") for name, rest in (node.split("=", 1) for node in nodes)}
            groups = {name: groups.split("+") for name, (groups, _, _) in wanted.items()}
            print(up(lab, groups, {name: suite for name, (_, _, suite) in wanted.items() if suite}))
        case ["down", lab]:
            down(lab)
        case ["shell", lab, node]:
            shell(lab, node)
        case ["clean"]:
            clean()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
