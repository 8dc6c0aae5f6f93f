"""The Kubernetes API: status codes, reasons and shapes as recorded."""

import copy

import pytest
from recordings import RELEASE, differences, recorded
from sandbox import LIMIT

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"
KEY = "gitpod.io/workload_ide"


@pytest.fixture(scope="module")
def node(api, server):
    """The recorded node a1, put there through the API, and a second one; both have got their networks."""
    for name in ("a1", "a2"):
        item = copy.deepcopy(recorded("node.200"))
        item["metadata"] = {"name": name, "labels": {"kubernetes.io/hostname": name}}
        del item["spec"]
        status, body = api.call("/api/v1/nodes", "POST", item)
        assert status == 201, body
    server.wait_for(lambda: all("podCIDR" in api.call(f"/api/v1/nodes/{name}")[1]["spec"] for name in ("a1", "a2")), LIMIT, "the nodes' networks")
    return "/api/v1/nodes/a1"


def label(value, key=KEY, **metadata):
    return {"metadata": {"labels": {key: value}, **metadata}}


@pytest.mark.parametrize("page", ["readyz", "livez", "healthz"])
def test_health(api, page):
    assert api.text(f"/{page}") == (200, "ok")


def test_version(api, release):
    status, body = api.call("/version")
    assert status == 200
    assert differences(body, recorded("version.200")) == []
    assert body["gitVersion"] == release
    assert f"v{body['major']}.{body['minor']}." in release


def test_groups(api, release):
    status, body = api.call("/apis")
    assert status == 200
    assert differences(body, recorded("apis.200")) == []
    if release == RELEASE:
        served = {(group["name"], version["version"]) for group in body["groups"] for version in group["versions"]}
        wanted = {(group["name"], version["version"]) for group in recorded("apis.200")["groups"] for version in group["versions"]}
        assert served - wanted <= {("metrics.k8s.io", "v1beta1"), ("contract.example.com", "v1")}
        assert wanted <= served


def test_every_group_can_be_discovered(api):
    places = [f"/apis/{version['groupVersion']}" for group in api.call("/apis")[1]["groups"] for version in group["versions"]]
    for place in places:
        if "metrics.k8s.io" not in place:  # served by the metrics server, whose image cannot be pulled
            status, body = api.call(place)
            assert (status, body["kind"], body["groupVersion"]) == (200, "APIResourceList", place[len("/apis/") :])


def test_core_resources(api):
    status, body = api.call("/api/v1")
    assert status == 200
    assert differences(body, recorded("api-v1.200")) == []
    known = {resource["name"]: resource for resource in recorded("api-v1.200")["resources"]}
    for resource in body["resources"]:
        assert resource["kind"] == known[resource["name"]]["kind"]
        assert resource["namespaced"] == known[resource["name"]]["namespaced"]
        assert set(resource["verbs"]) <= set(known[resource["name"]]["verbs"])


@pytest.mark.parametrize(
    ("recording", "path"),
    [
        ("daemonsets.200", "/apis/apps/v1/daemonsets"),
        ("deployments.200", "/apis/apps/v1/deployments"),
        ("storageclasses.200", "/apis/storage.k8s.io/v1/storageclasses"),
        ("namespaces.200", "/api/v1/namespaces"),
        ("services.200", "/api/v1/namespaces/default/services"),
        ("crds.200", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
        ("addons.200", "/apis/k3s.cattle.io/v1/addons"),
    ],
)
def test_lists(api, recording, path):
    status, body = api.call(path)
    assert status == 200
    assert differences(body, recorded(recording)) == []
    assert body["kind"] == recorded(recording)["kind"]


def test_namespaces_of_a_fresh_cluster(api):
    names = {item["metadata"]["name"] for item in api.call("/api/v1/namespaces")[1]["items"]}
    assert {"default", "kube-system", "kube-public", "kube-node-lease"} <= names


def test_pod_security_policies(api, release):
    status, text = api.text("/apis/policy/v1beta1/podsecuritypolicies")
    assert status == (200 if int(release.split(".")[1]) < 25 else 404), text
    review = {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "create", "group": "policy", "resource": "podsecuritypolicies"}},
    }  # fmt: skip
    status, body = api.call("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "POST", review)
    assert status == 201
    assert body["status"]["allowed"] is True
    assert body["spec"] == recorded("ssar-psp.201")["spec"]


def test_without_credentials(api):
    for path in ("/api/v1/nodes", "/version", "/readyz", "/nothing"):
        status, body = api.call(path, admin=False)
        assert (status, body) == (401, recorded("nodes-no-credentials.401"))


# -- nodes ---------------------------------------------------------------------------------------------------------------


def test_node_as_it_was_put(api, node):
    status, body = api.call(node)
    assert status == 200
    found = differences(body, recorded("node.200"))
    assert [each for each in found if "taints" not in each] == []
    assert body["status"]["nodeInfo"] == recorded("node.200")["status"]["nodeInfo"]


def test_node_gets_a_network(api, node):
    networks = [item["spec"]["podCIDR"] for item in api.call("/api/v1/nodes")[1]["items"]]
    assert len(set(networks)) == len(networks)
    assert all(network.startswith("10.42.") and network.endswith("/24") for network in networks)


def test_nodes_page_by_page(api, node):
    whole = api.call("/api/v1/nodes")[1]
    assert differences(whole, recorded("nodes.200")) == []
    names, path = [], "/api/v1/nodes?limit=1"
    while path:
        status, page = api.call(path)
        assert status == 200 and len(page["items"]) == 1
        if "continue" in page["metadata"]:
            assert differences(page, recorded("nodes-limit1.200")) == []
            assert page["metadata"]["remainingItemCount"] == len(whole["items"]) - len(names) - 1
        names.append(page["items"][0]["metadata"]["name"])
        token = page["metadata"].get("continue")
        path = f"/api/v1/nodes?limit=1&continue={token}" if token else None
    assert sorted(names) == sorted(item["metadata"]["name"] for item in whole["items"])


def test_node_that_is_not_there(api):
    assert api.call("/api/v1/nodes/nope") == (404, recorded("node-missing.404"))


def test_node_that_is_there_already(api, node):
    status, body = api.call("/api/v1/nodes", "POST", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a1"}})
    assert (status, body["reason"], body["details"]) == (409, "AlreadyExists", {"name": "a1", "kind": "nodes"})


@pytest.mark.parametrize("media_type", [MERGE, STRATEGIC])
def test_label_is_set_and_removed(api, node, media_type):
    status, body = api.call(node, "PATCH", label("true"), media_type)
    assert status == 200
    assert differences(body, recorded("patch-label.200")) == []
    assert body["metadata"]["labels"][KEY] == "true"
    version = body["metadata"]["resourceVersion"]
    again = api.call(node, "PATCH", label("true"), media_type)[1]
    assert again["metadata"]["resourceVersion"] == version, "an unchanged node must not get a new version"
    status, body = api.call(node, "PATCH", label(None), media_type)
    assert status == 200
    assert differences(body, recorded("patch-label-remove.200")) == []
    assert KEY not in body["metadata"]["labels"]
    assert body["metadata"]["labels"]["kubernetes.io/hostname"] == "a1"
    assert int(body["metadata"]["resourceVersion"]) > int(version)


def test_label_by_json_patch(api, node):
    place = "/metadata/labels/" + KEY.replace("/", "~1")
    status, body = api.call(node, "PATCH", [{"op": "add", "path": place, "value": "true"}], JSON)
    assert (status, body["metadata"]["labels"][KEY]) == (200, "true")
    status, body = api.call(node, "PATCH", [{"op": "test", "path": place, "value": "false"}], JSON)
    assert (status, body["reason"]) == (422, "Invalid")
    status, body = api.call(node, "PATCH", [{"op": "remove", "path": place}], JSON)
    assert (status, KEY in body["metadata"]["labels"]) == (200, False)
    status, body = api.call(node, "PATCH", [{"op": "remove", "path": place}], JSON)
    assert (status, body["reason"]) == (422, "Invalid")


def test_label_in_a_dry_run(api, node):
    status, body = api.call(f"{node}?dryRun=All", "PATCH", label("true"), MERGE)
    assert (status, body["metadata"]["labels"][KEY]) == (200, "true")
    assert KEY not in api.call(node)[1]["metadata"]["labels"]


def test_label_that_is_not_valid(api, node):
    status, body = api.call(node, "PATCH", label("not valid!"), MERGE)
    wanted = recorded("patch-label-invalid.422")
    assert status == 422
    assert differences(body, wanted) == []
    assert {name: body[name] for name in ("status", "message", "reason", "code")} == {name: wanted[name] for name in ("status", "message", "reason", "code")}
    assert body["details"]["causes"][0] == wanted["details"]["causes"][0]


@pytest.mark.parametrize(("key", "value"), [("x y", "true"), ("x", "a" * 64), ("x", 1), ("x", True)])
def test_other_labels_that_are_not_valid(api, node, key, value):
    status, body = api.call(node, "PATCH", label(value, key), MERGE)
    assert (status, body["reason"]) == (422, "Invalid")


def test_label_on_an_older_version(api, node):
    status, body = api.call(node, "PATCH", label("true", resourceVersion="1"), MERGE)
    assert (status, body) == (409, recorded("patch-label-conflict.409"))


def test_node_can_be_replaced_only_in_its_version(api, node):
    item = api.call(node)[1]
    item["metadata"]["labels"]["replaced"] = "true"
    status, body = api.call(node, "PUT", item)
    assert (status, body["metadata"]["labels"]["replaced"]) == (200, "true")
    status, body = api.call(node, "PUT", dict(item, spec=dict(item["spec"], unschedulable=True)))
    assert (status, body["reason"]) == (409, "Conflict")


def test_cordon(api, node):
    status, body = api.call(node, "PATCH", {"spec": {"unschedulable": True}}, STRATEGIC)
    assert (status, body["spec"]["unschedulable"]) == (200, True)
    status, body = api.call(node, "PATCH", {"spec": {"unschedulable": None}}, STRATEGIC)
    assert (status, "unschedulable" in body["spec"]) == (200, False)


@pytest.mark.parametrize(
    ("selector", "names"),
    [("only=here", ["a2"]), ("only", ["a2"]), ("!only", ["a1"]), ("only!=here", ["a1"]), ("only=there", [])],
)
def test_nodes_by_label(api, node, selector, names):
    assert api.call("/api/v1/nodes/a2", "PATCH", label("here", "only"), MERGE)[0] == 200
    status, body = api.call(f"/api/v1/nodes?labelSelector={selector}".replace("!", "%21"))
    assert (status, [item["metadata"]["name"] for item in body["items"]]) == (200, names)


def test_node_on_its_way_out(api):
    assert api.call("/api/v1/nodes", "POST", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "short"}})[0] == 201
    status, body = api.call("/api/v1/nodes/short", "DELETE")
    assert status == 200
    assert body["metadata"]["name"] == "short" if body["kind"] == "Node" else body["details"]["name"] == "short"


# -- pods and namespaces -------------------------------------------------------------------------------------------------

POD = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"},
    "spec": {
        "hostPID": True, "automountServiceAccountToken": False, "volumes": [{"name": "h", "hostPath": {"path": "/"}}],
        "containers": [{
            "name": "p", "image": "x", "ports": [{"containerPort": 8080, "hostPort": 8080}], "securityContext": {"privileged": True},
            "volumeMounts": [{"name": "h", "mountPath": "/h"}]}],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def account(api, server):
    """Pods are refused until their namespace has its service account."""
    server.wait_for(lambda: api.answers("/api/v1/namespaces/default/serviceaccounts/default"), LIMIT, "the service account")


def test_privileged_pod_in_a_dry_run(api, account):
    status, body = api.call("/api/v1/namespaces/default/pods?dryRun=All", "POST", POD)
    wanted = recorded("pod-privileged-dryrun.201")
    assert status == 201
    assert differences(body, wanted) == []
    assert body["spec"] == wanted["spec"]
    assert api.call("/api/v1/namespaces/default/pods/probe")[0] == 404


def test_privileged_pod_where_the_namespace_forbids_it(api, server, release):
    name = "restrained"
    item = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    assert api.call("/api/v1/namespaces", "POST", item)[0] == 201
    server.wait_for(lambda: api.answers(f"/api/v1/namespaces/{name}/serviceaccounts/default"), LIMIT, "the service account")
    status, body = api.call(f"/api/v1/namespaces/{name}/pods?dryRun=All", "POST", POD)
    if int(release.split(".")[1]) < 23:
        assert status == 201, "before 1.23 the label has no effect"
    else:
        assert (status, body["reason"]) == (403, "Forbidden")
        assert 'violates PodSecurity "baseline:latest"' in body["message"]


def test_namespace(api):
    status, body = api.call("/api/v1/namespaces", "POST", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "made"}})
    assert status == 201
    assert body["metadata"]["labels"] == {"kubernetes.io/metadata.name": "made"}
    status, body = api.call("/api/v1/namespaces/made", "PATCH", label("privileged", "pod-security.kubernetes.io/enforce"), MERGE)
    assert (status, body["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]) == (200, "privileged")


def test_namespace_that_is_not_there(api):
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lost"}}
    status, body = api.call("/api/v1/namespaces/nowhere/configmaps", "POST", item)
    assert (status, body["details"]) == (404, {"name": "nowhere", "kind": "namespaces"})
    assert api.call("/api/v1/namespaces/nowhere/configmaps")[1]["items"] == []


# -- services ------------------------------------------------------------------------------------------------------------


def test_service_of_type_load_balancer_comes_and_goes(api):
    place, name = "/api/v1/namespaces/default/services", "tried"
    item = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": {"tried": "here"}},
        "spec": {
            "type": "LoadBalancer", "selector": {"tried": "here"},
            "ports": [{"name": f"port-{port}", "port": port, "protocol": "TCP"} for port in (22, 80, 443)],
        },
    }  # fmt: skip
    status, body = api.call(place, "POST", item)
    assert status == 201, body
    assert body["status"] == {"loadBalancer": {}}
    assert [port["port"] for port in body["spec"]["ports"]] == [22, 80, 443]
    assert body["spec"]["clusterIP"].startswith("10.43.")
    assert api.call(place, "POST", item)[1]["reason"] == "AlreadyExists"
    assert name in [each["metadata"]["name"] for each in api.call("/api/v1/services?labelSelector=tried=here")[1]["items"]]
    assert api.call(f"{place}/{name}")[1]["status"]["loadBalancer"] == {}, "no pod runs here, so ServiceLB has no address to give"
    assert api.call(f"{place}/{name}", "DELETE")[0] == 200
    assert api.call(f"{place}/{name}")[0] == 404
    assert api.call(f"{place}/{name}", "DELETE")[0] == 404


# -- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/apis/cert-manager.io/v1", "/apis/cert-manager.io/v1/clusterissuers", "/apis/k3s.cattle.io/v1/nothing"])
def test_group_that_is_not_installed(api, path):
    assert api.text(path) == (404, "404 page not found\n")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/nodes/x/nothing", "/api/v1/pods/x", "/apis/apps/v1/nothing", "/apis/apps/v9"])
def test_resource_that_is_not_there(api, path):
    status, body = api.call(path)
    assert (status, body["message"], body["details"]) == (404, "the server could not find the requested resource", {})


def test_page_that_is_not_there(api):
    status, body = api.call("/nothing")
    assert (status, list(body)) == (404, ["paths"])


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/version"), ("POST", "/api/v1/nodes/a1"), ("PUT", "/api/v1/nodes")])
def test_method_that_is_not_allowed(api, method, path):
    status, body = api.call(path, method, {})
    assert (status, body["reason"], body["details"]) == (405, "MethodNotAllowed", {})


def test_kind_that_does_not_belong_there(api):
    status, body = api.call("/api/v1/nodes", "POST", POD)
    assert (status, body["reason"]) == (400, "BadRequest")


def test_patch_of_an_unknown_type(api, node):
    status, body = api.call(node, "PATCH", {}, "application/json")
    assert (status, body["reason"]) == (415, "UnsupportedMediaType")


def test_dry_run_of_an_unknown_kind(api):
    status, body = api.call("/api/v1/namespaces?dryRun=Some", "POST", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dry"}})
    assert (status, body["reason"], body["details"]["kind"]) == (422, "Invalid", "CreateOptions")
