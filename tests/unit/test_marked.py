"""What a script says of itself, told apart from what a login prints around it."""

import subprocess

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._marked import BEGIN, END, Unmarked, lines_of, marked


def run(script, profile=""):
    done = subprocess.run(("sh", "-c", profile + "\n" + marked(script)), stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("banner", ["", "echo ended", "printf 'no line end: present'", f"echo 'x{BEGIN}'; echo '{END}'"])
def test_only_what_the_script_printed_counts(banner):
    code, output = run("echo one; echo; printf two", banner)
    assert (code, lines_of(output)) == (0, ["one", "two"])


def test_the_exit_status_stays_and_an_exit_ends_the_script_only():
    code, output = run("echo one; exit 3; echo two")
    assert (code, lines_of(output)) == (3, ["one"])


def test_a_terminal_ends_lines_in_its_own_way():
    assert lines_of(f"x\r\n{BEGIN}\r\none\r\n{END}\r\n") == ["one"]


def test_escape_sequences_are_shown():
    assert lines_of(f"{BEGIN}\n\x1b[31mred\n{END}\n") == ["?[31mred"]


@pytest.mark.parametrize("output", ["", "one", f"{BEGIN}\none", f"one\n{END}", f"{END}\n{BEGIN}\none"])
def test_a_script_that_did_not_come_to_its_end(output):
    with pytest.raises(Unmarked, match="did not run to its end on this node, which said: "):
        lines_of(output)
