"""The agent: nothing of a server in its configuration, and the token in a file of its own."""

import re

import yaml

testinfra_hosts = ["agent"]


def test_configuration(host):
    found = yaml.safe_load(host.file("/etc/rancher/k3s/config.yaml").content_string)
    assert re.fullmatch(r"https://[\d.]+:6443", found.pop("server"))
    assert found == {
        "node-name": "agent",
        "token-file": "/etc/rancher/k3s/token",
        "container-runtime-endpoint": "unix:///run/containerd/containerd.sock",
        "kubelet-arg": ["cgroup-driver=cgroupfs"],
        "kube-proxy-arg": ["conntrack-max-per-core=0"],
    }


def test_the_token_pins_the_certificate_of_the_server(host):
    token = host.file("/etc/rancher/k3s/token")
    assert (token.user, token.mode) == ("root", 0o600)
    assert re.fullmatch(r"K10[0-9a-f]{64}::server:[0-9a-f]{32}\n", token.content_string)


def test_environment(host):
    path = "/etc/rancher/k3s/environment"
    assert host.file(path).mode == 0o600
    assert f"EnvironmentFiles={path}" in host.check_output("systemctl show --property=EnvironmentFiles k3s-agent")
    pid = host.check_output("systemctl show --property=MainPID --value k3s-agent")
    assert "HTTPS_PROXY=http://proxy.example:3128" in host.check_output(f"tr '\\0' '\\n' < /proc/{pid}/environ").splitlines()


def test_it_is_no_server(host):
    assert not host.file("/etc/systemd/system/k3s.service").exists
    assert not host.file("/etc/rancher/k3s/k3s.yaml").exists
