"""An agent that had other settings before has exactly the new ones, in the zone that its network card has moved to."""

import pytest

testinfra_hosts = ["ansible://agent"]

FOREIGN_RULE = 'rule family="ipv4" source address="10.0.0.9" port port="6443" protocol="tcp" accept'


def lines(host, command):
    return sorted(host.check_output(command).splitlines())


@pytest.mark.parametrize("when", ["", "--permanent"])
def test_firewalld_has_the_new_rules_in_the_zone_of_the_card_and_in_the_default_one(host, when):
    ours = [
        'rule family="ipv4" source ipset="gitpod-node-prep-nodes" port port="10250" protocol="tcp" accept',
        'rule family="ipv4" source ipset="gitpod-node-prep-nodes" port port="4789" protocol="udp" accept',
    ]
    assert lines(host, f"firewall-cmd {when} --zone=internal --list-rich-rules") == ours
    assert lines(host, f"firewall-cmd {when} --zone=public --list-rich-rules") == sorted([FOREIGN_RULE, *ours])
    assert lines(host, f"firewall-cmd {when} --zone=dmz --list-rich-rules") == []
    assert host.check_output(f"firewall-cmd {when} --zone=internal --list-ports") == "9100/tcp"
    assert host.check_output(f"firewall-cmd {when} --get-ipsets") == "gitpod-node-prep-nodes gitpod-node-prep-pods"
    assert lines(host, f"firewall-cmd {when} --ipset=gitpod-node-prep-nodes --get-entries") == ["10.0.0.2", "10.0.0.3"]
    assert lines(host, f"firewall-cmd {when} --ipset=gitpod-node-prep-pods --get-entries") == ["10.99.0.0/16"]
