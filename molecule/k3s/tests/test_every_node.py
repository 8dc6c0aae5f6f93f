"""What holds on every node, server or agent."""

import pytest

NODES = {"server": "k3s", "agent": "k3s-agent", "single": "k3s"}


@pytest.fixture
def unit(host):
    return NODES[host.backend.get_hostname()]


@pytest.fixture
def version(host):
    """The release that the inventory asks for."""
    single = host.backend.get_hostname() == "single"
    return host.ansible.get_variables()["lab_k3s_embedded_version" if single else "k3s_version"]


def test_links_lead_to_the_release(host, version):
    assert host.check_output("readlink /usr/local/bin/k3s /usr/local/bin/kubectl").split() == [f"/opt/k3s/{version}/k3s", "k3s"]
    assert host.check_output("k3s --version").startswith(f"k3s version {version} ")


def test_nothing_of_the_download_is_left(host, version):
    assert host.check_output(f"ls -A /opt/k3s /opt/k3s/{version}").split() == [
        "/opt/k3s:",
        version,
        f"/opt/k3s/{version}:",
        "k3s",
        "k3s.verified",
    ]


def test_the_service_runs_now_and_after_a_reboot(host, unit):
    assert host.service(unit).is_running
    assert host.service(unit).is_enabled


def test_the_unit_is_as_k3s_needs_it(host, unit):
    wanted = {
        "Type": "notify",
        "KillMode": "process",
        "Delegate": "yes",
        "LimitNOFILE": "1048576",
        "TasksMax": "infinity",
        "TimeoutStartUSec": "infinity",
        "Restart": "always",
        "RestartUSec": "5s",
    }
    shown = host.check_output(f"systemctl show --property={','.join(wanted)} {unit}")
    assert dict(line.split("=") for line in shown.splitlines()) == wanted
    before = host.check_output(f"systemctl show --property=ExecStartPre {unit}")
    assert "modprobe br_netfilter" in before
    assert "modprobe overlay" in before


def test_systemd_finds_nothing_wrong_with_the_unit(host, unit):
    verified = host.run(f"systemd-analyze verify /etc/systemd/system/{unit}.service")
    assert verified.rc == 0
    assert unit not in verified.stderr


def test_configuration_is_for_root_alone(host):
    for path in ("/etc/rancher/k3s/config.yaml", "/etc/rancher/k3s/config.yaml.d/node-labels.yaml"):
        assert (host.file(path).user, host.file(path).mode) == ("root", 0o600)


def test_what_the_start_recorded_is_for_root_alone(host, version):
    assert host.file("/run/k3s-node-prep").mode == 0o700
    assert host.file("/run/k3s-node-prep/started-with").content_string.splitlines()[0] == f"/opt/k3s/{version}/k3s"


def test_the_token_is_on_no_command_line_in_no_environment_and_in_no_readable_file(host):
    tokens = host.check_output("cat /var/lib/rancher/k3s/server/token /etc/rancher/k3s/token 2>/dev/null || true").split()
    secrets = {token.rpartition(":")[2] for token in tokens}
    assert secrets
    processes = host.check_output("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'")
    for secret in secrets:
        assert len(secret) >= 16
        assert secret not in processes
        holders = host.run("grep -rlsF -e %s /etc /opt /root /run /tmp /usr/local /var | xargs stat -c '%%a %%n'", secret).stdout
        assert holders
        assert [line for line in holders.splitlines() if not line.startswith("600 ")] == []
    journal = host.check_output("journalctl --no-pager --output=cat")
    assert [secret for secret in secrets if secret in journal] == []
