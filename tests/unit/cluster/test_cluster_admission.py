"""Who refuses a privileged pod. The answers marked `real` are those of a kube-apiserver 1.36, the others have the wording of its sources."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import admission, check as cluster_check
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec
from cluster_checks import OPTIONS, reading
from cluster_fixtures import PODS, answers, served
from fake_api import status
from run_module import run

FORBIDDEN = 'pods "gitpod-node-prep-probe" is forbidden: '

# HTTP status, reason, message; status of the finding; a word of the remedy.
ANSWERS = {
    "real: Pod Security": (403, "Forbidden", FORBIDDEN + 'violates PodSecurity "restricted:latest": host namespaces (hostPID=true)', "fail", "kubectl label"),
    "real: ValidatingAdmissionPolicy": (
        422,
        "Invalid",
        FORBIDDEN + "ValidatingAdmissionPolicy 'vap.example.com' with binding 'vap-binding' denied request: privileged is not wanted",
        "fail",
        "`vap.example.com`",
    ),
    "ValidatingAdmissionPolicy with a reason of its own": (
        401,
        "Unauthorized",
        FORBIDDEN + "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: User \"x\" cannot create resource",
        "fail",
        "`p`",
    ),
    "ValidatingAdmissionPolicy that says too large": (
        413,
        "RequestEntityTooLarge",
        FORBIDDEN + "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too much",
        "fail",
        "`p`",
    ),
    "MutatingAdmissionPolicy": (403, "Forbidden", FORBIDDEN + "MutatingAdmissionPolicy 'm' with binding 'b' denied request: no", "fail", "`m`"),
    "real: quota": (403, "Forbidden", FORBIDDEN + "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0", "fail", "ResourceQuota `q`"),
    "real: quota of limits": (403, "Forbidden", FORBIDDEN + "failed quota: q: must specify limits.cpu for: probe", "fail", "LimitRange with defaults"),
    "real: limit range": (403, "Forbidden", FORBIDDEN + "maximum memory usage per Pod is 5Mi, but limit is 20Mi", "fail", "get limitranges"),
    "limit range, several": (403, "Forbidden", FORBIDDEN + "[maximum cpu usage per Container is 1, but limit is 2, x]", "fail", "get limitranges"),
    "real: service account": (
        403,
        "Forbidden",
        FORBIDDEN + 'error looking up service account default/default: serviceaccount "default" not found',
        "fail",
        "controller manager",
    ),
    "real: allow-privileged=false": (
        422,
        "Invalid",
        'Pod "gitpod-node-prep-probe" is invalid: spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy',
        "fail",
        "--allow-privileged=true",
    ),
    "real: webhook that does not answer": (
        500,
        "InternalError",
        'Internal error occurred: failed calling webhook "h.example.com": failed to call webhook: Post "https://127.0.0.1:1/x": connection refused',
        "fail",
        "behind the admission webhook `h.example.com`",
    ),
    "Gatekeeper": (403, "Forbidden", 'admission webhook "validation.gatekeeper.sh" denied the request: [p] privileged', "fail", "validation.gatekeeper.sh"),
    "Kyverno": (
        400,
        "BadRequest",
        'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/default/x was blocked\n\np:\n  r: no',
        "fail",
        "svc-fail",
    ),
    "webhook with 422": (422, "Invalid", 'admission webhook "w.example.com" denied the request without explanation', "fail", "w.example.com"),
    "webhook that says what RBAC would": (403, "", 'admission webhook "w" denied the request: pods is forbidden: User "u" cannot x', "fail", "`w`"),
    "PodSecurityPolicy": (403, "Forbidden", FORBIDDEN + "PodSecurityPolicy: unable to admit pod: []", "fail", "`use` a PodSecurityPolicy"),
    "no PodSecurityPolicy": (403, "Forbidden", FORBIDDEN + "no providers available to validate pod request", "fail", "`use` a PodSecurityPolicy"),
    "security context constraints": (403, "Forbidden", FORBIDDEN + "unable to validate against any security context constraint: []", "fail", "loosen it"),
    "image policy": (403, "Forbidden", FORBIDDEN + "image policy webhook backend denied one or more images: no", "fail", "loosen it"),
    "a plugin that nobody knows": (403, "Forbidden", FORBIDDEN + "not on a Monday", "fail", "loosen it"),
    "real: RBAC": (
        403,
        "Forbidden",
        'pods is forbidden: User "lister" cannot create resource "pods" in API group "" in the namespace "default"',
        "unknown",
        "Let these credentials `create pods`",
    ),
    "RBAC of a cloud": (
        403,
        "Forbidden",
        'pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "default": requires one of ["container.pods.create"]',
        "unknown",
        "Let these credentials `create pods`",
    ),
    "impersonation": (
        403,
        "Forbidden",
        'users "other" is forbidden: User "u" cannot impersonate resource "users" in API group "" at the cluster scope',
        "unknown",
        "",
    ),
    "real: not understood": (
        400,
        "BadRequest",
        'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field',
        "unknown",
        "fault of gitpod.node_prep",
    ),
    "real: not valid": (
        422,
        "Invalid",
        'Pod "gitpod-node-prep-probe" is invalid: spec.containers[0].image: Required value',
        "unknown",
        "fault of gitpod.node_prep",
    ),
    "real: no namespace": (404, "NotFound", 'namespaces "default" not found', "unknown", "kubectl create namespace default"),
    "a proxy": (403, "", "<html>403 Forbidden: denied the request</html>", "unknown", "See why"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_who_refused_and_what_to_do(name, capsys):
    code, reason, message, kind, remedy = ANSWERS[name]
    with served(answers("k3s")) as api:
        api.posts[PODS] = status(code, reason, message)
        result = run(cluster_spec.main, capsys, only=["privileged_pods"], **api.auth())
    (finding,) = result["findings"]
    assert finding["status"] == kind
    assert " ".join(message.split()) in finding["found"]
    assert remedy in finding["remedy"]
    assert result["permissions"] == (["create pods"] if "`create pods`" in finding["remedy"] else [])


def test_a_message_from_a_policy_is_one_line_that_no_terminal_obeys():
    said = FORBIDDEN + "ValidatingAdmissionPolicy 'a\x1b[2J' with binding 'b' denied request: no\n\x1b]0;title\x07\u202eFAIL everything"
    (finding,) = cluster_check.findings_of(reading(privileged_pod=said), OPTIONS, only=["privileged_pods"])
    assert all(value.isprintable() for value in finding.values())
    assert len(finding["found"]) < 1100
    assert "{{" not in admission.remedy_of(FORBIDDEN + "exceeded quota: {x}, requested", "n").replace("{x}", "")


def test_only_pod_security_itself_counts_as_pod_security():
    assert admission.violates_pod_security(FORBIDDEN + 'violates PodSecurity "restricted:latest": x')
    for said in ("PodSecurity", FORBIDDEN + "ValidatingAdmissionPolicy 'PodSecurity' denied request", 'admission webhook "PodSecurity" denied the request'):
        assert not admission.violates_pod_security(said)
