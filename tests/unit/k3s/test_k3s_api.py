"""What a node asks the API of its own cluster."""

import json

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import api


def node(version, reported="2026-01-02T03:04:05Z"):
    conditions = [{"type": "MemoryPressure", "lastHeartbeatTime": "2026-01-01T00:00:00Z"}, {"type": "Ready", "lastHeartbeatTime": reported}]
    return json.dumps({"status": {"nodeInfo": {"kubeletVersion": version}, "conditions": conditions}}).encode()


@pytest.mark.parametrize(
    ("answer", "version", "missing"),
    [
        (node("v1.21.2+k3s1"), "v1.21.2+k3s1", ""),
        (node("v1.21.2+k3s1"), "", ""),
        (node("v1.21.1+k3s1"), "v1.21.2+k3s1", "the API still shows v1.21.1+k3s1 for the node w1, which runs v1.21.2+k3s1"),
        (node(""), "v1.21.2+k3s1", "the API still shows no version for the node w1, which runs v1.21.2+k3s1"),
        (node(["x"]), "v1.21.2+k3s1", "the API still shows no version for the node w1, which runs v1.21.2+k3s1"),
        (b"not json", "v1.21.2+k3s1", "the API still shows no version for the node w1, which runs v1.21.2+k3s1"),
        (b'{"status": null}', "v1.21.2+k3s1", "the API still shows no version for the node w1, which runs v1.21.2+k3s1"),
        (node("\x1b[31m"), "v1", "the API still shows ?[31m for the node w1, which runs v1"),
        (None, "v1.21.2+k3s1", "the API knows no node w1"),
    ],
)
def test_what_the_api_shows_of_a_node(monkeypatch, answer, version, missing):
    monkeypatch.setattr(api, "get", lambda role, address, path: answer)
    assert api.missing_registration("agent", "https://192.0.2.1:6443", "w1", version, 0) == missing


def test_an_api_that_does_not_answer_is_the_reason(monkeypatch, tmp_path):
    monkeypatch.setitem(api.AUTHORITIES, "agent", str(tmp_path / "none"))
    missing = api.missing_registration("agent", "https://192.0.2.1:6443", "w1", "v1", 0)
    assert missing.startswith("the API at https://192.0.2.1:6443 cannot be asked: ")


def test_the_api_is_not_ready_before_its_certificates_are_there(monkeypatch, tmp_path):
    monkeypatch.setitem(api.AUTHORITIES, "server", str(tmp_path / "none"))
    assert api.is_ready("server", "https://127.0.0.1:6443") is False
    assert api.is_ready("server", "") is False


def test_the_address_is_what_k3s_has_told_the_node(monkeypatch, tmp_path):
    monkeypatch.setitem(api.KUBECONFIGS, "agent", str(tmp_path / "kubelet.kubeconfig"))
    assert api.address_of("agent", "https://192.0.2.1:6443") == "https://192.0.2.1:6443"
    (tmp_path / "kubelet.kubeconfig").write_text("clusters:\n- cluster:\n    server: https://127.0.0.1:6444\n")
    assert api.address_of("agent", "https://192.0.2.1:6443") == "https://127.0.0.1:6444"


START = 1767323045.7  # 2026-01-02T03:04:05.7Z


@pytest.mark.parametrize(
    ("reported", "since", "missing"),
    [
        ("2026-01-02T03:04:05Z", START, False),
        ("2026-01-02T03:04:06Z", START, False),
        ("2026-01-02T03:04:04Z", START, True),
        ("2026-01-02T03:04:04Z", 0, False),
        # By a clock that was put back after the start
        ("2026-01-02T03:04:04Z", 10**11, False),
        ("soon", START, True),
        (None, START, True),
        (["x"], START, True),
    ],
)
def test_a_node_that_is_known_from_before_has_to_report(monkeypatch, reported, since, missing):
    monkeypatch.setattr(api, "get", lambda role, address, path: node("v1", reported))
    said = api.missing_registration("agent", "https://192.0.2.1:6443", "w1", "v1", since)
    assert said == ("the kubelet of the node w1 has not reported to the API since its start" if missing else "")
