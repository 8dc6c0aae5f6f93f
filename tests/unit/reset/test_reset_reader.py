"""What is looked for on a node, and what of it is missing there."""

import os

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset import ours, reader


@pytest.mark.parametrize(
    ("there", "programs"),
    [
        (
            ["iptables-legacy-save", "iptables-nft-save", "iptables-save", "ip6tables-legacy-save", "ip6tables-nft-save"],
            ["iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft"],
        ),
        (["iptables-nft-save", "iptables-save"], ["iptables-nft"]),
        (["iptables-save", "ip6tables-save"], ["iptables", "ip6tables"]),
        ([], []),
    ],
)
def test_each_backend_is_asked_once(there, programs):
    assert reader.rule_programs(there.__contains__) == programs


class Answers:
    """Programs and what they answer; others are missing."""

    def __init__(self, **answers):
        self.answers = answers

    def find(self, name):
        return name in self.answers

    def run(self, *command):
        return self.answers[command[0]]

    def output(self, *command):
        return self.run(*command)[1]


def test_a_missing_program_has_nothing_and_one_that_fails_is_named():
    unread = []
    commands = Answers(**{"ip6tables-save": (1, "", "ip6tables-save: Permission\ndenied")})
    assert reader.read_rules(commands, unread) == {"ip6tables": {}}
    assert unread == ["`ip6tables-save` failed: ip6tables-save: Permission denied"]


def test_routes_by_their_protocols():
    commands = Answers(ip=(0, "blackhole 10.42.0.0/26 \n\n10.42.1.0/26 via 10.0.0.1 dev eth0 \n", ""))
    found = reader.read_routes(commands)
    assert set(found) == {(family, protocol) for family in ("-4", "-6") for protocol in (ours.BIRD, ours.FELIX)}
    assert found["-4", ours.FELIX][0] == "blackhole 10.42.0.0/26"


def test_programs_of_k3s_and_none_of_others(tmp_path, monkeypatch):
    install, bin_dir = tmp_path / "opt", tmp_path / "bin"
    for path in (install / "v1" / "k3s", install / "v1" / "k3s.verified", install / "v1" / "notes", install / "mine" / "k3s", bin_dir / "ctr"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (bin_dir / "k3s").symlink_to(install / "v1" / "k3s")
    (bin_dir / "kubectl").symlink_to("k3s")
    (bin_dir / "crictl").symlink_to("/usr/bin/crictl")
    monkeypatch.setattr(reader, "BIN_DIRECTORY", str(bin_dir))
    monkeypatch.setattr(ours, "LINKS_TO_K3S", tuple(str(bin_dir / name) for name in ("k3s", "kubectl", "crictl", "ctr")))
    found = [os.path.relpath(path, tmp_path) for path in reader.own_programs(str(install))]
    assert found == ["bin/k3s", "bin/kubectl", "opt/v1/k3s", "opt/v1/k3s.verified"]


def test_this_machine_can_be_read():
    assert os.getpid() in [process.pid for process in reader.read_processes()]
    assert "/" in [row.point for row in reader.read_mounts()]
    assert reader.addresses_of(None, "no-such-card") == []
