# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes of a cluster can take Gitpod's pods, and why the others cannot. Pure."""

from .._requirements.labels import gitpod_labels

# The effects of a taint that keep new pods away; PreferNoSchedule does not.
REPELLING = ("NoSchedule", "NoExecute")

_OS = "kubernetes.io/os"
# By which labels a server is known, and one that keeps the etcd.
CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master", "node-role.kubernetes.io/controlplane")
ETCD_MEMBER = "node-role.kubernetes.io/etcd"

# What a node is that is no machine, by a label (key, value) or by a taint's key.
_LABELS = (
    ("eks.amazonaws.com/compute-type", "fargate", "Fargate"),
    ("type", "virtual-kubelet", "virtual node"),
    ("type", "kwok", "simulated node (KWOK)"),
)
_TAINTS = (
    ("virtual-kubelet.io/provider", "virtual node"),
    ("virtual-node.aci", "virtual node"),
    ("kwok.x-k8s.io/node", "simulated node (KWOK)"),
)


def named_nodes(options):
    """The nodes that the user named."""
    return {name for names in options["nodes"].values() for name in names}


def left_out(nodes, options):
    """The nodes that are not checked, as a dict of name to the reason.

    Where the user named nodes, these are checked, and of the others those that carry one of Gitpod's labels, since its pods go there too.
    """
    named = named_nodes(options)
    result = {}
    for node in nodes:
        name = node["metadata"]["name"]
        if name in named:
            continue
        reason = _kind(node)
        if not reason and not gitpod_labels(node["metadata"]["labels"]):
            reason = "not among the named nodes" if named else _control_plane(node)
        if reason:
            result[name] = reason
    return result


def _kind(node):
    """What keeps Gitpod's pods from a node for ever, or ''."""
    labels = node["metadata"]["labels"]
    system = labels.get(_OS, "linux")
    if "windows" in (system, node["status"]["nodeInfo"]["operatingSystem"]):
        return "Windows"
    for key, value, kind in _LABELS:
        if labels.get(key) == value:
            return kind
    keys = {taint["key"]: taint["value"] for taint in node["spec"]["taints"]}
    if keys.get("eks.amazonaws.com/compute-type") == "fargate":
        return "Fargate"
    if keys.get(_OS) == "windows":
        return "Windows"
    return next((kind for key, kind in _TAINTS if key in keys), "")


def _control_plane(node):
    """Such a taint is how kubeadm and its kin keep a server for itself; Gitpod's pods do not tolerate it."""
    taints = node["spec"]["taints"]
    reserved = any(taint["key"] in CONTROL_PLANE and taint["effect"] in REPELLING for taint in taints)
    return "reserved for the control plane by a taint" if reserved else ""
