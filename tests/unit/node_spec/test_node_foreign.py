"""What others have put on a node: read from a directory that stands for it, and checked."""

import os

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, foreign_reader, parsers, reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import paths
from hypothesis import given, strategies as st
from node_fixtures import reading
from node_options import options_with

OURS = paths.K3S_MARK + "; changes made here are overwritten.\n"
UNIT = """\
[Unit]
Description=Lightweight Kubernetes
[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/systemd/system/k3s.service.env
KillMode=process
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStart=/usr/local/bin/k3s \\
    server \\
\t'--flannel-backend=none' \\

"""


class Machine:
    def __init__(self, root):
        self.root, self.host = root, Host(str(root))

    def put(self, path, text="", mode=0o644):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def link(self, path, target):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.symlink_to(target)

    def check(self, name, phase="preflight", **options):
        facts = {one: read(self.host) for one, read in FOREIGN}
        facts |= {
            "hostname": "meta-1",
            "sysctls": {},
            "modules": {},
            "sysctl_assignments": foreign_reader.sysctl_assignments(self.host, ["net.ipv4.ip_forward"]),
        }
        (finding,) = node_check.findings_of(facts, options_with(options), phase, only=[name])
        return finding["status"], finding["found"], finding["remedy"]


NAMES = ("module_blocks", "masked_units", "cni_files", "programs", "k3s_config_files", "drop_ins", "kubernetes", "k3s")
FOREIGN = [(name, read) for name, read in reader.READERS if name in NAMES]
ALL = ("other_kubernetes", "programs", "cni", "k3s_config", "unit_drop_ins", "boot_settings")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def script(machine, version="v1.24.6+k3s1", unit=UNIT, name="k3s"):
    machine.put("/usr/local/bin/k3s", f"#!/bin/sh\necho 'k3s version {version} (abc)'\n", 0o755)
    machine.put(f"/etc/systemd/system/{name}.service", unit)
    machine.put(f"/etc/systemd/system/{name}.service.env", "K3S_TOKEN=hush\n")
    machine.put(f"/usr/local/bin/{name}-uninstall.sh")
    for link in ("kubectl", "crictl", "ctr"):
        machine.link("/usr/local/bin/" + link, "k3s")
    machine.put("/var/lib/rancher/k3s/server/db/state.db")


def test_a_fresh_machine_and_one_of_the_roles_have_nothing_foreign(machine):
    for _ in range(2):
        assert [machine.check(name)[0] for name in ALL] == ["pass"] * len(ALL)
        machine.link("/usr/local/bin/k3s", "/opt/k3s/v1.24.7+k3s1/k3s")
        machine.link("/usr/local/bin/kubectl", "k3s")
        machine.put("/etc/systemd/system/k3s.service", OURS + "[Service]\nExecStart=/usr/local/bin/k3s server\n")
        machine.put("/etc/rancher/k3s/config.yaml", OURS + "node-name: meta-1\n")
        machine.put("/etc/rancher/k3s/config.yaml.d/node-labels.yaml", OURS + "node-label+: []\n")
        machine.put("/etc/systemd/system/containerd.service.d/10-gitpod.conf", paths.CONTAINERD_MARK + "\n[Service]\nExecStartPre=x\n")
        machine.put("/etc/cni/net.d/10-calico.conflist")
        machine.put("/etc/cni/net.d/calico-kubeconfig")


def test_a_k3s_of_its_script_is_named(machine):
    script(machine)
    status, found, remedy = machine.check("other_kubernetes", container_runtime="embedded", kubernetes_version="v1.24.7+k3s1", k3s_disable=[])
    assert status == "fail"
    for word in ("v1.24.6+k3s1", "/etc/systemd/system/k3s.service", "/usr/local/bin/k3s"):
        assert word in found
    assert "`/usr/local/bin/k3s-uninstall.sh`" in remedy
    assert "k3s_adopt: true" in remedy
    assert machine.check("other_kubernetes", "installed")[0] == "pass"
    options = {"container_runtime": "embedded", "kubernetes_version": "v1.24.7+k3s1", "k3s_disable": [], "k3s_adopt": True}
    assert machine.check("other_kubernetes", **options)[0] == "fixable"
    machine.put("/etc/rancher/k3s/config.yaml", "cluster-cidr: 10.52.0.0/16\ntoken: hush\n")
    status, found, remedy = machine.check("other_kubernetes", **options)
    assert (status, "set k3s_cluster_cidr" in remedy) == ("fail", True)
    assert machine.check("k3s_config")[0] == "pass", "it goes with that K3s"
    assert "hush" not in repr({name: read(machine.host) for name, read in FOREIGN})


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        ("/usr/local/bin/k3s", "\x7fELF", "/usr/local/bin/k3s"),
        ("/usr/local/bin/k3s-uninstall.sh", "", "k3s-uninstall.sh"),
        ("/etc/systemd/system/k3s-agent.service", "[Service]\nExecStart=/usr/bin/k3s agent\n", "k3s-agent.service"),
        ("/usr/lib/systemd/system/rke2-server.service", "", "RKE2"),
        ("/etc/systemd/system/k0sworker.service", "", "k0s"),
        ("/etc/systemd/system/snap.microk8s.daemon-kubelite.service", "", "MicroK8s"),
        ("/lib/systemd/system/kubelet.service", "", "kubelet"),
        ("/proc/77/comm", "k3s-server\n", "k3s-server (pid 77)"),
        ("/proc/78/comm", "kubelet\n", "kubelet (pid 78)"),
    ],
)
def test_each_sign_of_another_kubernetes(machine, path, text, word):
    machine.put(path, text)
    if path.startswith("/proc"):
        machine.put(os.path.dirname(path) + "/cgroup", "0::/user.slice/session-1.scope\n")
    status, found, _remedy = machine.check("other_kubernetes", k3s_adopt=True)
    assert status == "fail"
    assert word in found


def test_what_runs_in_a_pod_or_is_masked_is_no_other_kubernetes(machine):
    machine.put("/proc/77/comm", "k3s\n")
    machine.put("/proc/77/cgroup", "0::/kubepods/besteffort/pod1\n")
    machine.link("/etc/systemd/system/kubelet.service", "/dev/null")
    machine.put("/lib/systemd/system/kubelet.service")
    assert machine.check("other_kubernetes")[0] == "pass"


@pytest.mark.parametrize(
    ("link", "status"),
    [
        ("k3s", "pass"),
        ("/usr/local/bin/k3s", "pass"),
        ("/opt/k3s/v1.23.0+k3s1/k3s", "pass"),
        ("/opt/k3s-other/kubectl", "warning"),
        ("/opt/k3s/../tools/kubectl", "warning"),
        ("/usr/bin/kubectl", "warning"),
    ],
)
def test_only_links_to_k3s_are_ours_whether_or_not_they_lead_anywhere(machine, link, status):
    machine.link("/usr/local/bin/kubectl", link)
    machine.put("/usr/local/bin/crictl")
    assert machine.check("programs")[0] == status
    assert machine.check("programs", container_runtime="embedded")[0] == "warning"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("05-bridge.conf", "fail"),
        ("10-bridge.json", "fail"),
        ("00-multus.conf", "pass"),  # kept
        ("87-bridge.conflist", "warning"),
        ("10-canal.conflist.off", "pass"),
        ("README", "pass"),
    ],
)
def test_the_first_network_configuration_wins(machine, name, status):
    machine.put("/etc/cni/net.d/" + name)
    for _calico in (False, True):
        assert machine.check("cni", cni_kept={"00-multus.conf": "It hands on to Calico."})[0] == status
        machine.put("/etc/cni/net.d/10-calico.conflist")
    assert machine.check("cni", container_runtime="embedded", flannel_backend="vxlan")[0] == "pass", "K3s has a directory of its own then"


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        ("config.yaml.d/99-local.yaml", "flannel-backend: vxlan\n", "fail"),
        ("config.yaml.d/99-local.YML", "data-dir: /data\n", "fail"),
        ("config.yaml.d/99-local.yaml", "tls-san:\n- x\n", "fail"),
        ("config.yaml.d/99-local.yaml", "tls-san+:\n- x\n", "pass"),
        ("config.yaml.d/99-local.yaml", "node-taint: [a=b:NoSchedule]\n", "pass"),
        ("config.yaml.d/99-local.yaml", "etcd-arg: x\n", "fail"),  # which the inventory sets
        ("config.yaml.d/99-local.yaml", "{flannel-backend: vxlan}\n", "warning"),
        ("config.yaml.d/99-local.txt", "flannel-backend: vxlan\n", "pass"),
        ("config.yaml", "debug: true\n", "fail"),
        ("config.yaml", OURS + "flannel-backend: none\n", "pass"),
    ],
)
def test_files_that_set_what_the_role_sets(machine, path, text, status):
    machine.put("/etc/rancher/k3s/" + path, text)
    found = machine.check("k3s_config", k3s_settings=["etcd-arg"])
    assert found[0] == status
    if status != "pass":
        assert "/etc/rancher/k3s/" + path in found[1]


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        ("/etc/systemd/system/k3s.service.d/override.conf", "[Service]\nExecStart=\nExecStart=/x\n", "fail"),
        ("/run/systemd/system/k3s.service.d/x.conf", "[Service]\nKillMode = mixed\n", "fail"),
        ("/usr/lib/systemd/system/service.d/x.conf", "[Service]\nKillMode=mixed\n", "fail"),
        ("/etc/systemd/system/k3s.service.d/x.conf", "[Service]\nEnvironment=\"A=b\" 'K3S_URL=https://x'\n", "fail"),
        ("/etc/systemd/system/k3s.service.d/x.conf", "[Service]\nEnvironmentFile=-/etc/default/k3s\n", "fail"),
        ("/etc/systemd/system/k3s.service.d/x.conf", "[Service]\nExecStartPre=\n", "fail"),
        ("/etc/systemd/system/k3s.service.d/x.conf", "[Service]\nExecStartPre=/bin/true\nMemoryMax=8G\nEnvironment=A=b\n", "pass"),
        ("/etc/systemd/system/k3s.service.d/x.conf", "[Unit]\nKillMode=mixed\n# [Service]\n", "pass"),
        ("/etc/systemd/system/k3s-agent.service.d/x.conf", "[Service]\nKillMode=mixed\n", "pass"),  # of another kind of node
        ("/etc/systemd/system/containerd.service.d/x.conf", "[Service]\nExecStart=\nExecStart=/x\n", "fail"),
        ("/etc/systemd/system/containerd.service.d/x.conf", "[Service]\nEnvironment=HTTP_PROXY=x\nLimitNOFILE=1\n", "pass"),
        ("/etc/systemd/system/k3s.service.d/x.txt", "[Service]\nKillMode=mixed\n", "pass"),
    ],
)
def test_drop_ins_of_units(machine, path, text, status):
    machine.put("/etc/default/k3s", "K3S_CONFIG_FILE=/x\n")
    machine.put(path, text)
    found = machine.check("unit_drop_ins")
    assert found[0] == status
    if status == "fail":
        assert path in found[1]


def test_a_file_of_the_same_name_hides_a_drop_in(machine):
    machine.put("/run/systemd/system/k3s.service.d/x.conf", "[Service]\nKillMode=mixed\n")
    machine.link("/etc/systemd/system/k3s.service.d/x.conf", "/dev/null")
    assert machine.check("unit_drop_ins")[0] == "pass"
    machine.link("/etc/systemd/system/k3s.service", "/dev/null")
    assert "masks k3s.service" in machine.check("unit_drop_ins")[1]


@pytest.mark.parametrize(
    ("path", "text", "module"),
    [
        ("/etc/sysctl.d/99-zzz-x.conf", "net.ipv4.conf.all.forwarding = 0\n", ""),
        ("/usr/lib/sysctl.d/zzz.conf", "net/ipv4/conf/*/forwarding=0\n", ""),
        ("/etc/modprobe.d/x.conf", "blacklist overlay\n", "overlay"),
        ("/proc/cmdline", "module_blacklist=br-netfilter\n", "br_netfilter"),
    ],
)
def test_what_wins_at_boot_is_named_by_its_file(machine, path, text, module):
    machine.put(path, text)
    status, found, _remedy = machine.check("boot_settings")
    assert (status, found.startswith(path + " ")) == ("fail", True)
    assert module in found


def test_a_pipe_a_directory_and_a_loop_in_the_place_of_a_file(machine):
    folder = machine.root / "etc/sysctl.d"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "a.conf")
    (folder / "b.conf").mkdir()
    (folder / "c.conf").symlink_to("c.conf")
    machine.put("/etc/sysctl.d/d.conf", "# x\n" * 2**18 + "net.ipv4.ip_forward = 0\n")
    assert set(foreign_reader.sysctl_files(machine.host)) == {f"/etc/sysctl.d/{name}.conf" for name in "abcd"}
    assert foreign_reader.sysctl_assignments(machine.host, ["net.ipv4.ip_forward"]) == []


def test_a_program_that_hangs_or_fails_is_named_without_a_release(machine, monkeypatch):
    monkeypatch.setattr(reader, "COMMAND_TIMEOUT", 0.1)
    for text in ("#!/bin/sh\nsleep 3\n", "#!/bin/sh\nexit 3\n", "no program"):
        machine.put("/usr/local/bin/k3s", text, 0o755)
        assert "of an unknown release" in machine.check("other_kubernetes")[1]


@given(text=st.text() | st.lists(st.sampled_from(["[Service]", "\\", "\n", "ExecStart=", "'", '"', "K3S_A=", "#", " "])).map("".join))
def test_no_unit_raises(text):
    parsers.directives(text, "Service")
    parsers.variables_of_k3s(text)
    parsers.role_of_k3s(text)
    parsers.program_of(text)


def test_other_findings_stand_on_their_own():
    """With a take-over that cannot be, what would be in the way afterwards is told too."""
    facts = reading("foreign")
    status = {one["id"]: one["status"] for one in node_check.findings_of(facts, options_with({"k3s_adopt": True}), "preflight", only=list(ALL))}
    assert status == dict.fromkeys(ALL, "fail") | {"programs": "warning"}
