# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host of the inventory is, from what the inventory says of it and what was read on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def addresses_of(variables):
    """The addresses from which a host talks to the others.

    :param variables: of the host, as `hostvars` holds them.
    """
    wanted = variables.get("k3s_node_ip")
    if wanted:
        return [address.strip() for address in str(wanted).split(",") if address.strip()]
    # The virtual address of the API is now on one server and now on another.
    own = [address for address in _read(variables.get("node_spec_result")) if address != variables.get("node_prep_api_vip")]
    return own or [variables.get("ansible_host") or variables["inventory_hostname"]]


def _read(result):
    """The addresses in a result of node_spec; what has another form is left out."""
    facts = result.get("facts") if isinstance(result, Mapping) else None
    listed = facts.get("addresses") if isinstance(facts, Mapping) else None
    pairs = [pair for pair in listed if _is_list(pair) and len(pair) == 2] if _is_list(listed) else []
    return [address.split("/")[0] for _interface, address in pairs if isinstance(address, str) and address.split("/")[0]]


def _is_list(value):
    return isinstance(value, Sequence) and not isinstance(value, str)
