"""The control node is killed after every single change: the next run goes on from there, and no half-written file is ever in place."""

import signal

import lab
import pytest
import yaml
from playbook import play_until, site

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}
MOST_RUNS = 80
CONFIGURATION = (
    "/etc/containerd",
    "/etc/crictl.yaml",
    "/etc/modules-load.d",
    "/etc/NetworkManager",
    "/etc/rancher",
    "/etc/sysctl.d",
    "/etc/systemd/system",
    "/opt/k3s",
    "/var/lib/rancher/k3s/server/manifests",
)
SUMS = f"find {' '.join(CONFIGURATION)} -type f -size -4M -exec md5sum {{}} + 2>/dev/null || true"


@pytest.fixture(scope="module")
def inventory():
    lab.down("interrupted")
    yield lab.up("interrupted", NODES)
    lab.down("interrupted")


def on(node, command):
    return lab.podman("exec", lab.container("interrupted", node), "sh", "-c", command)


def killed_after_a_change(inventory):
    """Runs site.yml and kills it when it says that something changed. Returns that line and its task; None at the end."""
    run = play_until(lambda line: line.startswith("changed: "), "playbooks/site.yml", inventory)
    if run.code == -signal.SIGKILL:
        lines = run.output.splitlines()
        task = next(line for line in reversed(lines) if line.startswith("TASK ["))
        return f"{task.strip(' *')} {lines[-1]}"
    assert run.code == 0, run.output
    return None


def contents(node):
    """(path, checksum) of every file of configuration on a node."""
    return {(path, checksum) for checksum, path in (line.split(None, 1) for line in on(node, SUMS).splitlines())}


def shipped(node):
    """Checksums of the configuration files as the packages bring them."""
    return {line.split()[1] for line in on(node, "dpkg-query -W -f='${Conffiles}\\n'").splitlines() if line.strip()}


def test_every_run_goes_on_where_the_last_one_was_killed(inventory):
    seen = {node: contents(node) for node in NODES}
    fresh = {node: {checksum for _path, checksum in files} for node, files in seen.items()}
    kubeconfig = inventory.parent / "artifacts" / "kubeconfig"
    killed = []
    for _attempt in range(MOST_RUNS):
        change = killed_after_a_change(inventory)
        for node in NODES:
            seen[node] |= contents(node)
        if kubeconfig.exists():
            assert yaml.safe_load(kubeconfig.read_text())["clusters"], "half of a kubeconfig"
        if change is None:
            break
        killed.append(change)
    else:
        pytest.fail("the runs do not come to an end:\n" + "\n".join(killed))
    print("\n".join(killed))

    assert len(killed) > 10
    for node in NODES:
        allowed = {checksum for _path, checksum in contents(node)} | fresh[node] | shipped(node)
        assert {path for path, checksum in seen[node] if checksum not in allowed} == set()
        assert on(node, "find /etc /opt /usr/local -xdev -name '.ansible_tmp*' -o -xdev -name '*.part'") == ""

    run = site(inventory)
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output
