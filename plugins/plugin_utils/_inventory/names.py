# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a name of an inventory was meant to be one that the collection knows. Pure.

Names of other people's roles look like ours, so that only what is a slip of the keyboard away from a known name is taken for it.
"""

import difflib
import re

from .options import PLAYBOOK_PREFIX

# Slips in a name: two characters exchanged, one too many, one missing or another one. A long name may have two.
LONG = 12
# Words below this length are soon other words.
SHORT = 5
_DIGITS = re.compile(r"\d")
_SEPARATORS = re.compile(r"[-_.\s]+")


def nearest(name, known):
    """The known name that is most like this one, or None."""
    # Of names alone: a key of a dictionary may be anything.
    return next(iter(difflib.get_close_matches(str(name), sorted(map(str, known)), n=1, cutoff=0.6)), None)


def or_nearest(name, known, otherwise):
    """What to do about a name that is not known: a question for the one that is most like it, or else what is given."""
    guess = nearest(name, known)
    return f"Did you mean {guess}?" if guess else otherwise


def meant(name, known):
    """The known name that this one was meant to be, or None: it differs in case, in separators, or by a slip or two.

    :param known: names; a name that is one of them is meant as it is.
    """
    if name in known:
        return None
    simple = _simple(name)
    near = []
    for other in sorted(known):
        distance = _slips(simple, _simple(other))
        if distance is not None:
            near.append((distance, other))
    return min(near)[1] if near else None


def _simple(name):
    return _SEPARATORS.sub("_", name).lower()


def _slips(one, two):
    """How many slips make one name of the other, or None if they are too many."""
    if one.replace("_", "") == two.replace("_", ""):
        return 0
    most = 1 if min(len(one), len(two)) < LONG else 2
    words, others = one.split("_"), two.split("_")
    # A name with a word more or less is another name, as `k3s_token_file` is.
    if len(words) != len(others) or abs(len(one) - len(two)) > most:
        return None
    total = 0
    for position, (word, other) in enumerate(zip(words, others)):
        total += most + 1 if _is_another_word(word, other, position == 0 and len(words) > 1) else _distance(word, other, most - total)
        if total > most:
            return None
    return total


def _is_another_word(word, other, is_prefix):
    """Whether two words that differ little differ on purpose."""
    if word == other or sorted(word) == sorted(other):
        return False
    if word.rstrip("s") == other.rstrip("s"):
        # The plural of a role's name is somebody else's word: `reports_dir`.
        return is_prefix and len(word) >= SHORT
    # `beta` is no `meta`, `k8s` no `k3s`, and `workspace2` no `workspace`.
    return max(len(word), len(other)) < SHORT or _DIGITS.sub("", word) == _DIGITS.sub("", other)


def _distance(one, two, most):
    """Slips between two words (Damerau's distance of neighbours), more than `most` for any that are further apart."""
    if one == two:
        return 0
    if abs(len(one) - len(two)) > most:
        return most + 1
    before, last = None, list(range(len(two) + 1))
    for row, letter in enumerate(one, 1):
        this = [row]
        for column, other in enumerate(two, 1):
            cost = min(last[column] + 1, this[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == two[column - 2] and one[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            this.append(cost)
        before, last = last, this
    return last[-1]


def name_problems(names, options, roles):
    """Variables that were meant to be some of the collection.

    :param names: names of the variables of a host.
    :param options: dict of all known options by name.
    :param roles: names of the roles.
    :returns: list of (what, remedy).
    """
    return [(f"{name} is not a variable of this collection.", f"Did you mean {guess}?") for name, guess in _meant_variables(names, options)]


def foreign_names(names, options, roles):
    """Variables that begin like those of a role and are nobody's slip: ours do not read them."""
    prefixes = (*(role + "_" for role in roles), PLAYBOOK_PREFIX)
    slips = {name for name, _guess in _meant_variables(names, options)}
    return [name for name in sorted(names) if name.startswith(prefixes) and name not in options and name not in slips]


def _meant_variables(names, options):
    known = set(options)
    guesses = ((name, meant(name, known)) for name in sorted(names) if not name.startswith(("ansible_", "__")))
    return [(name, guess) for name, guess in guesses if guess]
