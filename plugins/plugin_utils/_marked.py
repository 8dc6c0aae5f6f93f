# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a script says of itself, told apart from all that a login prints before and after it (profiles, banners, other people's traps). Pure."""

from __future__ import annotations

from ..module_utils._text import one_line, printable

BEGIN = "<<< gitpod.node_prep"
END = "gitpod.node_prep >>>"


class Unmarked(ValueError):
    """The script did not begin, or did not come to its end; the text is a sentence."""


def marked(script):
    """A shell script that says where its output begins and ends; its exit status is kept."""
    # A banner need not end with a line end, nor the script with one.
    return f"printf '\\n%s\\n' '{BEGIN}'\n(\n{script}\n)\nstatus=$?\nprintf '\\n%s\\n' '{END}'\nexit $status"


def lines_of(output):
    """The lines that a marked script printed, printable and without empty ones.

    :param output: all that came from the node.
    :raises Unmarked: the marks are not there.
    """
    lines = [printable(line.rstrip("\r")) for line in output.split("\n")]
    if BEGIN not in lines or END not in lines[lines.index(BEGIN) :]:
        raise Unmarked(f"the script did not run to its end on this node, which said: {one_line(output) or 'nothing'}")
    begin = lines.index(BEGIN)
    return [line for line in lines[begin + 1 : lines.index(END, begin)] if line]
