"""containerd runs from the configuration of the role, at the version and with the driver that were asked for."""

import re

import pytest

testinfra_hosts = ["ansible://stock", "ansible://alternative", "ansible://bad-state", "ansible://vendor"]


@pytest.fixture
def name(host):
    return host.check_output("hostname")


def test_version_and_service(host, name):
    """Of the client and of the server. The vendor's is the one whose configuration has the schema 3."""
    versions = re.findall(r"Version: +(\S+)", host.check_output("ctr version"))
    assert len(versions) == 2
    assert all(version.startswith("2." if name == "vendor" else "1.6.20") for version in versions)
    service = host.service("containerd")
    assert service.is_running
    assert service.is_enabled


def test_nothing_is_half_installed(host):
    assert host.check_output("dpkg --audit") == ""


def test_configuration_in_use(host, name):
    """What containerd itself makes of the file."""
    dump = host.check_output("containerd config dump").replace("'", '"')
    assert f"SystemdCgroup = {'true' if name == 'alternative' else 'false'}" in dump
    assert ('bin_dirs = ["/opt/cni/bin"]' if name == "vendor" else 'bin_dir = "/opt/cni/bin"') in dump
    assert 'conf_dir = "/etc/cni/net.d"' in dump
    assert 'config_path = "/etc/containerd/certs.d"' in dump
    image = "registry.k8s.io/pause:3.7" if name == "alternative" else "docker.io/rancher/mirrored-pause:3.6"
    assert f'{"sandbox" if name == "vendor" else "sandbox_image"} = "{image}"' in dump
    file = host.file("/etc/containerd/config.toml")
    assert (file.mode, file.user, file.group) == (0o644, "root", "root")


def test_it_runs_with_the_configuration_on_disk(host):
    assert host.check_output("sha256sum --check --quiet /run/containerd-node-prep/started-with") == ""


def test_cri_answers(host, name):
    """The plugin that kubelet talks to is loaded."""
    lines = [line.split() for line in host.check_output("ctr plugins ls").splitlines()]
    plugins = {tuple(line[:2]): line[-1] for line in lines if len(line) > 2}
    assert plugins["io.containerd.grpc.v1", "cri"] == "ok"
    if name == "vendor":
        assert plugins["io.containerd.cri.v1", "images"] == plugins["io.containerd.cri.v1", "runtime"] == "ok"


def test_crictl(host):
    assert "runtime-endpoint: unix:///run/containerd/containerd.sock" in host.file("/etc/crictl.yaml").content_string


def test_iptables(host):
    """The CNI plugin portmap calls it; prepare.yml has removed it from one of the nodes."""
    assert host.check_output("which iptables")
    assert host.package("iptables").is_installed


def test_cni_directories(host, name):
    assert host.file("/opt/cni/bin").is_directory
    assert host.file("/etc/cni/net.d").is_directory
    assert host.file("/opt/cni/bin/loopback").exists is (name == "alternative")
    if name == "alternative":
        assert host.file("/opt/cni/bin/bridge").linked_to == "/usr/lib/cni/bridge"


def test_hold(host, name):
    assert ("containerd" in host.check_output("apt-mark showhold").split()) is (name == "alternative")


def test_proxy(host, name):
    environment = host.check_output("systemctl show containerd --property Environment")
    assert ("HTTP_PROXY=http://proxy.example.com:3128" in environment) is (name == "alternative")
    assert ("HTTPS_PROXY=http://reader:a%20secret@proxy.example.com:3129" in environment) is (name == "alternative")
    assert ("NO_PROXY=10.0.0.0/8,example.com" in environment) is (name == "alternative")


def test_registries(host, name):
    hosts = host.file("/etc/containerd/certs.d/docker.io/hosts.toml")
    assert hosts.exists is (name == "alternative")
    if name == "alternative":
        assert hosts.mode == 0o600
        assert 'server = "https://registry-1.docker.io"' in hosts.content_string
        assert 'authorization = "Basic cmVhZGVyOm1vbGVjdWxlLXNlY3JldA=="' in hosts.content_string
        everything_else = host.file("/etc/containerd/certs.d/_default/hosts.toml").content_string
        assert 'capabilities = ["pull"]\n  skip_verify = true\n  override_path = true' in everything_else
        other = host.file("/etc/containerd/certs.d/registry.example.com:5000/hosts.toml")
        assert other.mode == 0o644
        certificate = host.file("/etc/containerd/certs.d/registry.example.com:5000/registry.example.com_5000.crt")
        assert certificate.content_string.startswith("-----BEGIN CERTIFICATE-----\nAAAA\n")


IMAGES = {"alternative": ["example.com/molecule:1"], "vendor": ["docker.io/library/molecule-download:1"]}


def test_images(host, name):
    """What was imported is there for Kubernetes, and beside the store lies only the note of it: no archive, and nothing of a refused one."""
    found = host.check_output("ctr --namespace k8s.io images ls --quiet").split()
    assert [image for image in found if not image.startswith("sha256:")] == IMAGES.get(name, [])
    notes = host.run("cat /var/lib/containerd/node-prep-*").stdout.split()
    assert notes == IMAGES.get(name, [])


def test_a_drop_in_of_the_administrator_stays(host, name):
    drop_in = host.file("/etc/systemd/system/containerd.service.d/30-admin.conf")
    assert drop_in.exists is (name == "bad-state")
    limit = host.check_output("systemctl show containerd --property LimitNOFILE --value")
    assert (limit == "400000") is (name == "bad-state")
