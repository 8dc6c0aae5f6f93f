# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""APIs that a newer Kubernetes no longer serves, and which objects of a cluster somebody still writes through them. Pure.

The table is that of Kubernetes' own guide to deprecated APIs, without those that only Kubernetes itself uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..module_utils._k3s.release import numbers_of
from ..module_utils._text import listed

MOST_NAMES = 5
# By what K3s knows the objects of its own manifests, which it replaces by those of the new release.
OF_K3S = ("objectset.rio.cattle.io/owner-gvk", "k3s.cattle.io/v1, Kind=Addon")


class Removed(NamedTuple):
    """minor: the first release without it. successor: the API that serves the same objects, '' where there is none, so that they are lost."""

    minor: tuple
    api_version: str
    resources: tuple
    successor: str


REMOVED = (
    Removed(
        (1, 22),
        "admissionregistration.k8s.io/v1beta1",
        ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
        "admissionregistration.k8s.io/v1",
    ),
    Removed((1, 22), "apiextensions.k8s.io/v1beta1", ("customresourcedefinitions",), "apiextensions.k8s.io/v1"),
    Removed((1, 22), "extensions/v1beta1", ("ingresses",), "networking.k8s.io/v1"),
    Removed((1, 22), "networking.k8s.io/v1beta1", ("ingresses", "ingressclasses"), "networking.k8s.io/v1"),
    Removed((1, 22), "rbac.authorization.k8s.io/v1beta1", ("clusterroles", "clusterrolebindings", "roles", "rolebindings"), "rbac.authorization.k8s.io/v1"),
    Removed((1, 22), "scheduling.k8s.io/v1beta1", ("priorityclasses",), "scheduling.k8s.io/v1"),
    Removed((1, 22), "storage.k8s.io/v1beta1", ("storageclasses", "csidrivers"), "storage.k8s.io/v1"),
    Removed((1, 25), "batch/v1beta1", ("cronjobs",), "batch/v1"),
    Removed((1, 25), "autoscaling/v2beta1", ("horizontalpodautoscalers",), "autoscaling/v2"),
    Removed((1, 25), "policy/v1beta1", ("poddisruptionbudgets",), "policy/v1"),
    Removed((1, 25), "policy/v1beta1", ("podsecuritypolicies",), ""),
    Removed((1, 25), "node.k8s.io/v1beta1", ("runtimeclasses",), "node.k8s.io/v1"),
    Removed((1, 26), "autoscaling/v2beta2", ("horizontalpodautoscalers",), "autoscaling/v2"),
)


def removed_on_the_way(releases, wanted):
    """The APIs that go between the oldest of the releases and the wanted one.

    :returns: list of dicts of `api_version` and `resource`.
    """
    oldest, newest = min(filter(None, map(numbers_of, releases)), default=None), numbers_of(wanted)
    if not oldest or not newest:
        return []
    return [{"api_version": row.api_version, "resource": resource} for row in REMOVED if oldest[:2] < row.minor <= newest[:2] for resource in row.resources]


def in_use(answers):
    """A sentence about each API that somebody still writes through.

    :param answers: list of dicts of `item`, one of those above, and `resources`, the objects that the API lists for it.
    """
    return [sentence for answer in answers for sentence in _sentences(answer["item"], answer.get("resources") or [])]


def _sentences(item, resources):
    (row,) = (row for row in REMOVED if row.api_version == item["api_version"] and item["resource"] in row.resources)
    found = sorted({_name(one) for one in resources if isinstance(one, Mapping) and not _is_of_k3s(one) and (not row.successor or _is_written(one, row))})
    if found and row.successor:
        yield f"{item['resource']} {listed(found, MOST_NAMES)} is written through {row.api_version}. Have its manifests say {row.successor}, and apply them."
    elif found:
        yield f"{item['resource']} {listed(found, MOST_NAMES)} is of {row.api_version}, which has no successor. Delete it, or what needs it."


def _metadata(resource, name):
    metadata = resource.get("metadata")
    return metadata.get(name) if isinstance(metadata, Mapping) else None


def _name(resource):
    return "/".join(str(part) for part in (_metadata(resource, "namespace"), _metadata(resource, "name")) if part)


def _is_of_k3s(resource):
    key, value = OF_K3S
    annotations = _metadata(resource, "annotations")
    return isinstance(annotations, Mapping) and annotations.get(key) == value


def _is_written(resource, row):
    entries = _metadata(resource, "managedFields")
    return isinstance(entries, list) and any(isinstance(entry, Mapping) and entry.get("apiVersion") == row.api_version for entry in entries)
