"""The vendor's package comes from the vendor's repository, and only with the key that is pinned."""

testinfra_hosts = ["ansible://vendor"]


def test_package(host):
    assert host.package("containerd.io").is_installed
    assert not host.package("containerd").is_installed
    assert "http://127.0.0.1:8099 focal/stable" in host.check_output("apt-cache policy containerd.io")


def test_a_key_with_another_digest_is_not_kept(host):
    assert host.file("/usr/share/keyrings/containerd-vendor.asc").exists
    assert not host.file("/usr/share/keyrings/refused.asc").exists
