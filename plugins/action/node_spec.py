# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control node's half of the module node_spec: every machine gets findings, also one that cannot be reached or read."""

from __future__ import annotations

import time

from ansible.errors import AnsibleError

from ..module_utils._node.shapes import ANSWER, FOR_THE_COMPARISON, fits
from ..module_utils._requirements import findings
from ..module_utils._requirements.requirement import Requirement
from ..module_utils._text import one_line
from ..plugin_utils._reading import ReadingAction

UNREACHABLE = Requirement(
    "unreachable",
    "Connection",
    "D5",
    findings.FAIL,
    "",
    "See that the machine runs and that `ansible -m ansible.builtin.ping` reaches it, with the inventory's user, key and address.",
)
UNREADABLE = Requirement(
    "unreadable",
    "Reading",
    "D5",
    findings.FAIL,
    "",
    "See that the user may become root and that the machine has a Python that this ansible-core can use (role bootstrap).",
)
LONGEST = 300  # characters of what ssh or a shell says


class ActionModule(ReadingAction):
    """Adds `facts.clock_window`, the control node's time before and after the reading, in seconds."""

    def answer(self, task_vars):
        sent = time.time()
        try:
            answer = super().answer(task_vars)
        except AnsibleError as error:
            return self._not_read(UNREACHABLE, f"cannot be reached: {one_line(str(error), LONGEST)}")
        if "module_stdout" in answer:  # it never came to an answer of its own
            return self._not_read(UNREADABLE, _reason(answer))
        if answer.get("failed"):
            return answer
        if not fits(answer, ANSWER) or not {finding["status"] for finding in answer["findings"]} <= set(findings.STATUSES):
            return self._not_read(UNREADABLE, "what the machine answered is no reading; see which program its `ansible_python_interpreter` is")
        answer["facts"]["clock_window"] = [sent, time.time()]
        return answer

    def _not_read(self, requirement, found):
        finding = findings.make(requirement, requirement.severity, found, "a machine that can be checked", requirement.remedy)
        return {
            "changed": False,
            **findings.result_of([finding]),
            "facts": {},
            **{name: self._task.args.get(name) for name in FOR_THE_COMPARISON},
        }


def _reason(answer):
    said = answer.get("module_stderr") or answer.get("module_stdout") or answer.get("msg") or "nothing"
    lines = str(said).strip().splitlines() or ["nothing"]
    return f"cannot be read: {one_line(lines[-1], LONGEST)}"
