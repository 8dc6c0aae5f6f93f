"""Text from machines in sentences; what makes it harmless is tested in test_printable."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._text import decoded, listed


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (list("abcde"), "a, b, c, d, e"),
        (list("abcdef"), "a, b, c, d, e and 1 more"),
        (iter(list("abcdefgh")), "a, b, c, d, e and 3 more"),
    ],
)
def test_listed(names, text):
    assert listed(names) == text


def test_listed_with_another_limit():
    assert listed("abc", 1) == "a and 2 more"


def test_any_bytes_are_text():
    assert decoded(b"\xc3\xa9\xff") == "é\ufffd"
