# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases are to be installed, whether they are new enough, and whether they go together. Pure."""

import re

from ....module_utils._apt import upstream
from ....module_utils._k3s.release import VersionError, cri_problem, embedded_problem, parse_version
from ....module_utils._requirements import gitpod_releases
from ....module_utils._requirements.thresholds import MIN_CERT_MANAGER, MIN_KUBERNETES, POD_SECURITY_POLICIES_GONE
from ....module_utils._versions import is_at_least, parse_numbers
from ..model import by_value, hosts_with, machines, servers, value
from ..problem import Problem, on_hosts
from ..values import describe

OLDEST_K3S = parse_numbers(MIN_KUBERNETES)  # D1
# The charts of cert-manager from 1.12 on refuse an older Kubernetes than 1.22.
CERT_MANAGER_FOR_122 = (1, 12)


def k3s_release(inventory):
    for version, hosts in by_value(inventory, machines(inventory), "k3s_version"):
        if not isinstance(version, str):
            continue
        release = _parsed(version)
        if release is None:
            numbers = re.search(r"[0-9]+\.[0-9]+\.[0-9]+", version)
            yield Problem(
                f"k3s_version is {describe(version)}, which is not the name of a K3s release.",
                on_hosts(hosts),
                f"Write it as the release is named, like v{numbers.group() if numbers else '1.24.7'}+k3s1.",
            )
            continue
        embedded = hosts_with(inventory, hosts, "k3s_container_runtime", "embedded")
        if release[:2] < OLDEST_K3S:
            yield Problem(
                f"K3s {version} is too old: Gitpod needs Kubernetes 1.21 or newer (D1).",
                on_hosts(hosts),
                "Set k3s_version to a newer release; v1.24.7+k3s1 is the default.",
            )
        elif embedded and embedded_problem(version):
            yield Problem(
                f"K3s {version} bundles containerd 1.4, and Gitpod needs 1.5 or newer (D7).",
                on_hosts(embedded),
                "Use K3s v1.22 or newer, or the containerd of the node (k3s_container_runtime: system).",
            )


def _parsed(version):
    """A release of K3s as numbers; None where it is none."""
    try:
        return parse_version(version)
    except (TypeError, VersionError):
        return None


def k3s_has_what_gitpod_needs(inventory):
    for gitpod, hosts in by_value(inventory, machines(inventory), "node_prep_gitpod_version"):
        k3s = value(inventory, hosts[0], "k3s_version")
        release = _parsed(k3s)
        if release and _creates_policies(gitpod) and is_at_least(release, parse_numbers(POD_SECURITY_POLICIES_GONE)):
            yield Problem(
                f"Gitpod {gitpod} creates PodSecurityPolicies, which K3s {k3s} has not: they are gone from Kubernetes {POD_SECURITY_POLICIES_GONE} on (D9).",
                on_hosts(hosts),
                "Set k3s_version to a release of v1.24 or older, or install Gitpod 2022.09 or newer (node_prep_gitpod_version).",
            )


def _creates_policies(gitpod):
    try:
        return gitpod_releases.release(gitpod).psp == gitpod_releases.REQUIRED
    except gitpod_releases.UnknownRelease:
        return False  # a matter of formats


def k3s_can_talk_to_containerd(inventory):
    """containerd of the node is at least as new as its minimum, and exactly as new as a version that is pinned."""
    system = hosts_with(inventory, machines(inventory), "k3s_container_runtime", "system")
    for k3s, hosts in by_value(inventory, system, "k3s_version"):
        for name, problem in (("containerd_version", _pinned_problem), ("containerd_min_version", _minimum_problem)):
            for containerd, those in by_value(inventory, hosts, name) if _parsed(k3s) else ():
                numbers = upstream(containerd) if isinstance(containerd, str) else None
                what = problem(k3s, numbers) if numbers else ""
                if what:
                    clause, _colon, remedy = what.partition(": ")
                    yield Problem(f"{name} is {describe(containerd)}: {clause}.", on_hosts(those), f"{remedy[:1].upper()}{remedy[1:]}.")


def _pinned_problem(k3s, numbers):
    return cri_problem(k3s, numbers) if len(numbers) > 1 else ""


def _minimum_problem(k3s, numbers):
    """A newer containerd may come, but none that is older."""
    return cri_problem(k3s, numbers) if is_at_least(numbers, (2, 0)) else ""


def pinned_containerd_reaches_its_minimum(inventory):
    for pinned, hosts in by_value(inventory, machines(inventory), "containerd_version"):
        for minimum, those in by_value(inventory, hosts, "containerd_min_version"):
            numbers, least = (upstream(text) if isinstance(text, str) else None for text in (pinned, minimum))
            # What a pattern leaves open may be new enough.
            if numbers and least and numbers < least[: len(numbers)]:
                yield Problem(
                    f"containerd_version is {describe(pinned)}, and containerd_min_version is {minimum}.",
                    on_hosts(those),
                    "Pin a version that reaches the minimum, or leave containerd_version empty (D7).",
                )


def cert_manager_goes_with_the_cluster(inventory):
    for version, hosts in by_value(inventory, servers(inventory), "cert_manager_version"):
        numbers = parse_numbers(version) if isinstance(version, str) else None
        if not numbers:
            continue  # a range of versions, or a matter of formats
        k3s = value(inventory, hosts[0], "k3s_version")
        release = _parsed(k3s)
        if numbers < parse_numbers(MIN_CERT_MANAGER)[: len(numbers)]:
            yield Problem(
                f"cert-manager {version} is too old: Gitpod needs {MIN_CERT_MANAGER} or newer (D11).",
                on_hosts(hosts),
                "Set cert_manager_version to a newer one; v1.11.5 is the default.",
            )
        elif release and numbers[:2] >= CERT_MANAGER_FOR_122 and release < (1, 22):
            yield Problem(
                f"cert-manager {version} needs Kubernetes 1.22 or newer, and k3s_version is {k3s}.",
                on_hosts(hosts),
                "Set cert_manager_version to v1.11.5, or k3s_version to v1.22 or newer.",
            )


RULES = (
    k3s_release,
    k3s_has_what_gitpod_needs,
    k3s_can_talk_to_containerd,
    pinned_containerd_reaches_its_minimum,
    cert_manager_goes_with_the_cluster,
)
