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
    cluster_calico_rules,
    cluster_domain_rules,
    cluster_label_rules,
    cluster_load_balancer_rules,
    cluster_network_rules,
    cluster_node_rules,
    cluster_privilege_rules,
    distribution,
    findings,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_requirements import (
    CLUSTER_REQUIREMENTS,
    NODE_IDS,
    SETTLING,
    SETTLING_ON_K3S,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_shapes import ClusterReading
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, merge_met, met
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import Unreadable
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import is_at_least, parse_kubernetes, parse_numbers


def judge(facts, options, only=(), skip=None):
    """The findings about a cluster, in the order of the table.

    :param facts: what cluster_reader.read_cluster returned, or the ClusterReading of it.
    :param options: the options of the module cluster_spec.
    :param only: the ids to judge; all where empty.
    :param skip: dict of ids to leave out to the reason.
    """
    skip = skip or {}
    reading = ClusterReading.of(facts)
    result = []
    for requirement in CLUSTER_REQUIREMENTS.values():
        if requirement.id in skip:
            result.append(findings.skipped(requirement, skip[requirement.id], node=""))
        elif not only or requirement.id in only:
            result.extend(_findings(requirement, reading, options))
    return result


def settles(found, distribution_name):
    """Whether a failure among the findings may go away by waiting."""
    ids = SETTLING | SETTLING_ON_K3S if distribution_name == distribution.K3S else SETTLING
    return any(finding["status"] == findings.FAIL and finding["id"] in ids for finding in found)


def _findings(requirement, reading, options):
    try:
        verdicts = merge_met(list(RULES[requirement.id](reading, options)))
    except Unreadable as error:
        remedy = "Use credentials that may do this, or see why the API does not answer it, and run again."
        return [findings.make(requirement, findings.UNKNOWN, str(error), "", remedy, node="")]
    return [_finding(requirement, verdict) for verdict in verdicts]


def _finding(requirement, verdict):
    if verdict.ok:
        return findings.make(requirement, findings.PASS, verdict.found, verdict.required, node=verdict.node)
    if verdict.severity == findings.SKIPPED:
        return findings.skipped(requirement, verdict.found, node=verdict.node)
    return findings.make(
        requirement,
        verdict.severity or requirement.severity,
        verdict.found,
        verdict.required,
        verdict.remedy or requirement.remedy,
        requirement.mended_by if verdict.mended_by is None else verdict.mended_by,
        node=verdict.node,
    )


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
    name = distribution.recognise(reading)
    required = "one of " + ", ".join(distribution.SUPPORTED)
    if name in distribution.SUPPORTED:
        yield met(name, required)
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
