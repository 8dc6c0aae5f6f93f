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
