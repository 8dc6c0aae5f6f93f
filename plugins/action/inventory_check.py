# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._text import listed, printable
from ..plugin_utils._inventory import control_node
from ..plugin_utils._inventory.check import problems
from ..plugin_utils._inventory.model import kubeconfigs, plan
from ..plugin_utils._inventory.options import PLAYBOOK_OPTIONS
from ..plugin_utils._inventory.problem import message
from ..plugin_utils._inventory.reader import read
from ..plugin_utils._inventory.rules.variables import names_of_others
from ..plugin_utils._inventory.scope import CONTROL_NODE, scope
from ..plugin_utils._inventory.shown import plain

ROLES = Path(__file__).resolve().parents[2] / "roles"
display = Display()


def documented_options():
    """The options of all entry points of all roles, by name."""
    options = dict(PLAYBOOK_OPTIONS)
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        for entry_point in yaml_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            options.update(entry_point.get("options", {}))
    return options


def _asked(task_vars):
    """The hosts that `--limit` leaves in: all of them without one, whatever hosts the play names."""
    return task_vars["ansible_play_hosts_all"] if "ansible_limit" in task_vars else [*task_vars["groups"]["all"], CONTROL_NODE]


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec={"writes": {"type": "dict", "default": {}}})
        self._warn_of_tags(task_vars.get("ansible_run_tags", ()))
        roles = sorted(path.name for path in ROLES.iterdir() if path.is_dir())
        inventory = read(task_vars, self._templar, self._loader, documented_options(), roles)
        found = problems(inventory) + control_node.problems(options["writes"], kubeconfigs(inventory))
        if found:
            result.update(failed=True, msg=message(found, inventory))
            return result
        foreign = names_of_others(inventory)
        if foreign:
            display.warning(f"No role reads these variables, though their names begin like those of a role: {printable(listed(foreign))}.")
        planned = plan(inventory)
        result.update(changed=False, notes=foreign, **plain({**planned, **scope(inventory, planned, _asked(task_vars))}))
        return result

    def _warn_of_tags(self, chosen):
        """Each step of the playbooks stands on those before, so that none has a tag but those of the `import_playbook` that a user writes."""
        if chosen and not {"all", "untagged", *self._task.tags}.difference({"always"}).intersection(chosen):
            display.warning(
                f"--tags {printable(','.join(chosen))} leaves out every step but this check: the playbooks of gitpod.node_prep have no tags. "
                "Call them without --tags; what is as it should be already is not changed again."
            )
