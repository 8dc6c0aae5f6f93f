"""Options of mounts on which no programs run: found where the directories really are, and checked."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, reader as node_reader
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.reader import Host, read_node
from node_options import options_with

ROOT = "29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro"


@pytest.fixture
def machine(tmp_path):
    """machine(mount lines, directories, links, config) is what is found on a machine: (status, found) by container runtime."""

    def check(lines=(), directories=(), links=(), runtime="system", config=None):
        for directory in ("/var/lib", *directories):
            (tmp_path / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for link, target in links:
            (tmp_path / link.lstrip("/")).symlink_to(target)
        (tmp_path / "proc/self").mkdir(parents=True, exist_ok=True)
        (tmp_path / "proc/self/mountinfo").write_text("\n".join([ROOT, *lines]) + "\n")
        if config:
            (tmp_path / "etc/containerd").mkdir(parents=True)
            (tmp_path / "etc/containerd/config.toml").write_text(config)
        facts = read_node(Host(str(tmp_path)), (), (), set(), runtime)
        (finding,) = node_check.findings_of(facts, options_with({"container_runtime": runtime}), "installed", only=["mount_options"])
        return finding["status"], finding["found"]

    return check


def mount(point, options, root="/", super_options="rw"):
    return f"90 29 8:2 {root} {point} {options} shared:2 - ext4 /dev/vdb1 {super_options}"


def test_a_machine_without_such_options(machine):
    assert machine() == ("pass", "as required")


@pytest.mark.parametrize("runtime", ["system", "embedded"])
@pytest.mark.parametrize("point", ["/var/gitpod", "/var/lib/rancher", "/var/lib/kubelet"])
def test_noexec_is_named_with_mount_point_and_path(machine, point, runtime):
    assert machine([mount(point, "rw,noexec,relatime")], [point], runtime=runtime) == ("fail", f"noexec on {point}")


@pytest.mark.parametrize(("runtime", "status"), [("system", "fail"), ("embedded", "pass")])
def test_the_directory_of_the_containerd_of_the_node_counts_where_it_is_used(machine, runtime, status):
    assert machine([mount("/var/lib/containerd", "rw,noexec")], ["/var/lib/containerd"], runtime=runtime)[0] == status


@pytest.mark.parametrize(
    ("options", "status", "found"),
    [
        ("rw,nosuid,nodev", "warning", "nosuid, nodev on /var, where /var/gitpod lies"),
        ("rw,nodev", "warning", "nodev on /var, where /var/gitpod lies"),
        ("rw,nosuid,nodev,noexec,noatime", "fail", "noexec, nosuid, nodev on /var, where /var/gitpod lies"),
        ("ro", "fail", "ro on /var, where /var/gitpod lies"),
        ("rw,nosymfollow,noexecutable", "pass", "as required"),
    ],
)
def test_what_each_option_means(machine, options, status, found):
    assert machine([mount("/var", options)]) == (status, found)


def test_what_is_not_there_yet_lies_where_the_nearest_directory_is(machine):
    assert machine([mount("/var/lib", "rw,noexec")]) == ("fail", "noexec on /var/lib, where /var/lib/containerd lies")


def test_options_of_the_file_system_are_none_of_the_mount(machine):
    assert machine([mount("/var", "rw", super_options="rw,noexec,nosuid,nodev")])[0] == "pass"
    assert machine([mount("/var", "rw,noexec", super_options="rw")])[0] == "fail"


def test_a_bind_mount_has_options_of_its_own(machine):
    lines = [mount("/data", "rw,relatime"), mount("/var/gitpod", "rw,noexec", root="/gitpod")]
    assert machine(lines, ["/data", "/var/gitpod"]) == ("fail", "noexec on /var/gitpod")


def test_the_mount_on_top_counts(machine):
    assert machine([mount("/var", "rw,noexec"), mount("/var", "rw")])[0] == "pass"
    assert machine([mount("/var", "rw"), mount("/var", "rw,noexec")])[0] == "fail"


@pytest.mark.parametrize(
    ("point", "place"),
    [
        ("/var/lib/rancher/k3s", ", where /var/lib/rancher/k3s/agent lies"),
        ("/var/lib/rancher/k3s/data", ""),
        ("/var/gitpod/workspaces", ""),
        ("/var/lib/kubelet/pods", ""),
        ("/opt", ", where /opt/cni/bin lies"),
    ],
)
def test_a_mount_within(machine, point, place):
    assert machine([mount(point, "rw,noexec")], [point]) == ("fail", f"noexec on {point}{place}")


def test_mounts_that_the_runtime_makes_are_not_looked_at(machine):
    lines = [mount(f"/var/lib/kubelet/pods/{name}", "rw,nosuid,nodev,noexec") for name in ("a", "b")]
    assert machine([*lines, mount("/var/gitpod/workspaces/x/mark", "rw,nosuid,nodev")], ["/var/lib/kubelet/pods/a"])[0] == "pass"


@pytest.mark.parametrize(
    "links",
    [
        [("/var/lib/rancher", "/data/rancher")],
        [("/var/lib/rancher", "../../data/rancher")],
        [("/var/lib/rancher", "/srv"), ("/srv", "data")],
        [("/var/lib/rancher", "/data/not/there/yet")],
    ],
)
def test_links_are_followed(machine, links):
    lines = [mount("/data", "rw,noexec")]
    assert machine(lines, ["/data/rancher"], links) == ("fail", "noexec on /data, where /var/lib/rancher lies")


def test_a_link_away_from_the_mount(machine):
    assert machine([mount("/var/lib/rancher", "rw,noexec")], ["/data", "/var/lib"], [("/var/lib/rancher", "/data")])[0] == "pass"


def test_links_in_a_circle_end(machine):
    assert machine([mount("/var", "rw,noexec")], [], [("/var/gitpod", "/var/gitpod2"), ("/var/gitpod2", "/var/gitpod")])[0] == "fail"


def test_the_directory_that_containerd_is_told(machine):
    lines = [mount("/data", "rw,noexec")]
    assert machine(lines, ["/data"], config='version = 2\nroot = "/data/containerd"\n') == ("fail", "noexec on /data, where /data/containerd lies")


def test_each_mount_is_named_once(machine):
    lines = [mount("/var/gitpod", "rw,nodev"), mount("/var/lib", "rw,noexec,nosuid")]
    assert machine(lines, ["/var/gitpod"]) == (
        "fail",
        "nodev on /var/gitpod; noexec, nosuid on /var/lib, where /var/lib/containerd lies",
    )


def test_the_table_of_mounts_is_read_once_for_all_directories(tmp_path, monkeypatch):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(ROOT + "\n")
    read = []
    monkeypatch.setattr(node_reader.parsers, "mounts", lambda text, real=node_reader.parsers.mounts: read.append(text) or real(text))
    host = Host(str(tmp_path))
    facts = {name: reader(host, "system") if name == "mounts" else reader(host) for name, reader in node_reader.READERS if name in ("gitpod_mount", "mounts")}
    assert len(facts["mounts"]) > 8
    assert len(read) == 1
