# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges the reading of a cluster: the table of rules, and the rules about the cluster as a whole. Pure.

A rule takes a reading (of cluster_reader.py) and the options of the module, and yields verdicts. Where something that it needs
could not be read, the requirement becomes one finding C(unknown) with the reason.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from functools import partial

from ansible_collections.gitpod.node_prep.plugins.module_utils import (
    cluster_addon_rules,
    cluster_advice,
    cluster_calico_rules,
    cluster_domain_rules,
    cluster_label_rules,
    cluster_load_balancer_rules,
    cluster_network_rules,
    cluster_node_rules,
    cluster_permissions,
    cluster_privilege_rules,
    distribution,
    findings,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_candidates import left_out
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_requirements import (
    CLUSTER_REQUIREMENTS,
    NODE_IDS,
    SETTLING,
    SETTLING_ON_K3S,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_shapes import ClusterReading, Refused
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, merge_met, met
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import Unreadable
from ansible_collections.gitpod.node_prep.plugins.module_utils.text import one_line
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import is_at_least, parse_kubernetes, parse_numbers

# Characters of a finding's text: what Pod Security says of a pod with everything is not cut, a page of a proxy is.
LONGEST = 1000


def judge(facts, options, only=(), skip=None):
    """The findings about a cluster, in the order of the table.

    :param facts: what cluster_reader.read_cluster returned, or the ClusterReading of it.
    :param options: the options of the module cluster_spec.
    :param only: the ids to judge; all where empty.
    :param skip: dict of ids to leave out to the reason.
    """
    skip = skip or {}
    reading = judged_part(ClusterReading.of(facts), options)
    result = []
    for requirement in CLUSTER_REQUIREMENTS.values():
        if requirement.id in skip:
            result.append(findings.skipped(requirement, skip[requirement.id], node=""))
        elif not only or requirement.id in only:
            result.extend(_findings(requirement, reading, options))
    return result


def judged_part(reading, options):
    """The reading with only those nodes that are judged."""
    others = left_out(reading.get("nodes"), options)
    return reading.without_nodes(others) if others else reading


def settles(found, distribution_name):
    """Whether a failure among the findings may go away by waiting."""
    ids = SETTLING | SETTLING_ON_K3S if distribution_name == distribution.K3S else SETTLING
    return any(finding["status"] == findings.FAIL and finding["id"] in ids for finding in found)


def _findings(requirement, reading, options):
    try:
        verdicts = merge_met(list(RULES[requirement.id](reading, options)))
    except Refused as error:
        return [_unknown(requirement, str(error), cluster_permissions.remedy_of(error.permission))]
    except Unreadable as error:
        return [_unknown(requirement, str(error), "See why the API does not answer this, and run again.")]
    return [_finding(requirement, verdict, reading) for verdict in verdicts]


def _unknown(requirement, reason, remedy):
    return findings.make(requirement, findings.UNKNOWN, _shown(reason), "", _shown(remedy), node="")


def _finding(requirement, verdict, reading):
    found, required, node = _shown(verdict.found), _shown(verdict.required), _shown(verdict.node)
    if verdict.ok:
        return findings.make(requirement, findings.PASS, found, required, node=node)
    if verdict.severity == findings.SKIPPED:
        return findings.skipped(requirement, found, node=node)
    where = _distribution_of(reading)
    mended_by = cluster_advice.mended_by(requirement, where[0])
    return findings.make(
        requirement,
        verdict.severity or requirement.severity,
        found,
        required,
        _shown(cluster_advice.remedy(requirement, verdict.remedy, *where)),
        mended_by if verdict.mended_by is None else verdict.mended_by,
        node=node,
    )


def _shown(text):
    """Text of an API in a message: one line that no terminal obeys."""
    return one_line(text, LONGEST)


def _distribution_of(reading):
    """Name and edition, as far as they can be told; who may not see what tells it apart is not told about another distribution's services."""
    try:
        return distribution.recognise(reading), distribution.edition(reading)
    except Unreadable:
        return distribution.OTHER, ""


def _kubernetes_version(reading, options):
    text = reading["version"]["gitVersion"]
    version = parse_kubernetes(text)
    required = options["min_kubernetes"] + " or newer"
    if version is None:
        yield broken("`%s`, which is no Kubernetes version" % text, required)
    elif is_at_least(version.numbers, parse_numbers(options["min_kubernetes"])):
        yield met(text, required)
    else:
        yield broken(text, required)


def _distribution(reading, _options):
    name, edition = distribution.recognise(reading), distribution.edition(reading)
    required = "one of " + ", ".join(distribution.SUPPORTED)
    if edition == distribution.AUTOPILOT:
        yield broken("%s %s" % (name, edition), "%s, and a Standard cluster of GKE" % required)
    elif name in distribution.SUPPORTED:
        yield met(("%s %s" % (name, edition)).strip(), required)
    elif name in distribution.INCOMPATIBLE:
        yield broken(name, required)
    else:
        yield broken(
            name,
            required,
            severity=findings.WARNING,
            remedy="Nothing is known about Gitpod on this distribution; expect surprises.",
        )


RULES = {
    "kubernetes_version": _kubernetes_version,
    "distribution": _distribution,
    "nodes": cluster_node_rules.nodes,
    "kubernetes_release": cluster_node_rules.kubernetes_release,
    "nodes_joined": cluster_label_rules.nodes_joined,
    "node_ready": cluster_node_rules.node_ready,
    "node_pressure": cluster_node_rules.node_pressure,
    "node_schedulable": cluster_node_rules.node_schedulable,
    "kubelet_version": cluster_node_rules.kubelet_version,
    "container_runtime": cluster_node_rules.container_runtime,
    "runtime_uniform": cluster_node_rules.runtime_uniform,
    "labels_present": cluster_label_rules.labels_present,
    "label_values": cluster_label_rules.label_values,
    "node_labels": cluster_label_rules.node_labels,
    "pool_separation": cluster_label_rules.pool_separation,
    "calico": cluster_calico_rules.calico,
    "calico_ready": cluster_calico_rules.calico_ready,
    "calico_tested": cluster_calico_rules.calico_tested,
    "calico_network": cluster_calico_rules.calico_network,
    "calico_dataplane": cluster_calico_rules.calico_dataplane,
    "calico_addresses": cluster_calico_rules.calico_addresses,
    "calico_encapsulation": cluster_calico_rules.calico_encapsulation,
    "calico_forwarding": cluster_calico_rules.calico_forwarding,
    "calico_offload": cluster_calico_rules.calico_offload,
    "cluster_networks": cluster_network_rules.cluster_networks,
    "privileged_pods": cluster_privilege_rules.privileged_pods,
    "pod_security": cluster_privilege_rules.pod_security,
    "pod_security_policies": cluster_privilege_rules.pod_security_policies,
    "load_balancer": cluster_load_balancer_rules.load_balancer,
    "load_balancer_ports": cluster_load_balancer_rules.load_balancer_ports,
    "load_balancer_probe": cluster_load_balancer_rules.load_balancer_probe,
    "storage_class": cluster_addon_rules.storage_class,
    "cert_manager": cluster_addon_rules.cert_manager,
    "cert_manager_ready": cluster_addon_rules.cert_manager_ready,
    "cluster_issuer": cluster_addon_rules.cluster_issuer,
    "dns_names": cluster_domain_rules.dns_names,
    "certificate": cluster_domain_rules.certificate,
}
RULES.update((name, partial(cluster_node_rules.as_on_the_node, name)) for name in NODE_IDS)
