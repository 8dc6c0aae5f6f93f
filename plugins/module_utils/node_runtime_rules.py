# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the container runtime; see node_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, requirements, versions
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import PREPARED, Unreadable, broken, met


def _containerd(reading, options, phase):
    required = "%s or newer" % options["min_containerd"]
    embedded = options["container_runtime"] == "embedded"
    if embedded:
        release = versions.parse_kubernetes(options["kubernetes_version"])
        if not versions.is_at_least(release.numbers, versions.parse_numbers(requirements.MIN_EMBEDDED_KUBERNETES)):
            return broken(
                "%s bundles an older one" % release.text,
                required,
                remedy="Choose K3s 1.22 or newer, or the containerd of the node (container runtime `system`).",
                mended_by="",
            )
    text = reading["containerd"]
    if embedded and not text and phase == PREPARED:
        raise Unreadable("K3s has unpacked no containerd; cluster_spec judges the version that the API reports")
    mended_by = "k3s" if embedded else None
    if not text:
        return broken("not installed", required, mended_by=mended_by)
    numbers = versions.parse_containerd(text)
    if numbers is None:
        return broken("`%s`, which is no containerd version" % text, required, mended_by=mended_by)
    if versions.is_at_least(numbers, versions.parse_numbers(options["min_containerd"])):
        return met(versions.show(numbers), required)
    return broken(versions.show(numbers), required, mended_by=mended_by)


def _runtime_unique(reading, options, _phase):
    wanted = requirements.RUNTIME_PATHS[options["container_runtime"]].socket
    others = [path for path in reading["runtime_sockets"] if path != wanted]
    required = "at most " + wanted
    if not others:
        return met("no other", required)
    return broken("also " + " ".join(others), required, None if requirements.is_workspace_node(options["workloads"]) else findings.WARNING)


RULES = {
    "containerd": _containerd,
    "runtime_unique": _runtime_unique,
}
