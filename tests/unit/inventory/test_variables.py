"""Names and types of variables, as the argument specifications of the roles have them."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.names import name_problems, nearest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.options import PLAYBOOK_OPTIONS
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.origins import COMMAND_LINE, INI, YAML
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.values import TYPES, describe, value_problems

LIST = {"type": "list", "elements": "str"}
MIRRORS = {
    "type": "list",
    "elements": "dict",
    "options": {
        "host": {"type": "str", "required": True},
        "insecure": {"type": "bool"},
        "scheme": {"type": "str", "choices": ["http", "https"]},
    },
}


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("text", {}),
        ("text", {"type": "str"}),
        ("", {"type": "str"}),
        ("/etc/x", {"type": "path"}),
        (True, {"type": "bool"}),
        (4, {"type": "int"}),
        ("4", {"type": "int"}),
        ("-4", {"type": "int"}),
        (4, {"type": "float"}),
        (1.5, {"type": "float"}),
        ("1.5", {"type": "float"}),
        ([], LIST),
        (["traefik"], LIST),
        ([1, "x"], {"type": "list"}),
        ({}, {"type": "dict"}),
        ({"anything": 1}, {"type": "dict"}),
        (None, {"type": "raw"}),
        ("server", {"type": "str", "choices": ["server", "agent"]}),
        (["a"], {"type": "list", "elements": "str", "choices": ["a", "b"]}),
        ([{"host": "mirror"}, {"host": "mirror", "insecure": False, "scheme": "http"}], MIRRORS),
    ],
)
def test_fits(value, option):
    assert value_problems("k3s_x", value, option) == []


@pytest.mark.parametrize(
    ("value", "option", "what", "remedy"),
    [
        ("traefik", LIST, "k3s_x must be a list, but it is the string 'traefik'.", "Write it as a list: k3s_x: [traefik]"),
        ("a,b", LIST, "k3s_x must be a list, but it is the string 'a,b'.", "Write it as a list: k3s_x: [a, b]"),
        (None, LIST, "k3s_x must be a list, but it is empty.", "Write it as a list: k3s_x: [...]"),
        ({"a": 1}, LIST, "k3s_x must be a list, but it is a dictionary.", "Write it as a list: k3s_x: [...]"),
        ([1], LIST, "k3s_x[0] must be a string, but it is the number 1.", "Put the value in quotes."),
        (1.24, {"type": "str"}, "k3s_x must be a string, but it is the number 1.24.", "Put the value in quotes."),
        (True, {"type": "str"}, "k3s_x must be a string, but it is the boolean True.", "Put the value in quotes."),
        (["a"], {"type": "path"}, "k3s_x must be a path, but it is a list.", "Write the path as a string."),
        (
            "true",
            {"type": "bool"},
            "k3s_x must be true or false, but it is the string 'true'.",
            "Write true or false without quotes.",
        ),
        (1, {"type": "bool"}, "k3s_x must be true or false, but it is the number 1.", None),
        (True, {"type": "int"}, "k3s_x must be a whole number, but it is the boolean True.", None),
        (
            "4 GB",
            {"type": "int"},
            "k3s_x must be a whole number, but it is the string '4 GB'.",
            "Write a whole number without quotes.",
        ),
        (1.5, {"type": "int"}, "k3s_x must be a whole number, but it is the number 1.5.", None),
        ("1.", {"type": "float"}, "k3s_x must be a number, but it is the string '1.'.", None),
        (
            "a: b",
            {"type": "dict"},
            "k3s_x must be a dictionary, but it is the string 'a: b'.",
            "Write one 'key: value' per line, indented below k3s_x.",
        ),
        (
            "sevrer",
            {"type": "str", "choices": ["server", "agent"]},
            "k3s_x must be one of server, agent, but it is the string 'sevrer'.",
            "Did you mean server?",
        ),
        (
            "zzz",
            {"type": "str", "choices": ["server", "agent"]},
            "k3s_x must be one of server, agent, but it is the string 'zzz'.",
            "Use one of them.",
        ),
        (
            ["c"],
            {"type": "list", "elements": "str", "choices": ["a", "b"]},
            "k3s_x[0] must be one of a, b, but it is the string 'c'.",
            None,
        ),
        ([{}], MIRRORS, "k3s_x[0] lacks the key host.", "Add it."),
        ([{"host": 1}], MIRRORS, "k3s_x[0].host must be a string, but it is the number 1.", None),
        (
            [{"host": "m", "scheme": "htp"}],
            MIRRORS,
            "k3s_x[0].scheme must be one of http, https, but it is the string 'htp'.",
            "Did you mean http?",
        ),
        ([{"host": "m", "insecur": True}], MIRRORS, "k3s_x[0] has the unknown key insecur.", "Did you mean insecure?"),
        ([{"host": "m", "zzz": 1}], MIRRORS, "k3s_x[0] has the unknown key zzz.", "The keys are host, insecure, scheme."),
    ],
)
def test_does_not_fit(value, option, what, remedy):
    problems = value_problems("k3s_x", value, option)
    assert [found for found, _ in problems] == [what]
    if remedy is not None:
        assert [found for _, found in problems] == [remedy]


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("s3cret", {"type": "list", "elements": "str"}),
        (["s3cret"], {"type": "list", "elements": "int"}),
        (531, {"type": "str"}),
        ("s3cret", {"type": "str", "choices": ["a"]}),
    ],
)
def test_a_secret_is_not_shown(value, option):
    (problem,) = value_problems("k3s_token", value, dict(option, no_log=True))
    assert "s3cret" not in " ".join(problem)
    assert "531" not in " ".join(problem)


def test_description_of_a_value():
    assert describe("text") == "the string 'text'"
    assert describe("text", secret=True) == "a string"
    assert describe(None) == "empty"


OPTIONS = dict(PLAYBOOK_OPTIONS, k3s_version={}, k3s_disable={}, kernel_sysctls={})
ROLES = ["k3s", "kernel", "report"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("k3s_verison", "Did you mean k3s_version?"),
        ("kernel_sysctl", "Did you mean kernel_sysctls?"),
        ("node_prep_pool", "Did you mean node_prep_pools?"),
    ],
)
def test_unknown_name(name, remedy):
    assert name_problems({name}, OPTIONS, ROLES) == [(f"{name} is not a variable of this collection.", remedy)]


@pytest.mark.parametrize("name", ["k3s_version", "node_prep_pools", "__k3s_verison", "ansible_host", "k3sx", "my_k3s_verison", "k3", "report_email"])
def test_name_that_is_known_or_none_of_ours(name):
    assert name_problems({name}, OPTIONS, ROLES) == []


def test_nearest():
    assert nearest("workload_workspace_service", ["workload_meta", "workload_workspace_services"]) == "workload_workspace_services"
    assert nearest("zzz", ["workload_meta"]) is None


def test_a_key_that_is_no_string_is_unknown_and_nothing_more():
    option = {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}}}
    assert value_problems("x", [{1: "a", None: "b"}], option) == [
        ("x[0] has the unknown key 1.", "The keys are name."),
        ("x[0] has the unknown key None.", "The keys are name."),
    ]


# Of a type, a value that has another: how to write it right, in each format.
WRITTEN = [
    ("true", {"type": "bool"}, YAML, "Write true or false without quotes."),
    ("true", {"type": "bool"}, INI, "Write True or False, as Python has them: k3s_x=True"),
    ("true", {"type": "bool"}, COMMAND_LINE, "Write it as JSON: -e '{\"k3s_x\": true}'"),
    ("a,b", LIST, INI, "Write it as Python would: k3s_x=['a', 'b'] in a section [...:vars], k3s_x=\"['a', 'b']\" after the name of a host."),
    # What an INI inventory makes of a list after the name of a host.
    ("[a]", LIST, INI, "Write it as Python would: k3s_x=['a'] in a section [...:vars], k3s_x=\"['a']\" after the name of a host."),
    ("a,b", LIST, COMMAND_LINE, 'Write it as JSON: -e \'{"k3s_x": ["a", "b"]}\''),
    (
        "x",
        {"type": "dict"},
        INI,
        "Write it as Python would: k3s_x={'key': 'value'} in a section [...:vars], k3s_x=\"{'key': 'value'}\" after the name of a host.",
    ),
    ("x", {"type": "dict"}, COMMAND_LINE, 'Write it as JSON: -e \'{"k3s_x": {"key": "value"}}\''),
    (1.24, {"type": "str"}, INI, "Put the value in quotes: k3s_x='...' in a section [...:vars], k3s_x=\"'...'\" after the name of a host."),
    ("{x}", {"type": "int"}, INI, "Write nothing but a whole number: k3s_x=1"),
    ([{"host": "m", "insecure": "true"}], MIRRORS, INI, "In the value of k3s_x, write k3s_x[0].insecure as true or false: True or False."),
    ([{"host": "m", "insecure": "true"}], MIRRORS, COMMAND_LINE, "In the value of k3s_x, write k3s_x[0].insecure as true or false."),
    ([{"host": "m", "insecure": "true"}], MIRRORS, None, "Write true or false without quotes."),
]


@pytest.mark.parametrize(("value", "option", "written_in", "remedy"), WRITTEN)
def test_how_to_write_it_in_the_format_at_hand(value, option, written_in, remedy):
    assert [found for _what, found in value_problems("k3s_x", value, option, written_in=written_in)] == [remedy]


def test_where_the_format_is_not_known_all_of_them_are_told():
    ((_what, remedy),) = value_problems("k3s_x", "true", {"type": "bool"}, written_in=None)
    assert all(way in remedy for way in ("true or false without quotes", "k3s_x=True", "-e '{\"k3s_x\": true}'"))


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_told_in_every_format(kind):
    wrong = ["x"] if kind != "list" else "{%x%}"
    for written_in in (YAML, INI, COMMAND_LINE, None):
        ((_what, remedy),) = value_problems("k3s_x", wrong, {"type": kind}, written_in=written_in)
        assert remedy


def test_a_long_value_is_not_told_in_full():
    assert describe("x" * 500) == "the string of 500 characters that begins with 'xxxxxxxxxxxxxxxxxxxx'"
