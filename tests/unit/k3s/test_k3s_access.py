"""Access to a cluster: nothing of a server's kubeconfig is taken over but three credentials."""

import random

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._api_url import api_url
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._k3s_access import access
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._marked import BEGIN, END

CREDENTIALS = {"client-certificate-data": "Y2VydA==", "client-key-data": "a2V5"}


def kubeconfig(cluster=None, user=None, **more):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "default", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority-data": "Y2E=", **(cluster or {})}}],
        "users": [{"name": "default", "user": {**CREDENTIALS, **(user or {})}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
        **more,
    }


def printed(*lines):
    return {"stdout": "\r\n".join(["Welcome, staff", "", BEGIN, *lines, "", END, "logout", ""])}


def of(document):
    text = document if isinstance(document, str) else yaml.safe_dump(document)
    return access(printed("kubeconfig", *text.split("\n")), "https://192.0.2.1:6443")


def test_the_file_of_k3s():
    found = of(kubeconfig())
    assert (found["state"], found["problem"]) == ("there", "")
    assert found["kubeconfig"]["clusters"][0]["cluster"] == {"server": "https://192.0.2.1:6443", "certificate-authority-data": "Y2E="}
    assert found["kubeconfig"]["users"] == [{"name": "default", "user": CREDENTIALS}]


@pytest.mark.parametrize(
    "planted",
    [
        {"user": {"exec": {"command": "touch", "args": ["x"]}}},
        {"user": {"auth-provider": {"name": "gcp", "config": {"cmd-path": "touch"}}}},
        {"user": {"tokenFile": "/etc/shadow", "token": "x", "username": "a", "password": "b", "as": "c"}},
        {"cluster": {"proxy-url": "http://192.0.2.66", "insecure-skip-tls-verify": True, "certificate-authority": "/etc/shadow"}},
        {"extensions": [{"name": "x", "extension": {}}], "preferences": {"colors": True}},
    ],
)
def test_whatever_else_stands_in_it_stays_there(planted):
    assert of(kubeconfig(**planted)) == of(kubeconfig())


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("", "it is no kubeconfig"),
        ("a: b", "it has not one of 'clusters'"),
        ("{", "it is no YAML"),
        ("!!python/object/apply:os.system ['true']", "it is no YAML"),
        ("[" * 5000, "it is no YAML"),
        ("a" * 200_000, "it is too long"),
        (kubeconfig(clusters=[]), "it has not one of 'clusters'"),
        (kubeconfig(users=[{"name": "a"}]), "it has not one of 'users'"),
        (kubeconfig(user={"client-key-data": "{{ x }}"}), "its 'client-key-data' is not plain base64"),
        (kubeconfig(user={"client-key-data": ["a"]}), "its 'client-key-data' is not plain base64"),
        (kubeconfig(cluster={"certificate-authority-data": None}), "its 'certificate-authority-data' is not plain base64"),
    ],
)
def test_a_file_that_k3s_did_not_write(document, problem):
    found = of(document)
    assert (found["state"], found["kubeconfig"]) == ("unknown", {})
    assert problem in found["problem"]


@pytest.mark.parametrize(
    ("reading", "state", "problem"),
    [
        (printed("nothing"), "absent", ""),
        (printed("server"), "unknown", "K3s is a server there, but has no /etc/rancher/k3s/k3s.yaml"),
        (printed(), "unknown", "K3s is a server there"),
        (printed("nothing", "kubeconfig"), "unknown", "K3s is a server there"),
        ({"unreachable": True, "msg": "No route\nto\x1b host"}, "unknown", "the server cannot be reached: No route to? host"),
        ({"stdout": "nothing", "msg": "sudo: a password is required"}, "unknown", "sudo: a password is required"),
        ({}, "unknown", "the script did not run to its end on this node, which said: nothing"),
    ],
)
def test_what_the_server_told(reading, state, problem):
    found = access(reading, "https://192.0.2.1:6443")
    assert found["state"] == state
    assert problem in found["problem"]
    assert found["kubeconfig"] == {}


def test_no_text_raises():
    dice = random.Random(1)
    pieces = ["clusters:", "- cluster:", "users: [", "]", "{", "&a", "*a", "!!x", "\t", " ", "\n", "a: b", '"', "'", "\x00", "é", "|", ">"]
    for _round in range(2000):
        assert of("".join(dice.choices(pieces, k=dice.randrange(30))))["state"] == "unknown"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.1", "https://192.0.2.1:6443"),
        ("api.example.org", "https://api.example.org:6443"),
        ("2001:db8::1", "https://[2001:db8::1]:6443"),
    ],
)
def test_url(host, expected):
    assert api_url(host) == expected


def test_what_a_server_says_of_itself():
    found = access(
        printed(
            "data etcd", "token K10abc::server:secret", "release v1.21.2+k3s1", "authority " + "a" * 64, "kubeconfig", *yaml.safe_dump(kubeconfig()).split("\n")
        ),
        "https://h:6443",
    )
    assert (found["state"], found["data"], found["token"], found["authority"]) == ("there", "etcd", "K10abc::server:secret", "a" * 64)
    assert (found["reached"], found["release"]) == (True, "v1.21.2+k3s1")


def test_odd_words_of_a_server_are_none():
    found = access(printed("data postgres", "token a b", "release v1.21.2+k3s1; x", "authority {{ x }}", "nothing"), "https://h:6443")
    assert (found["state"], found["data"], found["token"], found["release"], found["authority"]) == ("absent", "", "", "", "")


def test_a_server_that_cannot_be_reached_says_nothing():
    found = access({"unreachable": True, "msg": "timed out"}, "https://h:6443")
    assert (found["state"], found["reached"], found["data"]) == ("unknown", False, "")
