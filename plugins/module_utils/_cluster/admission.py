# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API's answer to a pod that is tried means: who refused it, and what is to be done. Pure.

Admission says in its first words who it is, and RBAC and the parser of requests do too, so that only beginnings are compared: a
policy's own message, which follows, may hold any words.
"""

import re
from collections import namedtuple

ADMISSION = "admission"  # a policy, a plugin or a webhook refused the pod: the cluster's answer to the question
TERMINATING = "terminating"  # the namespace is being deleted
MISSING = "missing"  # there is no such namespace
MALFORMED = "malformed"  # the API did not understand the pod: a fault of this collection
PERMISSION = "permission"  # the credentials may not try it
NO_ANSWER = "no answer"  # anything else: nothing is known of the pod

Kind = namedtuple("Kind", "name pattern remedy")

# `pods "x" is forbidden: ` stands before what a plugin of the API server says; `pods is forbidden: User ` is what RBAC says.
_PLUGIN = r'pods "[^"]*" is forbidden: '
_LOOSEN = "Let Gitpod's namespace be an exception to it, or loosen it: Gitpod's pods would be refused as this one was."
_LABEL = "Label Gitpod's namespace: `kubectl label --overwrite namespace %(namespace)s pod-security.kubernetes.io/enforce=privileged`."

# The first that matches counts.
_KINDS = (
    Kind(PERMISSION, r'[\w.-]+(?: "[^"]*")? is forbidden: User "[^"]*" cannot ', ""),
    Kind(TERMINATING, _PLUGIN + r"unable to create new content in namespace \S+ because it is being terminated", ""),
    Kind(MISSING, r'namespaces "[^"]*" not found$', "Create the namespace (`kubectl create namespace %(namespace)s`), and run again."),
    Kind(ADMISSION, _PLUGIN + r'violates PodSecurity "', _LABEL),
    Kind(ADMISSION, _PLUGIN + r"\w+AdmissionPolicy '(?P<who>[^']*)'", "The policy is `%(who)s`. " + _LOOSEN),
    Kind(
        ADMISSION,
        _PLUGIN + r"(?:PodSecurityPolicy: |unable to validate against any pod security policy|no providers available to validate pod request)",
        "Let the users and service accounts of Gitpod's namespace `use` a PodSecurityPolicy that allows privileged pods, host paths and host ports.",
    ),
    Kind(
        ADMISSION,
        _PLUGIN + r"failed quota: (?P<who>[^,:\s]+): must specify ",
        "Take out of the ResourceQuota `%(who)s` of Gitpod's namespace what it wants every container to name, or add a LimitRange with defaults for it.",
    ),
    Kind(
        ADMISSION,
        _PLUGIN + r"(?:exceeded|failed) quota: (?P<who>[^,:\s]+)",
        "Give the ResourceQuota `%(who)s` of Gitpod's namespace more room, or remove it: Gitpod's pods would be refused as this one was.",
    ),
    Kind(
        ADMISSION,
        _PLUGIN + r"\[?(?:minimum|maximum) .* usage per (?:Pod|Container) is ",
        "Change or remove the LimitRange of Gitpod's namespace (`kubectl -n %(namespace)s get limitranges`): Gitpod's pods would be refused as this one was.",
    ),
    Kind(
        ADMISSION,
        _PLUGIN + r"error looking up service account ",
        "See why the controller manager does not make the namespace's service account `default` (it does so soon after the namespace was made).",
    ),
    Kind(ADMISSION, _PLUGIN, _LOOSEN),
    Kind(ADMISSION, r'admission webhook "(?P<who>[^"]*)" denied the request', "The policy is behind the admission webhook `%(who)s`. " + _LOOSEN),
    Kind(
        ADMISSION,
        r'(?:Internal error occurred: )?failed calling (?:admission )?webhook "(?P<who>[^"]*)"',
        "Look at the pods behind the admission webhook `%(who)s`: as long as it does not answer, no pod is made in this namespace.",
    ),
    Kind(
        ADMISSION,
        r'Pod "[^"]*" is invalid: .*securityContext\.privileged: Forbidden: disallowed by cluster policy',
        "Start the API servers with `--allow-privileged=true`.",
    ),
    Kind(
        MALFORMED,
        r'(?:Pod "[^"]*" is invalid: |\S+ in version "v1" cannot be handled as a |the object provided is unrecognized)',
        "Report this as a fault of gitpod.node_prep, with this message and the version of the cluster; nothing is known of the cluster's policies.",
    ),
)
_COMPILED = tuple((kind, re.compile(kind.pattern, re.DOTALL)) for kind in _KINDS)


def kind_of(said, status=0, reason=""):
    """One of the names above, for what the API said when it refused.

    :param status: of HTTP. A 403 of the API itself that RBAC did not speak is of some plugin.
    :param reason: the API's word for it; a proxy's 403 has none.
    """
    kind, _match = _find(said)
    if kind:
        return kind.name
    return ADMISSION if status == 403 and reason else NO_ANSWER


def remedy_of(said, namespace):
    """What is to be done, '' where nothing better is known than what the requirement says."""
    kind, match = _find(said)
    return kind.remedy % dict(match.groupdict(), namespace=namespace) if kind else ""


def violates_pod_security(said):
    """Whether it was Pod Security that refused."""
    return re.match(_PLUGIN + r'violates PodSecurity "', said) is not None


def _find(said):
    for kind, pattern in _COMPILED:
        match = pattern.match(said)
        if match:
            return kind, match
    return None, None
