"""Nothing was installed on a node where that is not wanted."""

testinfra_hosts = ["ansible://stock"]


def test_no_python_came(host):
    assert not host.package("python3-minimal").is_installed
    assert not host.package("python3-apt").is_installed
