"""From the variable containerd_registries to the files below certs.d."""

import base64
import re

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.gitpod.node_prep.plugins.filter.containerd_registries import containerd_registries
from hypothesis import given, strategies as st

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
        ({"name": "docker.io", "mirrors": "https://m"}, "docker.io: its mirrors must be a list"),
        (
            {"name": "docker.io", "mirrors": [{"url": "https://a"}, "https://m"]},
            "docker.io: a mirror needs a 'url' such as https://mirror.example.com (number 2",
        ),
        ({"name": "docker.io", "mirrors": [{"url": "https://m", "capabilities": "pull"}]}, "docker.io: a mirror needs a list of capabilities (number 1"),
        ({"name": "docker.io", "mirrors": [{"url": "https://m", "ca": True}]}, "docker.io: a mirror needs a text as its 'ca' (number 1 of its mirrors)"),
        ({"name": "docker.io", "mirrors": [{"url": "https://m", "password": 1}]}, "docker.io: a mirror needs a text as its 'password'"),
        ({"name": "docker.io", "server": "registry-1.docker.io"}, "docker.io: the 'server' must be a URL"),
        *(
            ({"name": "docker.io", "mirrors": [{"url": url}]}, "docker.io: a mirror needs a 'url'")
            for url in ("https://[x", "https://x]:5000", "https://x:port", "https://x:99999", "https://:5000", "https://", "https://a b", "ftp://x", 7, None)
        ),
    ],
)
def test_what_is_refused(registry, message):
    with pytest.raises(AnsibleFilterError, match=re.escape(message)):
        containerd_registries([registry])


def certificates(*mirrors):
    entries = containerd_registries([{"name": "docker.io", "mirrors": list(mirrors)}])
    named = re.findall('  ca = "(.*)"', entries[-1]["content"])
    return named, {entry["dest"].rsplit("/", 1)[-1]: entry["content"] for entry in entries[1:-1]}


def test_two_mirrors_on_one_host_have_each_their_own_ca():
    named, files = certificates(
        {"url": "https://mirror.example.com/a", "ca": "A"},
        {"url": "https://mirror.example.com/b", "ca": "B"},
        {"url": "http://mirror.example.com/c", "ca": "A\n"},
        {"url": "https://mirror.example.com:443/d", "ca": "D"},
    )
    assert files == {"mirror.example.com.crt": "A\n", "mirror.example.com-2.crt": "B\n", "mirror.example.com_443.crt": "D\n"}
    assert [files[path.rsplit("/", 1)[-1]] for path in named] == ["A\n", "B\n", "A\n", "D\n"]


def test_hosts_whose_names_look_alike_in_a_file_name_do_too():
    _named, files = certificates({"url": "https://a:5000", "ca": "A"}, {"url": "https://a_5000", "ca": "B"}, {"url": "https://a_5000-2", "ca": "C"})
    assert sorted(files.values()) == ["A\n", "B\n", "C\n"]


def test_a_login_in_a_url_is_in_no_file_name_and_makes_the_file_secret():
    named, files = certificates({"url": "https://me:canary@mirror.example.com", "ca": "A"})
    assert list(files) == ["mirror.example.com.crt"] and "canary" not in named[0]
    hosts = containerd_registries([{"name": "docker.io", "mirrors": [{"url": "https://me:canary@mirror.example.com"}]}])[-1]
    assert (hosts["mode"], hosts["secret"]) == ("0600", True)


def test_a_registry_stands_there_once():
    with pytest.raises(AnsibleFilterError, match=r"docker\.io stands there twice"):
        containerd_registries([{"name": "docker.io"}, {"name": "docker.io"}])


class Vaulted:
    """A text as ansible-core before 2.19 keeps it inside of a list until it is used."""

    __ENCRYPTED__ = True

    def __str__(self):
        return "decrypted"


def test_a_vaulted_password_is_decrypted():
    hosts = containerd_registries([{"name": "docker.io", "mirrors": [{"url": "https://m", "username": "me", "password": Vaulted()}]}])[-1]
    assert base64.b64encode(b"me:decrypted").decode() in hosts["content"]


KEYS = st.sampled_from(["name", "server", "mirrors", "url", "ca", "capabilities", "username", "password"])


def entries(inner):
    """A registry whose mirrors, all on one host, have some CA."""
    mirrors = st.lists(st.fixed_dictionaries({"url": st.just("https://m")}, optional={"ca": inner}))
    return st.fixed_dictionaries({"name": st.just("docker.io"), "mirrors": mirrors})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["https://[x", "https://m/a", "docker.io"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5) | entries(inner),
)


@given(JSON)
def test_no_value_raises_anything_but_a_sentence(registries):
    try:
        files = containerd_registries(registries)
    except AnsibleFilterError as error:
        assert str(error).startswith("containerd_registries: ")
    else:
        assert len({entry["dest"] for entry in files}) == len(files)


@pytest.mark.parametrize("url", ["https://me:canary@[x", "canary"])
def test_a_url_is_in_no_message(url):
    with pytest.raises(AnsibleFilterError) as caught:
        containerd_registries([{"name": "docker.io", "mirrors": [{"url": url}]}])
    assert "canary" not in str(caught.value)


def test_a_password_is_in_no_message():
    with pytest.raises(AnsibleFilterError) as caught:
        containerd_registries([{"nmae": "docker.io", "mirrors": [{"url": "https://m", "password": "canary"}]}])
    assert "canary" not in str(caught.value)
