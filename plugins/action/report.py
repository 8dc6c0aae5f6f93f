# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import jinja2
import yaml
from ansible.errors import AnsibleActionFail
from ansible.parsing.yaml.dumper import AnsibleDumper
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._requirements.thresholds import CERTIFICATE
from ..module_utils._text import printable
from ..plugin_utils._report.document import ALL_NAMES, CLUSTER, document, known_facts, matrix, same_findings, shortcomings
from ..plugin_utils._report.installer_config import fragment, header, with_paths_of_machines
from ..plugin_utils._report.text import text as text_of

ARGUMENTS = {
    "nodes": {"type": "dict", "default": {}},
    "cluster": {"type": "dict", "default": {}},
    "names": {"type": "dict", "default": {}},
    "dir": {"type": "path", "required": True},
    "template": {"type": "str", "required": True},
    "width": {"type": "int", "default": 0},
    "domain": {"type": "str", "default": ""},
    "certificate": {"type": "str", "default": CERTIFICATE},
    "shiftfs": {"type": "bool", "default": False},
}
FALLBACK_SIZE = (100, 24)  # columns and lines where the output is no terminal
WIDEST = 140  # columns up to which a line is easy to read


def content(path):
    """The text of a file; empty where there is none that can be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def parsed(text):
    """The document of a report; an empty one where the text is something else."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write(path, text):
    """Puts a file in place in one step, so that a reader never sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


def page(template, made):
    """The page about a document. Jinja2 alone renders it: unlike Ansible's own templates, it takes data for data and knows no lookups."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    hosts = [node["name"] for node in made["nodes"]]
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        report=made,
        report_all_names=ALL_NAMES,
        report_facts=known_facts(made),
        report_shortcomings=shortcomings(made["node_findings"] + made["cluster_findings"]),
        report_tables=[
            {"title": "Requirements of the cluster", **matrix(made["cluster_findings"], [CLUSTER, *hosts])},
            {"title": "Requirements of the nodes", **matrix(made["node_findings"], hosts)},
        ],
    )


def paths_of(outputs, check_mode):
    """The paths of what was written, a line each. Whole, so that they can be copied, however narrow the terminal is."""
    if check_mode:
        return "Nothing was written, as this is check mode."
    titles = {".json": "Data", ".html": "Page", ".yaml": "Gitpod's installer"}
    return "\n".join(f"{titles[path.suffix] + ':':20}{path}" for path in outputs)


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        folder = Path(options["dir"]).absolute()
        json_path, html_path, installer_path = folder / "report.json", folder / "report.html", folder / "gitpod.fragment.yaml"
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = document(printable(options["nodes"]), printable(options["cluster"]), now, options["names"])
        outputs = {
            json_path: json.dumps(made, indent=2, sort_keys=True) + "\n",
            html_path: page(Path(self._find_needle("templates", options["template"])), made),
        }
        before = {path: content(path) for path in (json_path, installer_path)}
        changed = [] if same_findings(made, parsed(before[json_path])) else [json_path]
        facts = with_paths_of_machines(printable(options["cluster"].get("facts", {})), printable(options["nodes"]), options["names"])
        installer = fragment(facts, options["domain"], options["certificate"], options["shiftfs"])
        if installer:
            outputs[installer_path] = header(facts, options["domain"]) + yaml.dump(installer, Dumper=AnsibleDumper, sort_keys=False)
            changed += [installer_path] if outputs[installer_path] != before[installer_path] else []
        result.update(changed=bool(changed), document=made, files=[str(path) for path in outputs])
        if self._task.diff and changed:
            result["diff"] = [{"before_header": str(path), "after_header": str(path), "before": before[path], "after": outputs[path]} for path in changed]
        if not self._task.check_mode:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                for path, text in outputs.items():
                    write(path, text)
            except OSError as error:
                raise AnsibleActionFail(f"the report cannot be written below {folder}: {error.strerror}") from error
        width = options["width"] or min(shutil.get_terminal_size(FALLBACK_SIZE).columns, WIDEST)
        # Not as a value of the result: most callbacks would show it as one line of JSON.
        Display().display(f"\n{text_of(made, width)}\n\n{paths_of(outputs, self._task.check_mode)}\n")
        return result
