# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what Gitpod's pods may do (D9, requirements section 8). Pure; see cluster_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from ansible_collections.gitpod.node_prep.plugins.module_utils import cluster_admission
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_requirements import POD_SECURITY_POLICIES_GONE
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, met
from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import UNKNOWN
from ansible_collections.gitpod.node_prep.plugins.module_utils.gitpod_releases import REQUIRED, release
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_verdict import Unreadable
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import is_at_least, parse_kubernetes, parse_numbers

ENFORCE = "pod-security.kubernetes.io/enforce"
# The namespace that every cluster makes for itself soon after its first start; any other is made by somebody.
_MADE_BY_THE_CLUSTER = "default"


def privileged_pods(reading, options):
    required = "admitted (server-side dry run)"
    if _is_missing(reading):
        yield _missing(options, required)
        return
    if _is_terminating(reading):
        yield _terminating(options, required)
        return
    said = reading["privileged_pod"]
    kind, remedy = cluster_admission.kind_of(said), cluster_admission.remedy_of(said, options["namespace"]) or None
    if kind == cluster_admission.TERMINATING:
        yield _terminating(options, required)
    elif kind in (cluster_admission.MALFORMED, cluster_admission.MISSING):
        yield broken("nothing could be tried: " + said, required, severity=UNKNOWN, remedy=remedy)
    else:
        yield broken(said, required, remedy=remedy) if said else met("admitted", required)


def pod_security(reading, options):
    """The label is what counts from the Kubernetes on that has no PodSecurityPolicies, and only where the default is stricter."""
    required = "`%s=privileged` on the namespace where the default is stricter, from Kubernetes %s on" % (ENFORCE, POD_SECURITY_POLICIES_GONE)
    if not _policies_are_gone(reading):
        yield met("not needed by this Kubernetes", required)
        return
    if _is_missing(reading):
        yield _missing(options, required)
        return
    if _is_terminating(reading):
        yield _terminating(options, required)
        return
    level = reading["namespace"]["metadata"]["labels"].get(ENFORCE)
    if level == "privileged":
        yield met("privileged", required)
    elif level is not None:
        yield broken("`%s=%s`" % (ENFORCE, level), required)
    elif cluster_admission.violates_pod_security(reading["privileged_pod"]):
        yield broken("no label, and the default is stricter", required)
    else:
        yield met("no label, and the default is not stricter", required)


def _is_missing(reading):
    try:
        return not reading["namespace"]["metadata"]["name"]
    except Unreadable:  # who may not read it may still try a pod in it
        return False


def _is_terminating(reading):
    namespace = reading.get("namespace")
    return bool(namespace["metadata"]["deletionTimestamp"]) or namespace["status"]["phase"] == "Terminating"


def _terminating(options, required):
    remedy = (
        "Wait until it is gone (`kubectl get namespace {0} -o yaml` says under `status.conditions` what it waits for), then create it again "
        "with the label `{1}=privileged`, or choose another namespace (`cluster_spec_namespace`).".format(options["namespace"], ENFORCE)
    )
    return broken("the namespace %s is being deleted" % options["namespace"], required, remedy=remedy)


def _missing(options, required):
    name = options["namespace"]
    severity = None if name == _MADE_BY_THE_CLUSTER else UNKNOWN
    remedy = "Create it (`kubectl create namespace {0}`, then `kubectl label namespace {0} {1}=privileged`), and run again.".format(name, ENFORCE)
    return broken("the namespace %s does not exist yet" % name, required, severity=severity, remedy=remedy)


def _policies_are_gone(reading):
    version = parse_kubernetes(reading["version"]["gitVersion"])
    return version is not None and is_at_least(version.numbers, parse_numbers(POD_SECURITY_POLICIES_GONE))


def pod_security_policies(reading, options):
    gitpod = options["gitpod_version"]
    needed = release(gitpod).psp == REQUIRED
    required = "creatable, for Gitpod %s" % gitpod if needed else "not required by Gitpod %s" % gitpod
    if _policies_are_gone(reading):
        remedy = "Install Gitpod 2022.09 or newer, or use a Kubernetes older than %s." % POD_SECURITY_POLICIES_GONE
        yield broken("gone from this Kubernetes", required, remedy=remedy) if needed else met("gone from this Kubernetes", required)
    elif reading["may_create_policies"]:
        yield met("creatable", required)
    else:
        found = "not creatable with these credentials, or not served"
        yield broken(found, required) if needed else met(found, required)
