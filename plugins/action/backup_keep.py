# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils._backup.archive import BadArchive
from ..module_utils._backup.snapshots import BadSnapshot
from ..plugin_utils._backup import folder as backups, keeping
from ..plugin_utils._backup.encryption import CannotEncrypt
from ..plugin_utils._backup.manifest import ARCHIVE, BadManifest

ARGUMENTS = {
    "folder": {"type": "dict", "required": True},
    "packed": {"type": "dict", "required": True},
    "datastore": {"type": "str", "required": True},
    "server": {"type": "str", "required": True},
    "recipients": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "int", "default": 0},
}
NONE = "There is no backup, and the older ones are as they were."


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        place = options["folder"]
        partial, final = Path(place["partial"]), Path(place["path"])
        try:
            manifest = keeping.made(place["name"], options["server"], options["datastore"], options["packed"])
            keeping.same_file(partial / ARCHIVE, manifest.archive)
            keeping.verify(partial / ARCHIVE, manifest, partial)
            manifest = keeping.sealed(partial, manifest, place["encryption"], options["recipients"])
            keeping.put_in_place(partial, final, manifest)
            removed = backups.prune(final.parent, manifest.cluster, options["keep"])
        except (BadManifest, BadArchive, BadSnapshot) as error:
            raise AnsibleActionFail(f"{NONE} What came from the server is none: {error}. Run again.") from error
        except CannotEncrypt as error:
            raise AnsibleActionFail(f"{NONE} {error}") from error
        except OSError as error:
            raise AnsibleActionFail(f"{NONE} {error.filename or partial}: {error.strerror}.") from error
        result.update(changed=True, path=str(final), name=manifest.name, size=manifest.archive.size, removed=[str(path) for path in removed])
        return result
