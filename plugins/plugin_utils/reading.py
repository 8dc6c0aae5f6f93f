# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control node's half of the modules: what a machine or an API answers is made harmless for a terminal before anybody sees it."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.gitpod.node_prep.plugins.module_utils.text import printable
from ansible_collections.gitpod.node_prep.plugins.plugin_utils.untrusted import untrusted


class ReadingAction(ActionBase):
    """Runs the module of the task's own name."""

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        result.update(self.answer(task_vars))
        return result

    def answer(self, task_vars):
        """What the module returned, printable."""
        return untrusted(printable(self._execute_module(task_vars=task_vars)))
