"""What kernel_info reads of a machine laid out in a directory."""

import os

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import foreign_reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import kernel_settings, paths
from ansible_collections.gitpod.node_prep.plugins.modules import kernel_info

from roles import loaded


@pytest.fixture
def root(tmp_path):
    def put(path, text=""):
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    put("/etc/os-release", 'ID=ubuntu\nVERSION_ID="20.04"\n')
    put("/proc/sys/net/ipv4/ip_forward", "0\n")
    put("/proc/sys/fs/inotify/max_user_watches", "8192\n")
    return tmp_path, put


def options(**changed):
    return {
        **{name: option.get("default") for name, option in kernel_settings.OPTIONS.items()},
        "min_kernel": "5.4",
        "kernel_modules": [],
        "sysctls": {"net.ipv4.ip_forward": 1},
        "sysctls_at_least": {"fs.inotify.max_user_watches": 1000000},
        "sysctl_file": "/etc/sysctl.d/99-zz-gitpod.conf",
        "reboot_mark": "/var/lib/mark",
        **changed,
    }


def test_installed_kernels_have_image_and_modules(root):
    folder, put = root
    put("/boot/vmlinuz-5.4.0-150-generic")
    put("/boot/vmlinuz-4.15.0-213-generic")
    put("/boot/initrd.img-5.4.0-150-generic")
    put("/lib/modules/5.4.0-150-generic/modules.dep")
    put("/lib/modules/5.13.0-52-generic/modules.dep")
    assert kernel_info.installed_kernels(Host(str(folder))) == ["5.4.0-150-generic"]


def test_a_machine_without_boot_and_modules(root):
    folder, _ = root
    assert kernel_info.installed_kernels(Host(str(folder))) == []


def test_sysctl_files_in_the_order_of_the_boot(root):
    folder, put = root
    put("/usr/lib/sysctl.d/50-default.conf", "a.b=1\n")
    put("/usr/lib/sysctl.d/10-hidden.conf", "a.b=2\n")
    put("/etc/sysctl.d/10-hidden.conf", "a.b=3\n")
    put("/etc/sysctl.d/README.sysctl", "a.b=4\n")
    put("/etc/sysctl.conf", "a.b=5\n")
    (folder / "etc/sysctl.d/99-sysctl.conf").symlink_to("../sysctl.conf")
    (folder / "etc/sysctl.d/60-broken.conf").symlink_to("nowhere")
    assert list(foreign_reader.sysctl_files(Host(str(folder))).items()) == [
        ("/etc/sysctl.d/10-hidden.conf", {"a.b": "3"}),
        ("/usr/lib/sysctl.d/50-default.conf", {"a.b": "1"}),
        ("/etc/sysctl.d/60-broken.conf", {}),
        ("/etc/sysctl.d/99-sysctl.conf", {"a.b": "5"}),
    ]


def test_survey(root):
    folder, put = root
    put("/etc/sysctl.d/zzz.conf", "net.ipv4.ip_forward=0\n")
    result = kernel_info.survey(Host(str(folder)), options(kernel_modules=["overlay", "nonsense"]))
    assert result["release"] == "ubuntu 20.04"
    assert result["sysctl_content"] == {"net.ipv4.ip_forward": 1, "fs.inotify.max_user_watches": 1000000}
    assert result["sysctl_live"] == {"net.ipv4.ip_forward": 1, "fs.inotify.max_user_watches": 1000000}
    assert result["sysctl_conflicts"] == ["/etc/sysctl.d/zzz.conf sets net.ipv4.ip_forward to 0, and wins at boot"]
    put("/etc/modprobe.d/cis.conf", "install overlay /bin/false\n")
    (sentence,) = kernel_info.survey(Host(str(folder)), options(kernel_modules=["overlay", "tun"]))["module_conflicts"]
    assert sentence.startswith("/etc/modprobe.d/cis.conf says `install overlay /bin/false`")
    assert result["modules_to_load"] == ["nonsense", "overlay"]
    assert result["newest"] == ""
    assert result["interrupted"] is False


def test_a_node_that_was_left_in_the_midst_of_a_reboot(root):
    folder, put = root
    put("/var/lib/mark")
    assert kernel_info.survey(Host(str(folder)), options())["interrupted"] is True


SOCKET = "   0: 00000000:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"


@pytest.mark.parametrize(
    ("tcp", "tcp6", "role"),
    [
        ([], [], ""),
        ([], [22], ""),
        ([], [6443], ""),
        ([10250], [], "agent"),
        ([], [10250, 6443], "server"),
        ([6443], [10250], "server"),
    ],
)
def test_what_the_node_is_in_a_cluster(root, tcp, tcp6, role):
    folder, put = root
    for name, ports in (("tcp", tcp), ("tcp6", tcp6)):
        put("/proc/net/" + name, "header\n" + "".join(SOCKET.format(port=port, state="0A") for port in ports))
    assert kernel_info.cluster_role(Host(str(folder))) == role


def test_a_connection_to_a_kubelet_is_no_kubelet(root):
    folder, put = root
    put("/proc/net/tcp", "header\n" + SOCKET.format(port=10250, state="01"))
    assert kernel_info.cluster_role(Host(str(folder))) == ""


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("", True),
        ("Package: other\nStatus: install ok unpacked\n\n", True),
        ("Package: linux-headers-{0}\nStatus: install ok installed\nVersion: 1\n\n", True),
        ("Package: linux-headers-{0}\nStatus: install ok unpacked\n\n", False),
        ("Package: linux-headers-{0}\nStatus: install reinstreq half-installed\n\n", False),
        ("Package: linux-headers-{0}\n", False),
    ],
)
def test_headers_that_dpkg_has_only_unpacked_are_not_there(root, status, there):
    folder, put = root
    running = os.uname().release
    assert not kernel_info.has_headers(Host(str(folder)), running)
    put(f"/lib/modules/{running}/build/Makefile")
    put("/var/lib/dpkg/status", status.format(running))
    assert kernel_info.has_headers(Host(str(folder)), running) is there


def test_ufw_counts_where_it_is_enabled(root):
    folder, put = root
    put("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=0\n")
    put("/etc/ufw/ufw.conf", "# x\nENABLED=no\n")
    assert foreign_reader.sysctl_files(Host(str(folder))) == {}
    put("/etc/ufw/ufw.conf", "ENABLED=yes\n")
    assert foreign_reader.sysctl_files(Host(str(folder))) == {"/etc/ufw/sysctl.conf": {"net.ipv4.ip_forward": "0"}}


def test_the_file_that_is_checked_is_the_one_that_the_role_writes():
    assert loaded("kernel", "vars/main.yml")["__kernel_sysctl_file"] == paths.SYSCTL_FILE
