"""Names and types of variables, as the argument specifications of the roles have them."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.names import name_problems, nearest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.options import PLAYBOOK_OPTIONS
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.values import describe, value_problems

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
            "Write true or false without quotes; on the command line: -e '{\"k3s_x\": true}'.",
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
        ("node_prep_report", "Remove it, or give it a name that does not start like those of a role."),
        ("report_zzzzzzzz", "Remove it, or give it a name that does not start like those of a role."),
    ],
)
def test_unknown_name(name, remedy):
    assert name_problems({name}, OPTIONS, ROLES) == [(f"{name} is not a variable of this collection.", remedy)]


@pytest.mark.parametrize("name", ["k3s_version", "node_prep_pools", "__k3s_info", "ansible_host", "k3sx", "my_k3s_verison", "k3"])
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
