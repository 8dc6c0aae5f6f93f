"""An agent without NetworkManager gets nothing."""

testinfra_hosts = ["ansible://plain"]


def test_there_is_no_configuration_for_networkmanager(host):
    assert not host.file("/etc/NetworkManager").exists


def test_there_is_no_manifest(host):
    assert not host.file("/var/lib/rancher/k3s").exists
