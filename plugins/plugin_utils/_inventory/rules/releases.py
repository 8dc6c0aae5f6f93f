# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases are to be installed, and whether they are new enough. Pure."""

import re

from ....module_utils._k3s.release import VersionError, embedded_problem, parse_version
from ....module_utils._requirements import gitpod_releases
from ....module_utils._requirements.names import is_domain
from ....module_utils._requirements.thresholds import MIN_KUBERNETES
from ....module_utils._versions import parse_numbers
from ..model import by_value, nodes, ours, value
from ..problem import Problem, on_hosts
from ..values import describe

OLDEST_K3S = parse_numbers(MIN_KUBERNETES)  # D1


def k3s_release(inventory):
    for version, hosts in by_value(inventory, nodes(inventory), "k3s_version"):
        if not isinstance(version, str):
            continue
        try:
            release = parse_version(version)
        except VersionError:
            numbers = re.search(r"\d+\.\d+\.\d+", version)
            yield Problem(
                f"k3s_version is {describe(version)}, which is not the name of a K3s release.",
                on_hosts(hosts),
                f"Write it as the release is named, like v{numbers.group() if numbers else '1.24.7'}+k3s1.",
            )
            continue
        embedded = [host for host in hosts if value(inventory, host, "k3s_container_runtime") == "embedded"]
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


def gitpod_release(inventory):
    for version, hosts in by_value(inventory, ours(inventory), "node_prep_gitpod_version"):
        if not isinstance(version, str):
            continue
        try:
            gitpod_releases.release(version)
        except ValueError as error:
            what = f"node_prep_gitpod_version: {error}."
            yield Problem(what, on_hosts(hosts), "Set it to the release of Gitpod that you install.")


def domain_is_a_name(inventory):
    for domain, hosts in by_value(inventory, ours(inventory), "node_prep_domain"):
        if isinstance(domain, str) and domain and not is_domain(domain):
            yield Problem(
                f"node_prep_domain is {describe(domain)}, which is not the name of a domain.",
                on_hosts(hosts),
                "Write it without a scheme, a port or a path, like gitpod.example.com.",
            )


def versions_of_packages_can_be_read(inventory):
    for text, hosts in by_value(inventory, nodes(inventory), "containerd_min_version"):
        if isinstance(text, str) and text and parse_numbers(text) is None:
            yield Problem(
                f"containerd_min_version is {describe(text)}, which is not a version.",
                on_hosts(hosts),
                "Write the lowest version that will do, like 1.5 or 1.6.20.",
            )


RULES = (
    k3s_release,
    gitpod_release,
    domain_is_a_name,
    versions_of_packages_can_be_read,
)
