"""Whatever an inventory holds, the check says what is wrong with it and does not raise.

ANY_INVENTORY_EXAMPLES says how many are tried of each kind: 100000 take about an hour.
"""

import os

from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.check import problems
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.formats import FORMATS
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory, plan
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.options import PLAYBOOK_OPTIONS
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.problem import message
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.scope import scope
from hypothesis import given, settings, strategies as st

EXAMPLES = int(os.environ.get("ANY_INVENTORY_EXAMPLES", 100))

OPTIONS = documented_options()


class Vaulted:
    """As a text in a vault shows itself to what does not decrypt it: no string, and compared by what is in it."""

    __ENCRYPTED__ = True
    __hash__ = object.__hash__

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text

    def __eq__(self, other):
        return self.text == str(other)


# Texts that come near to what rules take apart.
TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "٣",
        "1" * 5000,
        "25%",
        "v1.24.7+k3s1",
        "v1.25.0-rc1+k3s1",
        "v3.24.5",
        "v3.21.0",
        "2022.01",
        "1.5",
        "2.0.*",
        "10.0.0.0/8",
        "10.42.0.0/16,2001:db8::/56",
        "10.42.0.0/32",
        "0.0.0.0/0",
        "10.0.0.1,",
        "fe80::1%eth0",
        "fe80::%eth0/64",
        "::/0",
        "https://[x",
        "http://x:99999999",
        "a=b",
        "node-role.kubernetes.io/x=y",
        "workload_meta",
        "system",
        "embedded",
        "none",
        "\ud800",
        "\x1b[31m\0\n",
        "{{ lookup('pipe', 'id') }}",
    ]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**4000), 26, 20, 1, 0])
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS | TEXTS.map(Vaulted) | st.binary(max_size=3)
KEYS = TEXTS | st.none() | st.booleans() | st.integers() | st.floats() | st.tuples(st.integers()) | TEXTS.map(Vaulted)
KNOWN_KEYS = st.sampled_from(
    ["name", "url", "mirrors", "server", "src", "sha256", "meta", "workspace", "cluster-cidr", "node-name", "data-dir", "kube-controller-manager-arg"]
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN_KEYS | KEYS, inner, max_size=3), max_leaves=6)
NAMES = st.sampled_from([*OPTIONS, *PLAYBOOK_OPTIONS, "ansible_host", "ansible_port", "k3s_verison", "somebody_elses"])
HOSTS = ["m", "workspace_1", "Meta-1", "192.0.2.1", "localhost", "a" * 65, "ü", "\ud800", " ", "{{ x }}"]


def as_a_type(name):
    """Values of the right type more often than by chance, since rules look at those only."""
    kind = OPTIONS.get(name, {}).get("type", "str")
    right = {
        "bool": st.booleans(),
        "dict": st.dictionaries(KNOWN_KEYS | KEYS, VALUES, max_size=3),
        "float": NUMBERS,
        "int": NUMBERS | TEXTS,
        "list": st.lists(VALUES, max_size=3),
    }.get(kind, TEXTS)
    return right | VALUES


VARIABLES = st.lists(NAMES.flatmap(lambda name: st.tuples(st.just(name), as_a_type(name))), max_size=5).map(dict)
GROUPS = st.dictionaries(
    st.sampled_from(["meta", "workspace", "control_plane", "services"]) | st.text(max_size=4),
    st.lists(st.sampled_from(HOSTS), max_size=4, unique=True),
    max_size=4,
)


@st.composite
def inventories(draw):
    groups = draw(GROUPS)
    hosts = sorted({host for members in groups.values() for host in members} | set(draw(st.sampled_from([(), ("localhost",)]))))
    everywhere = draw(VARIABLES)
    variables = {host: {**everywhere, **draw(VARIABLES)} for host in hosts}
    later = draw(st.lists(NAMES, max_size=2))
    return Inventory(
        groups={"all": hosts, "ungrouped": [], **groups},
        variables={host: {name: value for name, value in given.items() if name not in later} for host, given in variables.items()},
        names={host: {*given, *later} for host, given in variables.items()},
        options=OPTIONS,
        roles=["calico", "k3s", "kernel", "node_spec"],
    )


@settings(max_examples=EXAMPLES)
@given(inventories())
def test_no_inventory_raises(inventory):
    found = problems(inventory)
    message(found, inventory)
    assert all(isinstance(text, str) for problem in found for text in problem[:3])
    if not found:
        planned = plan(inventory)
        scope(inventory, planned, list(inventory.variables))


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_no_value_raises(data):
    path = data.draw(st.sampled_from(sorted(FORMATS)))
    name = path.partition("[")[0]
    value = data.draw(as_a_type(name))
    problems(Inventory({"all": ["m"], "meta": ["m"], "workspace": ["m"]}, {"m": {name: value}}, {"m": {name}}, OPTIONS, ["k3s"]))
