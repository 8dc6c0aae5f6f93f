# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requirement: one record that says what must be, with the rule that checks it. Pure.

The requirements of a subject stand in one file, each right above its rule:

    REQUIREMENTS = Requirements()

    @REQUIREMENTS.add("cpus", "CPUs", "D8", "Give the machine more CPUs.")
    def _cpus(reading, options, phase):
        ...

What a rule takes and returns is said where the rules are called: `_node.check`, `_node.conflicts` and `_cluster.check`.
"""

from collections import OrderedDict, namedtuple

from .findings import FAIL

# id          as it stands in findings and in the options `only` and `skip`, e.g. `memory`
# title       what is looked at, e.g. `RAM`
# reference   where it comes from: `D1` to `D11` (the set-up document) or `§3` (docs/requirements.md)
# severity    the status of a violation: FAIL or WARNING
# fixed_by    the role of this collection that fixes a violation, '' where none does
# remedy      a sentence that says what to do about it
# settles     where a violation may go away by waiting: NOWHERE, ON_K3S (which makes what its manifests and charts say) or ANYWHERE
# in_the_api  of a node: whether the API of its cluster shows what the rule looks at
# check       the rule; None where what is said of it is no rule's
NOWHERE = "nowhere"
ON_K3S = "on K3s"
ANYWHERE = "anywhere"

Requirement = namedtuple("Requirement", "id title reference severity fixed_by remedy settles in_the_api check")
Requirement.__new__.__defaults__ = (NOWHERE, False, None)

# Options of modules that check requirements, documented in the doc fragment `checks`.
OPTIONS = {
    "only": {"type": "list", "elements": "str", "default": []},
    "skip": {"type": "dict", "default": {}},
}


def wrong_options(options, known):
    """What is wrong with the options `only` and `skip` beyond their types: a list of sentences.

    :param known: ids of the requirements that the module has.
    """
    wrong = [
        "%s: there is no requirement `%s`; there are %s" % (option, name, ", ".join(known))
        for option in ("only", "skip")
        for name in options[option]
        if name not in known
    ]
    for name, reason in options["skip"].items():
        if not reason or not isinstance(reason, str):
            wrong.append("skip: give the reason for leaving out `%s` as a text" % name)
    return wrong


class Requirements:
    """Requirements by id, in the order in which they were added: those of a subject, or of several subjects."""

    def __init__(self, *subjects):
        self._rows = OrderedDict((row.id, row) for subject in subjects for row in subject)

    def add(self, name, title, reference, remedy, severity=FAIL, fixed_by="", settles=NOWHERE, in_the_api=False):
        """A decorator for the rule of a requirement; see Requirement for the arguments."""

        def keep(check):
            self._rows[name] = Requirement(name, title, reference, severity, fixed_by, remedy, settles, in_the_api, check)
            return check

        return keep

    def selected(self, only, skip):
        """The requirements that are asked for, each with the reason for leaving it out, None where it is checked.

        :param only: the ids to check; all where empty.
        :param skip: dict of ids to leave out to the reason.
        """
        for row in self:
            if row.id in skip:
                yield row, skip[row.id]
            elif not only or row.id in only:
                yield row, None

    def __iter__(self):
        return iter(self._rows.values())

    def __contains__(self, name):
        return name in self._rows

    def __getitem__(self, name):
        return self._rows[name]

    def ids(self):
        return list(self._rows)
