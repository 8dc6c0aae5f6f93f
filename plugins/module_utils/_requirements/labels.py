# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From pools and nodes to the labels each node must carry, and to the patch that brings it there.

Pure functions over plain dictionaries. A label is set to `true` or removed, never set to anything else, and no
key outside of LABEL_KEYS is ever part of a patch (requirements D3, section 2).
"""

import re

from .names import is_name
from .workloads import WORKLOADS

PREFIX = "gitpod.io/"
LABEL_KEYS = tuple(PREFIX + name for name in WORKLOADS)

# D4: the two pools of the document. Pool name = group name of the inventory.
DEFAULT_POOLS = {
    "meta": ["workload_meta", "workload_ide"],
    "workspace": ["workload_workspace_services", "workload_workspace_regular", "workload_workspace_headless"],
}

# Labels below these domains a kubelet may not give to its own node, but for those that it knows; it ends over any other one.
_RESERVED = ("kubernetes.io", "k8s.io")
_FREE_PREFIXES = ("kubelet.kubernetes.io", "node.kubernetes.io")
_KNOWN_TO_KUBELET = (
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
)
# The name of a label behind its prefix, and its value, which may be empty.
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class LabelError(ValueError):
    """What the user asked for cannot be meant; the text says what to write instead."""


def registration_problem(label):
    """Why a node cannot register with a label, given as `key=value`: a clause, '' where it can."""
    key, separator, value = label.partition("=")
    prefix, slash, name = key.rpartition("/")
    if not separator:
        return "it has no value: write it as key=value"
    if not _LABEL.fullmatch(name) or (slash and not is_name(prefix)):
        return "its key is not one: it is a name of at most 63 letters, digits, '-', '_' and '.', perhaps with a domain and a '/' before it"
    if value and not _LABEL.fullmatch(value):
        return "its value is not one: it has at most 63 letters, digits, '-', '_' and '.', the first and the last a letter or a digit"
    if _is_below(prefix, _RESERVED) and not _is_below(prefix, _FREE_PREFIXES) and key not in _KNOWN_TO_KUBELET:
        return "a kubelet may not give itself a label of %s" % prefix
    return ""


def _is_below(prefix, domains):
    return any(prefix == domain or prefix.endswith("." + domain) for domain in domains)


def without_prefix(label):
    """The name of a label that a user may have written with or without the prefix `gitpod.io/`."""
    return label[len(PREFIX) :] if label.startswith(PREFIX) else label


def pool_workloads(pools):
    """The workloads of every pool.

    :param pools: dict of pool name to a list of label names, with or without the prefix `gitpod.io/`.
    :returns: dict of pool name to a list of names without it.
    :raises LabelError: a label that is none of the five, or something that is no list of names.
    """
    return {pool: [_workload(pool, name) for name in _names("labels", pool, names)] for pool, names in pools.items()}


def pool_keys(pools):
    """The same as full label keys."""
    return {pool: [PREFIX + name for name in names] for pool, names in pool_workloads(pools).items()}


def _names(what, pool, names):
    """`names` if it is a list of texts: the options of a module say dict, and no more about the values."""
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    raise LabelError("the %s of the pool '%s' must be a list of names, and not %r" % (what, pool, names))


def _workload(pool, label):
    name = without_prefix(label)
    if name not in WORKLOADS:
        raise LabelError("pool '%s' asks for the label '%s', which Gitpod does not know; the labels are: %s" % (pool, label, ", ".join(WORKLOADS)))
    return name


def wanted_labels(pools, nodes):
    """The Gitpod labels that each named node must carry. A node of several pools carries the labels of all of them.

    :param pools: dict of pool name to label names, see `pool_keys`.
    :param nodes: dict of pool name to a list of node names.
    :returns: dict of node name to a set of full keys.
    :raises LabelError: a label that is none of the five, or nodes of a pool that `pools` does not define.
    """
    keys = pool_keys(pools)
    wanted = {}
    for pool, names in nodes.items():
        if pool not in keys:
            raise LabelError("nodes are given for the pool '%s', but the pools are: %s" % (pool, ", ".join(sorted(keys)) or "none"))
        for name in _names("nodes", pool, names):
            wanted.setdefault(name, set()).update(keys[pool])
    return wanted


def gitpod_labels(labels):
    """Those of a node's labels that are among the five, with their values."""
    return {key: labels[key] for key in LABEL_KEYS if key in labels}


def label_patch(current, wanted):
    """What has to be changed on a node.

    :param current: dict, all labels of the node.
    :param wanted: set of full keys that the node must carry.
    :returns: dict of key to `"true"` (set it) or `None` (remove it); empty if nothing is to be done.
    """
    patch = {}
    for key in LABEL_KEYS:
        if key in wanted:
            if current.get(key) != "true":
                patch[key] = "true"
        elif key in current:
            patch[key] = None
    return patch


def apply_patch(current, patch):
    """The labels after `patch`, as a merge patch of the API would leave them."""
    merged = dict(current)
    merged.update(patch)
    return {key: value for key, value in merged.items() if value is not None}
