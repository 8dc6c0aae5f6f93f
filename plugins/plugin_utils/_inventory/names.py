# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the variables of an inventory have the names that the roles document. Pure."""

import difflib

from .options import PLAYBOOK_PREFIX


def nearest(name, known):
    """The known name that is most like this one, or None."""
    # Of names alone: a key of a dictionary may be anything.
    return next(iter(difflib.get_close_matches(str(name), sorted(map(str, known)), n=1, cutoff=0.6)), None)


def or_nearest(name, known, otherwise):
    """What to do about a name that is not known: a question for the one that is most like it, or else what is given."""
    guess = nearest(name, known)
    return f"Did you mean {guess}?" if guess else otherwise


def name_problems(names, options, roles):
    """Variables that start like those of a role, and that no role knows.

    :param names: names of the variables of a host.
    :param options: dict of all known options by name.
    :param roles: names of the roles; every variable of a role starts with its name.
    :returns: list of (what, remedy).
    """
    prefixes = tuple(role + "_" for role in roles) + (PLAYBOOK_PREFIX,)
    return [
        (
            f"{name} is not a variable of this collection.",
            _meant(name, [p for p in prefixes if name.startswith(p)], options),
        )
        for name in sorted(names)
        if name.startswith(prefixes) and name not in options
    ]


def _meant(name, prefixes, options):
    """The prefix alone makes two names alike, so what follows it is compared."""
    known = {option[len(prefix) :]: option for prefix in prefixes for option in options if option.startswith(prefix)}
    guess = nearest(name[len(max(prefixes, key=len)) :], known)
    return f"Did you mean {known[guess]}?" if guess else "Remove it, or give it a name that does not start like those of a role."
