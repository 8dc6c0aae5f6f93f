"""The node with the containerd that K3s brings and a token of the user."""

import yaml

testinfra_hosts = ["single"]


def test_it_has_the_token_that_it_was_given(host):
    path = "/etc/rancher/k3s/token"
    assert yaml.safe_load(host.file("/etc/rancher/k3s/config.yaml").content_string)["token-file"] == path
    assert (host.file(path).mode, host.file(path).content_string) == (0o600, "a-token-that-the-user-has-chosen\n")
    assert host.file("/var/lib/rancher/k3s/server/token").content_string.endswith("::server:a-token-that-the-user-has-chosen\n")


def test_k3s_is_left_to_its_own_containerd(host):
    found = yaml.safe_load(host.file("/etc/rancher/k3s/config.yaml").content_string)
    assert "container-runtime-endpoint" not in found
    assert "kubelet-arg" not in found
    assert host.file("/run/k3s/containerd/containerd.sock").is_socket


def test_no_other_containerd_is_there(host):
    assert not host.service("containerd").is_running


def test_its_tools_are_linked(host):
    for name in ("crictl", "ctr"):
        assert host.check_output(f"readlink /usr/local/bin/{name}") == "k3s"
