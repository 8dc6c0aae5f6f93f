"""What k3s_info reads of a node: a directory tree stands for the node, a function for its commands."""

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import binary as k3s_binary
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.paths import K3S_MARK
from ansible_collections.gitpod.node_prep.plugins.modules import k3s_info

VERSION = "v1.24.7+k3s1"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

UP = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "MainPID": "447", "UnitFileState": "enabled"}
FAILED = {"LoadState": "loaded", "ActiveState": "failed", "SubState": "failed", "InvocationID": "abc"}


class Node:
    """A node below a directory, with units that a test sets and the commands that were run."""

    def __init__(self, root):
        self.root = root
        self.units = {}
        self.journal = ""
        self.commands = []
        self.answers = {}
        self.drop_ins = ""

    def run(self, command):
        self.commands.append(command)
        if command[0] == "systemctl":
            shown = [{"Id": name, "DropInPaths": self.drop_ins, **self.units.get(name, {})} for name in k3s_info.UNITS]
            return 0, "\n\n".join("\n".join(f"{key}={value}" for key, value in unit.items()) for unit in shown) + "\n", ""
        if command[0] == "journalctl":
            return 0, self.journal, ""
        return 0, self.answers[command[0]], ""

    def write(self, path, text, mode=0o600):
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        full.chmod(mode)
        return str(full)

    def read(self, **params):
        everything = {
            "role": "server",
            "version": VERSION,
            "digests": {},
            "container_runtime": "system",
            "install_dir": str(self.root / "opt"),
            "bin_dir": str(self.root / "bin"),
            "token_file": str(self.root / "token"),
            "node_name": "",
            "server_url": "",
            "plan": None,
            "wait": 0,
            "with_others": False,
            **params,
        }
        return k3s_info.read_node(k3s_info.Reader(SimpleNamespace(run_command=self.run, fail_json=pytest.fail)), everything)

    def install(self, version=VERSION):
        binary = self.write(f"opt/{version}/k3s", version, 0o755)
        k3s_binary.write_note(binary, hashlib.sha256(version.encode()).hexdigest())
        for name, target in (("k3s", binary), ("kubectl", "k3s")):
            link = self.root / "bin" / name
            link.unlink(missing_ok=True)
            link.symlink_to(target)
        return binary

    def start(self):
        """As the unit does: note what it starts with."""
        config = self.write("config.yaml", "a: b\n")
        binary = os.path.realpath(self.root / "bin" / "k3s")
        self.write("started-with", f"{binary}\n{hashlib.sha256(b'a: b' + bytes([10])).hexdigest()}  {config}\n")
        self.units["k3s.service"] = UP


@pytest.fixture
def node(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    names = {
        "KUBECONFIG": "k3s.yaml",
        "SERVER_TOKEN": "server-token",
        "RECORD": "started-with",
        "CONTAINERD_CONFIG": "config.toml",
        "CONTAINERD_SOCKET": "containerd.sock",
    }
    for constant, name in names.items():
        monkeypatch.setattr(k3s_info, constant, str(tmp_path / name))
    monkeypatch.setattr(k3s_info.api, "is_ready", lambda role, address: True)
    monkeypatch.setattr(k3s_info, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(k3s_info, "ROOT", str(tmp_path))
    monkeypatch.setattr(k3s_info.platform, "machine", lambda: "x86_64")
    return Node(tmp_path)


def test_a_fresh_node(node):
    read = node.read()
    assert read["architecture"] == "amd64"
    assert read["installed"] == read["running"] == {"path": "", "version": ""}
    assert read["install_reasons"] == [f"{node.root}/opt/{VERSION}/k3s is missing"]
    assert read["restart_reasons"] == ["k3s.service is inactive (dead)"]
    assert (read["up"], read["state"], read["problems"], read["journal_errors"]) == (False, "failed", [], [])
    assert read["kubeconfig"] == {"path": f"{node.root}/k3s.yaml", "exists": False, "mode": ""}
    assert read["containerd"]["socket_exists"] is False


def test_a_converged_node_costs_one_command(node):
    node.install()
    node.start()
    read = node.read()
    assert read["install_reasons"] == read["restart_reasons"] == []
    assert read["up"] is True
    assert read["installed"] == read["running"] == {"path": f"{node.root}/opt/{VERSION}/k3s", "version": VERSION}
    assert [command[0] for command in node.commands] == ["systemctl"]


def test_a_changed_configuration_is_a_reason_to_restart_even_if_nobody_says_so(node):
    node.install()
    node.start()
    node.write("config.yaml", "a: c\n")
    assert node.read()["restart_reasons"] == [f"{node.root}/config.yaml has changed since the start"]


def test_a_switched_link_is_a_reason_to_restart(node):
    node.install("v1.23.13+k3s1")
    node.start()
    node.install()
    read = node.read()
    assert read["running"]["version"] == "v1.23.13+k3s1"
    assert read["installed"]["version"] == VERSION
    assert read["restart_needed"] is True
    assert read["problems"] == []


@pytest.mark.parametrize(
    ("registered", "target", "kept"),
    [
        (True, "opt/v1.23.13+k3s1/k3s", "v1.23.13+k3s1"),
        (True, "elsewhere/v1.23.13+k3s1/k3s", ""),
        (True, "opt/rubbish/k3s", ""),
        (True, "", ""),
        (False, "opt/v1.23.13+k3s1/k3s", ""),
    ],
)
def test_a_node_of_a_cluster_keeps_its_release_also_where_the_binary_is_gone(node, monkeypatch, registered, target, kept):
    monkeypatch.setattr(k3s_info, "NODE_PASSWORD", str(node.root / "password"))
    if registered:
        node.write("password", "x")
    if target:
        (node.root / "bin" / "k3s").symlink_to(node.root / target)
    assert k3s_info.kept_release({"bin_dir": str(node.root / "bin"), "install_dir": str(node.root / "opt")}) == kept


@pytest.mark.parametrize(("with_others", "up"), [(False, True), (True, False)])
def test_a_server_that_the_others_need_is_not_up_where_that_is_asked(node, monkeypatch, with_others, up):
    members = [{"name": name, "address": "", "learner": False, "healthy": name != "m3"} for name in ("m1", "m2", "m3")]
    monkeypatch.setattr(k3s_info.etcd, "read", lambda: {**k3s_info.etcd.NONE, "name": "m1", "members": members})
    node.install()
    node.start()
    read = node.read(with_others=with_others)
    assert read["up"] is up
    assert ("m3 of etcd is not healthy" in read["missing"]) is not up


def test_what_runs_counts_for_a_downgrade_not_what_was_only_installed(node):
    node.install("v1.23.13+k3s1")
    node.start()
    node.install("v1.24.9+k3s1")
    assert node.read(version="v1.24.7+k3s1")["problems"] == []


def test_a_k3s_of_somebody_else_is_asked_for_its_version(node):
    binary = node.write("bin/k3s", "#!/bin/sh", 0o755)
    node.answers[binary] = "k3s version v1.25.0+k3s1 (abc)\n"
    read = node.read()
    assert read["installed"] == {"path": binary, "version": "v1.25.0+k3s1"}
    assert "cannot be downgraded" in read["problems"][0]


def test_a_process_that_no_unit_of_ours_started_is_started_anew(node):
    node.install()
    node.units["k3s.service"] = UP
    read = node.read()
    assert read["running"] == {"path": "", "version": ""}
    assert read["restart_reasons"] == ["k3s.service did not record what it was started with"]


def test_programs_of_somebody_else_keep_their_place(node):
    node.write("bin/kubectl", "#!/bin/sh", 0o755)
    assert list(node.read()["links"]) == [f"{node.root}/bin/k3s"]


def test_links_of_somebody_else_keep_their_place(node):
    (node.root / "bin" / "kubectl").symlink_to("/usr/bin/kubectl")
    (node.root / "bin" / "ctr").symlink_to(f"{node.root}/opt/v1.23.0+k3s1/k3s")
    read = node.read(container_runtime="embedded")
    assert sorted(Path(path).name for path in read["links"]) == ["crictl", "ctr", "k3s"]
    assert read["kept"] == [f"{node.root}/bin/kubectl"]


PLAN = {
    "adopt": False, "cluster_cidr": "10.42.0.0/16", "service_cidr": "10.43.0.0/16", "cluster_dns": "", "cluster_domain": "cluster.local",
    "flannel_backend": "none", "disable": [], "settings": [],
}  # fmt: skip


def test_a_k3s_of_somebody_else_is_refused_or_taken_over(node, monkeypatch):
    unit = node.write("etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s server --flannel-backend=none\n")
    node.write("usr/local/bin/k3s", f"#!/bin/sh\necho 'k3s version {VERSION} (abc)'\n", 0o755)
    node.write("usr/local/bin/k3s-uninstall.sh", "")
    node.write("etc/rancher/k3s/config.yaml", "debug: true\n")
    node.answers[unit] = ""
    options = {"container_runtime": "embedded", "node_name": os.uname().nodename}
    read = node.read(**options, plan=PLAN)
    (problem,) = read["problems"]
    assert f"K3s {VERSION} of somebody else (/etc/systemd/system/k3s.service" in problem
    assert "k3s_adopt" in problem
    assert read["adopt"] == {"needed": False, "replaced": [], "left": []}
    read = node.read(**options, plan={**PLAN, "adopt": True})
    assert read["problems"] == []
    assert read["adopt"] == {
        "needed": True,
        "replaced": ["/etc/systemd/system/k3s.service", "/usr/local/bin/k3s", "/etc/rancher/k3s/config.yaml"],
        "left": ["/usr/local/bin/k3s-uninstall.sh"],
    }
    # Once the role's unit is there, only what is left has to go.
    node.write("etc/systemd/system/k3s.service", K3S_MARK + "\n")
    node.write("etc/rancher/k3s/config.yaml", K3S_MARK + "\n")
    (node.root / "usr/local/bin/k3s").unlink()
    assert node.read(**options, plan={**PLAN, "adopt": True})["adopt"] == {"needed": False, "replaced": [], "left": ["/usr/local/bin/k3s-uninstall.sh"]}


def test_drop_ins_are_part_of_what_a_restart_depends_on(node, monkeypatch):
    monkeypatch.setattr(k3s_info, "CONFIG_DROP_INS", f"{node.root}/config.yaml.d/*.y*ml")
    node.install()
    node.start()
    assert node.read()["restart_reasons"] == []
    node.drop_ins = node.write("x.conf", "[Service]\nMemoryMax=8G\n")
    local = node.write("config.yaml.d/99-local.yaml", "node-taint: x\n")
    assert node.read()["restart_reasons"] == [f"{local} has come since the start", f"{node.drop_ins} has come since the start"]


@pytest.mark.parametrize(("runtime", "names"), [("system", ["k3s", "kubectl"]), ("embedded", ["crictl", "ctr", "k3s", "kubectl"])])
def test_crictl_and_ctr_belong_to_the_embedded_containerd(node, runtime, names):
    assert sorted(Path(path).name for path in node.read(container_runtime=runtime)["links"]) == names


def test_a_digest_that_differs_is_a_reason_to_install(node):
    node.install()
    (reason,) = node.read(digests={"amd64": "e" * 64, "arm64": "f" * 64})["install_reasons"]
    assert "wanted is " + "e" * 64 in reason


def test_the_containerd_of_the_node(node):
    node.units["containerd.service"] = UP
    node.answers["/proc/447/exe"] = "containerd github.com/containerd/containerd 2.1.9+ds1 2.1.9+ds1-5\n"
    node.write("containerd.sock", "")
    node.write("config.toml", 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nSystemdCgroup = true\n')
    assert node.read()["containerd"] == {
        "active_state": "active",
        "socket": f"{node.root}/containerd.sock",
        "socket_exists": True,
        "cgroup_driver": "systemd",
    }
    assert "stop and disable it" in node.read(container_runtime="embedded")["problems"][0]
    assert node.read()["problems"] == []
    assert "containerd 2.1.9 have no version of the CRI in common" in node.read(version="v1.22.17+k3s1")["problems"][0]


def test_files_that_containerd_draws_in(node):
    options = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nSystemdCgroup = '
    node.write("config.toml", f'version = 2\nimports = ["conf.d/*.toml", "{node.root}", "none.toml"]\n{options}false\n')
    node.write("conf.d/1.toml", f'version = 2\nimports = ["../config.toml", "more"]\n{options}false\n')
    assert node.read()["containerd"]["cgroup_driver"] == "cgroupfs"
    node.write("conf.d/more", f"version = 2\n{options}true\n")
    assert node.read()["containerd"]["cgroup_driver"] == "systemd"


def test_tokens_are_present_and_never_shown(node):
    token = "K10" + "a" * 64 + "::server:" + SECRET
    node.write("token", "chosen-by-the-user\n")
    node.write("server-token", token + "\n")
    node.units["k3s.service"] = FAILED
    node.journal = f'time="x" level=error msg="token {token}, {SECRET} or chosen-by-the-user"\n'
    read = node.read()
    assert read["token"] == {"path": f"{node.root}/token", "exists": True, "mode": "0600"}
    assert read["server_token"]["exists"] is True
    assert read["journal_errors"] == ["token ******** ******** or ********"]
    assert SECRET not in repr(read)


def test_the_journal_of_the_latest_start_is_read_only_when_k3s_is_not_up(node):
    node.units["k3s.service"] = FAILED
    node.read()
    assert node.commands[-1][-3:] == ["_SYSTEMD_INVOCATION_ID=abc", "+", "INVOCATION_ID=abc"]


def waiting(node, *states):
    """Let the unit go through these states, one at each look; the last one stays."""
    left = list(states)

    def run(command):
        if command[0] == "systemctl":
            node.units["k3s.service"] = left.pop(0) if len(left) > 1 else left[0]
        return Node.run(node, command)

    node.run = run


STARTING = {"LoadState": "loaded", "ActiveState": "activating", "SubState": "start", "Job": "12"}
AGAIN = {"LoadState": "loaded", "ActiveState": "activating", "SubState": "auto-restart"}


def looks(node):
    return sum(command[0] == "systemctl" for command in node.commands)


def test_waiting_ends_when_the_unit_is_up(node):
    waiting(node, STARTING, STARTING, UP)
    assert node.read(wait=60)["state"] == "up"
    assert looks(node) == 3


def test_a_server_is_up_when_its_api_is_ready(node, monkeypatch):
    answers = iter([False, False, True])
    monkeypatch.setattr(k3s_info.api, "is_ready", lambda role, address: next(answers))
    waiting(node, UP)
    assert node.read(wait=60)["up"] is True
    assert looks(node) == 3


def test_an_agent_has_no_api(node, monkeypatch):
    monkeypatch.setattr(k3s_info.api, "is_ready", lambda role, address: pytest.fail("asked"))
    node.units["k3s-agent.service"] = UP
    assert node.read(role="agent")["up"] is True


def test_waiting_ends_early_when_the_unit_has_failed(node):
    waiting(node, STARTING, FAILED)
    assert node.read(wait=60)["state"] == "failed"


def test_waiting_ends_early_when_the_unit_starts_over_and_over(node):
    # It had looped before: systemd counts from zero again after a restart by hand.
    waiting(
        node,
        {**STARTING, "NRestarts": "57"},
        {**STARTING, "NRestarts": "0"},
        {**AGAIN, "NRestarts": "0"},
        {**STARTING, "NRestarts": "1"},
        {**AGAIN, "NRestarts": "1"},
    )
    assert node.read(wait=60)["state"] == "looping"


def test_waiting_ends_at_its_limit(node):
    waiting(node, STARTING)
    assert node.read(wait=1)["state"] == "starting"


@pytest.mark.parametrize("role", ["server", "agent"])
def test_an_active_unit_is_up_when_the_api_shows_its_node(node, monkeypatch, role):
    answers = iter(["the API knows no node w1", "the API still shows v1.24.6+k3s1 for the node w1, which runs v1.24.7+k3s1", ""])
    asked = []
    monkeypatch.setattr(k3s_info.api, "missing_registration", lambda *arguments: asked.append(arguments) or next(answers))
    node.install()
    node.start()
    node.units["k3s-agent.service"] = UP
    read = node.read(role=role, node_name="W1", server_url="https://192.0.2.1:6443", wait=60)
    assert (read["up"], read["missing"]) == (True, "")
    assert asked[0][0] == role
    assert asked[0][2:4] == ("w1", VERSION)
    assert asked[0][4] == (node.root / "started-with").stat().st_mtime


def test_a_node_that_the_api_does_not_show_in_time_is_not_up(node, monkeypatch):
    monkeypatch.setattr(k3s_info.api, "missing_registration", lambda *_arguments: "the API knows no node w1")
    node.units["k3s-agent.service"] = UP
    node.journal = 'time="2026-01-02T03:04:05Z" level=error msg="Node password rejected"'
    read = node.read(role="agent", node_name="w1", wait=1)
    assert (read["up"], read["state"], read["missing"]) == (False, "starting", "the API knows no node w1")
    assert read["journal_errors"] == ["Node password rejected"]
