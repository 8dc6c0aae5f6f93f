"""On a node whose rules were taken back, firewalld is as it was."""

import pytest

testinfra_hosts = ["ansible://removed-firewalld"]

FOREIGN_RULE = 'rule family="ipv4" source address="10.0.0.9" port port="6443" protocol="tcp" accept'


def lines(host, command):
    return sorted(host.check_output(command).splitlines())


@pytest.mark.parametrize("when", ["", "--permanent"])
def test_nothing_of_ours_is_left_in_firewalld(host, when):
    assert host.check_output(f"firewall-cmd {when} --get-ipsets") == ""
    assert "gitpod" not in host.check_output(f"firewall-cmd {when} --list-all-zones")
    assert lines(host, f"firewall-cmd {when} --zone=public --list-rich-rules") == [FOREIGN_RULE]
    assert host.check_output(f"firewall-cmd {when} --zone=trusted --list-sources") == "10.7.0.0/16"
    assert host.check_output(f"firewall-cmd {when} --zone=internal --list-ports") == "9100/tcp"
