# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What containerd is configured with. Pure."""

from ....module_utils._containerd.registries import RegistryError, files_of
from ..model import by_value, nodes
from ..problem import Problem, on_hosts
from ..values import value_problems


def registries_can_be_written(inventory):
    option = inventory.options.get("containerd_registries", {})
    for registries, hosts in by_value(inventory, nodes(inventory), "containerd_registries"):
        if value_problems("containerd_registries", registries, option):
            continue  # Another rule is about types.
        try:
            files_of(registries)
        except RegistryError as error:
            yield Problem(f"containerd_registries: {error}.", on_hosts(hosts), "See the README of the role containerd for what it may hold.")


RULES = (registries_can_be_written,)
