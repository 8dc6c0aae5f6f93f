"""The message about an inventory: how long it is, where it says that something was set, and what it never shows."""

import time

import pytest
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import ROLES, documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.check import problems
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory, by_value
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.origins import YAML, Place
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.problem import Problem, message, on_hosts
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.shown import SECRET_OPTIONS, Hidden, hidden, is_secret, plain, redacted, without_login
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.values import describe

OPTIONS = documented_options()
SECRET = sorted(name for name in OPTIONS if is_secret(name, OPTIONS[name]))
MARKER = "mArk3r-of-a-secret"
SCREEN = 40


def inventory(hosts=3, everywhere=None, place=lambda host, name: None, **fields):
    workers = [f"w{number}" for number in range(1, hosts)]
    variables = {host: dict(everywhere or {}) for host in ["meta-1", *workers]}
    return Inventory(
        groups={"meta": ["meta-1"], "workspace": workers},
        variables=variables,
        names={host: set(of_host) for host, of_host in variables.items()},
        options=OPTIONS,
        roles=[path.name for path in ROLES.iterdir()],
        place=place,
        **fields,
    )


def test_where_a_variable_was_set():
    def place(host, name):
        return Place(f"host_vars/{host}.yml:{len(name)}", YAML)

    found = message(problems(inventory(3, {"k3s_disable": "traefik"}, place)), inventory(3, {"k3s_disable": "traefik"}, place))
    assert "   Where: hosts meta-1, w1, w2 (host_vars/meta-1.yml:11, host_vars/w1.yml:11, host_vars/w2.yml:11)\n" in found


def test_a_place_is_told_of_the_hosts_that_are_concerned():
    here = inventory(9, {"k3s_node_ip": "x"}, lambda host, name: Place(f"{host}:{name}", YAML))
    assert "Where: host w2 (w2:k3s_node_ip)" in message([Problem("k3s_node_ip is wrong.", on_hosts(["w2"]), "Do.")], here)
    assert "Where: node_prep (meta-1:k3s_node_ip, w1:k3s_node_ip, w2:k3s_node_ip and 6 more)" in message([Problem("k3s_node_ip.", "node_prep", "Do.")], here)


def test_many_problems_are_one_screen():
    found = [Problem(f"w{number} is wrong.", f"host w{number}", f"Do {number // 50}.") for number in range(5000)]
    text = message(found)
    assert text.startswith("The inventory has 5000 problems. No node was contacted.")
    assert text.endswith("… and 4991 more; correct these first.")
    assert len(text.splitlines()) <= SCREEN
    # No kind hides the others.
    assert "To do: Do 0." in text and "To do: Do 1." in text and "To do: Do 2." in text


def test_a_long_or_hostile_sentence_is_one_line():
    text = message([Problem("a\n\x1b[31m" + "b" * 5000, "c\nd", "e")])
    assert len(text.splitlines()) == 5
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 600


def test_five_thousand_hosts_are_judged_at_once():
    many = inventory(5000, {"k3s_disable": "traefik", "k3s_verison": "1", "k3s_cluster_cidr": "10.128.0.0/10"})
    start = time.process_time()
    message(problems(many), many)
    assert time.process_time() - start < 2


def test_values_are_told_apart_by_type():
    values = [True, 1, 1.0, "1", [1], [True]]
    assert [this for this, _hosts in by_value(mixed(*values), [f"h{number}" for number in range(6)], "x")] == values


def mixed(*values):
    variables = {f"h{number}": {"x": value} for number, value in enumerate(values)}
    return Inventory(variables=variables, names={host: {"x"} for host in variables})


def test_equal_values_are_one_and_unknown_ones_none():
    variables = {"a": {"x": [1]}, "b": {"x": [1]}, "c": {}, "d": {}}
    several = Inventory(variables=variables, names={"a": {"x"}, "b": {"x"}, "c": {"x"}, "d": set()}, options={"x": {"default": 5}})
    assert by_value(several, ["a", "b", "c", "d"], "x") == [([1], ["a", "b"]), (5, ["d"])]


WRONG = [
    MARKER,
    [MARKER],
    {MARKER: MARKER},
    {"a": {"b": [MARKER]}},
    [{"name": MARKER, "server": MARKER, "mirrors": [MARKER]}],
    f"https://u:{MARKER}@h/",
    f"{MARKER}\nx",
]


@pytest.mark.parametrize("name", [*SECRET, "k3s_version", "k3s_cluster_cidr", "node_prep_domain", "k3s_node_ip", "ansible_host", "calico_version"])
@pytest.mark.parametrize("value", WRONG, ids=range(len(WRONG)))
def test_a_secret_is_in_no_message(name, value):
    vaulted = frozenset() if name in SECRET else frozenset({name})
    this = inventory(3, {name: hidden(value)}, secret_names=vaulted)
    assert MARKER not in message(problems(this), this)
    # Also where the marks were lost on the way.
    this = inventory(3, {name: value}, secret_names=vaulted)
    assert MARKER not in message(problems(this), this)


def test_what_is_public_anyway_is_still_told():
    this = inventory(3, {"k3s_config": {"a": "meta-1", "b": "true", "c": "s3cret-text"}})
    text = message([Problem("s3cret-text of meta-1 is not true.", "host meta-1", "Ask for s3cret-text.")], this)
    assert "1. … of meta-1 is not true.\n   Where: host meta-1\n   To do: Ask for …." in text


def test_the_secrets_of_the_project_are_known():
    assert OPTIONS.keys() >= SECRET_OPTIONS
    assert {"k3s_token", "k3s_environment", "containerd_http_proxy"} <= set(SECRET)
    assert "k3s_version" not in SECRET and "node_spec_min_root_maxkeys" not in SECRET


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pw@host/x", "https://…@host/x"),
        ("https://token@host/x", "https://…@host/x"),
        ("https://user:p'w/ @x@host", "https://…@host"),
        ("user:pw@host", "…@host"),
        ("https://host/x?token=abc&y=1", "https://host/x?token=…&y=1"),
        ("https://host/x?X-Amz-Signature=abc", "https://host/x?X-Amz-Signature=…"),
        ("https://host:8443/x", "https://host:8443/x"),
        ("me@example.org", "me@example.org"),
    ],
)
def test_a_login_is_not_shown(text, shown):
    assert without_login(text) == shown
    assert describe(text) == f"the string {shown!r}"


def test_a_login_in_a_sentence_is_not_shown():
    assert redacted("release_url https://user:pw@host is wrong", ()) == "release_url https://…@host is wrong"


def test_marks_come_and_go():
    value = {"a": ["b", 1, None], 2: "c"}
    assert hidden(value) == value == plain(hidden(value))
    assert isinstance(hidden(value)["a"][0], Hidden)
    assert type(plain(hidden(value))["a"][0]) is str
    assert describe(Hidden("x")) == "a string"
