# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control node's half of the modules: what a machine or an API answers is made harmless for a terminal before anybody sees it."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils._text import printable
from ._untrusted import untrusted

DISCOVERED = "discovered_interpreter_"


class ReadingAction(ActionBase):
    """Runs the module of the task's own name."""

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        result.update(self.answer(task_vars))
        return result

    def answer(self, task_vars):
        """What the module returned, printable, and without facts: Ansible would take them for variables of the host, above those of the inventory."""
        answer = self._execute_module(task_vars=task_vars)
        facts = answer.pop("ansible_facts", None)
        if isinstance(facts, dict):
            # Ansible's own, from its search for an interpreter.
            answer["ansible_facts"] = {name: value for name, value in facts.items() if name.startswith(DISCOVERED)}
        return untrusted(printable(answer))
