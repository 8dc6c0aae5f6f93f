# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods have to leave a node before it is rebooted. Pure: objects of the API in, a plan out."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import namedtuple

# evict: pods to ask away; leaving: pods that are terminating; bare: pods that nothing would start again. Lists of "namespace/name".
Plan = namedtuple("Plan", "evict leaving bare")

_MIRROR = "kubernetes.io/config.mirror"  # a static pod: the API cannot remove it
_FINISHED = ("Succeeded", "Failed")
# Merge patches that close a node to new pods and open it again. Who closed it stands in the very same patch.
_OURS = "node-prep.gitpod.io/cordoned"
CLOSED = {"metadata": {"annotations": {_OURS: "true"}}, "spec": {"unschedulable": True}}
OPEN = {"metadata": {"annotations": {_OURS: None}}, "spec": {"unschedulable": False}}


def plan(pods, force):
    """Plan for the pods of a node, as the API lists them.

    Pods of DaemonSets stay whatever volumes they have: they would come back at once, and Gitpod's node daemon has to save the workspaces that
    leave. Static pods and finished ones stay too. force: whether pods without a controller are evicted rather than named as `bare`.
    """
    found = Plan([], [], [])
    for pod in pods:
        controller = _controller(pod)
        if _MIRROR in (pod["metadata"].get("annotations") or {}) or controller == "DaemonSet" or _phase(pod) in _FINISHED:
            continue
        if pod["metadata"].get("deletionTimestamp"):
            found.leaving.append(_name(pod))
        elif controller is None and not force:
            found.bare.append(_name(pod))
        else:
            found.evict.append(_name(pod))
    return found


def _name(pod):
    return pod["metadata"]["namespace"] + "/" + pod["metadata"]["name"]


def _phase(pod):
    return (pod.get("status") or {}).get("phase")


def _controller(pod):
    """Kind of what made a pod and would make it again; None for a pod of its own."""
    owners = pod["metadata"].get("ownerReferences") or []
    return next((owner["kind"] for owner in owners if owner.get("controller")), None)


def is_ready(node):
    """Whether the control plane takes a node for ready."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def boot_id(node):
    """Which boot a node is in, by the report of its kubelet; '' where it does not tell."""
    return ((node.get("status") or {}).get("nodeInfo") or {}).get("bootID", "")


def is_cordoned(node):
    """Whether a node is closed to new pods."""
    return bool((node.get("spec") or {}).get("unschedulable"))


def is_closed_by_us(node):
    """Whether it was CLOSED that closed a node, so that OPEN may open it."""
    return is_cordoned(node) and _OURS in (node["metadata"].get("annotations") or {})


def eviction_version(resources):
    """The group and version of an Eviction that an API takes, from its answer to `/api/v1`: policy/v1 from Kubernetes 1.22 on."""
    row = next((row for row in resources.get("resources") or [] if row["name"] == "pods/eviction"), {})
    return "%s/%s" % (row.get("group", "policy"), row.get("version", "v1"))
