"""From the variable containerd_registries to the files below certs.d."""

import base64

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.gitpod.node_prep.plugins.filter.containerd_registries import containerd_registries

MARK = "# Written by the role containerd of gitpod.node_prep; changes are overwritten.\n"


def test_nothing():
    assert containerd_registries([]) == []


def test_a_mirror():
    registry = {"name": "docker.io", "server": "https://registry-1.docker.io", "mirrors": [{"url": "https://mirror.example.com"}]}
    assert containerd_registries([registry]) == [
        {"dest": "/etc/containerd/certs.d/docker.io", "state": "directory"},
        {
            "dest": "/etc/containerd/certs.d/docker.io/hosts.toml",
            "mode": "0644",
            "secret": False,
            "content": MARK + 'server = "https://registry-1.docker.io"\n\n[host."https://mirror.example.com"]\n  capabilities = ["pull", "resolve"]\n',
        },
    ]


def test_certificate_and_credentials():
    mirror = {
        "url": "https://registry.example.com:5000/v2/proxy",
        "capabilities": ["pull"],
        "ca": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "skip_verify": False,
        "override_path": True,
        "username": "reader",
        "password": 'pass"word',
    }
    directory, certificate, hosts = containerd_registries([{"name": "registry.example.com:5000", "mirrors": [mirror]}])
    assert directory["dest"] == "/etc/containerd/certs.d/registry.example.com:5000"
    assert certificate == {
        "dest": "/etc/containerd/certs.d/registry.example.com:5000/registry.example.com_5000.crt",
        "content": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    }
    assert (hosts["mode"], hosts["secret"]) == ("0600", True)
    encoded = base64.b64encode(b'reader:pass"word').decode()
    assert hosts["content"] == MARK + (
        '\n[host."https://registry.example.com:5000/v2/proxy"]\n'
        '  capabilities = ["pull"]\n'
        '  ca = "/etc/containerd/certs.d/registry.example.com:5000/registry.example.com_5000.crt"\n'
        "  override_path = true\n"
        '  [host."https://registry.example.com:5000/v2/proxy".header]\n'
        f'    authorization = "Basic {encoded}"\n'
    )


def test_what_is_off_the_list_is_removed():
    entries = containerd_registries([{"name": "docker.io"}], present=["docker.io", "quay.io"])
    assert entries[-1] == {"dest": "/etc/containerd/certs.d/quay.io", "state": "absent"}
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("registry", "message"),
    [
        ("docker.io", "each entry needs a 'name'"),
        ({"name": "../../etc"}, "each entry needs a 'name' such as docker.io or registry.example.com:5000, not '../../etc'"),
        ({"name": "docker.io", "mirrors": [{}]}, "docker.io: a mirror needs a 'url'"),
        ({"name": "docker.io", "mirrors": [{"url": "mirror.example.com"}]}, "docker.io: a mirror needs a 'url'"),
        ({"name": "docker.io", "mirrors": [{"url": "https://m", "capabilities": ["all"]}]}, "docker.io: unknown capabilities all"),
    ],
)
def test_what_is_refused(registry, message):
    with pytest.raises(AnsibleFilterError, match=message.replace(".", r"\.")):
        containerd_registries([registry])


def test_a_password_is_in_no_message():
    with pytest.raises(AnsibleFilterError) as caught:
        containerd_registries([{"nmae": "docker.io", "mirrors": [{"url": "https://m", "password": "canary"}]}])
    assert "canary" not in str(caught.value)
