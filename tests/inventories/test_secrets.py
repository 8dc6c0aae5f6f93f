"""No secret is in anything that a run says before and at the first connection, neither with --diff nor at -vvvv.

A marker is planted wherever a secret may be. No node is needed: the hosts refuse every connection.
"""

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.formats import FORMATS, URL
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.shown import is_secret
from playbook import play_all

OPTIONS = documented_options()
MARKER = "mArk3r-of-a-secret"
DIGEST = "5ec4e7" * 10 + "5ec4"  # the same where nothing but digits is taken
MARKERS = (MARKER, "5ec4e75ec4e7")
LOGIN = f"https://user:{MARKER}@registry.example.com"
KUBECONFIG = {"users": [{"name": "a", "user": {"token": MARKER}}]}

# A right value with the marker for each variable that is for secrets.
SECRETS = {
    "cert_manager_values": {"a": {"b": [MARKER]}},
    "cluster_spec_kubeconfig": KUBECONFIG,
    "containerd_http_proxy": f"http://user:{MARKER}@proxy.example.com:3128",
    "containerd_https_proxy": f"http://user:{MARKER}@proxy.example.com:3128",
    "containerd_no_proxy": f"{MARKER}.example.com",
    "containerd_registries": [{"name": "docker.io", "server": LOGIN, "mirrors": [{"url": LOGIN, "username": MARKER, "password": MARKER}]}],
    "containerd_vendor_key_sha256": DIGEST,
    "k3s_config": {"resolv-conf": f"/etc/{MARKER}", "node-taint": [f"a={MARKER}:NoSchedule"]},
    "k3s_environment": {"HTTPS_PROXY": LOGIN, "OTHER": MARKER},
    "k3s_kube_proxy_args": [f"v={MARKER}"],
    "k3s_token": MARKER,
    "kernel_kubeconfig": KUBECONFIG,
    "node_labels_kubeconfig": KUBECONFIG,
    "ansible_become_password": MARKER,
}
# Of these, everything but the login may be shown.
LOGINS = {name: f"{LOGIN}/{name}" for name in OPTIONS if FORMATS.get(name) is URL}


def may_be_secrets(options, path=""):
    """Options that are for secrets, and what is inside of others, as `name.key`. A switch tells nothing."""
    for name, option in options.items():
        if is_secret(path + name, option) and option.get("type") != "bool":
            yield path + name
        yield from may_be_secrets(option.get("options") or {}, f"{path}{name}.")


def part(value, path):
    """What is in a value under `key.key`; of lists the first element."""
    for key in path:
        value = value[0] if isinstance(value, list) else value
        value = value[key]
    return value


@pytest.mark.parametrize("name", sorted(set(may_be_secrets(OPTIONS))))
def test_every_secret_has_a_marker(name):
    first, *inner = name.split(".")
    assert any(marker in str(part(SECRETS[first], inner)) for marker in MARKERS)


def wrong_type(value):
    return MARKER if isinstance(value, (list, dict)) else [{MARKER: value}]


def vaulted(**values):
    """Lines of YAML with each value in a vault of its own."""
    vault = VaultLib([("default", VaultSecret(b"password"))])
    texts = {name: vault.encrypt(text, VaultSecret(b"password")).decode().splitlines() for name, text in values.items()}
    return "".join(f"{name}: !vault |\n" + "".join(f"  {line}\n" for line in lines) for name, lines in texts.items())


def lines(values):
    return yaml.safe_dump(values, width=1000)


REFUSED = {
    "another mistake": lines({**SECRETS, **LOGINS, "k3s_disable": "traefik"}),
    "wrong types": lines({name: wrong_type(value) for name, value in SECRETS.items()}),
    "wrong elements": lines({"containerd_registries": [MARKER], "k3s_kube_proxy_args": [{MARKER: MARKER}], "k3s_config": {MARKER: MARKER}}),
    "wrong proxies": lines(dict.fromkeys(["containerd_http_proxy", "containerd_https_proxy"], f"user:{MARKER}@[proxy")),
    "wrong URLs": lines({name: f"user:{MARKER}@[{name}" for name in LOGINS}),
    "wrong keys": lines({"k3s_environment": {f"A B {MARKER}": MARKER, 1: MARKER}, "k3s_config": {1: MARKER, "server": MARKER}}),
    "names with slips": lines({"k3s_tokne": MARKER, "K3S_TOKEN": MARKER, "cert_manager_value": {"a": MARKER}}),
    "templates": lines({"k3s_token": "{{ '" + MARKER + "' | no_such_filter }}", "k3s_environment": {"A": "{{ '" + MARKER + "' ~ nowhere }}"}}),
    "from a lookup": "k3s_version: \"{{ lookup('ansible.builtin.env', 'MARKER') }}\"\nk3s_cluster_cidr: \"{{ lookup('ansible.builtin.env', 'MARKER') }}\"\n",
    "from a vault": vaulted(k3s_version=MARKER, k3s_cluster_cidr=MARKER, node_prep_domain=MARKER, k3s_node_ip=MARKER, calico_version=MARKER),
    "over a vault": vaulted(mine=MARKER) + "k3s_version: v{{ mine }}\nk3s_disable: '{{ mine }}'\ncalico_cidr: '{{ mine }}/8'\nkernel_package: ['{{ mine }}']\n",
    "a vault that cannot be opened": vaulted(k3s_token=MARKER) + lines({"k3s_environment": {"A": MARKER}}),
}
WITHOUT_PASSWORD = {"a vault that cannot be opened"}


def inventory(folder, text, group="all"):
    """Writes an inventory with these variables of a group; returns its path."""
    path = folder / "hosts.yml"
    addresses = {"meta": "127.0.0.1", "workspace": "127.0.0.2"}
    groups = {group: {"hosts": {f"{group}-1": {"ansible_host": address, "ansible_port": 1}}} for group, address in addresses.items()}
    path.write_text(lines(groups))
    (folder / "group_vars").mkdir()
    (folder / "group_vars" / f"{group}.yml").write_text(text)
    return str(path)


@pytest.fixture
def output_of(python, tmp_path, monkeypatch):
    """Runs site.yml on inventories with these variables; returns what each run says."""
    monkeypatch.setenv("MARKER", MARKER)
    (tmp_path / "password").write_text("password")

    def run(texts, *arguments, group="all"):
        runs = []
        for number, (name, text) in enumerate(texts.items()):
            (tmp_path / str(number)).mkdir()
            password = () if name in WITHOUT_PASSWORD else ("--vault-password-file", str(tmp_path / "password"))
            runs.append(["playbooks/site.yml", "-i", inventory(tmp_path / str(number), text, group), "-vvvv", "--diff", *password, *arguments])
        return dict(zip(texts, play_all(python, runs), strict=True))

    return run


def told(output):
    """The lines with a marker."""
    return [line for line in output.splitlines() if any(marker in line for marker in MARKERS)]


def test_a_refused_inventory_tells_no_secret(output_of):
    found = output_of(REFUSED)
    assert {name: told(output) for name, (_status, output) in found.items() if told(output)} == {}
    assert [name for name, (status, output) in found.items() if status != 2 or "No node was contacted." not in output] == []


@pytest.mark.parametrize(
    ("group", "arguments"),
    [
        ("all", ()),
        ("all", ("--check",)),
        # What is said of the cluster is taken from the server that --limit leaves out.
        ("meta", ("--limit", "workspace-1")),
    ],
)
def test_a_run_tells_no_secret_at_the_first_connection(output_of, tmp_path, group, arguments):
    values = {**SECRETS, **LOGINS, "node_prep_artifacts": str(tmp_path / "artifacts")}
    ((status, output),) = output_of({"": lines(values)}, *arguments, group=group).values()
    assert told(output) == []
    assert status != 0 and "UNREACHABLE" in output, output
