# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the programs of a node, none of them longer than a deadline allows."""

import os
import shutil
import subprocess

from .._deadline import TimeIsUp, within
from .._node.reader import SEARCH_PATH
from .._text import UNTRANSLATED, decoded, one_line

# K3s brings iptables, ip and ipset for machines that have none.
BROUGHT_BY_K3S = "/var/lib/rancher/k3s/data/current/bin/aux"
PATH = os.pathsep.join(SEARCH_PATH + (BROUGHT_BY_K3S,))


class Stuck(Exception):
    """Something does not go; the text is a sentence that names it."""


class Commands:
    """Programs that are looked for as systemd does it.

    :param deadline: Deadline after which none may go on.
    """

    def __init__(self, deadline):
        self.deadline = deadline

    @staticmethod
    def find(name):
        """Whether a program is there."""
        return shutil.which(name, path=PATH) is not None

    def run(self, *command, **options):
        """(status, what it printed, what it complained of); `given` is what it reads.

        :raises Stuck: it had not ended before the deadline.
        """
        given = options.get("given", "").encode("utf-8", "surrogateescape")
        process = subprocess.Popen(
            command,
            executable=shutil.which(command[0], path=PATH),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ, PATH=PATH, **UNTRANSLATED),
        )
        try:
            output, complaint = within(self.deadline, lambda: process.communicate(given))
        except TimeIsUp:
            process.kill()
            raise Stuck("`%s` had not ended after %s" % (one_line(" ".join(command)), self.deadline.said()))
        return process.returncode, decoded(output), decoded(complaint)

    def output(self, *command, **options):
        """What a program printed.

        :raises Stuck: it failed, or had not ended before the deadline.
        """
        status, output, complaint = self.run(*command, **options)
        if status != 0:
            raise Stuck("`%s` failed with status %d: %s" % (one_line(" ".join(command)), status, one_line(complaint or output)))
        return output
