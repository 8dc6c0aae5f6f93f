"""On a node whose rules were taken back, ufw is as it was."""

testinfra_hosts = ["ansible://removed-ufw"]

FOREIGN_UFW = ["ufw allow 22/tcp", "ufw allow from 10.0.0.9 to any port 6443 proto tcp comment 'theirs'", "ufw route allow to 10.8.0.0/16"]


def lines(host, command):
    return sorted(host.check_output(command).splitlines())


def test_nothing_of_ours_is_left_in_ufw(host):
    assert lines(host, "ufw show added | tail -n +2") == sorted(FOREIGN_UFW)
    assert host.check_output("ufw status").startswith("Status: active")
