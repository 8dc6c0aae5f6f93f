"""The reader, on a directory that stands for a machine and on the machine that runs the tests."""

import gzip
import json
import os
import socket
import stat
import tempfile
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host, read_node
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.kernel_settings import KERNEL_MODULES, SYSCTL_KEYS, Module
from hypothesis import given, settings, strategies as st
from node_options import options_with

RELEASE = os.uname()[2]
FUSE = Module("fuse", ("CONFIG_FUSE_FS",))
XT_SET = Module("xt_set", ("CONFIG_NETFILTER_XT_SET",))


@pytest.fixture
def machine(tmp_path):
    """write(path, text) puts a file on the machine; machine.host reads it."""

    class Machine:
        host = Host(str(tmp_path))

        @staticmethod
        def write(path, content=""):
            file = tmp_path / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            return file

        def read(self, name, modules=(), sysctls=(), ports=frozenset(), runtime="system"):
            facts = read_node(self.host, modules, sysctls, ports, runtime)
            return facts[name] if name in facts else "unreadable: " + facts["unreadable"][name]

    return Machine()


def test_an_empty_machine_raises_nothing(machine):
    facts = read_node(machine.host, KERNEL_MODULES, SYSCTL_KEYS, {("tcp", 6443)}, "system")
    assert "No such file or directory" in facts["unreadable"]["memory_bytes"]
    checked = node_check.findings_of(facts, options_with({}), "preflight")
    assert {finding["id"] for finding in checked if finding["status"] == "unknown"} >= {"memory", "os_release", "swap", "cgroup"}


def test_every_reader_that_fails_is_named(machine, monkeypatch):
    def fail(_host):
        raise OSError(13, "Permission denied", "/secret")

    monkeypatch.setattr(reader, "READERS", (("machine_id", fail), ("swap", lambda host: 1 // 0), ("cpus", lambda host: 4)))
    facts = read_node(machine.host, (), (), set(), "system")
    assert facts["cpus"] == 4
    assert set(facts["unreadable"]) == {"machine_id", "swap"}
    assert facts["unreadable"]["machine_id"].startswith("Permission denied: /secret")


def test_a_reading_without_root_says_so(machine, monkeypatch):
    def fail(_host):
        raise PermissionError(13, "Permission denied", "/secret")

    monkeypatch.setattr(reader, "READERS", (("product_uuid", fail),))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    facts = read_node(machine.host, (), (), set(), "system")
    assert facts["unreadable"] == {"product_uuid": "Permission denied: /secret (the module did not run as root)"}
    assert facts["as_root"] is False


def test_os_release(machine):
    machine.write("/usr/lib/os-release", 'ID=ubuntu\nVERSION_ID="20.04"\nVERSION_CODENAME=focal\n')
    assert [machine.read(name) for name in ("os_id", "os_version", "os_codename")] == ["ubuntu", "20.04", "focal"]
    machine.write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    assert machine.read("os_id") == "debian"


def test_modules_from_every_source(machine):
    machine.write("/sys/module/overlay/refcnt", "3")
    machine.write(f"/lib/modules/{RELEASE}/modules.builtin", "kernel/drivers/net/tun.ko\n")
    machine.write(f"/lib/modules/{RELEASE}/modules.dep", "kernel/net/netfilter/xt_set.ko.zst: kernel/net/netfilter/ip_set.ko.zst\n")
    machine.write("/proc/config.gz", gzip.compress(b"CONFIG_FUSE_FS=y\nCONFIG_NFT_CHAIN_NAT_IPV4=y\nCONFIG_VETH=m\n"))
    wanted = [module for module in KERNEL_MODULES if module.name in ("overlay", "tun", "xt_set", "fuse", "nft_chain_nat", "veth")]
    assert machine.read("modules", modules=wanted) == {
        "overlay": "loaded",
        "tun": "builtin",
        "xt_set": "available",
        "fuse": "builtin",
        "nft_chain_nat": "builtin",
        "veth": "missing",
    }


def test_modules_from_the_configuration_in_boot(machine):
    machine.write(f"/boot/config-{RELEASE}", "CONFIG_FUSE_FS=y\n")
    assert machine.read("modules", modules=[FUSE, XT_SET]) == {"fuse": "builtin", "xt_set": "missing"}


def test_modules_without_any_source(machine):
    assert machine.read("modules", modules=[FUSE]) == {"fuse": "unreadable"}


def test_sysctls(machine):
    machine.write("/proc/sys/net/ipv4/ip_forward", "1\n")
    machine.write("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n")
    keys = ["net.ipv4.ip_forward", "net.ipv4.ip_local_port_range", "vm.unprivileged_userfaultfd"]
    assert machine.read("sysctls", sysctls=keys) == {
        "net.ipv4.ip_forward": "1",
        "net.ipv4.ip_local_port_range": "32768 60999",
        "vm.unprivileged_userfaultfd": None,
    }


def test_host_paths(machine, tmp_path):
    machine.write("/bin/bash", "")
    (tmp_path / "data").mkdir()
    (tmp_path / "var/lib").mkdir(parents=True)
    (tmp_path / "var/lib/kubelet").symlink_to("../../data")
    assert machine.read("host_paths") == {"/bin/bash": "file", "/usr/src": "absent", "/var/lib/kubelet": "link to ../../data"}


def test_hosts_file(machine):
    assert machine.read("hosts_file") == "absent"
    machine.write("/etc/hosts", "127.0.0.1 localhost\n")
    assert machine.read("hosts_file") == "writable"


@pytest.mark.parametrize(("flags", "found"), [(0x10, "immutable"), (0x20, "append-only"), (0x80000, "writable")])
def test_flags_of_the_hosts_file(machine, monkeypatch, flags, found):
    machine.write("/etc/hosts", "")
    monkeypatch.setattr(reader.fcntl, "ioctl", lambda stream, request, buffer, mutate: buffer.__setitem__(0, flags))
    assert machine.read("hosts_file") == found


def test_disk_and_mount_of_a_directory_that_is_not_there_yet(machine, tmp_path):
    machine.write("/proc/self/mountinfo", "29 1 8:1 / / rw shared:1 - ext4 a rw\n90 29 8:2 / /var rw - ext4 b rw\n")
    (tmp_path / "var").mkdir()
    assert machine.read("gitpod_mount") == {"point": "/var", "shared": False}
    assert machine.read("disk_free_bytes") > 0


def test_identity(machine):
    machine.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    machine.write("/sys/class/dmi/id/product_uuid", "EC2A1B2C-3D4E-5F60-7182-93A4B5C6D7E8\n")
    for name, mac in (
        ("lo", "00:00:00:00:00:00"),
        ("ens5", "0A:58:A9:FE:01:02"),
        ("cali1", "ee:ee:ee:ee:ee:ee"),
        ("docker0", "02:42:1:2:3:4"),
    ):
        machine.write(f"/sys/class/net/{name}/address", mac + "\n")
    assert machine.read("machine_id") == "0123456789abcdef0123456789abcdef"
    assert machine.read("product_uuid") == "ec2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8"
    assert machine.read("macs") == {"ens5": "0a:58:a9:fe:01:02"}


def test_a_machine_without_dmi_has_no_uuid(machine):
    assert machine.read("product_uuid") == ""


@pytest.fixture
def command(tmp_path, monkeypatch):
    """command(name, script) puts a shell script into the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def write(name, script):
        file = folder / name
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    return write


def test_output_of_a_command(machine, command):
    command("containerd", "echo containerd a/b v1.6.8; echo warning >&2")
    assert machine.read("containerd") == "containerd a/b v1.6.8"


def test_a_command_that_fails(machine, command):
    command("containerd", "echo broken library >&2; exit 127")
    assert machine.read("containerd") == "unreadable: `containerd --version` ended with 127: broken library"


def test_a_command_that_hangs(machine, command, monkeypatch):
    monkeypatch.setattr(reader, "COMMAND_TIMEOUT", 0.2)
    command("containerd", "exec sleep 30")
    started = time.monotonic()
    assert "did not answer within" in machine.read("containerd")
    assert time.monotonic() - started < 5


def test_only_the_containerd_that_counts_is_asked(machine, command, tmp_path, monkeypatch):
    command("containerd", "echo containerd of the node")
    bundled = tmp_path / "bundled"
    bundled.write_text("#!/bin/sh\necho containerd of K3s")
    bundled.chmod(0o755)
    assert machine.read("containerd") == "containerd of the node"
    monkeypatch.setitem(reader.CONTAINERD, "embedded", str(bundled))
    assert machine.read("containerd", runtime="embedded") == "containerd of K3s"
    bundled.chmod(0o644)
    assert machine.read("containerd", runtime="embedded").startswith("unreadable: Permission denied")
    bundled.unlink()
    assert machine.read("containerd", runtime="embedded") == ""


def test_commands_run_side_by_side(machine, command):
    for name in ("containerd", "iptables", "ip"):
        command(name, "sleep 0.5; echo " + name)
    started = time.monotonic()
    read_node(machine.host, (), (), set(), "system")
    assert time.monotonic() - started < 1.2


@pytest.mark.parametrize(
    ("config", "socket", "root"),
    [
        (None, "/run/containerd/containerd.sock", "/var/lib/containerd"),
        ("version = 2\n", "/run/containerd/containerd.sock", "/var/lib/containerd"),
        ('root = "/data/containerd/"\n[grpc]\n  address = "/run/c.sock"\n[debug]\naddress = "/x"\n', "/run/c.sock", "/data/containerd"),
        ("[plugins.x]\nroot = '/y'\n", "/run/containerd/containerd.sock", "/var/lib/containerd"),
    ],
)
def test_paths_of_the_runtime(machine, config, socket, root):
    if config is not None:
        machine.write("/etc/containerd/config.toml", config)
    assert machine.read("containerd_paths") == {"socket": socket, "directory": root + "/io.containerd.runtime.v2.task/k8s.io"}


def test_a_command_that_is_not_installed(machine):
    assert machine.host.output("no-such-command-anywhere") == ""


def test_whoever_holds_a_port_is_named():
    with socket.socket() as server, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        server.bind(("127.0.0.1", 0))
        server.listen()
        other.bind(("::1", 0))
        tcp, udp = server.getsockname()[1], other.getsockname()[1]
        facts = read_node(Host(), (), (), {("tcp", tcp), ("udp", udp), ("tcp", udp)}, "system")
    held = {(item["protocol"], item["port"]): item for item in facts["listeners"]}
    assert set(held) == {("tcp", tcp), ("udp", udp)}
    for item in held.values():
        assert item["pid"] == os.getpid()
        assert item["process"] in (threading.main_thread().name, "python", "python3", "pytest") or item["process"].startswith("py")


@pytest.mark.parametrize(("user", "process"), [(0, "the kernel"), (1000, "")])
def test_a_port_that_no_visible_process_holds(machine, monkeypatch, user, process):
    table = "sl local rem st queues timer retr uid timeout inode\n0: 00000000:12B5 0:0 07 0:0 0:0 0 0 0 77 2 0\n"
    machine.write("/proc/net/udp", table)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert machine.read("listeners", ports={("udp", 4789)}) == [{"protocol": "udp", "port": 4789, "process": process, "pid": 0, "unit": ""}]


FILES = (
    "/etc/os-release", "/proc/meminfo", "/proc/swaps", "/proc/self/mountinfo", "/proc/net/tcp", "/proc/net/udp6", "/proc/net/unix", "/proc/config.gz",
    "/etc/machine-id", "/etc/hosts", "/etc/containerd/config.toml", "/sys/class/net/eth0/address", "/sys/class/dmi/id/product_uuid",
    f"/lib/modules/{RELEASE}/modules.dep", "/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/kernel/keys/root_maxkeys",
)  # fmt: skip


class Talking(Host):
    """A machine whose commands all say the same."""

    def __init__(self, root, says):
        super().__init__(root)
        self.says = says

    def start(self, commands):
        pass

    def output(self, *command):
        return self.says


@given(contents=st.dictionaries(st.sampled_from(FILES), st.binary() | st.just(b"9" * 5000)), says=st.text())
@settings(max_examples=60)
def test_whatever_the_files_of_a_machine_hold_it_is_read_and_checked(contents, says):
    with tempfile.TemporaryDirectory() as root:
        for path, content in contents.items():
            file = Path(root, path.lstrip("/"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        facts = read_node(Talking(root, says), KERNEL_MODULES, SYSCTL_KEYS, {("tcp", 6443), ("udp", 4789)}, "system")
    for phase in ("preflight", "installed"):
        assert len(node_check.findings_of(facts, options_with({}), phase)) == len(node_check.REQUIREMENTS.ids())
    json.dumps(facts)


def test_the_machine_that_runs_the_tests_is_read_within_a_quarter_of_a_second():
    ports = {("tcp", port) for port in (6443, 2379, 2380, 10250, 8080, 20000, 80, 443)}
    before = os.times()
    facts = read_node(Host(), KERNEL_MODULES, SYSCTL_KEYS, ports, "system")
    # Of the processor, the commands included: the machine may be busy with other tests.
    assert sum(os.times()[:4]) - sum(before[:4]) < 0.25
    assert facts["kernel"] == RELEASE
    assert facts["cpus"] >= 1
    assert facts["memory_bytes"] > 10**8
    assert facts["cgroup"] in ("v1", "v2", "hybrid", "none")
    assert abs(facts["clock"] - time.time()) < 5
    assert isinstance(facts["clock_synchronised"], bool)
    checked = node_check.findings_of(facts, options_with({}), "preflight")
    assert len(checked) == len(node_check.REQUIREMENTS.ids())
