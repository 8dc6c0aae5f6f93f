"""What a run is about where --limit leaves hosts out."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory, plan
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.scope import scope

OURS = {"meta": ["meta-1"], "workspace": ["workspace-1", "workspace-2"]}


def inventory(groups=None, **variables):
    """Variables: of a host, under its name with underscores."""
    groups = OURS if groups is None else groups
    hosts = [host for members in groups.values() for host in members] or ["localhost"]
    of_hosts = {host: variables.get(host.replace("-", "_"), {}) for host in [*hosts, "bastion"]}
    return Inventory(groups=groups, variables=of_hosts, names={host: set(values) for host, values in of_hosts.items()}, options={}, roles=[])


def scoped(asked, groups=None, **variables):
    found = inventory(groups, **variables)
    return scope(found, plan(found), asked)


@pytest.mark.parametrize(
    ("asked", "executor", "limited", "nodes"),
    [
        (["meta-1", "workspace-1", "workspace-2", "bastion", "localhost"], "meta-1", False, {"meta": ["meta-1"], "workspace": ["workspace-1", "workspace-2"]}),
        (["meta-1"], "meta-1", True, {"meta": ["meta-1"], "workspace": []}),
        (["workspace-2"], "workspace-2", True, {"meta": [], "workspace": ["workspace-2"]}),
        (["workspace-2", "workspace-1"], "workspace-1", True, {"meta": [], "workspace": ["workspace-1", "workspace-2"]}),
        (["localhost"], "localhost", True, {"meta": [], "workspace": []}),
        (["bastion"], "bastion", True, {"meta": [], "workspace": []}),
    ],
)
def test_machines_of_ours(asked, executor, limited, nodes):
    found = scoped(asked)
    assert (found["executor"], found["limited"], found["asked_nodes_of_pools"]) == (executor, limited, nodes)


@pytest.mark.parametrize(
    ("asked", "executor", "limited", "nodes"),
    [
        (["a", "b", "localhost"], "localhost", False, {"meta": ["a"], "workspace": ["b"]}),
        (["b"], "b", True, {"meta": [], "workspace": ["b"]}),
    ],
)
def test_a_managed_cluster(asked, executor, limited, nodes):
    managed = {"node_prep_managed": True}
    found = scoped(asked, {"meta": ["a"], "workspace": ["b"]}, a=managed, b=managed)
    assert (found["executor"], found["limited"], found["asked_nodes_of_pools"]) == (executor, limited, nodes)


def test_without_an_inventory():
    found = scoped(["localhost"], {}, localhost={"node_prep_kubeconfig": "/root/.kube/config"})
    assert (found["executor"], found["limited"]) == ("localhost", False)


def test_names_of_nodes_are_those_of_kubernetes():
    assert scoped(["meta-1"], meta_1={"k3s_node_name": "Server-A"})["node_names"] == {
        "meta-1": "server-a",
        "workspace-1": "workspace-1",
        "workspace-2": "workspace-2",
    }


def test_what_is_said_of_the_cluster_is_the_first_servers():
    server = {"cluster_spec_min_cpus": 2, "node_prep_domain": "a.example", "k3s_version": "v1", "report_width": 80}
    agent = {"report_width": 80, "cluster_spec_wait": 5}
    assert scoped(["workspace-1"], meta_1=server, workspace_1=agent)["variables_of_the_cluster"] == ["cluster_spec_min_cpus", "node_prep_domain"]
    assert scoped(["meta-1"], meta_1=server, workspace_1=agent)["variables_of_the_cluster"] == []
