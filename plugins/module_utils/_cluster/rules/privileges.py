# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what Gitpod's pods may do (D9, requirements section 8). Pure; see _cluster.check."""

from ..._requirements.findings import UNKNOWN
from ..._requirements.gitpod_releases import REQUIRED, release
from ..._requirements.reading import Unreadable
from ..._requirements.requirement import ANYWHERE, Requirements
from ..._requirements.thresholds import POD_SECURITY_POLICIES_GONE
from ..._versions import is_at_least, parse_kubernetes, parse_numbers
from .. import admission
from ..verdict import failed, passed

REQUIREMENTS = Requirements()

ENFORCE = "pod-security.kubernetes.io/enforce"
# The namespace that every cluster makes for itself soon after its first start; any other is made by somebody.
_MADE_BY_THE_CLUSTER = "default"


@REQUIREMENTS.add(
    "privileged_pods",
    "Privileged pods",
    "D9",
    "Label Gitpod's namespace `pod-security.kubernetes.io/enforce=privileged`, or loosen the admission plugin that refused.",
    settles=ANYWHERE,
)
def privileged_pods(reading, options):
    required = "admitted (server-side dry run)"
    unusable = _unusable_namespace(reading, options, required)
    if unusable:
        yield unusable
        return
    said = reading["privileged_pod"]
    kind, remedy = admission.kind_of(said), admission.remedy_of(said, options["namespace"]) or None
    if kind == admission.TERMINATING:
        yield _terminating(options, required)
    elif kind in (admission.MALFORMED, admission.MISSING):
        yield failed("nothing could be tried: " + said, required, severity=UNKNOWN, remedy=remedy)
    else:
        yield failed(said, required, remedy=remedy) if said else passed("admitted", required)


@REQUIREMENTS.add("pod_security", "Pod Security", "D9", "Label Gitpod's namespace `pod-security.kubernetes.io/enforce=privileged`.")
def pod_security(reading, options):
    """The label is what counts from the Kubernetes on that has no PodSecurityPolicies, and only where the default is stricter."""
    required = "`%s=privileged` on the namespace where the default is stricter, from Kubernetes %s on" % (ENFORCE, POD_SECURITY_POLICIES_GONE)
    if not _policies_are_gone(reading):
        yield passed("not needed by this Kubernetes", required)
        return
    unusable = _unusable_namespace(reading, options, required)
    if unusable:
        yield unusable
        return
    level = reading["namespace"]["metadata"]["labels"].get(ENFORCE)
    if level == "privileged":
        yield passed("privileged", required)
    elif level is not None:
        yield failed("`%s=%s`" % (ENFORCE, level), required)
    elif admission.violates_pod_security(reading["privileged_pod"]):
        yield failed("no label, and the default is stricter", required)
    else:
        yield passed("no label, and the default is not stricter", required)


def _unusable_namespace(reading, options, required):
    """The verdict where Gitpod's namespace is missing or being deleted; None where it is neither."""
    if _is_missing(reading):
        return _missing(options, required)
    return _terminating(options, required) if _is_terminating(reading) else None


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
        "Wait until it is gone (`kubectl get namespace %s -o yaml` says under `status.conditions` what it waits for), then create it again "
        "with the label `%s=privileged`, or choose another namespace (`cluster_spec_namespace`)." % (options["namespace"], ENFORCE)
    )
    return failed("the namespace %s is being deleted" % options["namespace"], required, remedy=remedy)


def _missing(options, required):
    name = options["namespace"]
    severity = None if name == _MADE_BY_THE_CLUSTER else UNKNOWN
    remedy = "Create it (`kubectl create namespace %s`, then `kubectl label namespace %s %s=privileged`), and run again." % (name, name, ENFORCE)
    return failed("the namespace %s does not exist yet" % name, required, severity=severity, remedy=remedy)


def _policies_are_gone(reading):
    version = parse_kubernetes(reading["version"]["gitVersion"])
    return version is not None and is_at_least(version.numbers, parse_numbers(POD_SECURITY_POLICIES_GONE))


@REQUIREMENTS.add(
    "pod_security_policies", "PodSecurityPolicies", "D9", "Let the user of the installation create PodSecurityPolicies: Gitpod up to 2022.08 brings its own."
)
def pod_security_policies(reading, options):
    gitpod = options["gitpod_version"]
    needed = release(gitpod).psp == REQUIRED
    required = "creatable, for Gitpod %s" % gitpod if needed else "not required by Gitpod %s" % gitpod
    if _policies_are_gone(reading):
        remedy = "Install Gitpod 2022.09 or newer, or use a Kubernetes older than %s." % POD_SECURITY_POLICIES_GONE
        yield failed("gone from this Kubernetes", required, remedy=remedy) if needed else passed("gone from this Kubernetes", required)
    elif reading["may_create_policies"]:
        yield passed("creatable", required)
    else:
        found = "not creatable with these credentials, or not served"
        yield failed(found, required) if needed else passed(found, required)
