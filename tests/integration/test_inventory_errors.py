"""An inventory that cannot work is refused before the first connection, with one clear message.

The hosts have addresses that nothing answers at: a connection would show as UNREACHABLE, and would take its time to do so.
"""

import copy
import itertools
import subprocess
import textwrap
import time

import pytest
import yaml
from playbook import CHECKOUT, play, site

LIMIT = 30  # seconds on a busy machine; two on an idle one
FINE = {
    "all": {
        "vars": {"ansible_connection": "ssh", "ansible_user": "nobody"},
        "children": {
            "meta": {"hosts": {"meta-1": {"ansible_host": "192.0.2.11"}}},
            "workspace": {"hosts": {"workspace-1": {"ansible_host": "192.0.2.21"}, "workspace-2": {"ansible_host": "192.0.2.22"}}},
        },
    }
}
THREE = "hosts meta-1, workspace-1, workspace-2"


def without(group):
    def change(inventory):
        del inventory["all"]["children"][group]

    return change


def hosts(group, **hosts):
    def change(inventory):
        inventory["all"]["children"].setdefault(group, {"hosts": {}})["hosts"].update(hosts)

    return change


def variables(**variables):
    def change(inventory):
        inventory["all"]["vars"].update(variables)

    return change


def pools(**pools):
    fine = {
        "meta": ["workload_meta", "workload_ide"],
        "workspace": ["workload_workspace_services", "workload_workspace_regular", "workload_workspace_headless"],
    }
    return variables(node_prep_pools={**fine, **pools})


MISTAKES = {
    "no group meta": (
        without("meta"),
        "The group meta is missing.",
        "the groups of the inventory",
        "Add a group meta with at least one host: meta runs Gitpod itself, workspace runs the workspaces (D4).",
    ),
    "no group workspace": (
        without("workspace"),
        "The group workspace is missing.",
        "the groups of the inventory",
        "Add a group workspace with at least one host: meta runs Gitpod itself, workspace runs the workspaces (D4).",
    ),
    "two servers": (
        hosts("meta", **{"meta-2": {"ansible_host": "192.0.2.12"}}),
        "2 servers are not possible: an even number of servers cannot agree on a majority.",
        "group meta: meta-1, meta-2",
        "Leave one host in the group control_plane; those of meta and workspace that are not in it join as agents.",
    ),
    "three servers": (
        hosts("control_plane", **{name: {} for name in ("server-1", "server-2", "server-3")}),
        "3 servers are not possible: several servers come with a later release.",
        "group control_plane: server-1, server-2, server-3",
        "Leave one host in the group control_plane; those of meta and workspace that are not in it join as agents.",
    ),
    "a host in two pools": (
        hosts("workspace", **{"meta-1": {}}),
        "meta-1 is in several pools: meta, workspace.",
        "the groups of the inventory",
        "Leave it in one of them; splitting pools later costs downtime (D4).",
    ),
    "a pool label that does not exist": (
        pools(workspace=["workload_workspace_service", "workload_workspace_regular", "workload_workspace_headless"]),
        "The pool workspace has the label workload_workspace_service, which Gitpod does not know.",
        "node_prep_pools",
        "Did you mean workload_workspace_services?",
    ),
    "a label that no pool has": (
        pools(meta=["workload_meta"]),
        "No pool has workload_ide; Gitpod needs each of the five labels on at least one node (D3).",
        "node_prep_pools",
        "Add each to a pool.",
    ),
    "a pool without a group": (
        pools(services=["workload_workspace_services"]),
        "The pool services has no host: there is no group of that name, or nothing in it.",
        "node_prep_pools",
        "Add a group services with at least one host, or remove the pool.",
    ),
    "overlapping networks": (
        variables(k3s_cluster_cidr="10.43.128.0/17"),
        "k3s_cluster_cidr 10.43.128.0/17 and k3s_service_cidr 10.43.0.0/16 overlap.",
        "the variables of the servers",
        "Choose ranges that share no address (§3).",
    ),
    "the network of the workspaces": (
        variables(k3s_service_cidr="10.0.0.0/16"),
        "k3s_service_cidr 10.0.0.0/16 and the range 10.0.5.0/24 that workspaces use inside overlap.",
        "the variables of the servers",
        "Choose ranges that share no address (§3).",
    ),
    "nodes in the network of the pods": (
        variables(k3s_cluster_cidr="192.0.2.0/24"),
        "Addresses of nodes lie in k3s_cluster_cidr 192.0.2.0/24.",
        "meta-1 (192.0.2.11), workspace-1 (192.0.2.21), workspace-2 (192.0.2.22)",
        "Choose a range that the network of the nodes does not touch, or give the nodes other addresses (§3).",
    ),
    "no network": (
        variables(k3s_service_cidr="10.43.0.1/16"),
        "k3s_service_cidr is the string '10.43.0.1/16', which is not a network: 10.43.0.1/16 has host bits set.",
        THREE,
        "Write it like 10.42.0.0/16.",
    ),
    "cluster DNS outside of the services": (
        variables(k3s_cluster_dns="10.42.0.10"),
        "k3s_cluster_dns 10.42.0.10 is not an address of k3s_service_cidr 10.43.0.0/16.",
        "host meta-1",
        "Take an address of that range, or leave the variable empty: K3s then takes the tenth.",
    ),
    "a string where a list belongs": (
        variables(k3s_disable="traefik"),
        "k3s_disable must be a list, but it is the string 'traefik'.",
        THREE,
        "Write it as a list: k3s_disable: [traefik]",
    ),
    "a string where a list belongs, from a template": (
        variables(k3s_disable="{{ addons }}", addons="traefik,servicelb"),
        "k3s_disable must be a list, but it is the string 'traefik,servicelb'.",
        THREE,
        "Write it as a list: k3s_disable: [traefik, servicelb]",
    ),
    "a choice that is none": (
        variables(k3s_container_runtime="sytem"),
        "k3s_container_runtime must be one of system, embedded, but it is the string 'sytem'.",
        THREE,
        "Did you mean system?",
    ),
    "a variable that does not exist": (
        variables(k3s_verison="v1.24.7+k3s1"),
        "k3s_verison is not a variable of this collection.",
        THREE,
        "Did you mean k3s_version?",
    ),
    "no release of K3s": (
        variables(k3s_version="1.24.7"),
        "k3s_version is the string '1.24.7', which is not the name of a K3s release.",
        THREE,
        "Write it as the release is named, like v1.24.7+k3s1.",
    ),
    "two releases of K3s": (
        hosts("workspace", **{"workspace-1": {"ansible_host": "192.0.2.21", "k3s_version": "v1.23.13+k3s1"}}),
        "k3s_version is not the same for all nodes.",
        "v1.24.7+k3s1 on hosts meta-1, workspace-2; v1.23.13+k3s1 on host workspace-1",
        "Set it once, in group_vars/all.",
    ),
    "a bundled containerd that is too old": (
        variables(k3s_version="v1.21.6+k3s1", k3s_container_runtime="embedded"),
        "K3s v1.21.6+k3s1 bundles containerd 1.4, and Gitpod needs 1.5 or newer (D7).",
        THREE,
        "Use K3s v1.22 or newer, or the containerd of the node (k3s_container_runtime: system).",
    ),
    "one address twice": (
        hosts("workspace", **{"workspace-2": {"ansible_host": "192.0.2.21"}}),
        "workspace-1 and workspace-2 have the same address 192.0.2.21, port 22.",
        "ansible_host",
        "Give each host the address of its own machine.",
    ),
}


@pytest.fixture
def written(tmp_path):
    """Writes an inventory with changes and returns its path."""

    def write(*changes):
        inventory = copy.deepcopy(FINE)
        for change in changes:
            change(inventory)
        path = tmp_path / "hosts.yml"
        path.write_text(yaml.safe_dump(inventory, sort_keys=False))
        return path

    return write


def message_in(output):
    """The message of the failed task: what the callback shows with indentation."""
    after = output[output.index("fatal:") :].split("msg: |-\n", 1)[1].splitlines()
    lines = itertools.takewhile(lambda line: not line or line.startswith(" "), after)
    return textwrap.dedent("\n".join(lines)).strip()


def refused(inventory, *args):
    """Runs site.yml on an inventory and returns the message with which it was refused before the first connection."""
    start = time.monotonic()
    run = site(inventory, *args)
    assert run.code != 0, run.output
    assert time.monotonic() - start < LIMIT
    assert "UNREACHABLE" not in run.output
    assert run.count("unreachable") == run.count("changed") == run.count("ok") == {}, run.output
    return message_in(run.output)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused(written, mistake):
    change, what, where, remedy = MISTAKES[mistake]
    assert refused(written(change)) == (f"The inventory has 1 problem. No node was contacted.\n\n1. {what}\n   Where: {where}\n   To do: {remedy}")


def test_all_mistakes_in_one_message(written):
    message = refused(written(without("workspace"), variables(k3s_disable="traefik", k3s_verison="x")))
    assert message.startswith("The inventory has 3 problems. No node was contacted.\n\n1. The group workspace is missing.")
    assert "2. k3s_verison is not a variable of this collection." in message
    assert "3. k3s_disable must be a list" in message


def test_an_inventory_that_is_not_there(tmp_path):
    assert "The group meta is missing." in refused(tmp_path / "none.yml")


def test_hosts_outside_of_the_limit_count_too(written):
    change, what, _where, _remedy = MISTAKES["two servers"]
    assert what in refused(written(change), "--limit", "workspace")


def test_a_secret_is_not_shown(written):
    run = site(written(variables(k3s_token=["s3cret-token"])), "-vvv")
    assert "k3s_token must be a string, but it is a list." in run.output
    assert "s3cret-token" not in run.output


def checked(inventory, *args):
    """The check alone, on an inventory that it has nothing against."""
    run = play("playbooks/parts/inventory.yml", inventory, *args)
    assert run.code == 0, run.output
    return run.output


def test_what_is_only_known_later_is_left_to_the_roles(written):
    later = variables(k3s_version="{{ ansible_facts.somewhere }}", k3s_disable="{{ hostvars['meta-1'].later }}")
    checked(written(later))


def test_a_secret_is_not_fetched_by_the_check(written, tmp_path):
    fetched = tmp_path / "fetched"
    checked(written(variables(k3s_token=f"{{{{ lookup('ansible.builtin.pipe', 'touch {fetched}') }}}}")))
    assert not fetched.exists()


def test_a_vaulted_value_is_looked_at_decrypted(written, tmp_path):
    password = tmp_path / "password"
    password.write_text("of the vault\n")
    command = ("ansible-vault", "encrypt_string", "--vault-password-file", str(password), "--name", "vaulted", "v1.24.7+k3s1")
    encrypted = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True).stdout
    inventory = written(variables(k3s_version="{{ vaulted }}", k3s_token="{{ vaulted }}"))
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text(encrypted + encrypted.replace("vaulted:", "calico_version:"))
    checked(inventory, "--vault-password-file", str(password))


@pytest.mark.parametrize("name", ["example", "single-node", "managed"])
def test_the_example_inventories_are_fine(name):
    checked(CHECKOUT / "inventories" / name)
