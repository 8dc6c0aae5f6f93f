# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about which Kubernetes a cluster is. Pure; see _cluster.check."""

from ..._requirements import findings
from ..._requirements.requirement import Requirements
from ..._versions import is_at_least, parse_kubernetes, parse_numbers
from .. import distribution
from ..verdict import failed, passed

REQUIREMENTS = Requirements()


@REQUIREMENTS.add("kubernetes_version", "Kubernetes", "D1", "Upgrade the cluster, one minor release at a time, servers first.", fixed_by="k3s")
def _kubernetes_version(reading, options):
    text = reading["version"]["gitVersion"]
    version = parse_kubernetes(text)
    required = options["min_kubernetes"] + " or newer"
    if version is None:
        yield failed("`%s`, which is no Kubernetes version" % text, required)
    elif is_at_least(version.numbers, parse_numbers(options["min_kubernetes"])):
        yield passed(text, required)
    else:
        yield failed(text, required)


@REQUIREMENTS.add("distribution", "Distribution", "D2", "Use K3s, EKS, GKE or AKS: Gitpod does not run on OpenShift and RKE.")
def _distribution(reading, _options):
    name, edition = distribution.recognise(reading), distribution.edition(reading)
    required = "one of " + ", ".join(distribution.SUPPORTED)
    if edition == distribution.AUTOPILOT:
        yield failed("%s %s" % (name, edition), "%s, and a Standard cluster of GKE" % required)
    elif name in distribution.SUPPORTED:
        yield passed(("%s %s" % (name, edition)).strip(), required)
    elif name in distribution.INCOMPATIBLE:
        yield failed(name, required)
    else:
        yield failed(
            name,
            required,
            severity=findings.WARNING,
            remedy="Nothing is known about Gitpod on this distribution; expect surprises.",
        )
