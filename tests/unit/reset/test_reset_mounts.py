"""Which mounts go, and what is moved aside around those that stay."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.parsers import Mount
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset import mounts, ours
from hypothesis import given, strategies as st

PLACES = {place: place for place in ours.MOUNTED_BELOW}
ASIDE = ".before-reset"


def row(point, kind="tmpfs"):
    return Mount(point, ["rw"], True, kind)


def points(*rows, fstab=(), places=PLACES, namespaces=()):
    return mounts.to_unmount(rows, set(fstab), places, namespaces)


def test_the_last_goes_first_and_each_as_often_as_it_is_there():
    pod = "/var/lib/kubelet/pods/a"
    assert points(row("/"), row("/var/lib/kubelet"), row(pod), row(pod), row(pod + "/b")) == [pod + "/b", pod, pod]


@pytest.mark.parametrize(
    "point", ["/var/lib/rancher", "/var/lib/kubelet", "/run", "/run/k3sx", "/home/var/lib/kubelet/a", "/run/netns/cni-1", "/run/netns/mine"]
)
def test_what_stays(point):
    assert points(row(point)) == []


@pytest.mark.parametrize(
    "point",
    [
        "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/a/rootfs",
        "/run/containerd/io.containerd.runtime.v2.task/k8s.io/a/rootfs",
        "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/a/shm",
        "/run/calico/cgroup",
        "/var/lib/kubelet/pods/a/volume with a space",
    ],
)
def test_what_goes(point):
    assert points(row(point, "overlay")) == [point]


def test_containers_of_docker_stay():
    assert points(row("/run/containerd/io.containerd.runtime.v2.task/moby/a/rootfs", "overlay")) == []


def test_disks_stay():
    assert points(row("/var/lib/rancher/k3s/storage", "ext4")) == []
    assert points(row("/var/lib/kubelet/pods", "xfs"), fstab=["/var/lib/kubelet/pods"]) == []
    assert points(row("/var/lib/kubelet/plugins/csi/volume", "ext4")) == ["/var/lib/kubelet/plugins/csi/volume"]


def test_a_link_leads_elsewhere_and_a_disk_stays_there_too():
    places = {"/data/rancher": "/var/lib/rancher"}
    rows = (row("/data/rancher/k3s/agent/x", "overlay"), row("/data/rancher/k3s/storage", "ext4"))
    assert points(*rows, places=places) == ["/data/rancher/k3s/agent/x"]


def test_network_namespaces_of_pods_go():
    assert points(row("/run/netns/cni-1", "nsfs"), row("/run/netns/cni-2", "nsfs"), namespaces=["/run/netns/cni-2"]) == ["/run/netns/cni-2"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# /a /b ext4\nUUID=1 / ext4 defaults 0 1\nUUID=2 /data/ xfs\n\nUUID=3 none swap sw\nx\n", {"", "/data"}),
        ("", set()),
    ],
)
def test_fstab(text, found):
    assert mounts.points_of_fstab(text) == found


TREE = {
    "/d": ["server", "storage", "agent.before-reset", "agent.before-reset.~1~"],
    "/d/server": ["db"],
    "/d/storage": ["pvc-1", "lost+found"],
}


def asides(path, *staying):
    return mounts.asides(path, set(staying), ASIDE, lambda one: TREE.get(one, []))


def test_all_is_moved_at_once_where_nothing_is_mounted():
    assert asides("/d", "/dx", "/") == ["/d"]


def test_around_a_disk_what_lies_there_is_moved():
    assert asides("/d", "/d") == ["/d/server", "/d/storage"]
    assert asides("/d", "/d/storage") == ["/d/server", "/d/storage/pvc-1"]


def test_a_file_that_is_mounted_stays():
    assert asides("/f", "/f") == []


@given(st.lists(st.sampled_from(["/d", "/d/server", "/d/storage", "/d/server/db"])))
def test_no_mount_point_is_moved(staying):
    for moved in asides("/d", *staying):
        assert not [point for point in staying if point == moved or point.startswith(moved + "/")]
