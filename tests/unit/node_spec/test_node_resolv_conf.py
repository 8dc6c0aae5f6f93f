"""The name servers that K3s gives to pods: it passes over a resolv.conf with a server that means another machine inside a pod, and gives 8.8.8.8."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host, read_node
from node_options import options_with

ETC, RESOLVED = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
STUB = "# This file is managed by man:systemd-resolved(8).\nnameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n"


@pytest.fixture
def machine(tmp_path):
    """machine({path: text}) is what is found on a machine with these files: (status, found)."""

    def check(files, told=""):
        for path, text in files.items():
            file = tmp_path / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        facts = read_node(Host(str(tmp_path)), (), (), set(), "system", told)
        (finding,) = node_check.findings_of(facts, options_with({"resolv_conf": told}), "preflight", only=["resolv_conf"])
        return finding["status"], finding["found"]

    return check


@pytest.mark.parametrize(
    "servers",
    [["10.0.0.2"], ["192.168.1.1", "1.1.1.1"], ["fd00::53"], ["2001:4860:4860::8888", "8.8.8.8"], ["100.100.2.136"]],
)
def test_servers_of_the_network(machine, servers):
    text = "search example.com\n" + "".join(f"nameserver {server}\n" for server in servers)
    assert machine({ETC: text}) == ("pass", f"{', '.join(servers)} (/etc/resolv.conf)")


@pytest.mark.parametrize(
    "server",
    ["127.0.0.1", "127.0.0.53", "127.1.2.3", "::1", "169.254.169.253", "fe80::1", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.251", "::ffff:127.0.0.1", "dns"],
)
def test_servers_that_mean_another_machine_inside_a_pod(machine, server):
    status, found = machine({ETC: f"nameserver {server}\n"})
    assert (status, found) == ("warning", f"{ETC}: {server} (this machine or its link alone); {RESOLVED}: not there")


def test_one_such_server_spoils_the_file(machine):
    assert machine({ETC: "nameserver 10.0.0.2\nnameserver 127.0.0.1\n"})[0] == "warning"


def test_the_stub_of_systemd_resolved_has_a_file_beside_it(machine):
    assert machine({ETC: STUB, RESOLVED: "nameserver 10.0.0.2\n"}) == ("pass", f"10.0.0.2 ({RESOLVED})")
    assert machine({ETC: STUB, RESOLVED: "nameserver 127.0.0.1\n"})[0] == "warning"
    assert machine({ETC: STUB, RESOLVED: "# No DNS servers known.\nsearch .\n"}) == (
        "warning",
        f"{ETC}: 127.0.0.53 (this machine or its link alone); {RESOLVED}: no server",
    )


@pytest.mark.parametrize("text", ["", "# nameserver 10.0.0.2\n", "search example.com\n", "nameserver\n", "#nameserver 10.0.0.2\n;nameserver 10.0.0.3\n"])
def test_a_file_that_names_no_server(machine, text):
    assert machine({ETC: text, RESOLVED: "nameserver 10.0.0.2\n"})[0] == "warning"


def test_without_the_first_file_the_second_counts(machine):
    assert machine({}) == ("warning", f"{ETC}: not there; {RESOLVED}: not there")
    assert machine({RESOLVED: "nameserver 10.0.0.2\n"}) == ("pass", f"10.0.0.2 ({RESOLVED})")


def test_a_link_that_leads_nowhere_is_no_file(machine, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    assert machine({}) == ("warning", f"{ETC}: not there; {RESOLVED}: not there")


def test_white_space_and_line_ends(machine):
    assert machine({ETC: "nameserver\t10.0.0.2\r\nnameserver   10.0.0.3  # ours\r\n"}) == ("pass", f"10.0.0.2, 10.0.0.3 ({ETC})")


def test_the_file_that_k3s_is_told_to_take_is_the_one_that_counts(machine):
    files = {ETC: "nameserver 127.0.0.1\n", "/etc/k3s-resolv.conf": "nameserver 10.0.0.2\n"}
    assert machine(files, "/etc/k3s-resolv.conf") == ("pass", "10.0.0.2 (/etc/k3s-resolv.conf)")
    assert machine({ETC: "nameserver 10.0.0.2\n"}, "/etc/missing") == ("warning", "/etc/missing: not there")


def test_the_finding_says_what_k3s_does():
    (finding,) = node_check.findings_of({"resolv_confs": {ETC: ["127.0.0.1"], RESOLVED: None}}, options_with({}), "preflight", only=["resolv_conf"])
    assert "8.8.8.8" in finding["remedy"]
    assert "`resolv-conf`" in finding["remedy"]
