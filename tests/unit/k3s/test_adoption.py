"""A K3s of its own script: what it is told, and whether it can be taken over without loss."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import adoption, settings as k3s_settings
from hypothesis import given, strategies as st

FOUND = {
    "role": "server",
    "release": "v1.24.6+k3s1",
    "datastore": "sqlite",
    "settings": {"flannel-backend": ["none"], "disable": ["traefik"], "write-kubeconfig-mode": []},
    "unclear": [],
}
WANTED = {
    "server": True,
    "version": "v1.24.7+k3s1",
    "runtime": "embedded",
    "node_name": "meta-1",
    "cluster_cidr": "10.42.0.0/16",
    "service_cidr": "10.43.0.0/16",
    "cluster_dns": "",
    "cluster_domain": "cluster.local",
    "flannel_backend": "none",
    "disable": ["traefik"],
    "settings": [],
}


def problems(settings=None, wanted=None, **found):
    return adoption.problems({**FOUND, "settings": {**FOUND["settings"], **(settings or {})}, **found}, "Meta-1", {**WANTED, **(wanted or {})})


def test_what_can_be_taken_over():
    assert problems() == []
    assert problems(release="v1.23.13+k3s1") == problems(release="v1.24.7+k3s1") == []
    assert problems({"node-name": ["META-1"]}, {"node_name": "meta-1"}) == []
    assert problems({"cluster-cidr": ["10.42.0.0/16"], "data-dir": ["/var/lib/rancher/k3s"], "docker": ["false"]}) == []
    assert problems({"kubelet-arg": []}, {"settings": ["kubelet-arg"]}) == []
    assert problems({"flannel-backend": ["vxlan"]}, {"server": False}, role="agent", datastore="") == [], "an agent has the networks of its server"
    assert problems({"container-runtime-endpoint": ["unix:///run/containerd/containerd.sock"]}, {"runtime": "system"}) == []


@pytest.mark.parametrize(
    ("settings", "wanted", "found", "words"),
    [
        ({}, {}, {"release": "v1.24.8+k3s1"}, "cannot be downgraded"),
        ({}, {}, {"release": "v1.25.0+k3s1"}, "cannot be downgraded"),
        ({}, {}, {"release": "v1.22.17+k3s1"}, "skips a minor release"),
        ({}, {}, {"release": ""}, "its release cannot be read"),
        ({}, {}, {"datastore": "etcd"}, "its datastore is etcd"),
        ({"datastore-endpoint": []}, {}, {"datastore": "external"}, "datastore-endpoint"),
        ({}, {}, {"role": "agent"}, "it is an agent, and the inventory makes the node a server"),
        ({"cluster-cidr": ["10.52.0.0/16"]}, {}, {}, "its cluster-cidr is 10.52.0.0/16: set k3s_cluster_cidr to that"),
        ({}, {"service_cidr": "10.96.0.0/12"}, {}, "its service-cidr is 10.43.0.0/16"),
        ({"flannel-backend": ["vxlan"]}, {}, {}, "set k3s_flannel_backend"),
        ({"cluster-dns": ["10.43.0.53"]}, {}, {}, "set k3s_cluster_dns"),
        ({"cluster-domain": ["k.example"]}, {}, {}, "set k3s_cluster_domain"),
        ({"node-name": ["other"]}, {}, {}, "the cluster knows it as other"),
        ({}, {"node_name": "workspace-1"}, {}, "the cluster knows it as meta-1"),
        ({"with-node-id": ["true"]}, {}, {}, "with-node-id"),
        ({"data-dir": ["/data"]}, {}, {}, "/data"),
        ({}, {"runtime": "system"}, {}, "set k3s_container_runtime to embedded"),
        ({"docker": ["true"]}, {}, {}, "docker"),
        ({}, {"disable": ["traefik", "servicelb"]}, {}, "servicelb of K3s would be removed"),
        ({"kubelet-arg": []}, {}, {}, "it sets kubelet-arg, which would be lost"),
        ({}, {}, {"unclear": ["/etc/rancher/k3s/config.yaml"]}, "cannot be taken apart"),
    ],
)
def test_what_would_lose_something(settings, wanted, found, words):
    (problem,) = problems(settings, wanted, **found)
    assert words in problem


def test_what_k3s_is_told_by_its_script():
    command = "/usr/local/bin/k3s     server '--flannel-backend=none' --disable traefik,local-storage --disable=metrics-server --token hush --node-name m1"
    settings = k3s_settings.parse_command(command)
    assert settings == {
        "flannel-backend": ["none"],
        "disable": ["traefik", "local-storage", "metrics-server"],
        "token": [],
        "node-name": ["m1"],
    }
    environment = k3s_settings.parse_environment(
        "K3S_TOKEN='hush'\nK3S_URL=https://x:6443\nHTTP_PROXY=http://u:p@h\nK3S_DATASTORE_ENDPOINT=postgres://u:hush@h\n"
    )
    assert environment == {"token": [], "server": [], "datastore-endpoint": []}
    assert "hush" not in repr((settings, environment))


@pytest.mark.parametrize(
    ("text", "settings", "appended", "clear"),
    [
        ("", {}, [], True),
        ("# x\n---\nflannel-backend: none # why\ntoken: hush\n", {"flannel-backend": ["none"], "token": []}, [], True),
        ("\"cluster-cidr\": '10.42.0.0/16'\n", {"cluster-cidr": ["10.42.0.0/16"]}, [], True),
        ("disable:\n- traefik\n  # x\n- servicelb\ndebug: true\n", {"disable": ["traefik", "servicelb"], "debug": []}, [], True),
        ("disable: [traefik, 'servicelb']\n", {"disable": ["traefik", "servicelb"]}, [], True),
        ("tls-san+:\n  - a\nno-deploy: traefik\n", {"tls-san": [], "disable": ["traefik"]}, ["tls-san"], True),
        ('kubelet-arg: "max-pods=1"\n', {"kubelet-arg": []}, [], True),
        ("{flannel-backend: vxlan}\n", {}, [], False),
        ("  flannel-backend: vxlan\n", {}, [], False),
        ("? flannel-backend\n: vxlan\n", {}, [], False),
        ("<<: *x\n", {}, [], False),
    ],
)
def test_a_configuration_file(text, settings, appended, clear):
    assert k3s_settings.parse_config(text) == (settings, appended, clear)


@given(text=st.text() | st.lists(st.sampled_from(["a: b", "- x", "'", "[", ": ", "\n", " ", "--x", "=", "K3S_"])).map("".join))
def test_no_text_raises(text):
    k3s_settings.parse_config(text)
    k3s_settings.parse_command(text)
    k3s_settings.parse_environment(text)


def test_the_table_of_what_the_role_sets_is_that_of_the_role():
    from roles import loaded

    variables = loaded("k3s", "vars/main.yml")
    keys = set(variables["__k3s_config_of_every_node"]) | set(variables["__k3s_config_of_servers"])
    assert keys == set(k3s_settings.SET_BY_THE_ROLE)
