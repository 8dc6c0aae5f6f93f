"""What the role makes of a server's reading: go on, leave it, or refuse with a sentence."""

import hashlib
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.calico_manifest import calico_manifest
from ansible_collections.gitpod.node_prep.plugins.filter.calico_plan import calico_plan

PUBLISHED = (Path(__file__).parents[2] / "lab" / "artifacts" / "calico-vxlan.yaml").read_text()
SETTINGS = {
    "version": "v3.24.5",
    "manifest_sha256": "",
    "kubernetes_version": "v1.24.7+k3s1",
    "kernels": ["5.15.0-91-generic"],
    "cidr": "10.42.0.0/16",
    "encapsulation": "VXLAN",
    "block_size": 26,
    "mtu": 0,
    "ip_autodetection_method": "first-found",
    "path": "/var/lib/rancher/k3s/server/manifests/calico.yaml",
}
FRESH = "kernel 5.15.0-91-generic\n"
LIVE = FRESH + "cluster there\n"


def planned(reading=FRESH, **changes):
    return calico_plan(reading, {**SETTINGS, **changes})


def manifest_lines(text, attributes="600 root:root"):
    """What a server prints of a manifest in place."""
    first, rest = text.split("\n", 1)
    return f"attributes {attributes}\nheader {first}\nbody {hashlib.sha256(rest.encode()).hexdigest()}\n"


WRITTEN = calico_manifest(PUBLISHED, SETTINGS)


def test_a_fresh_server_gets_the_manifest():
    assert planned() == {
        "problems": [],
        "sha256": "14016211e904e270de1de8dda61426d0e062243194e074bb84db8c182dc81f24",
        "downloaded": False,
        "reasons": ["there is none yet"],
    }


def test_what_was_written_is_left():
    assert planned(LIVE + manifest_lines(WRITTEN))["reasons"] == []


def test_line_ends_of_a_terminal_do_not_matter():
    assert planned((LIVE + manifest_lines(WRITTEN)).replace("\n", "\r\n"))["reasons"] == []


def test_another_kernel_with_the_same_answer_changes_nothing():
    assert planned(LIVE + manifest_lines(WRITTEN), kernels=["6.1.0-18-cloud-amd64"])["reasons"] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mtu": 1400}, "mtu was 0 and becomes 1400"),
        ({"ip_autodetection_method": "interface=eth1"}, "ip_autodetection_method was first-found and becomes interface=eth1"),
        ({"kernels": ["5.4.0-150-generic"]}, "checksum_offload_broken was False and becomes True"),
        (
            {"manifest_sha256": "0" * 64},
            f"source was 14016211e904e270de1de8dda61426d0e062243194e074bb84db8c182dc81f24 and becomes {'0' * 64}",
        ),
    ],
)
def test_another_setting_writes_it_anew_and_says_so(change, reason):
    result = planned(LIVE + manifest_lines(WRITTEN), **change)
    assert (result["reasons"], result["problems"]) == ([reason], [])


def test_another_release_writes_it_anew():
    assert len(planned(LIVE + manifest_lines(WRITTEN), version="v3.26.4")["reasons"]) == 1


def test_another_way_of_writing_it_writes_it_anew():
    older = WRITTEN.replace('"transformation": 1', '"transformation": 0')
    assert planned(LIVE + manifest_lines(older))["reasons"] == ["transformation was 0 and becomes 1"]


def test_a_change_by_hand_writes_it_anew():
    assert planned(LIVE + manifest_lines(WRITTEN.replace("250m", "100m")))["reasons"] == ["it was changed by hand"]


def test_a_mode_changed_by_hand_writes_it_anew():
    (reason,) = planned(LIVE + manifest_lines(WRITTEN, attributes="644 root:root"))["reasons"]
    assert reason == "its mode and owner were 644 root:root and become 600 root:root"


def test_the_source_is_known_by_its_digest():
    digest = "14016211e904e270de1de8dda61426d0e062243194e074bb84db8c182dc81f24"
    assert planned(FRESH + f"source {digest}\n")["downloaded"] is True
    assert planned(FRESH + "source " + "0" * 64 + "\n")["downloaded"] is False


@pytest.mark.parametrize(
    ("change", "variable", "old"),
    [
        ({"cidr": "10.99.0.0/16"}, "calico_cidr", "10.42.0.0/16"),
        ({"encapsulation": "VXLANCrossSubnet"}, "calico_encapsulation", "VXLAN"),
        ({"block_size": 24}, "calico_block_size", "26"),
    ],
)
def test_a_change_of_the_pool_of_a_running_cluster_is_refused(change, variable, old):
    (problem,) = planned(LIVE + manifest_lines(WRITTEN), **change)["problems"]
    assert problem.startswith(f"{variable} is '{next(iter(change.values()))}', and the cluster runs with '{old}'")
    assert "Set it back." in problem


def test_the_pool_may_change_as_long_as_no_cluster_has_run():
    assert planned(FRESH + manifest_lines(WRITTEN), cidr="10.99.0.0/16")["problems"] == []


def test_a_manifest_of_somebody_else_is_refused_on_a_running_cluster():
    (problem,) = planned(LIVE + manifest_lines(PUBLISHED))["problems"]
    assert problem.startswith("/var/lib/rancher/k3s/server/manifests/calico.yaml was not written by this role")
    fresh = planned(FRESH + manifest_lines(PUBLISHED))
    assert (fresh["problems"], fresh["reasons"]) == ([], ["the one in place was not written by this role"])


def test_a_header_that_is_damaged_counts_as_somebody_elses():
    damaged = WRITTEN.replace('"settings"', '"other"')
    (problem,) = planned(LIVE + manifest_lines(damaged))["problems"]
    assert "was not written by this role" in problem


@pytest.mark.parametrize(
    ("calico", "kubernetes"),
    [
        ("v3.23.5", "v1.21.2+k3s1"),
        ("v3.24.5", "v1.22.17+k3s1"),
        ("v3.24.5", "v1.24.7+k3s1"),
        ("v3.24.5", "v1.25.5+k3s1"),
        ("v3.26.4", "v1.24.7+k3s1"),
        ("v3.29.1", "v1.32.2+k3s1"),
    ],
)
def test_tested_with_this_kubernetes(calico, kubernetes):
    assert planned(version=calico, kubernetes_version=kubernetes, manifest_sha256="0" * 64)["problems"] == []


@pytest.mark.parametrize(
    ("calico", "kubernetes", "fitting"),
    [
        ("v3.24.5", "v1.21.2+k3s1", "v3.21, v3.22, v3.23"),
        ("v3.24.5", "v1.26.1+k3s1", "v3.25, v3.26, v3.27"),
        ("v3.25.2", "v1.22.17+k3s1", "v3.21, v3.22, v3.23, v3.24"),
        ("v3.24.5", "v1.40.0+k3s1", "none is known for this Kubernetes"),
    ],
)
def test_not_tested_with_this_kubernetes(calico, kubernetes, fitting):
    (problem,) = planned(version=calico, kubernetes_version=kubernetes)["problems"]
    assert problem.startswith(f"Calico {calico} is tested with Kubernetes ")
    assert f"this cluster has {kubernetes}. Set calico_version to a release that fits: {fitting}." in problem


def test_a_kernel_under_the_minimum_of_the_release_is_named():
    new = {"version": "v3.29.1", "kubernetes_version": "v1.31.6+k3s1", "manifest_sha256": "0" * 64}
    (problem,) = planned(**new, kernels=["5.15.0-91-generic", "5.4.0-150-generic"])["problems"]
    assert problem.startswith("Calico v3.29.1 needs kernel 5.10 or newer, and a node runs 5.4.0-150-generic.")
    assert planned(**new, kernels=["5.10.0-28-amd64"])["problems"] == []


def test_the_servers_own_kernel_counts():
    new = {"version": "v3.29.1", "kubernetes_version": "v1.31.6+k3s1", "manifest_sha256": "0" * 64}
    (problem,) = planned("kernel 5.4.0-150-generic\n", **new, kernels=[])["problems"]
    assert "a node runs 5.4.0-150-generic" in problem


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": "3.24.5"}, "calico_version is '3.24.5', and no bounds are known for it."),
        ({"version": "v3.24"}, "calico_version is 'v3.24', and no bounds are known for it."),
        ({"version": "v4.0.0"}, "Choose a release from v3.21.0 to v3.32, written like v3.24.5."),
        ({"kubernetes_version": "latest"}, "calico_kubernetes_version is 'latest', which is no version"),
        ({"kernels": ["unknown"]}, "'unknown' is no kernel release"),
        (
            {"version": "v3.24.6"},
            "No SHA-256 is known for the manifest of Calico v3.24.6; known are those of v3.24.5, v3.25.2, v3.26.4.",
        ),
        ({"manifest_sha256": "abc"}, "calico_manifest_sha256 is 'abc'"),
        ({"cidr": "10.42.0.1/16"}, "calico_cidr is '10.42.0.1/16', which is no IPv4 network"),
        ({"cidr": "fd00::/48"}, "which is no IPv4 network"),
        ({"block_size": 12}, "calico_block_size is 12"),
        ({"block_size": 33}, "calico_block_size is 33"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(change, sentence):
    (problem,) = planned(**change)["problems"]
    assert sentence in problem


def test_all_that_is_wrong_is_said_at_once():
    assert len(planned(kubernetes_version="v1.30.0+k3s1", kernels=["unknown"], cidr="nonsense")["problems"]) == 3


def test_a_digest_in_capitals_is_the_same_digest():
    assert planned(manifest_sha256="A" * 64)["sha256"] == "a" * 64


@pytest.mark.parametrize(
    ("version", "kubernetes", "method", "refused"),
    [
        ("v3.21.6", "v1.21.6+k3s1", "kubernetes-internal-ip", True),
        ("v3.21.6", "v1.21.6+k3s1", "first-found", False),
        ("v3.22.5", "v1.21.6+k3s1", "kubernetes-internal-ip", False),
        ("v3.24.5", "v1.24.7+k3s1", "kubernetes-internal-ip", False),
    ],
)
def test_an_older_calico_cannot_follow_the_address_of_k3s(version, kubernetes, method, refused):
    problems = planned(version=version, kubernetes_version=kubernetes, ip_autodetection_method=method, manifest_sha256="0" * 64)["problems"]
    assert [text.startswith(f"Calico {version} does not know calico_ip_autodetection_method") for text in problems] == ([True] if refused else [])
