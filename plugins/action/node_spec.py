# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's half of the module node_spec: notes between which two moments the node's clock was read."""

from __future__ import annotations

import time

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Runs the module as it is and adds `facts.clock_window`, the controller's time before and after it, in seconds."""

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        sent = time.time()
        result.update(self._execute_module(task_vars=task_vars))
        if "facts" in result:
            result["facts"]["clock_window"] = [sent, time.time()]
        return result
