# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reading, whose missing values speak up instead of passing for something. Pure."""


class Unreadable(Exception):
    """A rule cannot check because something could not be read; the message is a sentence that says so."""


class Reading:
    """A dictionary of what was read, of a node or of a cluster; `unreadable` in it says why something could not be read."""

    def __init__(self, facts):
        self._facts = facts
        self._reasons = facts.get("unreadable", {})

    def __getitem__(self, name):
        if name not in self._facts:
            raise Unreadable("could not be read: %s" % self._reasons.get(name, "the reading has no `%s`" % name))
        return self._facts[name]
