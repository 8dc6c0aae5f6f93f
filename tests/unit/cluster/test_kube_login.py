"""A login that a kubeconfig has succeeds, or is the error: nothing is asked without credentials in its place."""

import base64
import json
import os
import stat
import time
from pathlib import Path

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube import client as kube_client
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.client import KubeConfigError, KubeError, KubeStatusError, open_client
from fake_api import NODES, FakeApi, status

VERSION = "client.authentication.k8s.io/v1"
ANONYMOUS = status(403, "Forbidden", 'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope')


@pytest.fixture
def api():
    """An API that serves whoever asks, so that only the client can refuse to go on without credentials."""
    with FakeApi(answers={"/version": {"gitVersion": "v1.24.7"}}) as api:
        yield api


def kubeconfig(url, user, cluster=None):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "default",
        "contexts": [{"name": "default", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url, **(cluster or {})}}],
        "users": [{"name": "u", "user": user}],
    }


def client(api, user, timeout=5, cluster=None, **params):
    return open_client({"timeout": timeout, "kubeconfig": kubeconfig(api.url, user, cluster), **params})


def program(folder, script, **more):
    """A user with a plugin that is this script."""
    path = folder / "plugin"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": VERSION, "command": str(path), **more}}


def prints(credential):
    return "cat <<'END'\n" + (credential if isinstance(credential, str) else json.dumps(credential)) + "\nEND\n"


def credential(**result):
    return {"apiVersion": VERSION, "kind": "ExecCredential", "status": result}


# --- what fails -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'session of jane is over, run login' >&2; exit 255", "failed with status 255; it says: session of jane is over, run login"),
        ("exit 1", "failed with status 1"),
        ("kill -9 $$", "failed with status -9"),
        ("", "printed no credentials, but nothing"),
        ("echo 'Open https://login.example and enter the code'", "printed no credentials, but something that is no JSON object"),
        ("printf '[%.0s' $(seq 20000)", "something that is no JSON object"),
        ("echo '[]'", "something that is no JSON object"),
        (prints({"apiVersion": VERSION, "kind": "ExecCredential"}), "printed no ExecCredential with a status"),
        (prints({"apiVersion": VERSION, "kind": "ExecCredential", "status": "ok"}), "printed no ExecCredential with a status"),
        (prints({"apiVersion": VERSION, "status": {"token": "t"}}), "printed no ExecCredential with a status"),
        (
            prints({**credential(token="t"), "apiVersion": VERSION + "beta1"}),
            f"answers in the version '{VERSION}beta1', but",
        ),
        (prints(credential()), "printed neither a token nor a certificate with its key"),
        (prints(credential(token="")), "printed neither a token nor a certificate with its key"),
        (prints(credential(token=7)), "printed neither a token nor a certificate with its key"),
        (prints(credential(clientCertificateData="c")), "printed neither a token nor a certificate with its key"),
        ("read answer || { echo 'cannot ask for a password' >&2; exit 2; }", "failed with status 2; it says: cannot ask for a password"),
        ("read answer </dev/tty || exit 3", "failed with status"),
    ],
)
def test_a_plugin_that_gives_no_credentials_is_the_error_and_nothing_is_asked(api, tmp_path, script, words):
    with pytest.raises(KubeConfigError) as error:
        client(api, program(tmp_path, script)).get("/version")
    assert f"its plugin '{tmp_path}/plugin' " in str(error.value)
    assert words in str(error.value)
    assert api.calls == []


@pytest.mark.parametrize(
    ("exec_section", "words"),
    [
        (
            {"command": "no-such-plugin", "installHint": "apt install\nit"},
            "its plugin 'no-such-plugin' cannot be run: it is not installed, see: apt install it",
        ),
        ({"command": "no-such-plugin"}, "its plugin 'no-such-plugin' cannot be run: it is not installed"),
        ({"command": "/etc/passwd"}, "its plugin '/etc/passwd' cannot be run: Permission denied"),
        ({"command": "true", "interactiveMode": "Always"}, "wants to ask on a terminal"),
        ({"command": "true", "args": [7]}, "cannot be run, see its args and env"),
        ({"command": "true", "env": [{"name": "A"}]}, "cannot be run"),
        ({"command": "true", "env": ["A=B"]}, "cannot be run"),
        ({"command": ""}, "its exec section needs a command and an apiVersion"),
        ({"command": ["true"]}, "its exec section needs a command and an apiVersion"),
    ],
)
def test_a_plugin_that_cannot_be_run_is_the_error(api, exec_section, words):
    with pytest.raises(KubeConfigError) as error:
        client(api, {"exec": {"apiVersion": VERSION, **exec_section}}).get("/version")
    assert words in str(error.value)
    assert api.calls == []


def _jwt(**claims):
    return "eyJhbGciOiJub25lIn0." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".x"


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"tokenFile": "/nowhere/token"}, "/nowhere/token"),
        ({"tokenFile": "/dev/null"}, "its token file /dev/null is empty"),
        ({"auth-provider": {"name": "azure", "config": {}}}, "its login (auth-provider) gives no credentials"),
        ({"auth-provider": {"name": "oidc", "config": {"id-token": "no-jwt"}}}, "its login (auth-provider) gives no credentials"),
        ({"auth-provider": {"name": "oidc", "config": {"id-token": _jwt(exp=1)}}}, "idp-issuer-url"),
        ({"auth-provider": {"name": "oidc"}}, "its login (auth-provider) gives no credentials"),
        ({"username": "jane"}, "its login (username) gives no credentials"),
        ({"exec": "aws"}, "its exec section needs a command"),
        ({"token": "two\nlines"}, "has characters that cannot be sent"),
        ("jane", "its user 'u' is no dictionary"),
    ],
)
def test_a_login_of_another_kind_that_gives_no_credentials_is_the_error(api, user, words):
    with pytest.raises(KubeConfigError) as error:
        client(api, user).get("/version")
    assert words in str(error.value)
    assert "two\nlines" not in str(error.value)
    assert api.calls == []


def test_an_identity_provider_that_refuses_to_renew_a_token_is_the_error(api):
    with FakeApi(answers={"/.well-known/openid-configuration": (500, "down")}) as provider:
        config = {"id-token": _jwt(exp=1), "idp-issuer-url": provider.url, "client-id": "i", "client-secret": "very-secret", "refresh-token": "r"}
        with pytest.raises(KubeError) as error:
            client(api, {"auth-provider": {"name": "oidc", "config": config}}).get("/version")
    assert "very-secret" not in str(error.value)
    assert "its token expired at 1970-01-01 00:00:01 UTC and was not renewed" in str(error.value)


def test_a_user_that_a_context_names_and_nobody_has_defined(api):
    config = kubeconfig(api.url, {})
    for users in ([], [{"name": "other", "user": {"token": "t"}}]):
        with pytest.raises(KubeConfigError, match="its context names the user 'u', who is not in it"):
            open_client({"timeout": 5, "kubeconfig": {**config, "users": users}})


@pytest.mark.parametrize(
    "user",
    [
        {"client-certificate": "/nowhere/cert", "client-key": "/nowhere/key"},
        {"client-certificate-data": "bm8=", "client-key-data": "bm8="},
        {"client-certificate-data": "bm8="},
    ],
)
def test_a_certificate_that_is_none_is_the_error_of_the_kubeconfig(api, user):
    with pytest.raises(KubeConfigError) as error:
        open_client({"timeout": 5, "kubeconfig": kubeconfig(api.url.replace("http:", "https:"), user)}).get("/version")
    assert "cannot use" in str(error.value)
    assert api.calls == []


def test_the_words_of_a_plugin_are_one_printable_line_without_secrets(api, tmp_path):
    words = f"\\033]0;x\\007first\\nsecond token=abc123 {_jwt(a=1)} https://jane:pass@host/ 'secret': 'xyz' PRIVATE \\342\\200\\256 " + "long " * 300
    user = program(tmp_path, f'printf "{words}" >&2; exit 1', env=[{"name": "SECRET", "value": "PRIVATE"}], args=["--client-secret=very-secret"])
    with pytest.raises(KubeConfigError) as error:
        client(api, user)
    text = str(error.value)
    assert text.isprintable()
    assert "first second token=… … https://…@host/ 'secret': '…' … ?" in text
    assert len(text) < 900
    assert not [secret for secret in ("abc123", "eyJ", "pass", "xyz", "PRIVATE", "very-secret") if secret in text]


@pytest.mark.parametrize(
    "words",
    ["ExpiredToken: sign in again", "The token has expired, use: aws sso login --profile p", "no basic authentication for the bearer of it", "missing secret"],
)
def test_words_of_a_plugin_that_are_no_secrets_stay(api, tmp_path, words):
    with pytest.raises(KubeConfigError) as error:
        client(api, program(tmp_path, f'echo "{words}" >&2; exit 1'))
    assert str(error.value).endswith("it says: " + words)


@pytest.mark.parametrize(
    "words",
    [
        "token: S3CRET",
        "password: S3CRET",
        "Authorization: Bearer S3CRET",
        "id-token=S3CRET",
        "{'accessToken': 'S3CRET'}",
        "x://S3CRET@host",
        "CLIENT_SECRET=S3CRET",
    ],
)
def test_words_of_a_plugin_that_are_secrets_do_not_stay(api, tmp_path, words):
    with pytest.raises(KubeConfigError) as error:
        client(api, program(tmp_path, f'echo "{words}" >&2; exit 1'))
    assert "S3CRET" not in str(error.value)


def test_the_output_of_a_plugin_is_never_shown(api, tmp_path):
    with pytest.raises(KubeConfigError) as error:
        client(api, program(tmp_path, prints('{"status": {"token": "very-secret"}')))
    assert "very-secret" not in str(error.value)


# --- what takes too long ----------------------------------------------------------------------------------------------------


def _ends_within(seconds, run):
    start = time.monotonic()
    with pytest.raises(KubeConfigError) as error:
        run()
    assert time.monotonic() - start < seconds
    return str(error.value)


def test_a_plugin_that_hangs_is_killed_with_what_it_has_started(api, tmp_path):
    user = program(tmp_path, f"sh -c 'echo $$ > {tmp_path}/child; exec sleep 60' & echo asking jane >&2; wait")
    message = _ends_within(3, lambda: client(api, user, timeout=0.5))
    assert "was not done within 0.5 s, so it was killed; it says: asking jane" in message
    assert not _lives(int((tmp_path / "child").read_text()))


def test_a_plugin_that_is_deaf_to_polite_signals_is_killed(api, tmp_path):
    message = _ends_within(3, lambda: client(api, program(tmp_path, "trap '' TERM INT HUP; while :; do sleep 0.1; done"), timeout=0.5))
    assert "so it was killed" in message


def test_a_plugin_may_leave_a_helper_behind_that_holds_its_output(api, tmp_path):
    user = program(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child\n" + prints(credential(token="x")))
    start = time.monotonic()
    client(api, user).get("/version")
    assert time.monotonic() - start < 3
    assert api.calls[0].headers["Authorization"] == "Bearer x"
    os.kill(int((tmp_path / "child").read_text()), 9)


def test_a_token_file_that_never_ends_is_the_error(api, tmp_path):
    os.mkfifo(tmp_path / "token")
    message = _ends_within(3, lambda: client(api, {"tokenFile": str(tmp_path / "token")}, timeout=0.5))
    assert "the login was not done within 0.5 s" in message


def test_an_identity_provider_that_is_silent_is_the_error(api):
    with FakeApi() as provider:
        provider.delay = 5
        config = {"id-token": _jwt(exp=1), "idp-issuer-url": provider.url, "client-id": "i", "client-secret": "s", "refresh-token": "r"}
        message = _ends_within(3, lambda: client(api, {"auth-provider": {"name": "oidc", "config": config}}, timeout=0.5))
    assert "the login was not done within 0.5 s" in message


def _lives(pid):
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.05)
    return True


# --- what succeeds ----------------------------------------------------------------------------------------------------------


def test_a_plugin_is_told_what_it_asks_for(api, tmp_path):
    script = f'printf "%s" "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; printf "%s" "$1 $PROFILE" > {tmp_path}/given\n' + prints(credential(token=" x\n"))
    user = program(tmp_path, script, provideClusterInfo=True, args=["login"], env=[{"name": "PROFILE", "value": "p"}])
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}, {"name": "other", "extension": {}}]
    (tmp_path / "ca").write_text("c")
    client(api, user, cluster={"extensions": extensions, "certificate-authority": str(tmp_path / "ca")}).get("/version")
    assert json.loads((tmp_path / "info").read_text()) == {
        "apiVersion": VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {"server": api.url, "certificate-authority-data": "Yw==", "config": {"audience": "a"}}},
    }
    assert (tmp_path / "given").read_text() == "login p"
    assert api.calls[0].headers["Authorization"] == "Bearer x"


def test_relative_paths_start_where_the_kubeconfig_lies(api, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    (tmp_path / "token").write_text("from-a-file\n")
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig(api.url, {"tokenFile": "token"})))
    open_client({"timeout": 5, "kubeconfig": str(tmp_path / "kubeconfig")}).get("/version")
    program(tmp_path, prints(credential(token="from-a-plugin")))
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig(api.url, {"exec": {"apiVersion": VERSION, "command": "./plugin"}})))
    open_client({"timeout": 5, "kubeconfig": str(tmp_path / "kubeconfig")}).get("/version")
    assert [call.headers["Authorization"] for call in api.calls] == ["Bearer from-a-file", "Bearer from-a-plugin"]


@pytest.mark.parametrize("options", [{"api_key": "t"}, {"username": "u", "password": "p"}])
@pytest.mark.parametrize("user", [{"exec": {"apiVersion": VERSION, "command": "no-such-plugin"}}, {"tokenFile": "/nowhere"}])
def test_a_login_by_options_needs_none_of_the_kubeconfig(api, options, user):
    client(api, user, **options).get("/version")
    assert api.calls[0].headers["Authorization"] in ("Bearer t", "Basic dTpw")


def test_a_kubeconfig_without_any_login_may_be_asked_with(api):
    config = kubeconfig(api.url, {})
    del config["contexts"][0]["context"]["user"]
    for found in (config, kubeconfig(api.url, {})):
        open_client({"timeout": 5, "kubeconfig": found}).get("/version")
    assert ["Authorization" in call.headers for call in api.calls] == [False] * 2


# --- who is refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [ANONYMOUS, status(401, "Unauthorized", "Unauthorized")])
def test_who_shows_no_credentials_is_told_so_and_given_no_advice_about_rights(api, answer):
    api.answers[NODES] = answer
    with pytest.raises(KubeConfigError, match="was asked without credentials") as error:
        client(api, {}).items(NODES)
    assert "If a permission is missing" not in str(error.value)


def test_credentials_that_do_not_reach_the_api(api):
    api.answers[NODES] = ANONYMOUS
    with pytest.raises(KubeConfigError, match="does not see the credentials that it is sent") as error:
        client(api, {"token": "t"}).items(NODES)
    assert "If a permission is missing" not in str(error.value)


def test_a_token_that_has_expired_is_named_with_its_time(api):
    api.answers["/version"] = status(401, "Unauthorized", "Unauthorized")
    with pytest.raises(KubeStatusError, match=r"does not accept the credentials \(401\): Unauthorized; the token expired at 2001-09-09 01:46:40 UTC"):
        client(api, {"token": _jwt(exp=1000000000)}).get("/version")


@pytest.mark.parametrize("claims", [{}, {"exp": "soon"}, {"exp": 10**30}, {"exp": None}, {"exp": time.time() + 3600}])
def test_a_token_that_tells_no_past_end(api, claims):
    api.answers["/version"] = status(401, "Unauthorized", "Unauthorized")
    with pytest.raises(KubeStatusError) as error:
        client(api, {"token": _jwt(**claims)}).get("/version")
    assert str(error.value).endswith("(401): Unauthorized")


def test_credentials_that_end_during_a_long_run_are_obtained_again(api, tmp_path, monkeypatch):
    monkeypatch.setattr(kube_client, "FRESH", 0)
    answer = json.dumps(credential(token="t-$COUNT")).replace('"', '\\"')
    user = program(tmp_path, f'echo x >> {tmp_path}/times; COUNT=$(wc -l < {tmp_path}/times); echo "{answer}"')
    api.once["GET", "/version"] = [(200, {}), status(401, "Unauthorized", "Unauthorized")]
    found = client(api, user)
    found.get("/version")
    assert found.get("/version") == {"gitVersion": "v1.24.7"}
    assert [call.headers["Authorization"] for call in api.calls] == ["Bearer t-1", "Bearer t-1", "Bearer t-2"]


def test_credentials_that_were_just_obtained_are_not_obtained_again(api, tmp_path):
    user = program(tmp_path, f"echo x >> {tmp_path}/times\n" + prints(credential(token="t")))
    api.answers["/version"] = status(401, "Unauthorized", "Unauthorized")
    with pytest.raises(KubeStatusError):
        client(api, user).get("/version")
    assert ((tmp_path / "times").read_text(), api.count("GET")) == ("x\n", 1)


# --- as somebody else -------------------------------------------------------------------------------------------------------


def _shown(headers):
    return sorted((name, value) for name, value in headers.items() if name.startswith("Impersonate-"))


def test_the_identity_that_a_kubeconfig_asks_for_is_sent_with_every_request(api):
    user = {"token": "t", "as": "jane", "as-groups": ["devs", "ops"], "as-uid": "7", "as-user-extra": {"Scope/a": ["x", "y"]}}
    client(api, user).get("/version")
    assert _shown(api.calls[0].headers) == [
        ("Impersonate-Extra-scope%2Fa", "x"),
        ("Impersonate-Extra-scope%2Fa", "y"),
        ("Impersonate-Group", "devs"),
        ("Impersonate-Group", "ops"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-User", "jane"),
    ]


def test_an_identity_of_the_options_replaces_that_of_the_kubeconfig_as_a_whole(api):
    client(api, {"token": "t", "as": "jane", "as-groups": ["admins"]}, impersonate_user="bob").get("/version")
    assert _shown(api.calls[0].headers) == [("Impersonate-User", "bob")]


@pytest.mark.parametrize("user", [{}, {"as": ""}, {"as": None, "as-groups": []}])
def test_nobody_is_impersonated_where_nobody_is_named(api, user):
    client(api, {"token": "t", **user}).get("/version")
    assert _shown(api.calls[0].headers) == []


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"as-groups": ["admins"]}, "as-groups of the kubeconfig's user needs as of the kubeconfig's user"),
        ({"as-uid": "7"}, "as-uid of the kubeconfig's user needs as"),
        ({"as": 7}, "as of the kubeconfig's user has '7', which cannot be sent"),
        ({"as": "jane\r\nImpersonate-Group: system:masters"}, "which cannot be sent"),
        ({"as": "jané"}, "which cannot be sent"),
        ({"as": "jane", "as-groups": "devs"}, "as-groups of the kubeconfig's user is no list"),
        ({"as": "jane", "as-groups": ["a", 7]}, "as-groups of the kubeconfig's user has '7'"),
        ({"as": "jane", "as-user-extra": ["x"]}, "as-user-extra of the kubeconfig's user is no dictionary"),
        ({"as": "jane", "as-user-extra": {"a": "x"}}, "as-user-extra of the kubeconfig's user is no list"),
    ],
)
def test_an_identity_that_cannot_be_asked_for_is_refused_by_name(api, user, words):
    with pytest.raises(KubeConfigError) as error:
        client(api, {"token": "t", **user}).get("/version")
    assert words in str(error.value)
    assert str(error.value).isprintable()
    assert api.calls == []


def test_groups_of_the_options_need_a_user_of_the_options(api):
    with pytest.raises(KubeConfigError, match="impersonate_groups needs impersonate_user"):
        client(api, {"token": "t", "as": "jane"}, impersonate_groups=["devs"])
