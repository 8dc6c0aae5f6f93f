"""Text from machines, made harmless for a terminal."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._text import one_line, printable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain, with ü and …", "plain, with ü and …"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "?[31mred?[0m"),
        ("\x9b31m", "?31m"),
        ("a\u202eb\u2066c\u200bd", "a?b?c?d"),
        ("a\rb\x00c\x07", "a?b?c?"),
        ("a\r\nb", "a\nb"),
        (["\x1b", {"\x1b": ("\x1b", 1, None)}], ["?", {"?": ["?", 1, None]}]),
        (True, True),
    ],
)
def test_printable(value, shown):
    assert printable(value) == shown


def test_one_line():
    assert one_line(" a\n b\x1b ") == "a b?"
    assert one_line("x" * 300, 10) == "x" * 10 + " …"
