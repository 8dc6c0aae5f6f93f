# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cluster_spec asks of an API, as the permissions that its credentials need. Data, and the text of the roles made from it. Pure."""

import json
from collections import namedtuple

NAME = "gitpod-node-prep"

# One rule of a role: groups, resources and verbs of the API; names where only these objects are asked for.
Rule = namedtuple("Rule", "group resources verbs names")

PATHS = ("/version", "/apis")

# All of them read only.
CLUSTER = (
    Rule("", ("nodes", "services"), ("list",), ()),
    Rule("", ("configmaps",), ("get",), ("calico-config", "cilium-config", "full-cluster-state")),
    Rule("apps", ("daemonsets", "deployments"), ("list",), ()),
    Rule("storage.k8s.io", ("storageclasses",), ("list",), ()),
    Rule("crd.projectcalico.org", ("ippools", "felixconfigurations"), ("list",), ()),
    Rule("operator.tigera.io", ("installations",), ("list",), ()),
    Rule("helm.cattle.io", ("helmcharts",), ("list",), ()),
    Rule("cert-manager.io", ("clusterissuers",), ("list",), ()),
    Rule("authorization.k8s.io", ("selfsubjectaccessreviews",), ("create",), ()),
)
# In Gitpod's namespace. The API lets nobody try a pod who may not create one, not even as a dry run, and without it D9 stays unknown.
PODS = Rule("", ("pods",), ("create",), ())
CERTIFICATES = Rule("cert-manager.io", ("certificates",), ("list",), ())
PROBE = Rule("", ("services",), ("create", "get", "delete"), ())

_REMEDY = (
    "Let these credentials %s, or use others that may, and run again; the README of the role cluster_spec and `cluster_role` in the "
    "module's result have a ClusterRole with all that is asked for."
)


def permission_of(error):
    """'list daemonsets.apps' where the API refused a request because this permission is missing, else ''.

    :param error: KubeStatusError. A proxy's 403 has no reason, and no permission of the cluster would help.
    """
    details = error.details
    return "%s %s" % (details["verb"], details["resource"]) if details.get("status") == 403 and details.get("reason") else ""


def remedy_of(permission):
    return _REMEDY % ("`%s`" % permission)


def cluster_rules(namespace):
    return CLUSTER + (Rule("", ("namespaces",), ("get",), (namespace,)),)


def namespace_rules(domain, certificate, probe):
    """Only what these options make the module ask for."""
    rules = (PODS,)
    if domain:
        rules += (CERTIFICATES, Rule("", ("secrets",), ("get",), (certificate,)))
    return rules + (PROBE,) if probe else rules


def roles(options):
    """The YAML of a ClusterRole and of a Role with all that cluster_spec asks for with these options, ready for `kubectl apply`."""
    namespace = options["namespace"]
    in_namespace = namespace_rules(options["domain"], options["certificate"], options["probe_load_balancer"])
    head = [
        "# All that gitpod.node_prep.cluster_spec asks of a cluster. Bind both to the user who runs it:",
        "#   kubectl create clusterrolebinding %s --clusterrole %s --user USER" % (NAME, NAME),
        "#   kubectl create rolebinding %s --namespace %s --role %s --user USER" % (NAME, namespace, NAME),
    ]
    paths = ["  - nonResourceURLs: %s" % json.dumps(list(PATHS)), "    verbs: %s" % json.dumps(["get"])]
    note = ["# To try a privileged pod, as a dry run. Who may create pods can do much; without it, what it verifies (D9) stays unknown."]
    return "\n".join(head + _role("ClusterRole", "", cluster_rules(namespace)) + paths + ["---"] + note + _role("Role", namespace, in_namespace) + [""])


def _role(kind, namespace, rules):
    lines = ["apiVersion: rbac.authorization.k8s.io/v1", "kind: " + kind, "metadata:", "  name: " + NAME]
    lines += ["  namespace: " + namespace] if namespace else []
    return lines + ["rules:"] + [line for rule in rules for line in _rule(rule)]


def _rule(rule):
    """JSON is YAML."""
    lines = [
        "  - apiGroups: %s" % json.dumps([rule.group]),
        "    resources: %s" % json.dumps(list(rule.resources)),
        "    verbs: %s" % json.dumps(list(rule.verbs)),
    ]
    return lines + (["    resourceNames: %s" % json.dumps(list(rule.names))] if rule.names else [])
