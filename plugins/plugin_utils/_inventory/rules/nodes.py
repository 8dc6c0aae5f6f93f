# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machines are prepared with, and in which order. Pure."""

import re

from ....module_utils._requirements.thresholds import PANICKING_KERNEL
from ..model import by_value, machines, nodes, value
from ..problem import SHOWN_HOSTS, Problem, not_the_same, on_hosts
from ..values import describe


def kernel_does_not_panic(inventory):
    for package, hosts in by_value(inventory, nodes(inventory), "kernel_package"):
        for version, those in by_value(inventory, hosts, "kernel_package_version"):
            if re.search(rf"-{re.escape(PANICKING_KERNEL)}\b", f"{package}-{version}"):
                yield Problem(
                    f"kernel_package and kernel_package_version name a kernel of the {PANICKING_KERNEL} series, which panicked when a container started (§3).",
                    on_hosts(those),
                    "Name another one, or leave both empty.",
                )


def one_size_of_batches(inventory):
    """The batches are those of the whole run, and not of a host."""
    for name in ("node_prep_reboot_batch", "node_prep_upgrade_batch"):
        found = by_value(inventory, machines(inventory), name)
        if len(found) > 1:
            yield not_the_same(name, found[:SHOWN_HOSTS], describe)


def listeners_outlive_the_probes(inventory):
    for seconds, hosts in by_value(inventory, nodes(inventory), "reachability_seconds"):
        tried = value(inventory, hosts[0], "reachability_probe_seconds")
        if _is_number(seconds) and _is_number(tried) and 1 <= int(seconds) <= int(tried):
            yield Problem(
                f"reachability_seconds is {seconds}, and reachability_probe_seconds is {tried}: the listeners would end before the ports are tried.",
                on_hosts(hosts),
                "Make reachability_seconds larger; it must last for the whole test, and 60 is the default.",
            )


def _is_number(text):
    return not isinstance(text, bool) and (isinstance(text, int) or (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10))


RULES = (
    kernel_does_not_panic,
    one_size_of_batches,
    listeners_outlive_the_probes,
)
