"""What is read of an inventory from Ansible itself: values, places, secrets, and templates that can never be rendered."""

import cProfile
import pstats

import pytest
from ansible import constants as C
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.vars import manager
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import ROLES, documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory import origins, reader
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.check import problems
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.origins import COMMAND_LINE, INI, YAML, Place
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.problem import message
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.reader import read
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.rules.variables import templates_can_be_rendered
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.shown import Hidden, secret_texts

try:
    from ansible.parsing.vault import VaultSecretsContext
except ImportError:  # before ansible-core 2.19
    VaultSecretsContext = None

OPTIONS = documented_options()
MARKER = "mArk3r-of-a-secret"
HOSTS = """
[meta]
meta-1 ansible_host=192.0.2.11
[workspace]
w1 ansible_host=192.0.2.21
w2 ansible_host=192.0.2.22
[all:vars]
kernel_upgrade=true
kernel_drain=False
"""


@pytest.fixture(scope="module", autouse=True)
def plugins():
    init_plugin_loader()
    if VaultSecretsContext:
        VaultSecretsContext.initialize(VaultSecretsContext(secrets=[]))


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """What `read` is given for an inventory with these lines in group_vars/all.yml."""
    monkeypatch.chdir(tmp_path)

    def make(lines="", hosts=HOSTS, task_vars=None):
        (tmp_path / "hosts.ini").write_text(hosts)
        (tmp_path / "group_vars").mkdir(exist_ok=True)
        (tmp_path / "group_vars" / "all.yml").write_text(lines)
        loader = DataLoader()
        # Ansible keeps what it has read by its path.
        loader.set_basedir(str(tmp_path))
        manager_of_hosts = InventoryManager(loader=loader, sources=[str(tmp_path / "hosts.ini")])
        variables = VariableManager(loader=loader, inventory=manager_of_hosts)
        hostvars = HostVars(manager_of_hosts, variables, loader)
        known = {**(task_vars or {}), "hostvars": hostvars, "groups": manager_of_hosts.get_groups_dict()}
        return known, Templar(loader=loader, variables=known), loader, OPTIONS, [path.name for path in ROLES.iterdir()]

    return make


@pytest.fixture
def inventory(arguments):
    return lambda *lines_and_hosts, **options: read(*arguments(*lines_and_hosts, **options))


def vaulted(name, text=MARKER):
    encrypted = VaultLib([("default", VaultSecret(b"password"))]).encrypt(text, VaultSecret(b"password")).decode()
    return f"{name}: !vault |\n" + "".join(f"  {line}\n" for line in encrypted.splitlines())


def test_values_are_those_that_the_roles_will_see(inventory):
    read_ = inventory(
        "cidr: 10.0.0.0/16\nk3s_cluster_cidr: '{{ cidr }}'\nk3s_node_ip: '{{ ansible_host }}'\nk3s_version: '{{ ansible_facts.x }}'\nk3s_disable: [a]\n"
    )
    assert read_.variables["w1"] == {
        "ansible_host": "192.0.2.21",
        "k3s_cluster_cidr": "10.0.0.0/16",
        "k3s_node_ip": "192.0.2.21",
        "k3s_disable": ["a"],
        "kernel_upgrade": "true",
        "kernel_drain": False,
    }
    assert read_.variables["w2"]["k3s_node_ip"] == "192.0.2.22"
    assert "k3s_version" in read_.names["w1"]
    assert read_.broken == []


def test_a_template_that_may_read_anything_is_rendered_for_each_host(inventory):
    read_ = inventory("k3s_node_ip: \"{{ lookup('vars', 'ansible_' ~ 'host') }}\"\nk3s_api_host: '{{ hostvars[inventory_hostname].ansible_host }}'\n")
    for name in ("k3s_node_ip", "k3s_api_host"):
        assert [read_.variables[host][name] for host in ("meta-1", "w1", "w2")] == ["192.0.2.11", "192.0.2.21", "192.0.2.22"]


def test_places(inventory, tmp_path):
    read_ = inventory("k3s_disable: a\nk3s_version:\ncalico_cidr: '{{ x }}'\n")
    assert read_.place("w1", "k3s_disable") == Place("group_vars/all.yml:1", YAML, str(tmp_path / "group_vars/all.yml"))
    # A value that cannot carry it has it of its name.
    assert read_.place("w1", "k3s_version").text == "group_vars/all.yml:2"
    assert read_.place("w1", "calico_cidr").text == "group_vars/all.yml:3"
    assert read_.place("w1", "ansible_host") == Place("hosts.ini:5", INI, str(tmp_path / "hosts.ini"))
    assert read_.place("w1", "kernel_drain").format == INI
    assert read_.place("w1", "nothing") is None and read_.place("nobody", "k3s_disable") is None


def test_the_command_line_and_an_ansible_that_does_not_tell(monkeypatch):
    assert origins.place({"a": "1"}, "a", {"a": "1"}, "/") == Place("the command line", COMMAND_LINE)
    assert origins.place({"a": "1"}, "a", {}, "/") is None
    monkeypatch.setattr(origins, "Origin", None)
    assert origins.place({"a": "1", "inventory_file": "/x/hosts.ini"}, "a", {}, "/x") == Place("hosts.ini", INI, "/x/hosts.ini")
    assert origins.place({"a": "1", "inventory_file": "/x/hosts"}, "a", {}, "/x") is None


def test_reading_leaves_ansible_as_it_was(inventory):
    before = dict(vars(manager))
    inventory()
    assert vars(manager) == before


@pytest.fixture
def hostvars_of(tmp_path):
    """What Ansible itself knows of an inventory of these files."""

    def make(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        loader = DataLoader()
        loader.set_basedir(str(tmp_path / "play"))
        hosts = InventoryManager(loader=loader, sources=[str(tmp_path / "hosts")])
        return HostVars(hosts, VariableManager(loader=loader, inventory=hosts), loader)

    return make


@pytest.mark.parametrize("dictionaries", ["replace", "merge"])
def test_variables_are_merged_as_ansible_does(hostvars_of, monkeypatch, dictionaries):
    monkeypatch.setattr(C, "DEFAULT_HASH_BEHAVIOUR", dictionaries)
    hostvars = hostvars_of(
        hosts="[meta]\nm own=1\n[workspace]\nw[1:3]\n[special]\nw2\n[all:vars]\nfrom_file=all\n[workspace:vars]\nfrom_file=workspace\n",
        group_vars__all="a: {all: 1}\nb: all\n",
        group_vars__workspace="a: {workspace: 1}\n",
        group_vars__special="b: special\n",
        host_vars__w3="a: {w3: 1}\nc: w3\n",
        play__group_vars="no folder",
    )
    names = ["m", "w1", "w2", "w3", "localhost"]
    assert reader._raw(hostvars, names) == {name: hostvars.raw_get(name) for name in names}
    assert reader._raw(hostvars, names)["w3"]["c"] == "w3"


def test_a_host_costs_little(arguments):
    """Counted in calls of functions, since the time depends on the machine."""

    def calls(hosts):
        workers = "\n".join(f"w{number} ansible_host=10.1.1.{number}" for number in range(1, hosts))
        given = arguments("k3s_verison: x\n", f"[meta]\nmeta-1\n[workspace]\n{workers}\n[all:vars]\nk3s_disable=traefik\n")
        with cProfile.Profile() as profile:
            found = read(*given)
            message(problems(found), found)
        return pstats.Stats(profile).total_calls

    assert (calls(250) - calls(50)) / 200 < 550


@pytest.mark.parametrize(
    "lines",
    [
        "my_password: pw\nk3s_release_url: 'https://u:{{ my_password }}@h'\n",
        "k3s_release_url: \"{{ lookup('env', 'HOME') }}\"\n",
        "over: \"{{ api_token }}\"\napi_token: x\nk3s_release_url: '{{ over }}'\n",
    ],
)
def test_what_needs_a_secret_is_one(inventory, lines):
    read_ = inventory(lines)
    assert "k3s_release_url" in read_.secret_names
    assert isinstance(read_.variables["w1"]["k3s_release_url"], Hidden)


def test_a_secret_keeps_its_value(inventory):
    assert inventory("k3s_environment: {A: b}\n").variables["w1"]["k3s_environment"] == {"A": "b"}
    assert secret_texts(inventory("k3s_environment: {A: bbbb}\n")) == {"bbbb"}


@pytest.mark.parametrize("use", ["k3s_version: '{{ mine }}'", "k3s_environment: '{{ mine }}'", "k3s_disable: ['{{ mine }}']"])
def test_a_vault_without_its_password(inventory, use):
    (problem,) = templates_can_be_rendered(inventory(vaulted("mine") + use + "\n"))
    assert problem.what == f"{use.split(':')[0]} comes from a vault that cannot be opened."
    assert "--ask-vault-pass" in problem.remedy


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("k3s_version: '{{ x '", "k3s_version is a template with a mistake in its syntax."),
        ("k3s_disable: ['{% if x %}']", "k3s_disable is a template with a mistake in its syntax."),
        ("k3s_token: '{{ x '", "k3s_token is a template with a mistake in its syntax."),
        ("k3s_version: '{{ nowhere }}'", "k3s_version needs nowhere, which nobody sets."),
        ("k3s_version: '{{ over }}'\nover: '{{ nowhere }}'", "k3s_version needs nowhere, which nobody sets."),
        ("k3s_version: '{{ k3s_version }}'", "k3s_version is a template that needs itself."),
        ("k3s_version: '{{ over }}'\nover: '{{ k3s_version }}'", "k3s_version is a template that needs itself."),
        ("k3s_version: '{{ 1 | no_such_filter }}'", "k3s_version is a template with the filter no_such_filter, which is not there."),
        ("k3s_version: '{{ 1 | no.such.filter }}'", "k3s_version is a template with the filter no.such.filter, which is not there."),
        ("k3s_version: '{{ 1 is no_such_test }}'", "k3s_version is a template with the test no_such_test, which is not there."),
    ],
)
def test_a_template_that_can_never_be_rendered(inventory, lines, what):
    (problem,) = templates_can_be_rendered(inventory(lines + "\n"))
    assert (problem.what, str(problem.where)) == (what, "hosts meta-1, w1, w2")


@pytest.mark.parametrize(
    "template",
    [
        "{{ ansible_facts.hostname }}",
        "{{ ansible_hostname }}",
        "{{ hostvars['w1'].later }}",
        "{{ ansible_facts.x | default(nowhere) }}",
        "{{ k3s_result.version }}",
        "{{ containerd_later }}",
        "{{ of_the_play }}",
        "{{ nowhere | default('v1') }}",
        "{{ known.nothing }}",
        "{% raw %}{{ x {% endraw %}",
    ],
)
def test_a_template_that_may_be_rendered_later(inventory, template):
    assert list(templates_can_be_rendered(inventory(f'known: {{}}\nk3s_version: "{template}"\n', task_vars={"of_the_play": 1}))) == []


def test_keys_that_are_no_strings(inventory):
    read_ = inventory("k3s_config: {1: x, null: y, true: '{{ 1 }}'}\n")
    assert set(read_.variables["w1"]["k3s_config"]) == {1, None}
