"""A node with docker was refused before anything was changed on it."""

testinfra_hosts = ["ansible://docker"]


def test_nothing_was_installed(host):
    assert not host.package("containerd").is_installed


def test_nothing_was_written(host):
    assert not host.file("/etc/containerd").exists
    assert not host.file("/etc/crictl.yaml").exists
    assert not host.file("/opt/cni").exists
