"""What firewalld is told, from what it prints. The listings are those of firewalld 1.3.3."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._firewall import firewalld
from ansible_collections.gitpod.node_prep.plugins.module_utils._firewall.openings import FirewallError, Opening
from hypothesis import given, strategies as st

KEYS = ("services", "ports", "protocols", "forward", "masquerade", "forward-ports", "source-ports", "icmp-blocks")


def listing(**zones):
    """The zones as firewall-cmd prints them; each a dict of what differs from an empty one, `title` is what stands behind its name."""
    text = ""
    for name, differs in zones.items():
        text += f"{name}{differs.get('title', '')}\n  target: {differs.get('target', 'default')}\n  icmp-block-inversion: no\n"
        text += f"  interfaces: {differs.get('interfaces', '')}\n  sources: {differs.get('sources', '')}\n"
        text += "".join(f"  {key}: {differs.get(key, '')}\n" for key in KEYS)
        text += "  rich rules: \n" + "".join(f"\t{rule}\n" for rule in differs.get("rules", [])) + "\n"
    return firewalld.parse_zones(text)


def rule(group, port, protocol="tcp"):
    return f'rule family="ipv4" source ipset="gitpod-node-prep-{group}" port port="{port}" protocol="{protocol}" accept'


AGENT = Opening(
    {("anywhere", "tcp"): [80], ("nodes", "udp"): [4789], ("servers", "tcp"): [10250]},
    {"nodes": ["10.0.0.2", "10.0.0.10"], "servers": ["10.0.0.2"]},
    ["10.42.0.0/16"],
    [],
)
RICH_RULES = [rule("anywhere", 80), rule("nodes", 4789, "udp"), rule("servers", 10250)]
IPSETS = {
    "gitpod-node-prep-anywhere": ["0.0.0.0/1", "128.0.0.0/1"],
    "gitpod-node-prep-nodes": ["10.0.0.10", "10.0.0.2"],
    "gitpod-node-prep-pods": ["10.42.0.0/16"],
    "gitpod-node-prep-servers": ["10.0.0.2"],
}
FRESH = listing(
    internal={},
    public={"title": " (active)", "interfaces": "eth0", "services": "dhcpv6-client ssh"},
    trusted={"target": "ACCEPT"},
)
CONVERGED = listing(
    internal={},
    public={"title": " (active)", "interfaces": "eth0", "services": "dhcpv6-client ssh", "rules": RICH_RULES},
    trusted={"title": " (active)", "target": "ACCEPT", "sources": "ipset:gitpod-node-prep-pods"},
)
WANTED = firewalld.rules(AGENT, FRESH, "public")
NONE = firewalld.Rules({}, {})


def test_what_it_lists():
    zones = listing(
        public={"title": " (default, active)", "ports": "22/tcp 80/tcp", "rules": ["rule a", "rule b"]},
        work={},
    )
    assert list(zones) == ["public", "work"]
    assert (zones["public"].active, zones["work"].active) == (True, False)
    assert zones["public"].items["ports"] == ["22/tcp", "80/tcp"]
    assert zones["public"].items["rich rules"] == ["rule a", "rule b"]
    assert zones["work"].items["rich rules"] == []


def test_an_older_release_prints_a_line_where_there_are_no_rules():
    assert firewalld.parse_zones("public\n  rich rules: \n\t\n\n")["public"].items["rich rules"] == []


def test_the_file_of_an_ipset():
    text = b'<?xml version="1.0" encoding="utf-8"?>\n<ipset type="hash:net">\n  <entry>10.0.0.2</entry>\n  <entry>10.0.0.10</entry>\n</ipset>\n'
    assert firewalld.parse_ipset(text, "x") == ["10.0.0.10", "10.0.0.2"]
    assert firewalld.parse_ipset(b"<ipset><entry/><entry> 10.0.0.2 </entry></ipset>", "x") == ["10.0.0.2"]


@pytest.mark.parametrize("text", [b"", b"<ipset>", b"\xff", b'<?xml version="1.0" encoding="none-such"?><ipset/>'])
def test_a_damaged_file_of_an_ipset_is_named(text):
    with pytest.raises(FirewallError, match=r"file of the ipset gitpod-node-prep-pods is damaged .*remove /etc/firewalld/ipsets/gitpod-node-prep-pods\.xml"):
        firewalld.parse_ipset(text, "gitpod-node-prep-pods")


def test_a_zone_is_active_only_where_it_says_so_as_a_word():
    zones = firewalld.parse_zones("a (active)\nb (inactive)\nc (default, active)\nd (default)\ne\n")
    assert [name for name, zone in zones.items() if zone.active] == ["a", "c"]


def test_what_stands_before_the_first_zone_is_left_out():
    zones = firewalld.parse_zones("\ta rule\n  ports: 1/tcp\nError: no D-Bus\npublic\n\tb rule\n  rich rules: \n\tc rule\n")
    assert {name: zone.items for name, zone in zones.items()} == {"public": {"rich rules": ["c rule"]}}


PIECES = st.sampled_from(["\n", "\t", "  ", "public", " (active)", ":", "rich rules: ", 'ipset="gitpod-node-prep-x"', "("])


@given(st.lists(PIECES | st.text(max_size=9)).map("".join))
def test_no_text_raises(text):
    zones = firewalld.parse_zones(text)
    firewalld.found_in(zones, {})
    firewalld.rules(AGENT, zones, text)


def test_the_rules_of_an_agent():
    assert WANTED.ipsets == IPSETS
    assert WANTED.zones == {
        "public": {("rich-rule", text) for text in RICH_RULES},
        "trusted": {("source", "ipset:gitpod-node-prep-pods")},
    }


def test_servers_that_share_an_address_may_speak_vrrp():
    wanted = firewalld.rules(AGENT._replace(vrrp_peers=["10.0.0.2", "10.0.0.10"]), FRESH, "public")
    text = 'rule family="ipv4" source ipset="gitpod-node-prep-vrrp_peers" protocol value="vrrp" accept'
    assert wanted.ipsets == {**IPSETS, "gitpod-node-prep-vrrp_peers": ["10.0.0.10", "10.0.0.2"]}
    assert wanted.zones["public"] - WANTED.zones["public"] == {("rich-rule", text)}
    assert firewalld.is_ours(text)


def test_every_zone_in_use_gets_them_and_the_default_zone():
    zones = listing(
        docker={"title": " (active)", "target": "ACCEPT", "interfaces": "docker0"},
        dmz={},
        internal={"title": " (active)", "interfaces": "eth1"},
        public={},
        trusted={"target": "ACCEPT"},
    )
    assert sorted(firewalld.rules(AGENT, zones, "public").zones) == ["internal", "public", "trusted"]


def twice(*changes):
    """At run time, then at boot."""
    return [["firewall-cmd", *change] for change in changes] + [["firewall-cmd", "--permanent", *change] for change in changes]


def test_a_node_without_rules_gets_all_and_one_reload_for_the_ipsets():
    assert firewalld.plan(WANTED, FRESH, FRESH, {}, []).commands == [
        ["firewall-cmd", "--permanent", "--new-ipset=gitpod-node-prep-anywhere", "--type=hash:net"],
        ["firewall-cmd", "--permanent", "--new-ipset=gitpod-node-prep-nodes", "--type=hash:net"],
        ["firewall-cmd", "--permanent", "--new-ipset=gitpod-node-prep-pods", "--type=hash:net"],
        ["firewall-cmd", "--permanent", "--new-ipset=gitpod-node-prep-servers", "--type=hash:net"],
        ["firewall-cmd", "--reload"],
        *twice(
            ["--ipset=gitpod-node-prep-anywhere", "--add-entry=0.0.0.0/1", "--add-entry=128.0.0.0/1"],
            ["--ipset=gitpod-node-prep-nodes", "--add-entry=10.0.0.10", "--add-entry=10.0.0.2"],
            ["--ipset=gitpod-node-prep-pods", "--add-entry=10.42.0.0/16"],
            ["--ipset=gitpod-node-prep-servers", "--add-entry=10.0.0.2"],
            ["--zone=public", *("--add-rich-rule=" + text for text in sorted(RICH_RULES))],
            ["--zone=trusted", "--add-source=ipset:gitpod-node-prep-pods"],
        ),
    ]


def test_a_node_that_has_them_gets_nothing():
    plan = firewalld.plan(WANTED, CONVERGED, CONVERGED, IPSETS, IPSETS)
    assert plan.commands == []
    assert plan.before == plan.after


def test_a_node_that_left_costs_no_reload():
    ipsets = {**IPSETS, "gitpod-node-prep-nodes": ["10.0.0.10", "10.0.0.2", "10.0.0.9"]}
    commands = firewalld.plan(WANTED, CONVERGED, CONVERGED, ipsets, IPSETS).commands
    assert commands == twice(["--ipset=gitpod-node-prep-nodes", "--remove-entry=10.0.0.9"])


def test_a_run_that_ended_before_the_reload_is_completed():
    assert firewalld.plan(WANTED, FRESH, CONVERGED, IPSETS, []).commands == [["firewall-cmd", "--reload"]]


def test_a_rule_that_is_missing_at_run_time_only_comes_back():
    assert firewalld.plan(WANTED, FRESH, CONVERGED, IPSETS, IPSETS).commands == [
        ["firewall-cmd", "--zone=public", *("--add-rich-rule=" + text for text in sorted(RICH_RULES))],
        ["firewall-cmd", "--zone=trusted", "--add-source=ipset:gitpod-node-prep-pods"],
    ]


def test_only_ours_are_removed():
    theirs = 'rule family="ipv4" source address="10.9.9.9" port port="6443" protocol="tcp" reject'
    zones = listing(
        public={"title": " (active)", "services": "ssh", "ports": "6443/tcp", "rules": [theirs, *RICH_RULES]},
        trusted={"title": " (active)", "target": "ACCEPT", "sources": "10.7.0.0/16 ipset:gitpod-node-prep-pods ipset:others"},
    )
    plan = firewalld.plan(NONE, zones, zones, IPSETS, IPSETS)
    assert plan.commands == [
        *twice(
            ["--zone=public", *("--remove-rich-rule=" + text for text in sorted(RICH_RULES))],
            ["--zone=trusted", "--remove-source=ipset:gitpod-node-prep-pods"],
        ),
        *(["firewall-cmd", "--permanent", "--delete-ipset=" + name] for name in sorted(IPSETS)),
        ["firewall-cmd", "--reload"],
    ]
    assert plan.after == []


def test_where_nothing_of_ours_is_there_is_nothing_to_remove():
    assert firewalld.plan(NONE, FRESH, FRESH, {}, []).commands == []


def test_what_is_set_at_run_time_only_is_not_dropped_by_a_reload():
    now = listing(
        public={"title": " (active)", "interfaces": "eth0", "services": "dhcpv6-client ssh", "ports": "2222/tcp"},
        trusted={"target": "ACCEPT", "rules": ["rule mine"]},
    )
    with pytest.raises(FirewallError) as error:
        firewalld.plan(WANTED, now, FRESH, {}, [])
    assert "(zone: what): public: ports 2222/tcp; trusted: rich rules rule mine. Keep it (`firewall-cmd --runtime-to-permanent`)" in str(error.value)


def test_a_stricter_target_that_waits_for_a_reload_counts_too():
    with pytest.raises(FirewallError, match="public: target default"):
        firewalld.plan(WANTED, FRESH, listing(public={"target": "DROP", "services": "dhcpv6-client ssh"}, trusted={"target": "ACCEPT"}), {}, [])


def test_interfaces_are_carried_over_by_firewalld():
    at_boot = listing(public={"services": "dhcpv6-client ssh"}, trusted={"target": "ACCEPT"}, internal={})
    assert ["firewall-cmd", "--reload"] in firewalld.plan(WANTED, FRESH, at_boot, {}, []).commands


def test_where_no_reload_is_needed_what_is_set_at_run_time_does_not_matter():
    now = listing(
        public={"title": " (active)", "ports": "2222/tcp", "rules": RICH_RULES},
        trusted={"title": " (active)", "target": "ACCEPT", "sources": "ipset:gitpod-node-prep-pods"},
    )
    assert firewalld.plan(WANTED, now, CONVERGED, IPSETS, IPSETS).commands == []


class Firewalld:
    """Does what the commands of a plan say, for one zone and the trusted one."""

    def __init__(self):
        self.at_boot = {"ipsets": {}, "public": {"rule theirs"}, "trusted": {"10.7.0.0/16"}}
        self.now = self._copy()

    def _copy(self):
        return {"ipsets": {name: set(found) for name, found in self.at_boot["ipsets"].items()}, **{z: set(self.at_boot[z]) for z in ("public", "trusted")}}

    def zones(self, state):
        return listing(
            public={"title": " (active)", "rules": sorted(state["public"])},
            trusted={"target": "ACCEPT", "sources": " ".join(sorted(state["trusted"]))},
        )

    def plan(self, wanted):
        ipsets = {name: sorted(found) for name, found in self.at_boot["ipsets"].items()}
        return firewalld.plan(wanted, self.zones(self.now), self.zones(self.at_boot), ipsets, self.now["ipsets"]).commands

    def run(self, command):
        words = [word.lstrip("-").split("=", 1) for word in command[1:]]
        if words == [["reload"]]:
            self.now = self._copy()
            return
        state = self.at_boot if words[0] == ["permanent"] else self.now
        place = None
        for word in words:
            if word[0] == "new-ipset":
                state["ipsets"][word[1]] = set()
            elif word[0] == "delete-ipset":
                del state["ipsets"][word[1]]
            elif word[0] == "ipset":
                place = state["ipsets"][word[1]]
            elif word[0] == "zone":
                place = state[word[1]]
            elif word[0].startswith("add-"):
                place.add(word[1])
            elif word[0].startswith("remove-"):
                place.discard(word[1])


addresses = st.lists(st.sampled_from(["10.0.0.2", "10.0.0.3", "10.0.0.4"]), unique=True, min_size=1)
openings = st.none() | st.builds(
    lambda ports, nodes, servers, networks, peers: Opening(
        {key: found for key, found in ports.items() if found}, {"nodes": nodes, "servers": servers}, networks, peers
    ),
    st.dictionaries(st.sampled_from([("nodes", "udp"), ("servers", "tcp"), ("anywhere", "tcp")]), st.lists(st.integers(1, 3), unique=True)),
    addresses,
    addresses,
    st.sampled_from([[], ["10.42.0.0/16"], ["10.42.0.0/16", "10.43.0.0/16"]]),
    st.sampled_from([[], ["10.0.0.2"], ["10.0.0.2", "10.0.0.3"]]),
)


@given(st.lists(st.tuples(openings, st.integers(0, 12)), min_size=1, max_size=4))
def test_from_wherever_it_starts_it_converges_even_after_runs_that_were_interrupted(runs):
    machine = Firewalld()
    for opening, commands_run in runs:
        wanted = firewalld.rules(opening, machine.zones(machine.now), "public") if opening else NONE
        for command in machine.plan(wanted)[:commands_run]:
            machine.run(command)
        for command in machine.plan(wanted):
            machine.run(command)
        assert machine.plan(wanted) == []
        assert machine.now == machine.at_boot
    for command in machine.plan(NONE):
        machine.run(command)
    assert machine.now == machine.at_boot == {"ipsets": {}, "public": {"rule theirs"}, "trusted": {"10.7.0.0/16"}}
