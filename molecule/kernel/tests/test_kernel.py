"""Modules and settings are there now and at the next boot, and nobody's higher value was lowered."""

import pytest

testinfra_hosts = ["ansible://stock", "ansible://foreign"]

MODULES = """\
overlay
br_netfilter
nf_conntrack
veth
vxlan
fuse
tun
ip_set
xt_set
nf_tables
nft_chain_nat
nft_masq
iptable_nat
"""


@pytest.fixture
def name(host):
    return host.check_output("hostname")


def test_modules_at_boot(host):
    file = host.file("/etc/modules-load.d/gitpod.conf")
    assert file.content_string.endswith(" overwritten.\n" + MODULES)
    assert (file.mode, file.user, file.group) == (0o644, "root", "root")


def test_settings_at_boot(host, name):
    file = host.file("/etc/sysctl.d/99-zz-gitpod.conf")
    lines = file.content_string.splitlines()
    assert "net.ipv4.ip_forward = 1" in lines
    assert "net.bridge.bridge-nf-call-iptables = 1" in lines
    assert "kernel.dmesg_restrict = 1" in lines
    assert "fs.inotify.max_user_watches = 1000000" in lines
    assert ("kernel.panic = 10" in lines) is (name == "foreign")
    assert ("net.ipv6.conf.all.forwarding = 1" in lines) is (name == "foreign")
    # The administrator's file already says more.
    assert any(line.startswith("fs.inotify.max_user_instances") for line in lines) is (name == "stock")


def test_settings_now(host, name):
    assert host.sysctl("net.ipv4.ip_forward") == 1
    if name == "foreign":
        assert host.sysctl("net.ipv6.conf.all.forwarding") == 1
    # The machine's own, shared by its containers.
    assert host.sysctl("fs.inotify.max_user_watches") >= 1000000
    assert host.sysctl("fs.inotify.max_user_instances") >= 8192


def test_settings_survive_a_boot(host):
    """systemd-sysctl, which the boot runs, comes to the same values."""
    host.check_output("sysctl --quiet --write net.ipv4.ip_forward=0")
    host.check_output("/lib/systemd/systemd-sysctl")
    assert host.sysctl("net.ipv4.ip_forward") == 1
    assert host.sysctl("fs.inotify.max_user_watches") >= 1000000


def test_the_administrator_s_file_is_untouched(host, name):
    if name == "foreign":
        assert host.file("/etc/sysctl.d/60-admin.conf").content_string == "fs.inotify.max_user_instances = 16384\nnet/ipv4/ip_forward = 0\n"
