"""The roles that cluster_spec tells of allow what it asks for, and nothing else; and what a user lacks is said everywhere."""

from pathlib import Path

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import permissions, reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.reader import CUSTOM_LISTS
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube import client as kube_client
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec
from cluster_checks import OPTIONS
from cluster_fixtures import PODS, REVIEWS, answers, served
from fake_api import status
from run_module import run

DOMAIN = "gitpod.example.com"
EVERY_GROUP = {**{group: version for group, version, _resource in CUSTOM_LISTS.values()}, "policy": "v1beta1", "cilium.io": "v2"}


def content_with_everything():
    content = answers("k3s")
    content["/apis"] = {"groups": [{"name": name, "versions": [{"version": version}]} for name, version in EVERY_GROUP.items()]}
    return content


def asked(calls):
    """(verb, resource, name) of each request; a path that is no resource stands for itself."""
    result = set()
    for call in calls:
        verb, resource = kube_client.describe(call.method, call.path)
        result.add((verb, resource, call.path.rpartition("/")[2] if verb == "get" and not resource.startswith("/") else ""))
    return result


def allowed(text):
    """The same of what the roles allow."""
    result = set()
    for role in yaml.safe_load_all(text):
        for rule in role["rules"]:
            for verb in rule["verbs"]:
                result |= {(verb, path, "") for path in rule.get("nonResourceURLs", ())}
                for resource in rule.get("resources", ()):
                    (group,) = rule["apiGroups"]
                    full = resource + ("." + group if group else "")
                    result |= {(verb, full, name) for name in rule.get("resourceNames", [""])}
    return result


@pytest.mark.parametrize("domain", ["", DOMAIN])
@pytest.mark.parametrize("namespace", ["default", "gitpod"])
def test_the_roles_allow_exactly_what_is_asked_for(domain, namespace, capsys, monkeypatch):
    monkeypatch.setattr(reader, "resolve", lambda _name: [])
    with served(content_with_everything()) as api:
        run(cluster_spec.main, capsys, domain=domain, namespace=namespace, **api.auth())
        requests = asked(api.calls)
    assert allowed(permissions.roles({**OPTIONS, "domain": domain, "namespace": namespace})) == requests


def test_the_probe_of_the_load_balancer_needs_services_in_the_namespace():
    more = allowed(permissions.roles({**OPTIONS, "probe_load_balancer": True})) - allowed(permissions.roles(OPTIONS))
    assert more == {("create", "services", ""), ("get", "services", ""), ("delete", "services", "")}


def test_the_cluster_wide_part_only_reads():
    cluster, namespaced = yaml.safe_load_all(permissions.roles({**OPTIONS, "domain": DOMAIN, "namespace": "gitpod"}))
    assert (cluster["kind"], namespaced["kind"], namespaced["metadata"]["namespace"]) == ("ClusterRole", "Role", "gitpod")
    verbs = {(verb, resource) for rule in cluster["rules"] for verb in rule["verbs"] for resource in rule.get("resources", ["path"])}
    assert {item for item in verbs if item[0] not in ("get", "list")} == {("create", "selfsubjectaccessreviews")}, "which stores nothing"
    assert "secrets" not in {resource for _verb, resource in verbs}


ABOUT_NODES = {
    "kubernetes_version", "nodes", "nodes_joined", "node_ready", "node_pressure", "node_schedulable", "kubelet_version", "container_runtime",
    "runtime_uniform", "labels_present", "label_values", "node_labels", "pool_separation", "architecture", "os_release", "kernel_version",
    "cpus", "memory", "servers", "distribution", "kubernetes_release", "pod_security",  # the last one since this Kubernetes knows no such labels
}  # fmt: skip


def refused_but(*paths):
    """The cluster for a user who may read these paths only."""
    content = content_with_everything()
    for path in set(content) | {"/api/v1/namespaces/default", "/api/v1/namespaces/kube-system/configmaps/cilium-config"}:
        if path not in paths:
            content[path] = status(403, "Forbidden", 'x is forbidden: User "lister" cannot list resource "x" in API group "" at the cluster scope')
    forbidden = status(403, "Forbidden", 'pods is forbidden: User "lister" cannot create resource "pods" in API group "" in the namespace "default"')
    return served(content, {PODS: forbidden, REVIEWS: status(403, "Forbidden", 'x is forbidden: User "lister" cannot create resource "x"')})


@pytest.mark.parametrize("paths", [("/version", "/api/v1/nodes", "/apis"), ("/version", "/api/v1/nodes")])
def test_a_user_who_may_only_list_nodes(paths, capsys):
    with refused_but(*paths) as api:
        result = run(cluster_spec.main, capsys, nodes={"meta": ["meta-1"]}, kubernetes_version="v1.24.7+k3s1", **api.auth())
    unknown = [finding for finding in result["findings"] if finding["status"] == "unknown"]
    seen = {finding["id"] for finding in result["findings"] if finding["status"] not in ("unknown", "skipped")}
    assert seen <= ABOUT_NODES
    assert {finding["id"] for finding in unknown} >= {"calico", "privileged_pods", "load_balancer", "storage_class", "cert_manager", "pod_security_policies"}
    for finding in unknown:
        assert any(f"Let these credentials `{permission}`" in finding["remedy"] for permission in result["permissions"]), finding
    assert allowed(result["cluster_role"]) >= {("list", "nodes", ""), ("create", "pods", "")}
    needed = {f"{verb} {resource}" for verb, resource, _name in allowed(result["cluster_role"])}
    assert set(result["permissions"]) <= needed
    assert "list daemonsets.apps" in result["permissions"]


def test_a_user_who_may_read_everything_lacks_nothing(capsys):
    with served(answers("k3s")) as api:
        result = run(cluster_spec.main, capsys, **api.auth())
    assert (result["permissions"], result["cluster_role"]) == ([], "")


@pytest.mark.parametrize(("path", "permission"), [("/version", "get /version"), ("/api/v1/nodes", "list nodes")])
def test_without_version_or_nodes_the_remedy_names_the_permission(path, permission, capsys):
    content = answers("k3s")
    content[path] = status(403, "Forbidden", 'x is forbidden: User "u" cannot get \x1b[2J')
    with served(content) as api:
        result = run(cluster_spec.main, capsys, **api.auth())
    assert result["failed"] is True
    assert f"Let these credentials `{permission}`" in result["msg"]
    assert "\x1b" not in result["msg"]
    assert result["permissions"] == [permission]
    assert ("list", "nodes", "") in allowed(result["cluster_role"])


def test_a_proxys_refusal_is_no_missing_permission(capsys):
    content = answers("k3s")
    content["/apis/apps/v1/daemonsets"] = (403, "<html>Please log in</html>")
    with served(content) as api:
        result = run(cluster_spec.main, capsys, only=["calico"], **api.auth())
    (finding,) = result["findings"]
    assert finding["status"] == "unknown"
    assert result["permissions"] == []
    assert "credentials" not in finding["remedy"]


def test_the_readme_shows_these_roles():
    text = (Path(__file__).resolve().parents[3] / "roles" / "cluster_spec" / "README.md").read_text()
    shown = text.split("```yaml\n")[1].split("```")[0]
    given = {**OPTIONS, "namespace": "gitpod", "domain": DOMAIN}
    assert list(yaml.safe_load_all(shown)) == list(yaml.safe_load_all(permissions.roles(given)))
