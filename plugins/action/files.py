# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from ansible import template
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display

from ..module_utils._mark import is_marked

DEFAULT_MODES = {"file": "0644", "directory": "0755", "absent": None}
# Rendered text stays text. From ansible-core 2.19 on it always does, and the option that older ones need for it is deprecated there.
AS_TEXT = {} if hasattr(template, "trust_as_template") else {"convert_data": False}
KEYS = {"dest", "path", "state", "src", "content", "mode", "owner", "group", "validate", "secret"}


def normalise(entry):
    """One entry of the option `files` with every default filled in; ValueError says what is wrong with it."""
    if not isinstance(entry, Mapping):
        raise ValueError(f"each entry of 'files' is a dictionary, not {entry!r}")
    dest = entry.get("dest", entry.get("path"))
    if not isinstance(dest, str) or not dest.startswith("/"):
        raise ValueError(f"'dest' is an absolute path, not {dest!r}")
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        raise ValueError(f"{dest}: unknown {', '.join(unknown)}; known are {', '.join(sorted(KEYS))}")
    state = entry.get("state", "file")
    if state not in DEFAULT_MODES:
        raise ValueError(f"{dest}: 'state' is one of {', '.join(DEFAULT_MODES)}, not {state!r}")
    sources = [key for key in ("src", "content") if entry.get(key) is not None]
    if state == "file" and len(sources) != 1:
        raise ValueError(f"{dest}: a file needs exactly one of 'src' and 'content'")
    if state == "directory" and (sources or entry.get("validate")):
        raise ValueError(f"{dest}: 'src', 'content' and 'validate' are for files, not for a directory")
    mode = entry.get("mode", DEFAULT_MODES[state])
    if mode is not None and not (isinstance(mode, str) and re.fullmatch("0?[0-7]{3,4}", mode)):
        raise ValueError(f"{dest}: 'mode' is an octal string like \"0644\", not {mode!r}")
    return {
        "dest": dest.rstrip("/"),
        "state": state,
        "src": entry.get("src"),
        "content": entry.get("content"),
        "mode": mode,
        "owner": str(entry.get("owner", "root")),
        "group": str(entry.get("group", "root")),
        "validate": entry.get("validate"),
        "secret": boolean(entry.get("secret", False)),
    }


def wanted_of(args):
    """The entries of a task's arguments, normalised; ValueError says what is wrong with them."""
    if set(args) != {"files"} or not isinstance(args["files"], list):
        raise ValueError("the one option is 'files', a list of dictionaries")
    wanted = [normalise(entry) for entry in args["files"]]
    paths = [entry["dest"] for entry in wanted]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise ValueError(f"listed more than once: {', '.join(twice)}")
    return wanted


def text_of(content):
    """The text that ansible.builtin.copy writes for this content: structures become JSON."""
    return json.dumps(content) if isinstance(content, (Mapping, list)) else str(content)


def differs(wanted, text, found):
    """Whether a node's reading of a path (of files_info) is not what the normalised entry wants."""
    if wanted["state"] != found["type"]:
        return True
    if wanted["state"] == "absent":
        return False
    return (
        int(found["mode"], 8) != int(wanted["mode"], 8)
        or wanted["owner"] not in (found["owner"], str(found["uid"]))
        or wanted["group"] not in (found["group"], str(found["gid"]))
        or (wanted["state"] == "file" and found["sha256"] != hashlib.sha256(text.encode("utf-8")).hexdigest())
    )


def is_foreign(text, found):
    """Whether what lies at a path is somebody else's, where a file that names this collection is to be."""
    return is_marked(text) and found["type"] in ("file", "link") and not found.get("marked")


class ActionModule(ActionBase):
    TRANSFERS_FILES = True
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        result.update(changed=False, changed_files=[], kept_files=[])
        try:
            wanted = wanted_of(self._task.args)
        except ValueError as error:
            result.update(failed=True, msg=str(error))
            return result
        texts = [self._render(entry, task_vars) for entry in wanted]
        reading = self._execute_module(
            module_name="gitpod.node_prep.files_info",
            module_args={"paths": [entry["dest"] for entry in wanted]},
            task_vars=task_vars,
        )
        if reading.get("failed"):
            result.update(reading)
            return result
        diffs = []
        for entry, text in zip(wanted, texts):
            found = reading["files"][entry["dest"]]
            if not differs(entry, text, found):
                continue
            outcome = self._put(entry, text, found, task_vars)
            if outcome.get("failed"):
                self._forward_failure(result, entry, outcome)
                break
            if outcome.get("changed"):
                result["changed"] = True
                result["changed_files"].append(entry["dest"])
                diffs.extend(self._diffs_of(entry, outcome))
            if outcome.get("backup_file"):
                result["kept_files"].append(outcome["backup_file"])
                self._say_what_was_kept(entry["dest"], outcome["backup_file"], task_vars)
        if self._task.diff:
            result["diff"] = diffs
        return result

    def _render(self, entry, task_vars):
        """The text of a file as it shall be; None for what has no content."""
        if entry["state"] != "file":
            return None
        if entry["src"] is None:
            return text_of(entry["content"])
        entry["src"] = self._find_needle("templates", entry["src"])
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        return str(lookup.run([entry["src"]], variables=task_vars, **AS_TEXT)[0])

    def _put(self, entry, text, found, task_vars):
        """Hands one entry to the stock module and returns what that one says."""
        common = {key: entry[key] for key in ("mode", "owner", "group")}
        if entry["state"] != "file":
            args = {"path": entry["dest"], "state": entry["state"], **(common if entry["state"] == "directory" else {})}
            return self._execute_module(module_name="ansible.builtin.file", module_args=args, task_vars=task_vars)
        if found["type"] == "directory":
            return {"failed": True, "msg": "a directory lies there and a file is wanted; move it out of the way"}
        task = self._task.copy()
        task.no_log = task.no_log or entry["secret"]
        task.args = {"dest": entry["dest"], **common, "backup": is_foreign(text, found)}
        if entry["validate"]:
            task.args["validate"] = entry["validate"]
        if entry["src"] is None:
            task.action, task.args["content"] = "ansible.builtin.copy", text
        else:
            task.action, task.args["src"] = "ansible.builtin.template", entry["src"]
        stock = self._shared_loader_obj.action_loader.get(
            task.action,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        return stock.run(task_vars=task_vars)

    @staticmethod
    def _say_what_was_kept(dest, kept, task_vars):
        host = task_vars["inventory_hostname"]
        Display().warning(f"{host}: {dest} was written by somebody else. It is kept as {kept}: take over into variables of the role what you need of it.")

    @staticmethod
    def _forward_failure(result, entry, outcome):
        result.update(failed=True, msg=f"{entry['dest']}: {outcome.get('msg', 'failed without a message')}")
        if not entry["secret"]:
            result.update({key: outcome[key] for key in ("stdout", "stderr", "exception") if outcome.get(key)})

    @staticmethod
    def _diffs_of(entry, outcome):
        if entry["secret"]:
            return [{"before_header": entry["dest"], "after_header": entry["dest"], "before": "", "after": "[ content not shown ]\n"}]
        diff = outcome.get("diff") or []
        return diff if isinstance(diff, list) else [diff]
