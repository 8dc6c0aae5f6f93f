"""A server that had other settings before has exactly the new ones, and what belongs to others is as it was."""

import json

import yaml

testinfra_hosts = ["ansible://server"]

FOREIGN_UFW = ["ufw allow 22/tcp", "ufw allow from 10.0.0.9 to any port 6443 proto tcp comment 'theirs'", "ufw route allow to 10.8.0.0/16"]


def lines(host, command):
    return sorted(host.check_output(command).splitlines())


def test_ufw_has_the_new_rules_and_none_of_the_old_ones(host):
    ours = [
        "allow from 192.0.2.10 to any port 6443 proto tcp",
        "allow from 192.0.2.11 to any port 6443 proto tcp",
        "allow from 10.0.0.2 to any port 2379,2380,6443,8080,10250,30000 proto tcp",
        "allow from 10.0.0.2 to any port 4789 proto udp",
        "allow from 10.0.0.3 to any port 6443,8080,10250,30000 proto tcp",
        "allow from 10.0.0.3 to any port 4789 proto udp",
        "allow 80,443,2222/tcp",
        "allow from 10.99.0.0/16",
        "route allow from 10.99.0.0/16",
        "route allow to 10.99.0.0/16",
    ]
    shown = lines(host, "ufw show added | tail -n +2")
    assert shown == sorted(FOREIGN_UFW + [f"ufw {rule} comment 'gitpod-node-prep'" for rule in ours])


def test_the_half_written_configuration_of_networkmanager_is_whole(host):
    file = host.file("/etc/NetworkManager/conf.d/calico.conf")
    assert file.mode == 0o644
    assert file.content_string.splitlines()[1] == "[keyfile]"
    assert file.content_string.endswith(";interface-name:wg-v6.cali\n")


def test_the_manifest_has_the_settings(host):
    text = host.file("/var/lib/rancher/k3s/server/manifests/calico.yaml").content_string
    documents = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(text) if one}
    (container,) = documents["DaemonSet", "calico-node"]["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert environment["CALICO_IPV4POOL_CIDR"] == "10.99.0.0/16"
    assert environment["CALICO_IPV4POOL_VXLAN"] == "CrossSubnet"
    assert environment["CALICO_IPV4POOL_BLOCK_SIZE"] == "24"
    assert environment["IP_AUTODETECTION_METHOD"] == "kubernetes-internal-ip"
    assert "FELIX_FEATUREDETECTOVERRIDE" not in environment
    config = documents["ConfigMap", "calico-config"]["data"]
    assert config["veth_mtu"] == "1400"
    assert json.loads(config["cni_network_config"].replace("__CNI_MTU__", "0"))["plugins"][0]["container_settings"] == {"allow_ip_forwarding": True}
