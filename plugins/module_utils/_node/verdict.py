# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rule about a node says. Pure."""

from collections import namedtuple

PREFLIGHT = "preflight"  # before the roles have run
INSTALLED = "installed"  # after them

# What a rule says. severity, remedy and fixed_by are those of the requirement where they are None.
Verdict = namedtuple("Verdict", "ok found required severity remedy fixed_by")


def passed(found, required):
    return Verdict(True, found, required, None, None, None)


def failed(found, required, severity=None, remedy=None, fixed_by=None):
    return Verdict(False, found, required, severity, remedy, fixed_by)


def either(ok, found, required):
    return passed(found, required) if ok else failed(found, required)
