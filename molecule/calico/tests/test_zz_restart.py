"""After a restart of the nodes everything still holds. It comes last, since a node may have another address afterwards."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]


def run(node, command):
    name = lab.container("m-" + os.environ["MOLECULE_SCENARIO_NAME"], node)
    return subprocess.run(("podman", "--runtime", "runc", "exec", name, "sh", "-c", command), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def restarted():
    """The nodes after a restart, when their firewalls filter again."""
    for node in ("ufw", "firewalld", "live"):
        name = lab.container("m-" + os.environ["MOLECULE_SCENARIO_NAME"], node)
        subprocess.run(("podman", "--runtime", "runc", "restart", "--time", "10", name), check=True, capture_output=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if run("firewalld", "firewall-cmd --state").returncode == 0 and "Status: active" in run("ufw", "ufw status").stdout:
            return
        time.sleep(0.5)
    pytest.fail("the firewalls do not filter 60 s after the restart")


def test_ufw_lets_the_cluster_in():
    rules = run("ufw", "iptables -S ufw-user-input; iptables -S ufw-user-forward").stdout
    assert "-p tcp -m multiport --dports 2379,2380,6443,8080,10250,20000 -j ACCEPT" in rules
    assert "-p udp -m udp --dport 4789 -j ACCEPT" in rules
    assert "-A ufw-user-forward -s 10.42.0.0/16 -j ACCEPT" in rules
    assert "-s 192.0.2.66/32 -p tcp -m tcp --dport 6443 -j DROP" in rules


def test_firewalld_lets_the_cluster_in():
    rules = run("firewalld", "firewall-cmd --zone=public --list-rich-rules").stdout
    assert 'source ipset="gitpod-node-prep-nodes" port port="4789" protocol="udp" accept' in rules
    assert run("firewalld", "firewall-cmd --ipset=gitpod-node-prep-pods --get-entries").stdout.split() == ["10.42.0.0/16", "10.43.0.0/16"]
    assert "ipset:gitpod-node-prep-pods" in run("firewalld", "firewall-cmd --zone=trusted --list-sources").stdout


def test_networkmanager_and_the_manifest_are_as_they_were():
    assert "interface-name:vxlan.calico" in run("live", "cat /etc/NetworkManager/conf.d/calico.conf").stdout
    assert run("live", "head -c 26 /var/lib/rancher/k3s/server/manifests/calico.yaml").stdout == "# gitpod.node_prep.calico "
