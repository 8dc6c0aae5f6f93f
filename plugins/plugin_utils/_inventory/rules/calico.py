# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role calico refuses on the server, as far as the inventory tells it. Pure."""

from ....module_utils._calico.manifest import INTERNAL_IP, pool_obstacles, release_obstacles
from ....module_utils._requirements.thresholds import MIN_KUBERNETES
from ....module_utils._versions import is_at_least, parse_kubernetes, parse_numbers
from ..addresses import networks_in, one_ipv4
from ..formats import BLOCK
from ..model import nodes, servers, value
from ..problem import Problem, on_hosts


def _given(inventory, host, name, followed=None):
    """A value of a variable, or else of the one that it follows where it is not set; None where it cannot be known."""
    return value(inventory, host, followed if followed and name not in inventory.names[host] else name)


def _settings(inventory, host):
    """What the role makes of the variables of a server, in the form of the filter calico_plan; what is not known is left out."""
    method = _given(inventory, host, "calico_ip_autodetection_method")
    if method is None and "calico_ip_autodetection_method" not in inventory.names[host]:
        method = INTERNAL_IP if any(value(inventory, one, "k3s_node_ip") for one in nodes(inventory)) else ""
    return {
        "version": _given(inventory, host, "calico_version"),
        "manifest_sha256": _given(inventory, host, "calico_manifest_sha256"),
        "kubernetes_version": _given(inventory, host, "calico_kubernetes_version", "k3s_version") or "",
        "ip_autodetection_method": method or "",
    }


def release_goes_with_the_cluster(inventory):
    for host in servers(inventory)[:1]:
        settings = _settings(inventory, host)
        if not all(isinstance(text, str) for text in settings.values()):
            continue  # not known yet, or a matter of types
        if "calico_kubernetes_version" not in inventory.names[host] and not _is_right(settings["kubernetes_version"]):
            settings["kubernetes_version"] = ""  # another rule is about k3s_version
        for what, remedy in release_obstacles(settings):
            yield Problem(what, on_hosts([host]), remedy)


def _is_right(k3s):
    kubernetes = parse_kubernetes(k3s)
    return kubernetes is not None and is_at_least(kubernetes.numbers, parse_numbers(MIN_KUBERNETES))


def pool_has_room(inventory):
    """A block for each node lies in the network of the pods."""
    for host in servers(inventory)[:1]:
        cidr, size = _given(inventory, host, "calico_cidr", "k3s_cluster_cidr"), _given(inventory, host, "calico_block_size")
        network, size = one_ipv4(networks_in(cidr)), _number(size)
        if network is None or size is None:
            continue  # other rules are about each of them
        for what, remedy in pool_obstacles(cidr, size):
            yield Problem(what, on_hosts([host]), remedy)
        blocks, count = 2 ** max(0, size - network.prefixlen), len(nodes(inventory))
        if network.prefixlen <= size and blocks < count:
            yield Problem(
                f"calico_block_size {size} divides {cidr} into {blocks} blocks, and there are {count} nodes, each of which needs one.",
                on_hosts([host]),
                "Choose smaller blocks, which is a larger number, or a larger k3s_cluster_cidr.",
            )


def _number(size):
    """A block size in the range that the format allows, as a number."""
    if isinstance(size, bool) or not isinstance(size, (int, str)) or (isinstance(size, str) and not size.isdecimal()):
        return None
    return None if BLOCK.problem(size) else int(size)


RULES = (release_goes_with_the_cluster, pool_has_room)
