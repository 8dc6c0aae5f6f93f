# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rules about a node are made of: the reading that they look at, and the verdict that they give. Pure."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import namedtuple

BARE = "bare"  # before the roles have run
PREPARED = "prepared"  # after them

# What a rule says. severity, remedy and mended_by are those of the requirement where they are None.
Verdict = namedtuple("Verdict", "ok found required severity remedy mended_by")


class Unreadable(Exception):
    """A rule cannot judge because something could not be read; the message is a sentence that says so."""


class Reading(object):
    """A reading whose missing values speak up instead of passing for something."""

    def __init__(self, facts):
        self._facts = facts
        self._reasons = facts.get("unreadable", {})

    def __getitem__(self, name):
        if name not in self._facts:
            raise Unreadable("could not be read: %s" % self._reasons.get(name, "the reading has no `%s`" % name))
        return self._facts[name]


def met(found, required):
    return Verdict(True, found, required, None, None, None)


def broken(found, required, severity=None, remedy=None, mended_by=None):
    return Verdict(False, found, required, severity, remedy, mended_by)


def either(ok, found, required):
    return met(found, required) if ok else broken(found, required)
