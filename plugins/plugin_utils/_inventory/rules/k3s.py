# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What K3s is configured with beside the variables that have a name of their own. Pure."""

from ....module_utils._requirements.labels import LABEL_KEYS
from ....module_utils._requirements.ports import API_PORT
from ..model import by_value, hosts_with, machines, nodes, value
from ..problem import Problem, on_hosts

# Keys of k3s_config that other roles and the checks do not look at, and the variable that they follow instead.
FOLLOWED = {
    "cluster-cidr": "k3s_cluster_cidr",
    "flannel-backend": "k3s_flannel_backend",
    "node-ip": "k3s_node_ip",
    "node-name": "k3s_node_name",
    "service-cidr": "k3s_service_cidr",
}
# Keys that have one value here.
FIXED = {
    "data-dir": "/var/lib/rancher/k3s",
    "https-listen-port": API_PORT,
    "write-kubeconfig": "/etc/rancher/k3s/k3s.yaml",
}
# Switches that must stay off, and what they would do.
OFF = {
    "disable-apiserver": "the only server would have no API",
    "docker": "Gitpod needs containerd",
    "with-node-id": "the node would not have the name that labels and checks look for",
}
CGROUP_DRIVERS = ("k3s_cgroup_driver", "containerd_cgroup_driver")


def config_does_not_contradict(inventory):
    for config, hosts in _of_nodes(inventory, "k3s_config", dict):
        for key in sorted(config.keys() & FOLLOWED.keys()):
            others = [host for host in hosts if value(inventory, host, FOLLOWED[key]) != config[key]]
            if others:
                yield Problem(
                    f"k3s_config has the key {key}, and all but K3s go by {FOLLOWED[key]}, which says something else or nothing.",
                    on_hosts(others),
                    f"Take it out of k3s_config, and set {FOLLOWED[key]}.",
                )
        for key, needed in FIXED.items():
            if str(config.get(key, needed)).rstrip("/") != str(needed):
                yield Problem(f"k3s_config sets {key}, which has to be {needed} here.", on_hosts(hosts), "Take it out of k3s_config.")
        for key, effect in OFF.items():
            if config.get(key) in (True, "true"):
                yield Problem(f"k3s_config switches {key} on: {effect}.", on_hosts(hosts), "Take it out of k3s_config.")


def _of_nodes(inventory, name, kind):
    """The different values of a variable of the nodes that are of the right kind, with their hosts; nobody's in a managed cluster."""
    return [(this, hosts) for this, hosts in by_value(inventory, machines(inventory), name) if isinstance(this, kind)]


def _arguments(arguments):
    """Name -> value of kubelet's arguments, as K3s reads them."""
    return dict(text.removeprefix("--").partition("=")[::2] for text in arguments if isinstance(text, str))


def kubelet_does_not_contradict(inventory):
    for arguments, hosts in _of_nodes(inventory, "k3s_kubelet_args", list):
        given = _arguments(arguments)
        if "hostname-override" in given:
            yield Problem(
                "k3s_kubelet_args has hostname-override, and K3s, labels and checks would look for the node under another name.",
                on_hosts(hosts),
                "Take it out, and set k3s_node_name.",
            )
        if "cgroup-driver" in given:
            others = [host for host, drivers in _drivers(inventory, hosts) if drivers - {given["cgroup-driver"]}]
            if others:
                yield Problem(
                    "k3s_kubelet_args has another cgroup-driver than k3s_cgroup_driver or containerd_cgroup_driver.",
                    on_hosts(others),
                    "Take it out, and set k3s_cgroup_driver and containerd_cgroup_driver to the same.",
                )


def _drivers(inventory, hosts):
    """Each host that uses the containerd of the node, and the cgroup drivers that its variables name."""
    for host in hosts_with(inventory, hosts, "k3s_container_runtime", "system"):
        yield host, {driver for driver in (value(inventory, host, name) for name in CGROUP_DRIVERS) if driver in ("systemd", "cgroupfs")}


def one_cgroup_driver(inventory):
    different = [host for host, drivers in _drivers(inventory, machines(inventory)) if len(drivers) > 1]
    if different:
        yield Problem(
            "k3s_cgroup_driver and containerd_cgroup_driver are not the same, and kubelet and containerd must agree (§5).",
            on_hosts(different),
            "Set both to systemd or both to cgroupfs, or remove k3s_cgroup_driver: it follows containerd.",
        )


def labels_of_gitpod_come_from_pools(inventory):
    for labels, hosts in by_value(inventory, nodes(inventory), "node_prep_node_labels"):
        found = sorted({label.partition("=")[0] for label in labels if isinstance(label, str)} & set(LABEL_KEYS)) if isinstance(labels, list) else []
        if found:
            yield Problem(
                f"node_prep_node_labels has {', '.join(found)}, and Gitpod's labels follow the pool of a node.",
                on_hosts(hosts),
                "Take it out: put the host into the group of the pool that has this label (node_prep_pools).",
            )


RULES = (
    config_does_not_contradict,
    kubelet_does_not_contradict,
    one_cgroup_driver,
    labels_of_gitpod_come_from_pools,
)
