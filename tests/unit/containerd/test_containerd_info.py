"""What containerd_info reads of a machine laid out in a directory."""

import hashlib

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._apt import Wanted
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host
from ansible_collections.gitpod.node_prep.plugins.modules import containerd_info

CONTAINERD = Wanted("containerd", "", "1.5", None)


class Machine(Host):
    """A host below a directory, with the output of commands given."""

    def __init__(self, root):
        super().__init__(str(root))
        self.commands = {"dpkg-query": "", "systemctl": "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nMainPID=0\n"}

    def output(self, *command):
        return self.commands.get(command[0], "")

    def put(self, path, text=""):
        from pathlib import Path

        target = Path(self.path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


@pytest.fixture
def machine(tmp_path):
    one = Machine(tmp_path)
    one.put("/etc/os-release", "ID=ubuntu\nVERSION_CODENAME=focal\n")
    one.put("/proc/net/unix", "Num RefCount Protocol Flags Type St Inode Path\n")
    one.put("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    return one


def installed(machine):
    machine.commands["dpkg-query"] = "containerd ii 1.6.20~ds1-1+b1\n"
    machine.commands["/usr/bin/containerd"] = "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1"
    machine.commands["systemctl"] = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nMainPID=42\n"
    machine.put("/usr/bin/containerd")
    machine.put("/etc/containerd/config.toml", "version = 2\n")


def note(machine, config):
    digest = hashlib.sha256(config.encode()).hexdigest()
    machine.put("/run/containerd-node-prep/started-with", f"{digest}  /etc/containerd/config.toml\n")


def test_a_fresh_machine(machine):
    assert containerd_info.survey(machine, [CONTAINERD]) == {
        "version": "",
        "packages_settled": False,
        "active": False,
        "enabled": False,
        "current": False,
        "cgroup_driver": "systemd",
        "codename": "focal",
        "workload": 0,
        "others": [],
        "registries": [],
        "cni_unlinked": [],
        "archives_missing": [],
    }


def test_a_settled_machine(machine):
    installed(machine)
    note(machine, "version = 2\n")
    found = containerd_info.survey(machine, [CONTAINERD])
    assert found["version"] == "1.6.20"
    assert found["packages_settled"] and found["active"] and found["enabled"] and found["current"]


def test_a_configuration_that_does_not_run_yet(machine):
    installed(machine)
    note(machine, "version = 1\n")
    assert not containerd_info.survey(machine, [CONTAINERD])["current"]
    note(machine, "version = 2\n")
    machine.put("/etc/systemd/system/containerd.service.d/30-admin.conf", "[Service]\n")
    assert not containerd_info.survey(machine, [CONTAINERD])["current"]


def test_a_half_installed_package_is_not_settled(machine):
    installed(machine)
    machine.commands["dpkg-query"] += "unrelated iU 1.0\n"
    assert not containerd_info.survey(machine, [CONTAINERD])["packages_settled"]


def test_registries_of_the_role_and_of_others(machine):
    machine.put("/etc/containerd/certs.d/docker.io/hosts.toml", "# Written by the role containerd of gitpod.node_prep; changes are overwritten.\n")
    machine.put("/etc/containerd/certs.d/quay.io/hosts.toml", 'server = "https://quay.io"\n')
    assert containerd_info.survey(machine, [CONTAINERD])["registries"] == ["docker.io"]


def test_workload_and_cni(machine):
    machine.put("/run/containerd/io.containerd.runtime.v2.task/k8s.io/abc/init.pid")
    machine.put("/run/containerd/io.containerd.runtime.v2.task/moby/def/init.pid")
    machine.put("/usr/lib/cni/bridge")
    machine.put("/usr/lib/cni/loopback")
    machine.put("/opt/cni/bin/loopback")
    found = containerd_info.survey(machine, [CONTAINERD])
    assert found["workload"] == 1
    assert found["cni_unlinked"] == ["bridge"]


ARCHIVES = ["0" * 64, "1" * 64, "2" * 64, "3" * 64]


def records(machine):
    for digest, text in zip(ARCHIVES, ("a:1\nb:1\n", "a:1\nc:1\n", ""), strict=False):
        machine.put(f"/var/lib/containerd/node-prep-{digest}.images", text)


def test_archives_that_were_not_imported_or_lost_an_image(machine):
    installed(machine)
    records(machine)
    machine.commands["ctr"] = "a:1\nb:1\nsha256:0123\n"
    assert containerd_info.survey(machine, [CONTAINERD], ARCHIVES)["archives_missing"] == ARCHIVES[1:]


def test_images_are_asked_for_only_where_a_running_service_can_tell_and_somebody_wants_to_know(machine):
    def ctr_is_not_run(*command):
        assert command[0] != "ctr"
        return machine.commands.get(command[0], "")

    machine.output = ctr_is_not_run
    records(machine)
    assert containerd_info.survey(machine, [CONTAINERD], ARCHIVES)["archives_missing"] == ARCHIVES
    installed(machine)
    assert containerd_info.survey(machine, [CONTAINERD], [])["archives_missing"] == []
