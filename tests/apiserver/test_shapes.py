"""verify.yml on clusters of many kinds: exactly what falls short is said, and what kind of cluster it is."""

import pytest
import runs
import shapes
from server import ApiServer

BAD = ("fail", "warning", "unknown")


@pytest.fixture(scope="module", params=shapes.names())
def verified(request, tmp_path_factory):
    """What a shape is expected to be, and the run of verify.yml on it."""
    shape, folder = shapes.load(request.param), tmp_path_factory.mktemp(request.param)
    with ApiServer(folder / "server", version=shape["version"]) as server:
        shapes.make(server, shape)
        return shape["expect"], runs.verify(server.kubeconfig(), folder)


def test_exactly_what_falls_short_is_said(verified):
    expected, run = verified
    assert run.result, run.output
    said = {status: run.ids(status) for status in BAD}
    assert said == {status: sorted(expected.get(status, [])) for status in BAD}, "\n".join(run.found(name) for names in said.values() for name in names)


def test_the_exit_status_follows_the_verdict(verified):
    expected, run = verified
    verdict = expected.get("verdict", "Not ready" if expected.get("fail") else "Ready")
    assert run.report["verdict"].startswith(verdict), run.output
    assert (run.code == 0) == verdict.startswith("Ready"), run.output


def test_the_distribution_is_recognised(verified):
    expected, run = verified
    assert run.result["facts"]["distribution"] == expected["distribution"]


def test_the_provider_of_the_machines_is_a_fact_of_its_own(verified):
    expected, run = verified
    assert run.result["facts"].get("provider") == expected["provider"]


def test_advice_follows_the_distribution(verified):
    """Nobody is told to use the variables of the role k3s, or node pools of a service, where there are none."""
    _expected, run = verified
    name = run.result["facts"]["distribution"]
    advice = " ".join(item["found"] + item["remedy"] for item in run.result["findings"])
    if name != "K3s":
        assert "k3s_" not in advice
    for service in ("EKS", "GKE", "AKS"):
        if name != service:
            assert f"node pool of {service}" not in advice
            assert f"load balancer of {service}" not in advice


def test_no_socket_is_told_that_nobody_has_seen(verified):
    expected, run = verified
    if "socket" in expected:
        assert run.result["facts"]["runtime_socket"] == expected["socket"]


def test_nodes_that_can_never_take_pods_of_gitpod_are_named_and_left_out(verified):
    expected, run = verified
    names = expected.get("skipped_names", [])
    skipped = " ".join(item["node"] + " " + item["found"] for item in run.result["findings"] if item["status"] == "skipped")
    assert [name for name in names if name not in skipped] == []
    assert [item for item in run.result["findings"] if item["node"] in names and item["status"] in BAD] == []
