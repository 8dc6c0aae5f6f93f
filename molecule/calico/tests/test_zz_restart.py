"""After a restart of the nodes everything still holds. It comes last, since a node may have another address afterwards."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]
LAB = "m-" + os.environ["MOLECULE_SCENARIO_NAME"]


@pytest.fixture(scope="module", autouse=True)
def restarted():
    """The nodes after a restart, when their firewalls filter again."""
    lab.restart(LAB, {"ufw": "ufw status | grep --quiet 'Status: active'", "firewalld": "firewall-cmd --state", "live": "true"})


def test_ufw_lets_the_cluster_in():
    rules = lab.on(LAB, "ufw", "iptables -S ufw-user-input; iptables -S ufw-user-forward").stdout
    assert "-p tcp -m multiport --dports 2379,2380,6443,8080,10250,20000 -j ACCEPT" in rules
    assert "-p udp -m udp --dport 4789 -j ACCEPT" in rules
    assert "-A ufw-user-forward -s 10.42.0.0/16 -j ACCEPT" in rules
    assert "-s 192.0.2.66/32 -p tcp -m tcp --dport 6443 -j DROP" in rules


def test_firewalld_lets_the_cluster_in():
    rules = lab.on(LAB, "firewalld", "firewall-cmd --zone=public --list-rich-rules").stdout
    assert 'source ipset="gitpod-node-prep-nodes" port port="4789" protocol="udp" accept' in rules
    assert lab.on(LAB, "firewalld", "firewall-cmd --ipset=gitpod-node-prep-pods --get-entries").stdout.split() == ["10.42.0.0/16", "10.43.0.0/16"]
    assert "ipset:gitpod-node-prep-pods" in lab.on(LAB, "firewalld", "firewall-cmd --zone=trusted --list-sources").stdout


def test_networkmanager_and_the_manifest_are_as_they_were():
    assert "interface-name:vxlan.calico" in lab.on(LAB, "live", "cat /etc/NetworkManager/conf.d/calico.conf").stdout
    assert lab.on(LAB, "live", "head -c 26 /var/lib/rancher/k3s/server/manifests/calico.yaml").stdout == "# gitpod.node_prep.calico "
