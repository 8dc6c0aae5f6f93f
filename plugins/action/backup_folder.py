# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils._backup import folder as backups
from ..plugin_utils._backup.encryption import CannotEncrypt, program_for
from ..plugin_utils._backup.manifest import ARCHIVE

ARGUMENTS = {
    "dir": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["open", "room", "closed"], "default": "open"},
    "recipients": {"type": "list", "elements": "str", "default": []},
    "size": {"type": "int", "default": 0},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        folder = Path(options["dir"]).absolute()
        # Tasks are run by children of the process that runs the playbook.
        process, check_mode = os.getppid(), self._task.check_mode
        result.update(changed=False)
        try:
            if options["state"] == "open":
                result.update(_opened(folder, options["recipients"], process, check_mode))
            elif options["state"] == "room" and not check_mode:
                backups.require_space(folder, options["size"])
            elif options["state"] == "closed" and not check_mode:
                backups.end(folder, process)
        except (backups.CannotWork, CannotEncrypt) as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename or folder} cannot be used: {error.strerror}. Nothing was changed.") from error
        return result


def _opened(folder, recipients, process, check_mode):
    name = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    encryption = program_for(recipients)
    partial = folder / (backups.PARTIAL % name)
    if not check_mode:
        backups.begin(folder, name, process)
    return {"name": name, "path": str(folder / name), "partial": str(partial), "archive": str(partial / ARCHIVE), "encryption": encryption}
