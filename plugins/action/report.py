# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from ansible import template
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.utils.display import Display
from ansible_collections.gitpod.node_prep.plugins.module_utils.report import (
    CLUSTER,
    document,
    known_facts,
    matrix,
    same_judgement,
    shortcomings,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.report_text import text as text_of

ARGUMENTS = {
    "nodes": {"type": "dict", "default": {}},
    "cluster": {"type": "dict", "default": {}},
    "dir": {"type": "path", "required": True},
    "template": {"type": "str", "required": True},
    "width": {"type": "int", "default": 100},
}
# Rendered text stays text. From ansible-core 2.19 on it always does, and the option that older ones need is deprecated there.
AS_TEXT = {} if hasattr(template, "trust_as_template") else {"convert_data": False}


def previous(path):
    """The document of the report that is there; an empty one where there is none or something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path, text):
    """Puts a file in place in one step, so that a reader never sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        folder = Path(options["dir"]).absolute()
        json_path, html_path = folder / "report.json", folder / "report.html"
        made = document(options["nodes"], options["cluster"], datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        text = json.dumps(made, indent=2, sort_keys=True) + "\n"
        before = previous(json_path)
        result.update(changed=not same_judgement(made, before), document=made, files=[str(json_path), str(html_path)])
        if self._task.diff and result["changed"]:
            result["diff"] = {
                "before_header": str(json_path),
                "after_header": str(json_path),
                "before": json.dumps(before, indent=2, sort_keys=True) + "\n" if before else "",
                "after": text,
            }
        page = self._page(options["template"], made, task_vars)
        if not self._task.check_mode:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                write(json_path, text)
                write(html_path, page)
            except OSError as error:
                raise AnsibleActionFail(f"the report cannot be written below {folder}: {error.strerror}") from error
        # Not as a value of the result: most callbacks would show it as one line of JSON.
        where = "" if self._task.check_mode else f"\nReport: {json_path}, {html_path}\n"
        Display().display(f"\n{text_of(made, options['width'])}\n{where}")
        return result

    def _page(self, name, made, task_vars):
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        hosts = [node["name"] for node in made["nodes"]]
        variables = {
            **task_vars,
            "report": made,
            "report_facts": known_facts(made),
            "report_shortcomings": shortcomings(made["node_findings"] + made["cluster_findings"]),
            "report_tables": [
                {"title": "Requirements of the cluster", **matrix(made["cluster_findings"], [CLUSTER, *hosts])},
                {"title": "Requirements of the nodes", **matrix(made["node_findings"], hosts)},
            ],
        }
        return str(lookup.run([self._find_needle("templates", name)], variables=variables, **AS_TEXT)[0])
