"""Names of DNS and Kubernetes."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import names

LABEL = "a" * 63


@pytest.mark.parametrize(
    ("text", "label", "name", "domain"),
    [
        ("gitpod", True, True, False),
        ("gitpod.example.com", False, True, True),
        ("0-1", True, True, False),
        (LABEL, True, True, False),
        (LABEL + "a", False, False, False),
        (".".join([LABEL] * 4)[:253], False, True, True),
        (".".join([LABEL] * 4), False, False, False),
        ("", False, False, False),
        ("a..b", False, False, False),
        ("a.", False, False, False),
        ("-a.b", False, False, False),
        ("a-.b", False, False, False),
        ("A.b", False, False, False),
        ("a_b.c", False, False, False),
        ("a.b\n", False, False, False),
        ("\u0661.b", False, False, False),
    ],
)
def test_names(text, label, name, domain):
    assert (names.is_label(text), names.is_name(text), names.is_domain(text)) == (label, name, domain)


def test_a_shorter_limit():
    assert names.is_domain("a.bc", 4)
    assert not names.is_domain("a.bc", 3)


@pytest.mark.parametrize("text", ["meta-1", "1", "a.b.c", "ip-10-0-0-1.eu-central-1.compute.internal", LABEL])
def test_names_of_nodes(text):
    assert names.node_name_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Meta-1", "capital letters"),
        (LABEL + "a", "it has 64 characters, and 63"),
        ("a." * 31 + "ab", "it has 64 characters"),
        ("workspace_1", "lower case letters, digits"),
        ("", "lower case letters, digits"),
        ("a-", "at the beginning and the end"),
        ("meta 1", "lower case letters, digits"),
        ("192.0.2.11", "an address"),
    ],
)
def test_no_names_of_nodes(text, problem):
    assert problem in names.node_name_problem(text)


def test_names_of_machines():
    assert all(map(names.is_machine, ["meta-1", "SSH_alias", "a.b", "10.0.0.11"]))
    assert not any(map(names.is_machine, ["", "a b", "https://a", "a:22", "a\n", "fd00::1", "-a"]))
