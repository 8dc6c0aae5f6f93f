# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods have to leave a node before it is rebooted. Pure: objects of the API in, a plan out."""

from collections import namedtuple

# evict: pods to ask away; leaving: pods that are terminating; unmanaged: pods that nothing would start again. Lists of "namespace/name".
Plan = namedtuple("Plan", "evict leaving unmanaged")

_MIRROR = "kubernetes.io/config.mirror"  # a static pod: the API cannot remove it
_FINISHED = ("Succeeded", "Failed")
# Merge patches that cordon and uncordon a node. Who cordoned it stands in the very same patch.
_OURS = "node-prep.gitpod.io/cordoned"
CORDONED = {"metadata": {"annotations": {_OURS: "true"}}, "spec": {"unschedulable": True}}
UNCORDONED = {"metadata": {"annotations": {_OURS: None}}, "spec": {"unschedulable": False}}


def plan(pods, force):
    """Plan for the pods of a node, as the API lists them.

    Pods of DaemonSets stay whatever volumes they have: they would come back at once, and Gitpod's node daemon has to save the workspaces that
    leave. Static pods and finished ones stay too.

    :param force: whether pods without a controller are evicted rather than named as `unmanaged`.
    """
    found = Plan([], [], [])
    for pod in pods:
        metadata, controller = _part(pod, "metadata"), _controller(pod)
        if _MIRROR in _part(metadata, "annotations") or controller == "DaemonSet" or _part(pod, "status").get("phase") in _FINISHED:
            continue
        if metadata.get("deletionTimestamp"):
            found.leaving.append(_name(pod))
        elif controller is None and not force:
            found.unmanaged.append(_name(pod))
        else:
            found.evict.append(_name(pod))
    return found


def is_pod(pod):
    """Whether a pod has what it is asked away by: the names of a namespace and of itself, which are part of a path."""
    return all(isinstance(name, str) and name and "/" not in name for name in (_part(pod, "metadata").get("namespace"), _part(pod, "metadata").get("name")))


def is_node(node):
    """Whether an answer can be that of a node; one that is not must not be taken for a node that nobody has cordoned."""
    return isinstance(node.get("metadata"), dict) and node.get("kind", "Node") == "Node"


def _part(value, key):
    """A dictionary below a key of one; empty where either is none. What an API sends is not always what it should be."""
    part = value.get(key) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _parts(value, key):
    """The dictionaries of a list below a key of a dictionary."""
    parts = value.get(key) if isinstance(value, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _name(pod):
    metadata = _part(pod, "metadata")
    return "%s/%s" % (metadata.get("namespace"), metadata.get("name"))


def _controller(pod):
    """Kind of what made a pod and would make it again; None for a pod of its own."""
    return next((owner.get("kind") for owner in _parts(_part(pod, "metadata"), "ownerReferences") if owner.get("controller")), None)


def is_ready(node):
    """Whether the control plane takes a node for ready."""
    return any((condition.get("type"), condition.get("status")) == ("Ready", "True") for condition in _parts(_part(node, "status"), "conditions"))


def boot_id(node):
    """Which boot a node is in, by the report of its kubelet; '' where it does not tell."""
    found = _part(_part(node, "status"), "nodeInfo").get("bootID")
    return found if isinstance(found, str) else ""


def is_cordoned(node):
    """Whether a node takes no new pods."""
    return bool(_part(node, "spec").get("unschedulable"))


def is_cordoned_by_us(node):
    """Whether it was CORDONED that cordoned a node, so that UNCORDONED may undo it."""
    return is_cordoned(node) and _OURS in _part(_part(node, "metadata"), "annotations")


def eviction_version(resources):
    """The group and version of an Eviction that an API takes, from its answer to `/api/v1`: policy/v1 from Kubernetes 1.22 on."""
    row = next((row for row in _parts(resources, "resources") if row.get("name") == "pods/eviction"), {})
    return "%s/%s" % (row.get("group") or "policy", row.get("version") or "v1")
