# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleError
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.action import ActionBase

from ..plugin_utils._inventory.check import problems
from ..plugin_utils._inventory.model import Inventory, plan
from ..plugin_utils._inventory.options import PLAYBOOK_OPTIONS
from ..plugin_utils._inventory.problem import message
from ..plugin_utils._inventory.scope import scope

ROLES = Path(__file__).resolve().parents[2] / "roles"
CONNECTION_VARIABLES = {"ansible_host", "ansible_port"}


def documented_options():
    """The options of all entry points of all roles, by name."""
    options = dict(PLAYBOOK_OPTIONS)
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        for entry_point in yaml_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            options.update(entry_point.get("options", {}))
    return options


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec={})
        inventory = self._read(task_vars)
        found = problems(inventory)
        if found:
            result.update(failed=True, msg=message(found))
        else:
            planned = plan(inventory)
            result.update(changed=False, **planned, **scope(inventory, planned, task_vars["ansible_play_hosts_all"]))
        return result

    def _read(self, task_vars):
        options = documented_options()
        # Without an inventory there is still localhost, with what the command line gave it.
        raw = {host: task_vars["hostvars"].raw_get(host) for host in task_vars["groups"]["all"] or ["localhost"]}
        return Inventory(
            groups=task_vars["groups"],
            variables={host: dict(self._rendered(variables, options, task_vars)) for host, variables in raw.items()},
            names={host: set(variables) for host, variables in raw.items()},
            options=options,
            roles=sorted(path.name for path in ROLES.iterdir() if path.is_dir()),
        )

    def _rendered(self, variables, options, task_vars):
        """Name and value of the variables that the rules look at; left out is what cannot be known yet."""
        templar = self._templar.copy_with_new_env(available_variables={**variables, "hostvars": task_vars["hostvars"]})
        for name in (options.keys() | CONNECTION_VARIABLES) & variables.keys():
            value = variables[name]
            if options.get(name, {}).get("no_log") and templar.is_template(value):
                continue  # a secret is fetched by the role that needs it, and only then
            try:
                value = templar.template(value)
            except AnsibleError:
                continue
            yield name, str(value) if getattr(value, "__ENCRYPTED__", False) else value
