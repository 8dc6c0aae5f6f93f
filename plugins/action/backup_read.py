# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from ansible.plugins.action import ActionBase

from ..module_utils._backup.archive import BadArchive
from ..module_utils._backup.snapshots import BadSnapshot
from ..module_utils._text import printable
from ..module_utils._versions import parse_k3s_output
from ..plugin_utils._backup import folder as backups, keeping
from ..plugin_utils._backup.encryption import CannotEncrypt
from ..plugin_utils._backup.manifest import BadManifest
from ..plugin_utils._backup.rules import Wanted, refusals, same_token
from ..plugin_utils._untrusted import untrusted

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "work": {"type": "path", "required": True},
    "identity": {"type": "path", "default": ""},
    "inventory": {"type": "str", "default": "inventory"},
    "confirmation": {"type": "str", "default": ""},
    "version": {"type": "str", "required": True},
    "installed": {"type": "dict", "required": True},
    "datastore": {"type": "str", "required": True},
    "servers": {"type": "list", "elements": "str", "required": True},
    "force": {"type": "bool", "default": False},
    "token": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        wanted = Wanted(
            folder=options["path"],
            inventory=options["inventory"],
            confirmation=options["confirmation"],
            version=options["version"],
            installed={host: _release(said) for host, said in options["installed"].items()},
            datastore=options["datastore"],
            servers=tuple(options["servers"]),
            force=options["force"],
            token=options["token"].strip(),
        )
        result.update(changed=False, **untrusted(_plan(options, wanted)))
        return result


def _release(said):
    """The release of K3s that a server says it has; '' for none, None where it does not answer."""
    if not said["answers"]:
        return None
    found = parse_k3s_output(said["said"])
    return found.text if found else ""


def _plan(options, wanted):
    """What is restored, or the reasons against it: a file that is not whole, and only where that is so, the rules."""
    folder, work = Path(options["path"]).absolute(), Path(options["work"])
    try:
        manifest = backups.read(folder)
    except BadManifest as error:
        return {
            "refusals": [
                f"{folder} is no backup of this collection: its {backups.MANIFEST} cannot be used: {printable(str(error))}. Name the folder of a backup."
            ]
        }
    why = refusals(manifest, wanted)
    if why:
        return {"refusals": why}
    try:
        with _workshop(work) as place:
            path = keeping.opened(folder, manifest, options["identity"], place)
            token = keeping.verify(path, manifest, place)
    except (BadArchive, BadSnapshot) as error:
        return {"refusals": [f"The backup {folder} is not whole: {printable(str(error))}. Take another one."]}
    except CannotEncrypt as error:
        return {"refusals": [str(error)]}
    except OSError as error:
        return {"refusals": [f"{printable(str(error.filename or folder))} cannot be used: {error.strerror}."]}
    why = same_token(token, wanted)
    return {
        "refusals": [why] if why else [],
        "name": manifest.name,
        "archive": str(path),
        "server": manifest.server,
        "datastore": manifest.datastore,
        "files": [dict(file._asdict()) for file in manifest.files],
        "token": token,
    }


@contextlib.contextmanager
def _workshop(folder):
    """The folder; where there is none, as in check mode, another one for as long as it is needed."""
    if folder.is_dir():
        yield folder
    else:
        with tempfile.TemporaryDirectory() as other:
            yield Path(other)
