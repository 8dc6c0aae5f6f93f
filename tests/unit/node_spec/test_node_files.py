"""Parsers of /proc and friends, fed with what real machines show."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import parsers
from hypothesis import given, strategies as st

# Ubuntu 20.04, hybrid cgroups.
FOCAL = """22 29 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
23 29 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:14 - proc proc rw
29 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw,discard
32 22 0:26 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
33 32 0:27 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:10 - cgroup2 cgroup2 rw,nsdelegate
34 32 0:28 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:11 - cgroup cgroup rw,xattr,name=systemd
38 32 0:32 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:16 - cgroup cgroup rw,memory
90 29 259:3 / /var rw,relatime shared:40 - ext4 /dev/vdb rw
91 90 259:4 / /var/gitpod\\040disk rw,relatime - ext4 /dev/vdc rw
92 29 0:50 / /variant rw - tmpfs tmpfs rw
"""
JAMMY = """29 1 252:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
32 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
"""


@pytest.mark.parametrize(
    ("mountinfo", "version"),
    [
        (FOCAL, "hybrid"),
        (JAMMY, "v2"),
        ("\n".join(line for line in FOCAL.splitlines() if "cgroup2" not in line), "v1"),
        ("29 1 252:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n", "none"),
        ("", "none"),
    ],
)
def test_cgroup_version(mountinfo, version):
    assert parsers.cgroup_version(mountinfo) == version


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/var/gitpod", ("/var", True)),
        ("/var", ("/var", True)),
        ("/var/gitpod disk/x", ("/var/gitpod disk", False)),
        ("/variant/gitpod", ("/variant", False)),
        ("/opt", ("/", True)),
    ],
)
def test_mount_of(path, mount):
    found = parsers.mount_of(path, parsers.mounts(FOCAL))
    assert (found and (found.point, found.shared)) == mount


def test_the_later_of_two_mounts_on_one_point_counts():
    twice = "1 0 8:1 / / rw shared:1 - ext4 a rw\n2 1 8:2 / /var rw shared:2 - ext4 b rw\n3 2 8:3 / /var rw - ext4 c rw\n"
    found = parsers.mount_of("/var/gitpod", parsers.mounts(twice))
    assert (found.point, found.shared) == ("/var", False)


@pytest.mark.parametrize("line", ["29 1 8:1 / / rw shared:1", "29 1 8:1 - ext4 /dev/vda1 rw", "29 1 8:1 / / rw shared:1 - "])
def test_a_line_that_is_no_mount(line):
    assert parsers.mounts(line) == []


def test_memory_total():
    assert parsers.memory_total("MemTotal:       16380696 kB\nMemFree:  1 kB\n") == 16773832704
    assert parsers.memory_total("MemFree: 1 kB\n") is None


def test_swap_areas():
    header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    assert parsers.swap_areas(header) == []
    assert parsers.swap_areas(header + "/swap.img                               file\t\t2097148\t0\t-2\n") == ["/swap.img"]


def test_module_names():
    dep = (
        "kernel/fs/overlayfs/overlay.ko:\n"
        "kernel/net/bridge/br_netfilter.ko.zst: kernel/net/bridge/bridge.ko.zst kernel/net/llc/llc.ko.zst\n"
        "kernel/crypto/crypto-engine.ko.xz:\n"
    )
    assert parsers.module_names(dep) == {"overlay", "br_netfilter", "crypto_engine"}
    assert parsers.module_names("kernel/fs/fuse/fuse.ko\nkernel/drivers/net/tun.ko\n") == {"fuse", "tun"}


def test_builtin_options():
    config = "# CONFIG_FOO is not set\nCONFIG_FUSE_FS=y\nCONFIG_VXLAN=m\nCONFIG_HZ=250\n"
    assert parsers.builtin_options(config) == {"CONFIG_FUSE_FS"}


TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41234 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41235 1 0000000000000000 100 0 0 10 0
   2: 0F02000A:192B 0202000A:C350 01 00000000:00000000 02:0000A5B2 00000000     0        0 41236 2 0000000000000000 20 4 31 10 -1
"""
UDP6 = """  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode ref pointer drops
 100: 00000000000000000000000000000000:12B5 00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 51234 2 0
"""


def test_listening():
    assert parsers.listening(TCP, "tcp") == [(6443, 41234), (631, 41235)]
    assert parsers.listening(UDP6, "udp") == [(4789, 51234)]
    assert parsers.listening(UDP6, "tcp") == []


UNIX = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 23456 /run/containerd/containerd.sock
0000000000000000: 00000002 00000000 00010000 0001 01 23457 /run/containerd/containerd.sock.ttrpc
0000000000000000: 00000002 00000000 00010000 0001 01 23458 /var/run/docker.sock
0000000000000000: 00000003 00000000 00000000 0001 03 23459 /run/k3s/containerd/containerd.sock
0000000000000000: 00000002 00000000 00010000 0001 01 23460 @/containerd-shim/abc.sock
0000000000000000: 00000002 00000000 00010000 0001 01 23461 /var/run/docker/containerd/containerd.sock
0000000000000000: 00000003 00000000 00000000 0001 03 23462
"""


def test_only_listening_runtimes_count():
    assert parsers.runtime_sockets(UNIX) == [
        "/run/containerd/containerd.sock",
        "/run/docker.sock",
        "/run/docker/containerd/containerd.sock",
    ]


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("12:memory:/x\n1:name=systemd:/system.slice/k3s.service\n0::/other.slice/y.service\n", "k3s.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope"),
        ("0::/kubepods.slice/kubepods-besteffort.slice/cri-containerd-abc.scope\n", "kubepods"),
        ("1:name=systemd:/kubepods/burstable/podabc/def\n", "kubepods"),
        ("0::/init.scope\n", "init.scope"),
        ("0::/\n", ""),
        ("", ""),
        # A real K3s in a container on a machine with a hybrid set of cgroups.
        ("9:name=systemd:/k3s\n8:pids:/libpod_parent/x/k3s\n0::/libpod_parent/x/system.slice/k3s.service\n", "k3s.service"),
    ],
)
def test_unit_of(cgroup, unit):
    assert parsers.unit_of(cgroup) == unit


def test_addresses():
    output = r"""1: lo    inet 127.0.0.1/8 scope host lo\       valid_lft forever preferred_lft forever
2: ens5    inet 172.31.20.11/20 brd 172.31.31.255 scope global dynamic ens5\       valid_lft 3155sec preferred_lft 3155sec
2: ens5    inet6 fe80::85a:a9ff:fefe:102/64 scope link \       valid_lft forever preferred_lft forever
2: ens5    inet6 2a05:d014::1/128 scope global dynamic \       valid_lft forever preferred_lft forever
3: wg0    inet 10.9.0.2 peer 10.9.0.1/32 scope global wg0\       valid_lft forever preferred_lft forever
5: eth0@if12    inet 10.88.0.4/16 brd 10.88.255.255 scope global eth0\       valid_lft forever preferred_lft forever
6: cni0    inet 10.42.0.1/24 brd 10.42.0.255 scope global cni0\       valid_lft forever preferred_lft forever
7: vxlan.calico    inet 10.42.201.64/32 scope global vxlan.calico\       valid_lft forever preferred_lft forever
"""
    assert parsers.addresses(output) == [
        ("ens5", "172.31.20.11/20"),
        ("ens5", "2a05:d014::1/128"),
        ("wg0", "10.9.0.1/32"),
        ("eth0", "10.88.0.4/16"),
    ]


@pytest.mark.parametrize("name", ["lo", "cali12ab34cd56e", "veth0a1b2c", "vxlan.calico", "vxlan-v6.calico", "tunl0", "flannel.1", "cni0", "kube-ipvs0"])
def test_interfaces_of_the_cluster(name):
    assert parsers.is_cluster_interface(name)


@pytest.mark.parametrize("name", ["eth0", "ens5", "bond0", "docker0", "br-1a2b", "vxlan0", "wg0", "loop"])
def test_interfaces_of_the_node(name):
    assert not parsers.is_cluster_interface(name)


PARSERS = [
    parsers.memory_total,
    parsers.swap_areas,
    parsers.module_names,
    parsers.builtin_options,
    parsers.mounts,
    parsers.cgroup_version,
    parsers.runtime_sockets,
    parsers.unit_of,
    parsers.addresses,
    lambda text: parsers.containerd_setting(text, "grpc", "address"),
    lambda text: parsers.mount_of("/var/gitpod", parsers.mounts(text)),
    parsers.name_servers,
    parsers.unit_states,
    lambda text: parsers.listening(text, "tcp"),
    lambda text: parsers.listening(text, "udp"),
]
HUGE = ["9" * 5000, "MemTotal: " + "9" * 5000 + " kB", "sl\n1: 0:" + "F" * 5000 + " 0 0A 0 0 0 0 0 " + "9" * 5000 + " 1\n", "\\777" * 500, "[" * 5000]
LINES = st.lists(st.text(alphabet="0123456789abcdefA: -/.@\\=y", max_size=60) | st.sampled_from((FOCAL + TCP + UNIX).splitlines()))


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text() | st.binary().map(lambda content: content.decode("utf-8", "replace")) | LINES.map("\n".join) | st.sampled_from(HUGE))
def test_no_input_raises(parse, text):
    parse(text)


NAME = st.text(alphabet="abcdefghij-_0123456789", min_size=1, max_size=12)
# A path below the root, with what the kernel escapes in it.
PATH = st.lists(st.text(alphabet="abc \t\n\\é.\u3000\u2028", min_size=1, max_size=8), max_size=4).map(lambda parts: "/" + "/".join(parts))


def escaped(path):
    return "".join(f"\\{ord(letter):03o}" if letter in " \t\n\\" else letter for letter in path)


@given(mounts=st.lists(st.tuples(PATH, st.booleans(), st.sampled_from(["ext4", "cgroup", "cgroup2", "tmpfs"]))))
def test_mounts_are_read_as_the_kernel_writes_them(mounts):
    lines = [
        f"{number} 1 8:1 / {escaped(path)} rw,relatime {'shared:7 ' if shared else ''}- {kind} dev rw" for number, (path, shared, kind) in enumerate(mounts)
    ]
    assert [(row.point, row.shared, row.kind) for row in parsers.mounts("\n".join(lines))] == mounts


@given(held=st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**40))))
def test_listeners_are_read_as_the_kernel_writes_them(held):
    rows = [f" {row}: 0100007F:{port:04X} 00000000:0000 0A 0:0 00:0 0 0 0 {inode} 1" for row, (port, inode) in enumerate(held)]
    assert parsers.listening("\n".join(["sl", *rows]), "tcp") == held


@given(size=st.integers(0, 2**40))
def test_memory_is_read_as_the_kernel_writes_it(size):
    assert parsers.memory_total(f"MemTotal:{size:>15} kB\nMemFree:  1 kB") == size * 1024


@given(names=st.sets(NAME), suffix=st.sampled_from([".ko", ".ko.xz", ".ko.zst"]))
def test_modules_are_read_as_depmod_writes_them(names, suffix):
    listing = "".join(f"kernel/net/{name}{suffix}: kernel/x/y{suffix}\n" for name in names)
    assert parsers.module_names(listing) == {name.replace("-", "_") for name in names}


@given(address=st.ip_addresses(v=4), prefix=st.integers(0, 32), number=st.integers(0, 9))
def test_addresses_are_read_as_ip_writes_them(address, prefix, number):
    line = f"2: ens{number}    inet {address}/{prefix} brd 255.255.255.255 scope global ens{number}\\  valid_lft forever"
    assert parsers.addresses(line) == [(f"ens{number}", f"{address}/{prefix}")]


TEXT = PATH.filter(lambda path: not set(path) & set("\\\n\u2028"))


@given(path=TEXT, other=TEXT)
def test_a_setting_of_containerd_is_that_of_its_table(path, other):
    config = f'version = 2\nroot = "{path}"\n\n[grpc]\n  address = "{other}"\n[plugins."a.b"]\n  root = "/z"\n'
    assert parsers.containerd_setting(config, "", "root") == path
    assert parsers.containerd_setting(config, "grpc", "address") == other
    assert parsers.containerd_setting(config, "debug", "address") == ""
