"""NetworkManager leaves Calico's interfaces alone, and was told once. On one of the nodes a run had been interrupted."""

testinfra_hosts = ["ansible://fresh", "ansible://live"]


def test_it_leaves_the_interfaces_alone(host):
    lines = host.file("/etc/NetworkManager/conf.d/calico.conf").content_string.splitlines()
    assert lines[1] == "[keyfile]"
    key, value = lines[2].split("+=")
    assert key == "unmanaged-devices"
    assert value.split(";") == [
        "interface-name:cali*",
        "interface-name:tunl*",
        "interface-name:vxlan.calico",
        "interface-name:vxlan-v6.calico",
        "interface-name:wireguard.cali",
        "interface-name:wg-v6.cali",
    ]


def test_it_has_read_its_configuration_once(host):
    assert host.file("/run/reloads").content_string == "reload\n"


def test_no_mark_is_left(host):
    assert not host.file("/run/calico-network-manager.pending").exists
