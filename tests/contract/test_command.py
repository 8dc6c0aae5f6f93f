"""The command line and the configuration file of `k3s`."""

import re

import pytest
from conftest import NO_CONFIG


def test_version(sandbox, release):
    done = sandbox.run("--version")
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert re.fullmatch(rf"k3s version {re.escape(release)} \([0-9a-f]+\)", first)
    assert second.startswith("go version go")


@pytest.mark.parametrize("command", ["server", "agent"])
def test_unknown_key_in_the_file(sandbox, command):
    path = sandbox.path(f"/etc/rancher/unknown-{command}.yaml")
    path.write_text("no-such-option: true\n")
    done = sandbox.run(command, "--config", f"/etc/rancher/unknown-{command}.yaml")
    assert done.returncode == 1
    assert done.stdout.startswith("Incorrect Usage: flag provided but not defined: -no-such-option\n\nNAME:\n")
    assert f"k3s {command} [OPTIONS]" in done.stdout
    assert 'level=fatal msg="flag provided but not defined: -no-such-option"' in done.stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("https-listen-port: many\n", 'Incorrect Usage: invalid value "many" for flag -https-listen-port: parse error'),
        ("disable-agent: perhaps\n", 'Incorrect Usage: invalid boolean value "perhaps" for -disable-agent: parse error'),
    ],
)
def test_value_of_the_wrong_type(sandbox, content, problem):
    sandbox.path("/etc/rancher/type.yaml").write_text(content)
    done = sandbox.run("server", "--config", "/etc/rancher/type.yaml")
    assert done.returncode == 1
    assert done.stdout.startswith(problem)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: [\n", r'level=fatal msg="yaml: line \d+: '),
        ("cluster-cidr: everything\n", r'level=fatal msg="invalid cluster-cidr everything: invalid CIDR address: everything"'),
        ("cluster-dns: nobody\n", r'level=fatal msg="invalid cluster-dns address nobody"'),
    ],
)
def test_value_that_cannot_be(sandbox, content, problem):
    sandbox.path("/etc/rancher/value.yaml").write_text(content)
    done = sandbox.run("server", "--disable-agent", "--data-dir", "/var/lib/rancher/value", "--config", "/etc/rancher/value.yaml")
    assert done.returncode == 1
    assert re.search(problem, done.stderr)


def test_named_file_that_is_not_there(sandbox):
    done = sandbox.run("server", "--config", "/etc/rancher/nowhere.yaml")
    assert done.returncode == 1
    assert 'level=fatal msg="stat /etc/rancher/nowhere.yaml: no such file or directory"' in done.stderr


def test_flag_of_the_other_command(sandbox):
    done = sandbox.run("agent", "--config", NO_CONFIG, "--tls-san", "example.com")
    assert done.returncode == 1
    assert done.stdout.startswith("Incorrect Usage: flag provided but not defined: -tls-san\n")


def test_flag_without_its_value(sandbox):
    done = sandbox.run("server", "--config", NO_CONFIG, "--data-dir")
    assert done.returncode == 1
    assert done.stdout.startswith("Incorrect Usage: flag needs an argument: -data-dir\n")


def test_unknown_command(sandbox):
    done = sandbox.run("dance")
    assert done.returncode == 3
    assert "No help topic for 'dance'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--server", "https://127.0.0.1:6443"), "--token is required"),
        (("--token", "secret"), "--server is required"),
    ],
)
def test_agent_without_what_it_needs(sandbox, arguments, problem):
    done = sandbox.run("agent", "--config", NO_CONFIG, "--data-dir", "/var/lib/rancher/lacking", *arguments)
    assert done.returncode == 1
    assert f'level=fatal msg="{problem}"' in done.stderr


def test_port_that_is_taken(sandbox, server):
    done = sandbox.run("server", "--config", NO_CONFIG, "--disable-agent", "--data-dir", "/var/lib/rancher/second", "--token", "second")
    assert done.returncode == 1
    assert "level=fatal" in done.stderr
    assert "listen tcp :6443: bind: address already in use" in done.stderr
