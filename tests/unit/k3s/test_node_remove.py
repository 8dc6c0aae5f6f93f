"""A node is removed for good: what holds it back, and what an API says meanwhile."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.errors import KubeStatusError
from ansible_collections.gitpod.node_prep.plugins.modules import node_remove

PATH = "/api/v1/nodes/w1"
SECRET = "/api/v1/namespaces/kube-system/secrets/w1.node-password.k3s"


def answered(status, said="said"):
    return KubeStatusError(f"the API answered {status}", said, {"status": status})


class Api:
    """Answers the questions for one node in turn, the last answer again and again; notes what is changed."""

    def __init__(self, *answers):
        self.answers, self.done = list(answers), []

    def get(self, path):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def delete(self, path):
        self.done.append(("delete", path))

    def merge_patch(self, path, body):
        self.done.append(("patch", path, body))


class Module:
    def __init__(self, check_mode=False, wait=5, addresses=()):
        self.check_mode = check_mode
        self.params = {"nodes": [{"name": "W1", "addresses": list(addresses)}], "wait": wait}


def node(ready=False, address="10.0.0.1", finalizers=()):
    status = {"conditions": [{"type": "Ready", "status": str(ready)}], "addresses": [{"type": "InternalIP", "address": address}]}
    return {"metadata": {"name": "w1", "finalizers": list(finalizers)}, "status": status}


GONE = answered(404)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(node_remove, "SECONDS_BETWEEN_LOOKS", 0)


def test_the_password_goes_last():
    api = Api(node(), node(), GONE)
    assert node_remove.remove(Module(), api) == {"changed": True, "removed": ["w1"]}
    assert api.done == [("delete", PATH), ("delete", SECRET)]


def test_a_node_that_is_not_there_leaves_no_password():
    api = Api(GONE)
    assert node_remove.remove(Module(), api) == {"changed": False, "removed": []}
    assert api.done == [("delete", SECRET)]


def test_check_mode_removes_nothing():
    api = Api(node())
    assert node_remove.remove(Module(check_mode=True), api)["removed"] == ["w1"]
    assert api.done == []


def test_another_machine_under_the_name_is_left_alone():
    api = Api(node(ready=True))
    with pytest.raises(node_remove.NotRemoved, match=r"another machine \(10\.0\.0\.1\) runs as the node w1"):
        node_remove.remove(Module(addresses=["10.0.0.9"]), api)
    assert api.done == []


@pytest.mark.parametrize("found", [node(ready=True), node(ready=False, address="10.0.0.7")])
def test_its_own_machine_and_one_that_is_down_are_not_another(found):
    assert node_remove.remove(Module(addresses=["10.0.0.1"]), Api(found, GONE))["removed"] == ["w1"]


def test_an_election_of_etcd_is_waited_for():
    api = Api(node(), answered(500, "etcdserver: leader changed"), node(), GONE)
    assert node_remove.remove(Module(), api)["removed"] == ["w1"]


def test_what_the_api_said_last_is_told():
    with pytest.raises(node_remove.NotRemoved, match=r"did not let go of w1 within 0 s\. the API answered 500"):
        node_remove.remove(Module(wait=0), Api(node(), answered(500)))


def test_a_node_that_k3s_forgot_is_released(monkeypatch):
    monkeypatch.setattr(node_remove, "PATIENCE", 0)
    api = Api(node(), node(finalizers=[node_remove.FORGOTTEN]), GONE)
    node_remove.remove(Module(), api)
    assert ("patch", PATH, {"metadata": {"finalizers": None}}) in api.done


@pytest.mark.parametrize("finalizers", [["wrangler.cattle.io/managed-etcd-controller", node_remove.FORGOTTEN], ["somebody.example.com/else"]])
def test_a_node_that_somebody_still_needs_is_not(monkeypatch, finalizers):
    monkeypatch.setattr(node_remove, "PATIENCE", 0)
    api = Api(node(), node(finalizers=finalizers))
    with pytest.raises(node_remove.NotRemoved, match="majority"):
        node_remove.remove(Module(wait=0), api)
    assert [step for step in api.done if step[0] == "patch"] == []
