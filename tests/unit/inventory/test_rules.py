"""Every rule of an inventory: one that breaks it, and what the message says."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import documented_options
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.gitpod_releases import DEFAULT, RELEASES
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.check import problems
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory, by_value, plan
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.problem import message

OPTIONS = documented_options()
GROUPS = {"meta": ["m1"], "workspace": ["w1", "w2"]}
SERVICES = "workload_workspace_services"
REGULAR = ["workload_workspace_regular", "workload_workspace_headless"]
META = ["workload_meta", "workload_ide"]


def inventory(groups=None, everywhere=None, unknown=(), **of_host):
    """An inventory of the groups, with variables for all hosts and for single hosts; `unknown` cannot be rendered yet."""
    groups = GROUPS if groups is None else groups
    hosts = sorted({host for members in groups.values() for host in members})
    variables = {host: {**(everywhere or {}), **of_host.get(host, {})} for host in hosts}
    return Inventory(
        groups={"all": hosts, "ungrouped": [], **groups},
        variables=variables,
        names={host: set(variables[host]) | set(unknown) for host in hosts},
        options=OPTIONS,
        roles=["calico", "k3s"],
    )


def without_value(made, host, name):
    """The same inventory, where a variable depends on what is only known later."""
    del made.variables[host][name]
    return made


def without(group):
    return {name: hosts for name, hosts in GROUPS.items() if name != group}


@pytest.mark.parametrize(
    "fine",
    [
        inventory(),
        inventory({**GROUPS, "control_plane": ["c1"]}),
        inventory({"meta": ["m1", "m2"], "workspace": ["w1"], "control_plane": ["m1"]}),
        inventory({**GROUPS, "control_plane": []}),
        inventory({"meta": ["n1"], "workspace": ["n1"]}),
        inventory({**GROUPS, "bastions": ["b1"]}, b1={"ansible_host": "10.42.0.1"}),
        inventory({**GROUPS, "services": ["s1"]}, {"node_prep_pools": {"meta": META, "services": [SERVICES], "workspace": REGULAR}}),
        inventory(everywhere={"node_prep_pools": {"meta": ["gitpod.io/" + name for name in META], "workspace": [SERVICES, *REGULAR]}}),
        inventory(everywhere={"k3s_version": "v1.22.17+k3s1", "k3s_container_runtime": "embedded"}),
        inventory({**GROUPS, "bastions": ["b1"]}, b1={"k3s_disable": "none of ours", "k3s_verison": 1}),
        inventory({"local": ["localhost"]}, {"node_prep_managed": True}),
        inventory({"local": ["localhost"]}, {"node_prep_kubeconfig": "/home/me/.kube/config"}),
        inventory({"local": ["localhost"], "meta": ["a", "b"], "workspace": ["c"]}, {"node_prep_managed": True}),
        inventory(everywhere={"k3s_version": "v1.21.6+k3s1", "calico_version": "v3.23.5", "calico_manifest_sha256": "0" * 64}),
        inventory(everywhere={"k3s_version": "v1.24.7-rc1+k3s1"}),
        inventory(everywhere={"k3s_cluster_dns": "10.43.0.10"}),
        inventory(everywhere={"node_prep_gitpod_version": "2022.01", "node_prep_domain": "gitpod.example.com"}),
        inventory(everywhere={"calico_cidr": "10.42.0.0/16"}),
        inventory(unknown=["k3s_version", "k3s_cluster_cidr", "calico_cidr"]),
        inventory(m1={"ansible_host": "127.0.0.1", "ansible_port": 2201}, w1={"ansible_host": "127.0.0.1", "ansible_port": 2202}),
        inventory(m1={"ansible_host": "meta.example.org"}),
        inventory(m1={"k3s_node_ip": "10.0.0.11,fd00::11", "k3s_api_host": "fd00::11"}, w1={"k3s_node_ip": "10.0.0.12"}),
        inventory({"local": ["localhost"], "meta": ["a"]}, {"node_prep_managed": True, "ansible_host": ""}),
    ],
)
def test_nothing_to_complain_about(fine):
    assert problems(fine) == []


BROKEN = [
    (
        inventory(without("meta")),
        "The group meta is missing.",
        "the groups of the inventory",
        "Add a group meta with at least one host",
    ),
    (inventory(without("workspace")), "The group workspace is missing.", "the groups of the inventory", "Add a group workspace"),
    (
        inventory({"meta": ["m1"], "workspace": []}),
        "The group workspace has no host.",
        "the groups of the inventory",
        "Add a group workspace",
    ),
    (
        inventory({"meta": ["m1", "m2"], "workspace": ["w1"]}),
        "2 servers are not possible: an even number of them survives no more losses than one server less, and may split into two halves.",
        "group meta: m1, m2",
        "Name 1, 3 or 5 hosts in the group control_plane; those of meta and workspace that are not in it join as agents.",
    ),
    (
        inventory({**GROUPS, "control_plane": ["c1", "c2"]}),
        "2 servers are not possible: an even number of them survives no more losses than one server less, and may split into two halves.",
        "group control_plane: c1, c2",
        "Name 1, 3 or 5 hosts in the group control_plane",
    ),
    (
        inventory({**GROUPS, "control_plane": ["c1", "c2", "c3"]}, {"k3s_datastore": "sqlite"}),
        "k3s_datastore is sqlite, and that is the file of one server, where there are 3.",
        "hosts c1, c2, c3",
        "Remove the variable, or write etcd.",
    ),
    (
        inventory({**GROUPS, "control_plane": ["c1", "c2", "c3"]}, c2={"k3s_disable": ["traefik", "servicelb"]}),
        "k3s_disable is not the same for all servers.",
        "a list on hosts c1, c3; a list on host c2",
        "Set it once, in group_vars/all.",
    ),
    (
        inventory({**GROUPS, "control_plane": ["c1", "c2", "c3"]}, c2={"k3s_config": {"secrets-encryption": True}}),
        "k3s_config has not the same secrets-encryption for all servers.",
        "hosts c1, c2, c3",
        "Set it once, in group_vars/all.",
    ),
    (
        inventory(m1={"k3s_config": {"cluster-init": True}}),
        "k3s_config has the key cluster-init: which server founds the cluster and which ones join it is found out in each run.",
        "host m1",
        "Take it out of k3s_config; k3s_datastore says what is wanted.",
    ),
    (
        inventory({"meta": ["m1"], "workspace": ["w1", "m1"]}),
        "m1 is in several pools: meta, workspace.",
        "the groups of the inventory",
        "Leave it in one",
    ),
    (
        inventory(everywhere={"node_prep_pools": {"meta": [*META, SERVICES, *REGULAR]}}),
        "w1 is in no pool, so it would get no label.",
        "node_prep_pools",
        "Add its group to node_prep_pools",
    ),
    (
        inventory(
            {**GROUPS, "service": ["s1"]},
            {"node_prep_pools": {"meta": META, "services": [SERVICES], "workspace": REGULAR}},
        ),
        "The pool services has no host: there is no group of that name, or nothing in it.",
        "node_prep_pools",
        "Did you mean service?",
    ),
    (
        inventory(everywhere={"node_prep_pools": {"meta": META, "x": [SERVICES], "workspace": REGULAR}}),
        "The pool x has no host: there is no group of that name, or nothing in it.",
        "node_prep_pools",
        "Add a group x with at least one host, or remove the pool.",
    ),
    (
        inventory(everywhere={"node_prep_pools": {"meta": META, "workspace": ["workload_workspace_service", *REGULAR]}}),
        "The pool workspace has the label workload_workspace_service, which Gitpod does not know.",
        "node_prep_pools",
        "Did you mean workload_workspace_services?",
    ),
    (
        inventory(everywhere={"node_prep_pools": {"meta": META, "workspace": [SERVICES, *REGULAR, "gpu"]}}),
        "The pool workspace has the label gpu, which Gitpod does not know.",
        "node_prep_pools",
        "The labels are workload_meta, workload_ide, workload_workspace_services,",
    ),
    (
        inventory(everywhere={"node_prep_pools": {"meta": META, "workspace": REGULAR}}),
        "No pool has workload_workspace_services; Gitpod needs each of the five labels on at least one node (D3).",
        "node_prep_pools",
        "Add each to a pool.",
    ),
    (
        inventory(m1={"node_prep_pools": {"meta": META, "workspace": [*REGULAR, SERVICES]}}),
        "node_prep_pools is not the same for all hosts.",
        "the variables of groups and hosts",
        "Set it once, in group_vars/all.",
    ),
    (
        inventory(everywhere={"node_prep_pools": {"meta": "workload_meta", "workspace": []}}),
        "node_prep_pools.meta must be a list, but it is the string 'workload_meta'.",
        "hosts m1, w1, w2",
        "Write it as a list: node_prep_pools.meta: [workload_meta]",
    ),
    (
        inventory(everywhere={"node_prep_pools": ["meta"]}),
        "node_prep_pools must be a dictionary, but it is a list.",
        "hosts m1, w1, w2",
        "Write one 'key: value' per line, indented below node_prep_pools.",
    ),
    (
        inventory({"local": ["localhost"]}, {"node_prep_managed": True}, localhost={"k3s_verison": "x"}),
        "k3s_verison is not a variable of this collection.",
        "host localhost",
        "Did you mean k3s_version?",
    ),
    (
        inventory(w1={"k3s_verison": "x"}),
        "k3s_verison is not a variable of this collection.",
        "host w1",
        "Did you mean k3s_version?",
    ),
    (
        inventory(everywhere={"k3s_disable": "traefik"}),
        "k3s_disable must be a list, but it is the string 'traefik'.",
        "hosts m1, w1, w2",
        "Write it as a list: k3s_disable: [traefik]",
    ),
    (
        inventory(w1={"k3s_version": "v1.23.13+k3s1"}),
        "k3s_version is not the same for all nodes.",
        "v1.24.7+k3s1 on hosts m1, w2; v1.23.13+k3s1 on host w1",
        "Set it once, in group_vars/all.",
    ),
    (
        inventory(w1={"k3s_container_runtime": "embedded"}),
        "k3s_container_runtime is not the same for all nodes.",
        "system on hosts m1, w2; embedded on host w1",
        "Set it once, in group_vars/all.",
    ),
    (
        inventory(everywhere={"node_prep_gitpod_version": "2021.12"}),
        "node_prep_gitpod_version is the string '2021.12', which is not a release of Gitpod that is known here; "
        f'there are those of 2022.01 to {max(RELEASES)}, for instance "{DEFAULT}" (in quotes).',
        "hosts m1, w1, w2",
        "Set it to the release of Gitpod that you install.",
    ),
    (
        inventory(w1={"node_prep_gitpod_version": "2022.05"}),
        "node_prep_gitpod_version is not the same for all nodes.",
        f"{DEFAULT} on hosts m1, w2; 2022.05 on host w1",
        "Set it once, in group_vars/all.",
    ),
    (
        inventory(everywhere={"node_prep_domain": "https://gitpod.example.com"}),
        "node_prep_domain is the string 'https://gitpod.example.com', which is not the name of a domain.",
        "hosts m1, w1, w2",
        "Write it without a scheme, a port or a path, like gitpod.example.com.",
    ),
    (
        inventory({"local": ["localhost"]}, {"node_prep_managed": True, "node_prep_domain": "gitpod"}),
        "node_prep_domain is the string 'gitpod', which is not the name of a domain.",
        "host localhost",
        "Write it without a scheme, a port or a path, like gitpod.example.com.",
    ),
    (
        inventory(everywhere={"k3s_version": "1.23.13"}),
        "k3s_version is the string '1.23.13', which is not the name of a K3s release.",
        "hosts m1, w1, w2",
        "Write it as the release is named, like v1.23.13+k3s1.",
    ),
    (
        inventory(everywhere={"k3s_version": "latest"}),
        "k3s_version is the string 'latest', which is not the name of a K3s release.",
        "hosts m1, w1, w2",
        "Write it as the release is named, like v1.24.7+k3s1.",
    ),
    (
        inventory(everywhere={"k3s_version": "v1.20.15+k3s1"}),
        "K3s v1.20.15+k3s1 is too old: Gitpod needs Kubernetes 1.21 or newer (D1).",
        "hosts m1, w1, w2",
        "Set k3s_version to a newer release",
    ),
    (
        inventory(
            everywhere={
                "k3s_version": "v1.21.6+k3s1",
                "k3s_container_runtime": "embedded",
                "calico_version": "v3.23.5",
                "calico_manifest_sha256": "0" * 64,
            }
        ),
        "K3s v1.21.6+k3s1 bundles containerd 1.4, and Gitpod needs 1.5 or newer (D7).",
        "hosts m1, w1, w2",
        "Use K3s v1.22 or newer, or the containerd of the node (k3s_container_runtime: system).",
    ),
    (
        inventory(everywhere={"k3s_service_cidr": "10.43.1.0/16"}),
        "k3s_service_cidr is the string '10.43.1.0/16', which is not a network: 10.43.1.0/16 has host bits set.",
        "hosts m1, w1, w2",
        "Write it like 10.42.0.0/16.",
    ),
    (
        inventory(everywhere={"k3s_cluster_cidr": "10.42.0.0"}),
        "k3s_cluster_cidr is the string '10.42.0.0', which is not a network: the length of the prefix is missing.",
        "hosts m1, w1, w2",
        "Write it like 10.42.0.0/16.",
    ),
    (
        inventory(everywhere={"k3s_cluster_cidr": "10.43.128.0/17"}),
        "k3s_cluster_cidr 10.43.128.0/17 and k3s_service_cidr 10.43.0.0/16 overlap.",
        "the variables of the servers",
        "Choose ranges that share no address (§3).",
    ),
    (
        inventory(everywhere={"k3s_service_cidr": "10.0.0.0/16"}),
        "k3s_service_cidr 10.0.0.0/16 and the range 10.0.5.0/24 that workspaces use inside overlap.",
        "the variables of the servers",
        "Choose ranges that share no address (§3).",
    ),
    (
        inventory(m1={"ansible_host": "10.42.7.1"}, w1={"ansible_host": "192.0.2.1"}),
        "Addresses of nodes lie in k3s_cluster_cidr 10.42.0.0/16.",
        "m1 (10.42.7.1)",
        "Choose a range that the network of the nodes does not touch",
    ),
    (
        inventory(m1={"ansible_host": "meta.example.org", "k3s_node_ip": "10.0.5.9"}),
        "Addresses of nodes lie in the range 10.0.5.0/24 that workspaces use inside.",
        "m1 (10.0.5.9)",
        "Choose a range that the network of the nodes does not touch",
    ),
    (
        inventory({"meta": ["10.43.0.1"], "workspace": ["w1"]}, **{"10.43.0.1": {"k3s_node_name": "m1"}}),
        "Addresses of nodes lie in k3s_service_cidr 10.43.0.0/16.",
        "10.43.0.1 (10.43.0.1)",
        "Choose a range that the network of the nodes does not touch",
    ),
    (
        inventory(everywhere={"k3s_cluster_dns": "10.42.0.10"}),
        "k3s_cluster_dns 10.42.0.10 is not an address of k3s_service_cidr 10.43.0.0/16.",
        "host m1",
        "Take an address of that range",
    ),
    (
        inventory(everywhere={"k3s_cluster_dns": "dns.example.org"}),
        "k3s_cluster_dns dns.example.org is not an address of k3s_service_cidr 10.43.0.0/16.",
        "host m1",
        "Take an address of that range",
    ),
    (
        inventory(everywhere={"calico_cidr": "192.168.0.0/16"}),
        "calico_cidr 192.168.0.0/16 is not k3s_cluster_cidr 10.42.0.0/16.",
        "hosts m1, w1, w2",
        "Remove calico_cidr: it follows k3s_cluster_cidr (§7).",
    ),
    (
        inventory(m1={"ansible_host": "192.0.2.1"}, w1={"ansible_host": "192.0.2.1"}),
        "m1 and w1 have the same address 192.0.2.1, port 22.",
        "ansible_host",
        "Give each host the address of its own machine.",
    ),
    (
        inventory(everywhere={"containerd_registries": [{"name": "docker.io", "mirrors": [{"url": "mirror.example.com"}]}]}),
        "containerd_registries: docker.io: a mirror needs a 'url' such as https://mirror.example.com (number 1 of its mirrors).",
        "hosts m1, w1, w2",
        "See the README of the role containerd",
    ),
    (
        inventory(everywhere={"containerd_registries": "docker.io"}),
        "containerd_registries must be a list, but it is a string.",
        "hosts m1, w1, w2",
        "Write it as a list",
    ),
    (
        inventory(w1={"containerd_min_version": "newest"}),
        "containerd_min_version is the string 'newest', which is not a version.",
        "host w1",
        "Write the lowest version that will do",
    ),
    (inventory(m1={"ansible_host": ""}, w1={"ansible_host": None}), "ansible_host is empty.", "hosts m1, w1", "Write the address of the machine, or remove"),
    (
        inventory(m1={"k3s_node_ip": "10.0.0.11/24"}),
        "k3s_node_ip is the string '10.0.0.11/24', which is not an address at which other nodes reach this one.",
        "host m1",
        "Write the address of the machine in the network of the nodes, like 10.0.0.11,",
    ),
    (
        inventory(everywhere={"k3s_node_ip": "127.0.0.1"}),
        "k3s_node_ip is the string '127.0.0.1', which is not an address at which other nodes reach this one.",
        "hosts m1, w1, w2",
        "Write the address of the machine in the network of the nodes",
    ),
    (
        inventory(m1={"k3s_node_ip": "10.0.0.11,"}),
        "k3s_node_ip is the string '10.0.0.11,', which is not an address at which other nodes reach this one.",
        "host m1",
        "Write the address of the machine in the network of the nodes",
    ),
    (
        inventory(everywhere={"k3s_node_ip": "10.0.0.11"}),
        "10.0.0.11 is the k3s_node_ip of 3 hosts.",
        "hosts m1, w1, w2",
        "Give each host the address of its own machine.",
    ),
    (
        inventory(m1={"k3s_node_ip": "10.43.0.9,fd00::9"}),
        "Addresses of nodes lie in k3s_service_cidr 10.43.0.0/16.",
        "m1 (10.43.0.9)",
        "Choose a range that the network of the nodes does not touch",
    ),
    (
        inventory(m1={"k3s_api_host": "https://gitpod.example.com:6443"}),
        "The address of the server is the string 'https://gitpod.example.com:6443', which is neither the name nor the address of a machine.",
        "k3s_api_host or ansible_host of host m1",
        "Write it without a scheme, a user, a port or a path",
    ),
    (
        without_value(inventory(m1={"k3s_node_ip": "10.0.0.11"}), "m1", "k3s_node_ip"),
        "k3s_node_ip of a server cannot be worked out before the first connection, and it says where the other nodes join.",
        "host m1",
        "Write an address instead of the template",
    ),
]


@pytest.mark.parametrize(("broken", "what", "where", "remedy"), BROKEN, ids=[what for _broken, what, *_rest in BROKEN])
def test_problem(broken, what, where, remedy):
    (problem,) = [problem for problem in problems(broken) if problem.what == what]
    assert problem.where == where
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize(("broken", "what"), [row[:2] for row in BROKEN], ids=[what for _broken, what, *_rest in BROKEN])
def test_one_mistake_is_told_once(broken, what):
    told = {problem.what for problem in problems(broken)}
    assert told == {what} or told == {what, what.replace("w1", "w2")}


def test_the_message_lists_all_of_it():
    broken = inventory(without("meta"), {"k3s_disable": "traefik"})
    assert message(problems(broken)).startswith(
        "The inventory has 2 problems. No node was contacted.\n"
        "\n"
        "1. The group meta is missing.\n"
        "   Where: the groups of the inventory\n"
        "   To do: Add a group meta with at least one host: meta runs Gitpod itself, workspace runs the workspaces (D4).\n"
        "\n"
        "2. k3s_disable must be a list, but it is the string 'traefik'.\n"
        "   Where: hosts w1, w2\n"
        "   To do: Write it as a list: k3s_disable: [traefik]"
    )
    assert message(problems(broken)[:1]).startswith("The inventory has 1 problem. ")


def test_many_hosts_are_counted():
    broken = inventory({"meta": ["m1"], "workspace": [f"w{number:02}" for number in range(12)]}, {"k3s_disable": 1})
    (problem,) = problems(broken)
    assert problem.where == "hosts m1, w00, w01, w02, w03, w04, w05, w06 and 5 more"


def test_plan():
    assert plan(inventory(w1={"k3s_node_name": "worker-1"})) == {
        "servers": ["m1"],
        "agents": ["w1", "w2"],
        "access_servers": [{"name": "m1", "node_name": "m1", "api_address": "m1", "join_address": "m1"}],
        "datastore": "sqlite",
        "api_host": "",
        "api_vip": "",
        "join_addresses": {"m1": "m1"},
        "api_addresses": {"m1": "m1"},
        "join_address": "m1",
        "join_url": "https://m1:6443",
        "api_address": "m1",
        "api_url": "https://m1:6443",
        "pools": {"meta": ["m1"], "workspace": ["w1", "w2"]},
        "workloads": {"m1": META, "w1": [SERVICES, *REGULAR], "w2": [SERVICES, *REGULAR]},
        "registration_labels": {
            "m1": [f"gitpod.io/{name}=true" for name in META],
            "w1": [f"gitpod.io/{name}=true" for name in (SERVICES, *REGULAR)],
            "w2": [f"gitpod.io/{name}=true" for name in (SERVICES, *REGULAR)],
        },
        "labels_of_pools": {"meta": META, "workspace": [SERVICES, *REGULAR]},
        "nodes_of_pools": {"meta": ["m1"], "workspace": ["worker-1", "w2"]},
    }


THREE = {**GROUPS, "control_plane": ["c1", "c2", "c3"]}
EACH = {"c1": {"k3s_node_ip": "10.0.0.1"}, "c2": {"k3s_node_ip": "10.0.0.2"}, "c3": {"k3s_node_ip": "10.0.0.3"}}


def test_three_servers_keep_an_etcd_and_have_addresses_of_their_own():
    made = plan(inventory(THREE, **EACH))
    assert (made["datastore"], made["api_host"]) == ("etcd", "")
    assert made["join_addresses"] == {"c1": "10.0.0.1", "c2": "10.0.0.2", "c3": "10.0.0.3"}
    assert made["api_addresses"] == {"c1": "c1", "c2": "c2", "c3": "c3"}
    assert (made["join_url"], made["api_url"]) == ("https://10.0.0.1:6443", "https://c1:6443")


@pytest.mark.parametrize("name", ["k3s_api_host", "node_prep_api_vip"])
def test_one_address_may_lead_to_all_servers(name):
    made = plan(inventory(THREE, {name: "10.0.0.100"}, **EACH))
    assert (made["api_host"], made["join_url"], made["api_url"]) == ("10.0.0.100", "https://10.0.0.100:6443", "https://10.0.0.100:6443")
    # The servers join each other directly, and the control node can ask each.
    assert made["join_addresses"]["c2"] == "10.0.0.2"
    assert made["api_addresses"]["c2"] == "c2"


def test_an_address_of_each_server_leads_to_that_one_only():
    made = plan(inventory(THREE, **{host: {"k3s_api_host": f"{host}.example.com"} for host in ("c1", "c2", "c3")}))
    assert (made["api_host"], made["api_url"]) == ("", "https://c1.example.com:6443")
    assert made["api_addresses"]["c3"] == "c3.example.com"


def test_one_server_may_keep_an_etcd_that_can_grow():
    assert plan(inventory(GROUPS, {"k3s_datastore": "etcd"}))["datastore"] == "etcd"


def test_plan_with_a_server_of_its_own():
    made = plan(inventory({"meta": ["m1", "m2"], "workspace": ["w1"], "control_plane": ["c1"]}))
    assert made["servers"] == ["c1"]
    assert made["agents"] == ["m1", "m2", "w1"]
    assert made["workloads"]["c1"] == []


def test_plan_of_one_node():
    made = plan(inventory({"meta": ["n1"], "workspace": ["n1"]}))
    assert made["servers"] == ["n1"]
    assert made["agents"] == []
    assert made["workloads"] == {"n1": [*META, SERVICES, *REGULAR]}


def test_plan_of_a_managed_cluster():
    made = plan(inventory({"local": ["localhost"], "meta": ["a", "b"], "workspace": []}, {"node_prep_managed": True}))
    assert made["servers"] == []
    assert made["agents"] == []
    assert [made[key] for key in ("join_address", "join_url", "api_address", "api_url")] == [""] * 4
    assert made["nodes_of_pools"] == {"meta": ["a", "b"], "workspace": []}
    assert made["workloads"] == {"a": META, "b": META}


@pytest.mark.parametrize(
    ("variables", "join", "api"),
    [
        ({}, "m1", "m1"),
        ({"ansible_host": "192.0.2.1"}, "192.0.2.1", "192.0.2.1"),
        # Behind NAT or a bastion: the nodes talk to each other elsewhere than the control node talks to them.
        ({"ansible_host": "192.0.2.1", "k3s_node_ip": "10.0.0.11"}, "10.0.0.11", "192.0.2.1"),
        ({"ansible_host": "ssh-alias", "k3s_node_ip": "10.0.0.11,fd00::11", "k3s_api_host": "api.example.com"}, "10.0.0.11", "api.example.com"),
        ({"ansible_host": "ssh-alias", "k3s_api_host": "api.example.com"}, "api.example.com", "api.example.com"),
        ({"ansible_host": "ssh-alias", "k3s_node_ip": "", "k3s_api_host": ""}, "ssh-alias", "ssh-alias"),
        ({"ansible_host": "192.0.2.1", "k3s_node_ip": " 10.0.0.11 "}, "10.0.0.11", "192.0.2.1"),
    ],
)
def test_where_nodes_join_and_where_the_control_node_reaches_the_api(variables, join, api):
    made = plan(inventory(m1=variables))
    assert (made["join_address"], made["api_address"]) == (join, api)
    assert (made["join_url"], made["api_url"]) == (f"https://{join}:6443", f"https://{api}:6443")


def test_an_ipv6_address_stands_in_brackets_in_a_url():
    made = plan(inventory(m1={"ansible_host": "[fd00::1]", "k3s_node_ip": "fd00::2"}))
    assert (made["join_address"], made["join_url"]) == ("fd00::2", "https://[fd00::2]:6443")
    assert (made["api_address"], made["api_url"]) == ("fd00::1", "https://[fd00::1]:6443")


def test_equal_values_are_one():
    made = inventory(m1={"a": [1, {"b": 2}]}, w1={"a": [1, {"b": 2}]}, w2={"a": {"b": [2]}})
    assert by_value(made, ["m1", "w1", "w2"], "a") == [([1, {"b": 2}], ["m1", "w1"]), ({"b": [2]}, ["w2"])]


class Name(str):
    """The name of a host that counts with how many it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Name.compared += 1
        return str.__eq__(self, other)


def comparisons(count):
    hosts = [Name(f"w{number}") for number in range(count)]
    made = inventory({"meta": [Name("m1")], "workspace": hosts}, {"k3s_verison": 1}, **{host: {"k3s_node_ip": Name(f"10.0.0.{host[1:]}")} for host in hosts})
    Name.compared = 0
    problems(made)
    plan(made)
    return Name.compared


def test_the_work_grows_with_the_hosts_and_not_faster():
    assert comparisons(400) <= 3 * max(comparisons(200), 400)


def test_a_pool_whose_name_is_a_number():
    assert "The pool 1 has no host: there is no group of that name, or nothing in it." in {
        problem.what for problem in problems(inventory(everywhere={"node_prep_pools": {1: META}}))
    }
