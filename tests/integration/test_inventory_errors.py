"""site.yml refuses an inventory that cannot work before the first connection. What is said of which inventory is told in tests/fixtures/inventories.

The hosts have addresses that nothing answers at: a connection would show as UNREACHABLE, and would take its time to do so.
"""

import copy
import subprocess
import time

import pytest
import yaml
from playbook import CHECKOUT, message_in, play, site

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


def refused(inventory, *args):
    """Runs site.yml on an inventory and returns the message with which it was refused before the first connection."""
    start = time.monotonic()
    run = site(inventory, *args)
    assert run.code != 0, run.output
    assert time.monotonic() - start < LIMIT
    assert "UNREACHABLE" not in run.output
    assert run.count("unreachable") == run.count("changed") == run.count("ok") == {}, run.output
    return message_in(run.output)


def test_all_mistakes_in_one_message(written):
    message = refused(written(without("workspace"), variables(k3s_disable="traefik", k3s_verison="x")))
    assert message.startswith("The inventory has 3 problems. No node was contacted.\n\n1. The group workspace is missing.")
    assert "2. k3s_verison is not a variable of this collection." in message
    assert "3. k3s_disable must be a list" in message


def test_an_inventory_that_is_not_there(tmp_path):
    assert "The group meta is missing." in refused(tmp_path / "none.yml")


def test_hosts_outside_of_the_limit_count_too(written):
    two_servers = hosts("meta", **{"meta-2": {"ansible_host": "192.0.2.12"}})
    assert "2 servers are not possible" in refused(written(two_servers), "--limit", "workspace")


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
    (tmp_path / "group_vars" / "all.yml").write_text(encrypted + encrypted.replace("vaulted:", "node_spec_kubernetes_version:"))
    checked(inventory, "--vault-password-file", str(password))


@pytest.mark.parametrize("name", ["example", "single-node", "managed"])
def test_the_example_inventories_are_fine(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("clusters: [{name: x, cluster: {}}]\ncontexts: [{name: x, context: {cluster: x}}]\n")
    checked(CHECKOUT / "inventories" / name)
