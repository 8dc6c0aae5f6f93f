"""The raw JSON client: how it finds its credentials, what it asks, and what it says when something is wrong."""

import json
import logging
import socket
import stat
import threading
from random import Random

import pytest
import yaml
from ansible.module_utils.basic import env_fallback
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube import client as kube_client
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.client import (
    KubeAnswerError,
    KubeConfigError,
    KubeConnectionError,
    KubeStatusError,
    auth_argument_spec,
    describe,
    open_client,
)
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_SPEC
from cluster_fixtures import recording
from fake_api import NODES, FakeApi, status


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(kube_client, "BACKOFF", 0.01)


@pytest.fixture
def api():
    with FakeApi(answers={"/version": {"gitVersion": "v1.24.7+k3s1"}}) as api:
        yield api


def client(timeout=5, **params):
    return open_client({"timeout": timeout, **params})


def kubeconfig(url, user, name="default"):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
    }


def written(tmp_path, content):
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return str(path)


# --- credentials ------------------------------------------------------------------------------------------------------------


def test_options_are_those_of_kubernetes_core():
    assert set(auth_argument_spec()) == set(AUTH_ARG_SPEC)
    assert "fallback" not in AUTH_ARG_SPEC["host"]


@pytest.mark.parametrize(
    ("option", "variables"),
    [
        ("kubeconfig", ["K8S_AUTH_KUBECONFIG"]),
        ("context", ["K8S_AUTH_CONTEXT"]),
        ("host", ["K8S_AUTH_HOST"]),
        ("api_key", ["K8S_AUTH_API_KEY"]),
        ("validate_certs", ["K8S_AUTH_VALIDATE_CERTS", "K8S_AUTH_VERIFY_SSL"]),
        ("ca_cert", ["K8S_AUTH_CA_CERT", "K8S_AUTH_SSL_CA_CERT"]),
        ("client_cert", ["K8S_AUTH_CLIENT_CERT", "K8S_AUTH_CERT_FILE"]),
        ("client_key", ["K8S_AUTH_CLIENT_KEY", "K8S_AUTH_KEY_FILE"]),
        ("impersonate_user", ["K8S_AUTH_IMPERSONATE_USER"]),
        ("impersonate_groups", ["K8S_AUTH_IMPERSONATE_GROUPS"]),
    ],
)
def test_environment_variables_that_kubernetes_core_documents(option, variables):
    assert auth_argument_spec()[option]["fallback"] == (env_fallback, variables)


def test_host_and_token(api):
    client(**api.auth()).get("/version")
    assert api.calls[0].headers["Authorization"] == "Bearer secret"


def test_host_with_a_path_and_a_slash(api):
    api.answers["/k8s/clusters/c-1/version"] = {"gitVersion": "x"}
    assert client(host=api.url + "/k8s/clusters/c-1/", api_key="t").get("/version") == {"gitVersion": "x"}


def test_host_with_user_and_password(api):
    client(host=api.url, username="u", password="p").get("/version")
    assert api.calls[0].headers["Authorization"] == "Basic dTpw"


def test_password_without_a_user_is_not_sent(api):
    client(kubeconfig=kubeconfig(api.url, {"token": ""}), password="p").get("/version")
    assert "Authorization" not in api.calls[0].headers


def test_kubeconfig_as_a_file(api, tmp_path):
    path = written(tmp_path, kubeconfig(api.url, {"token": "t"}))
    client(kubeconfig=path).get("/version")
    assert api.calls[0].headers["Authorization"] == "Bearer t"


def test_kubeconfig_below_the_home_directory(api, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path, kubeconfig(api.url, {"token": "t"}))
    client(kubeconfig="~/kubeconfig").get("/version")
    assert api.count("GET") == 1


def test_kubeconfig_as_a_dictionary(api):
    client(kubeconfig=kubeconfig(api.url, {"token": "t"})).get("/version")
    assert api.calls[0].headers["Authorization"] == "Bearer t"


def test_host_overrides_the_one_of_the_kubeconfig(api, tmp_path):
    path = written(tmp_path, kubeconfig("http://127.0.0.1:1", {"token": "t"}))
    client(kubeconfig=path, host=api.url).get("/version")
    assert api.calls[0].headers["Authorization"] == "Bearer t"


def test_token_of_an_exec_plugin(api, tmp_path):
    plugin = _plugin(tmp_path, {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "x"}})
    client(kubeconfig=written(tmp_path, kubeconfig(api.url, plugin))).get("/version")
    assert api.calls[0].headers["Authorization"] == "Bearer x"


def _plugin(tmp_path, credential):
    path = tmp_path / "plugin"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(credential)}\nEND\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": credential["apiVersion"], "command": str(path)}}


def test_impersonation(api):
    client(**api.auth(impersonate_user="jane", impersonate_groups=["a", "b"])).get("/version")
    assert api.calls[0].headers["Impersonate-User"] == "jane"
    assert api.calls[0].headers.get_all("Impersonate-Group") == ["a", "b"]


def test_nothing_is_left_on_the_root_logger(api):
    before = list(logging.getLogger().handlers)
    client(**api.auth())
    assert logging.getLogger().handlers == before


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"kubeconfig": "/nowhere/kubeconfig"}, "there is no kubeconfig /nowhere/kubeconfig"),
        ({"kubeconfig": {"kind": "Config"}}, "cannot use the kubeconfig given as a dictionary:"),
    ],
)
def test_kubeconfig_that_is_no_use(params, message):
    with pytest.raises(KubeConfigError) as error:
        client(**params)
    assert message in str(error.value)


def test_several_kubeconfigs_of_which_one_is_missing(api, tmp_path):
    path = written(tmp_path, kubeconfig(api.url, {"token": "t"}))
    client(kubeconfig=f"/nowhere/kubeconfig:{path}").get("/version")
    assert api.count("GET") == 1


def test_kubeconfig_that_is_garbage(tmp_path):
    (tmp_path / "kubeconfig").write_text("{unbalanced: [")
    with pytest.raises(KubeConfigError) as error:
        client(kubeconfig=str(tmp_path / "kubeconfig"))
    assert f"cannot use the kubeconfig {tmp_path}/kubeconfig" in str(error.value)


def test_context_that_does_not_exist(tmp_path):
    path = written(tmp_path, kubeconfig("http://127.0.0.1:1", {"token": "t"}))
    with pytest.raises(KubeConfigError) as error:
        client(kubeconfig=path, context="other")
    assert f"cannot use the kubeconfig {path} with the context 'other'" in str(error.value)


def test_nothing_to_authenticate_with(tmp_path, monkeypatch):
    from kubernetes.config import kube_config

    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(KubeConfigError) as error:
        client()
    assert "the kubeconfig of the default places (service account of a pod, $KUBECONFIG, ~/.kube/config)" in str(error.value)


# --- requests ---------------------------------------------------------------------------------------------------------------


def test_list_in_pages(api):
    api.nodes = {f"n{number:04}": {"metadata": {"name": f"n{number:04}"}} for number in range(1001)}
    assert len(client(**api.auth()).items(NODES)) == 1001
    assert [call.query for call in api.calls] == [
        {"limit": "500"},
        {"limit": "500", "continue": "500"},
        {"limit": "500", "continue": "1000"},
    ]


def test_list_whose_items_are_null(api):
    api.answers["/api/v1/services"] = {"kind": "ServiceList", "items": None}
    assert client(**api.auth()).items("/api/v1/services") == []


def test_existence(api):
    path = "/api/v1/namespaces/kube-system/configmaps/full-cluster-state"
    assert client(**api.auth()).exists(path) is False
    api.answers[path] = {"kind": "PartialObjectMetadata"}
    assert client(**api.auth()).exists(path) is True


def test_existence_that_may_not_be_known(api):
    api.answers["/api/v1/namespaces/a"] = status(403, "Forbidden", "forbidden")
    with pytest.raises(KubeStatusError):
        client(**api.auth()).exists("/api/v1/namespaces/a")


@pytest.mark.parametrize(("dry_run", "query"), [(False, {}), (True, {"dryRun": "All"})])
def test_creation(api, dry_run, query):
    api.posts["/api/v1/namespaces/a/pods"] = (201, {"kind": "Pod"})
    assert client(**api.auth()).create("/api/v1/namespaces/a/pods", {"kind": "Pod"}, dry_run=dry_run) == {"kind": "Pod"}
    assert (api.calls[0].query, api.calls[0].body) == (query, {"kind": "Pod"})
    assert api.calls[0].headers["Content-Type"] == "application/json"


def test_removal(api):
    path = "/api/v1/namespaces/a/services/s"
    client(**api.auth()).delete(path)  # there is none
    api.answers[path] = status(403, "Forbidden", "forbidden")
    with pytest.raises(KubeStatusError) as caught:
        client(**api.auth()).delete(path)
    assert (caught.value.details["verb"], caught.value.details["resource"]) == ("delete", "services")
    assert api.requests == [("DELETE", path)] * 2


@pytest.mark.parametrize(
    ("answer", "may"),
    [({"status": {"allowed": True}}, True), ({"status": {"allowed": False}}, False), ({"status": {}}, False), ({"status": None}, False), ({}, False)],
)
def test_permission(api, answer, may):
    api.posts["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"] = (201, answer)
    assert client(**api.auth()).may({"verb": "delete", "resource": "services"}) is may
    assert api.calls[0].body["spec"] == {"resourceAttributes": {"verb": "delete", "resource": "services"}}


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/api/v1/nodes", ("list", "nodes")),
        ("GET", "/api/v1/nodes/n1", ("get", "nodes")),
        ("PATCH", "/api/v1/nodes/n1", ("patch", "nodes")),
        ("POST", "/api/v1/namespaces/default/pods", ("create", "pods")),
        ("GET", "/api/v1/namespaces", ("list", "namespaces")),
        ("GET", "/api/v1/namespaces/default", ("get", "namespaces")),
        ("GET", "/api/v1/namespaces/kube-system/configmaps/x", ("get", "configmaps")),
        ("GET", "/apis/apps/v1/daemonsets", ("list", "daemonsets.apps")),
        ("GET", "/apis/apps/v1/namespaces/a/daemonsets", ("list", "daemonsets.apps")),
        (
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            ("create", "selfsubjectaccessreviews.authorization.k8s.io"),
        ),
        ("DELETE", "/api/v1/namespaces/default/services/s", ("delete", "services")),
        ("GET", "/version", ("get", "/version")),
        ("GET", "/apis", ("get", "/apis")),
        ("GET", "/apis/apps/v1", ("get", "/apis/apps/v1")),
        ("GET", "/api/v1", ("get", "/api/v1")),
        ("GET", "/api/v1/", ("get", "/api/v1/")),
        ("POST", "/version", ("post", "/version")),
        ("GET", "/", ("get", "/")),
        ("GET", "", ("get", "")),
        ("POST", "/api/v1/namespaces/default/pods/a/eviction", ("create", "pods/eviction")),
        ("GET", "/api/v1/namespaces/default/pods/a/log", ("get", "pods/log")),
        ("PATCH", "/api/v1/nodes/n1/status", ("patch", "nodes/status")),
        ("PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", ("patch", "deployments.apps/scale")),
        ("GET", "/api/v1/namespaces/default/status", ("get", "namespaces/status")),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", ("list", "pods")),
        ("GET", "/api/v1/nodes/n1?a=/b/c", ("get", "nodes")),
        ("DELETE", "/api/v1/namespaces/default/pods", ("deletecollection", "pods")),
    ],
)
def test_words_of_a_permission(method, path, words):
    assert describe(method, path) == words


def test_words_of_any_path():
    random = Random(7)
    parts = ["api", "apis", "v1", "apps", "namespaces", "a", "pods", "eviction", "status", "", "?", "%2F", "\u202e"]
    for _ in range(20000):
        path = random.choice(["", "/"]) + "/".join(random.choice(parts) for _ in range(random.randrange(9)))
        verb, resource = describe(random.choice(["GET", "POST", "PATCH", "DELETE"]), path)
        assert verb
        assert isinstance(resource, str)


# --- what goes wrong --------------------------------------------------------------------------------------------------------


def test_forbidden(api):
    api.answers[NODES] = status(403, "Forbidden", 'nodes is forbidden: User "u" cannot list resource "nodes"')
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).items(NODES)
    assert 'User "u" cannot list resource "nodes"' in str(error.value)
    assert "it is the verb 'list' on the resource 'nodes'" in str(error.value)
    assert error.value.details == {"status": 403, "reason": "Forbidden", "verb": "list", "resource": "nodes"}


def test_not_found_as_recorded(api):
    api.answers[NODES + "/nope"] = recording("node-missing")
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).get(NODES + "/nope")
    assert error.value.status == 404
    assert 'nodes "nope" not found' in str(error.value)


def test_unknown_group_as_recorded_answers_without_json(api):
    api.answers["/apis/cert-manager.io/v1/clusterissuers"] = recording("unknown-group")
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).items("/apis/cert-manager.io/v1/clusterissuers")
    assert error.value.details["status"] == 404
    assert "404 page not found" in str(error.value)


@pytest.mark.parametrize("name", ["patch-label-invalid", "patch-label-conflict"])
def test_refused_patches_as_recorded(api, name):
    api.answers[NODES + "/a1"] = recording(name)
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).merge_patch(NODES + "/a1", {"metadata": {"labels": {"a": "b"}}})
    assert error.value.status == recording(name)[0]
    assert recording(name)[1]["message"] in str(error.value)


def test_server_error_is_not_repeated(api):
    api.answers["/version"] = (500, "boom")
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).get("/version")
    assert "(500): boom" in str(error.value)
    assert api.count("GET") == 1


def test_busy_server_is_asked_again_and_then_given_up(api):
    api.answers["/version"] = status(429, "TooManyRequests", "please try again later")
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).get("/version")
    assert error.value.status == 429
    assert "please try again later" in str(error.value)
    assert api.count("GET") == 5


@pytest.mark.parametrize("code", [300, 304, 400, 404, 500])
def test_every_status_that_is_no_success_is_a_refusal(api, code):
    api.answers["/version"] = (code, '{"message": "no"}')
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).get("/version")
    assert error.value.status == code


@pytest.mark.parametrize("text", ["<html>Sign in</html>", "", "[]", '"text"', '{"kind": "Nod'])
def test_garbage_with_status_200(api, text):
    api.answers["/version"] = (200, text)
    with pytest.raises(KubeAnswerError) as error:
        client(**api.auth()).get("/version")
    assert "is this a Kubernetes API?" in str(error.value)
    assert text in str(error.value)


def test_long_garbage_is_cut(api):
    api.answers["/version"] = (200, "x" * 100000)
    with pytest.raises(KubeAnswerError) as error:
        client(**api.auth()).get("/version")
    assert f"'{'x' * 200} …'" in str(error.value)


def test_list_that_is_none(api):
    api.answers[NODES] = {"items": "many"}
    with pytest.raises(KubeAnswerError) as error:
        client(**api.auth()).items(NODES)
    assert "is not a list" in str(error.value)


@pytest.mark.parametrize("answer", [{}, {"kind": "Status"}, {"items": {}}, {"items": 0}, {"Items": []}])
def test_answer_without_a_list_is_not_an_empty_one(api, answer):
    api.answers["/api/v1/pods"] = answer
    with pytest.raises(KubeAnswerError, match="is not a list"):
        client(**api.auth()).items("/api/v1/pods")


def test_what_the_api_says_reaches_no_terminal_as_a_command(api):
    api.answers[NODES] = (403, {"message": "no\x1b[2J\x07\n\u202eyou {{ 7 * 7 }}", "reason": "For\x1bbidden"})
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).items(NODES)
    assert error.value.said == "no?[2J?\n?you {{ 7 * 7 }}"
    assert "(403): no?[2J? ?you {{ 7 * 7 }}." in str(error.value)
    assert str(error.value).isprintable()
    assert error.value.details["reason"] == "For?bidden"


@pytest.mark.parametrize("reason", [None, 7, ["x"]])
def test_refusal_with_a_strange_reason(api, reason):
    api.answers[NODES] = (403, {"message": "no", "reason": reason})
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).items(NODES)
    assert error.value.details["reason"] == ""


def test_eviction_is_not_asked_for_twice_where_the_answer_is_no(api):
    path = "/api/v1/namespaces/a/pods/p/eviction"
    api.posts[path] = status(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.")
    with pytest.raises(KubeStatusError) as error:
        client(**api.auth()).create(path, {}, repeat=False)
    assert (api.count("POST"), error.value.details["resource"]) == (1, "pods/eviction")


def test_list_that_never_ends(api):
    api.answers["/api/v1/pods"] = {"items": [], "metadata": {"continue": "again"}}
    with pytest.raises(KubeAnswerError, match="the same page twice"):
        client(**api.auth()).items("/api/v1/pods")


@pytest.mark.parametrize("metadata", [None, "text", ["continue"]])
def test_list_with_strange_metadata(api, metadata):
    api.answers["/api/v1/pods"] = {"items": [1], "metadata": metadata}
    assert client(**api.auth()).items("/api/v1/pods") == [1]


def test_answer_that_is_nested_without_end(api):
    api.answers["/version"] = (200, "[" * 200000)
    with pytest.raises(KubeAnswerError, match="is this a Kubernetes API"):
        client(**api.auth()).get("/version")


@pytest.mark.parametrize("message", [None, 7, ["x"], {"a": "b"}])
def test_refusal_with_a_strange_message(api, message):
    api.answers["/version"] = (403, {"message": message})
    with pytest.raises(KubeStatusError) as caught:
        client(**api.auth()).get("/version")
    assert isinstance(caught.value.said, str)


@pytest.mark.parametrize(
    "params",
    [
        {"host": "http://[::"},
        {"host": "http://127.0.0.1:1", "proxy": "nonsense"},
        {"host": "http://127.0.0.1:1", "proxy": "ftp://a:b:c"},
        {"host": "http://127.0.0.1:1", "proxy": "http://[::1"},
    ],
)
def test_addresses_that_are_none(params):
    with pytest.raises(KubeConfigError, match="cannot use the address of the API or of the proxy"):
        client(api_key="t", **params)


def test_redirect_is_not_followed(api):
    api.answers["/old"] = (302, "elsewhere", {"Location": "/version"})
    with pytest.raises(KubeConnectionError) as error:
        client(**api.auth()).get("/old")
    assert "too many redirects" in str(error.value)
    assert api.requests == [("GET", "/old")]


def test_nothing_listens(api):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
    with pytest.raises(KubeConnectionError) as error:
        client(host=url, api_key="t").get("/version")
    assert f"cannot reach the Kubernetes API at {url}" in str(error.value)
    assert "refused" in str(error.value)


def test_name_that_does_not_resolve():
    with pytest.raises(KubeConnectionError) as error:
        client(host="http://api.invalid", api_key="t").get("/version")
    assert "cannot reach the Kubernetes API at http://api.invalid" in str(error.value)


def test_server_that_is_silent(api):
    api.delay = 3
    with pytest.raises(KubeConnectionError) as error:
        client(timeout=0.2, **api.auth()).get("/version")
    assert f"the Kubernetes API at {api.url} did not answer within 0.2 s" in str(error.value)


def test_server_that_hangs_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(KubeConnectionError) as error:
            client(host=url, api_key="t").get("/version")
    assert f"cannot reach the Kubernetes API at {url}" in str(error.value)


def _hang_up(server):
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def test_https_where_http_is_spoken(api):
    with pytest.raises(KubeConnectionError) as error:
        client(host=api.url.replace("http:", "https:"), api_key="t").get("/version")
    assert "cannot reach the Kubernetes API at https://" in str(error.value)


def test_token_is_in_no_message(api):
    api.answers["/version"] = recording("nodes-no-credentials")
    with pytest.raises(KubeStatusError) as error:
        client(host=api.url, api_key="very-secret").get("/version")
    assert "very-secret" not in str(error.value) + str(error.value.details)


def test_lists_are_sorted_whatever_order_the_api_has(api):
    """K3s lists in the order of its last changes, so that a report would differ from run to run."""
    items = [{"metadata": {"name": "b"}}, {"metadata": {"name": "a", "namespace": "z"}}, {"metadata": {"name": "a"}}, {"metadata": None}, "odd"]
    api.answers["/api/v1/services"] = {"items": items}
    found = client(**api.auth()).items("/api/v1/services")
    assert found == [items[3], items[4], items[2], items[0], items[1]]


def test_nothing_of_a_kubeconfig_is_blotted_out_but_its_users():
    kubeconfig = {
        "apiVersion": "v1",
        "clusters": [{"name": "default", "cluster": {"server": "https://192.0.2.1:6443"}}],
        "users": [{"name": "default", "user": {"client-key-data": "c2VjcmV0"}}],
    }
    hidden = {"v1", "default", "https://192.0.2.1:6443", "c2VjcmV0"}
    assert hidden - kube_client._no_secrets(kubeconfig) == {"c2VjcmV0"}
    assert kube_client._no_secrets("/root/.kube/config") == {"/root/.kube/config"}
    assert kube_client._no_secrets({"users": "odd", "clusters": [None, {"a": 1}]}) == set()
