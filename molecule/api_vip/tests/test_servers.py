"""Three servers, one address: exactly one has it, and it goes to another one when the API there is gone. The tests are told in order."""

import os
import sys
import time
from pathlib import Path

import pytest
from asking import Asking

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]
LAB = "m-" + os.environ["MOLECULE_SCENARIO_NAME"]
SERVERS = ("server-1", "server-2", "server-3")
FIREWALLED = SERVERS[1:]
TLS = "/var/lib/rancher/k3s/server/tls"
METRICS = "http://127.0.0.1:2381/metrics"  # of K3s' etcd
# Seconds. An API that is gone is noticed after two checks, one that hangs after two that end by themselves; then the others notice within one.
MOVED = 10
LONGEST_GAP = 8
START = 180  # of K3s on a machine with other work


def on(server, script):
    return lab.on(LAB, server, script).stdout.strip()


def wait_for(condition, seconds):
    """The first result of the condition that is something, or what it is after these seconds."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def address():
    return on("server-1", "grep --only-matching '10.88.250[0-9.]*' /etc/keepalived/keepalived.conf")


@pytest.fixture(scope="module")
def credentials(tmp_path_factory):
    folder = tmp_path_factory.mktemp("credentials")
    for name in ("server-ca.crt", "client-admin.crt", "client-admin.key"):
        (folder / name).write_text(on("server-1", f"cat {TLS}/{name}") + "\n")
    return folder


@pytest.fixture
def holders(address):
    """Tells which servers have the address."""
    return lambda: [server for server in SERVERS if f" {address}/32 " in on(server, "ip -oneline address show dev eth0")]


def is_leader(server):
    return "etcd_server_is_leader 1" in on(server, f"python3 -c \"import urllib.request as r; print(r.urlopen('{METRICS}', timeout=5).read().decode())\"")


def ready(server):
    return lab.on(LAB, server, "/etc/keepalived/gitpod-api-ready ready").returncode == 0


def not_the_leader(holders):
    """The server with the address, after it was taken from the leader of etcd.

    Where etcd loses its leader, no API serves for up to ten seconds, whoever has the address.
    """
    (holder,) = holders()
    if is_leader(holder):
        on(holder, "systemctl stop keepalived")
        assert wait_for(lambda: len(holders()) == 1, MOVED)
        on(holder, "systemctl start keepalived")
    (holder,) = holders()
    assert not is_leader(holder)
    return holder


def moved(holders, old):
    """The server that has the address once the old one has given it up."""
    return wait_for(lambda: len(now := holders()) == 1 and now != [old] and now[0], MOVED)


@pytest.mark.parametrize("server", SERVERS)
def test_keepalived_runs_now_and_after_a_boot(server):
    assert on(server, "systemctl is-active keepalived") == "active"
    assert on(server, "systemctl is-enabled keepalived") == "enabled"


@pytest.mark.parametrize("server", SERVERS)
def test_only_root_may_change_what_it_runs_as_root(server):
    assert on(server, "stat --format '%a %U:%G' /etc/keepalived/gitpod-api-ready") == "755 root:root"
    assert "script" not in on(server, "journalctl --unit keepalived --grep 'nsafe|not found|not executable' --output cat --quiet")


@pytest.mark.parametrize("server", SERVERS)
def test_there_is_no_password(server):
    assert "auth" not in on(server, "cat /etc/keepalived/keepalived.conf")


def test_exactly_one_has_the_address(holders):
    for _look in range(10):
        assert len(holders()) == 1
        time.sleep(0.5)


def test_a_server_behind_a_firewall_hears_the_one_that_has_the_address(holders):
    """One that does not would take it too, until its own messages have opened its firewall for the answers."""
    for server in FIREWALLED:
        on(server, "systemctl stop keepalived; conntrack --delete --proto 112")
    assert wait_for(lambda: holders() == ["server-1"], MOVED)
    for server in FIREWALLED:
        on(server, "systemctl start keepalived")
    time.sleep(8)
    for server in FIREWALLED:
        said = on(server, "journalctl --unit keepalived --output cat _SYSTEMD_INVOCATION_ID=$(systemctl show --value --property InvocationID keepalived)")
        assert said.splitlines()[-1] == "(kubernetes_api) Entering BACKUP STATE"
        assert "MASTER" not in said


def test_the_firewalls_let_vrrp_in_from_the_other_servers():
    own = {server: on(server, "hostname -I | cut -d ' ' -f 1") for server in SERVERS}
    rules = on("server-2", "ufw show added")
    assert f"allow from {own['server-1']} proto vrrp comment 'gitpod-node-prep'" in rules
    assert f"allow from {own['server-3']} proto vrrp comment 'gitpod-node-prep'" in rules
    assert {own["server-1"], own["server-2"]} <= set(on("server-3", "firewall-cmd --ipset=gitpod-node-prep-vrrp_peers --get-entries").split())
    assert 'protocol value="vrrp"' in on("server-3", "firewall-cmd --zone=public --list-rich-rules")


def test_the_api_answers_there_with_a_certificate_for_it(address, credentials):
    assert Asking(address, credentials).ask() == ""


def test_nobody_is_answered_without_a_certificate(address):
    """So what the check of keepalived shows is what lets it in."""
    status = "import ssl, urllib.request as r; r.urlopen('https://127.0.0.1:6443/readyz', context=ssl._create_unverified_context())"
    assert "HTTP Error 401" in lab.on(LAB, "server-1", f'python3 -c "{status}"').stderr


def test_a_reload_leaves_it_where_it_is(address, credentials, holders):
    before = holders()
    with Asking(address, credentials) as asking:
        on(before[0], "systemctl reload keepalived")
        time.sleep(5)
        assert holders() == before
    assert asking.longest_gap < 2, asking.troubles


def test_a_server_that_loses_its_api_gives_it_up_and_does_not_take_it_back(address, credentials, holders):
    old = not_the_leader(holders)
    with Asking(address, credentials) as asking:
        on(old, "systemctl stop k3s")
        new = moved(holders, old)
        time.sleep(3)
    print(f"the API was gone from {old}, and somebody who asked through the address waited {asking.longest_gap:.1f} s at most")
    assert new in SERVERS
    assert asking.longest_gap < LONGEST_GAP, asking.troubles
    on(old, "systemctl start k3s")
    assert wait_for(lambda: ready(old), START)
    time.sleep(8)
    assert holders() == [new]


def test_an_api_that_hangs_is_gone_too(address, credentials, holders):
    old = not_the_leader(holders)
    with Asking(address, credentials) as asking:
        on(old, "systemctl kill --signal STOP k3s")
        new = moved(holders, old)
        time.sleep(2)
    on(old, "systemctl kill --signal CONT k3s")
    print(f"the API of {old} hung, and somebody who asked through the address waited {asking.longest_gap:.1f} s at most")
    assert new in SERVERS
    assert asking.longest_gap < LONGEST_GAP, asking.troubles
    assert wait_for(lambda: ready(old), START)


def test_a_keepalived_that_dies_takes_the_address_away_when_it_comes_back(holders):
    (old,) = holders()
    on(old, "systemctl kill --signal KILL keepalived")
    assert moved(holders, old) in SERVERS
    assert on(old, "systemctl is-active keepalived") == "active"


def test_a_machine_that_dies_loses_it(address, credentials, holders):
    assert wait_for(lambda: all(ready(server) for server in SERVERS), START)
    old = not_the_leader(holders)
    with Asking(address, credentials) as asking:
        lab.podman("kill", lab.container(LAB, old))
        new = moved(holders, old)
        time.sleep(3)
    print(f"{old} was switched off, and somebody who asked through the address waited {asking.longest_gap:.1f} s at most")
    assert new in SERVERS
    assert asking.longest_gap < LONGEST_GAP, asking.troubles
