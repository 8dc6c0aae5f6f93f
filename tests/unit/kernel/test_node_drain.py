"""How a node is emptied and opened again, against a cluster made of dictionaries."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils import _deadline as deadline
from ansible_collections.gitpod.node_prep.plugins.module_utils._interruption import interruptible
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.client import KubeAnswerError, KubeConnectionError, KubeStatusError
from ansible_collections.gitpod.node_prep.plugins.modules import node_drain

NODE = "/api/v1/nodes/n1"
BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."


def refusal(status, said):
    return KubeStatusError(said, said, {"status": status, "reason": "", "verb": "create", "resource": "pods"})


class Cluster:
    """One node; a pod that is evicted is gone at the next look, unless it lingers or a budget keeps it."""

    def __init__(self, pods=(), cordoned=False, ready=True):
        self.pods = dict.fromkeys(pods, "ReplicaSet")
        self.node = {"metadata": {}, "spec": {"unschedulable": cordoned}, "status": {"conditions": [{"type": "Ready", "status": str(ready)}]}}
        self.node["status"]["nodeInfo"] = {"bootID": "before"}
        self.kept, self.lingering, self.versions = {}, set(), []
        self.patches, self.away = [], 0

    def get(self, path):
        if self.away:
            self.away -= 1
            raise KubeConnectionError("cannot reach the API")
        if path == NODE:
            return self.node
        assert path == "/api/v1"
        return {"resources": [{"name": "pods/eviction", "group": "policy", "version": "v1beta1"}]}

    def items(self, path, selector):
        assert (path, selector) == ("/api/v1/pods", "spec.nodeName=n1")
        return [self.pod(name, owner) for name, owner in self.pods.items()]

    def until(self, deadline):
        return self

    def pod(self, name, owner):
        owners = [{"kind": owner, "controller": True}] if owner else []
        return {"metadata": {"namespace": "default", "name": name, "ownerReferences": owners}, "status": {"phase": "Running"}}

    def create(self, path, body, repeat):
        assert repeat is False
        assert body["metadata"]["namespace"] == "default"
        self.versions.append(body["apiVersion"])
        name = body["metadata"]["name"]
        assert path == f"/api/v1/namespaces/default/pods/{name}/eviction"
        if name in self.kept:
            raise self.kept[name]
        if name not in self.lingering:
            del self.pods[name]

    def merge_patch(self, path, body):
        assert path == NODE
        self.patches.append(body["spec"]["unschedulable"])
        self.node["spec"].update(body["spec"])
        annotations = self.node["metadata"].get("annotations", {}) | body["metadata"]["annotations"]
        self.node["metadata"]["annotations"] = {key: value for key, value in annotations.items() if value is not None}


@pytest.fixture(autouse=True)
def _signals():
    """A drain leaves signals ignored, until its module has told the result."""
    with interruptible():
        yield


@pytest.fixture(autouse=True)
def time(monkeypatch):
    """A clock that only moves where the module sleeps."""

    class Clock:
        now = 0

        def monotonic(self):
            return self.now

        def sleep(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(node_drain, "time", clock)
    monkeypatch.setattr(deadline, "time", clock)
    return clock


def drain(cluster, force=False, wait=20, check_mode=False):
    return node_drain.drain(node_drain.Node(cluster, "n1"), force, wait, check_mode)


def come_back(cluster, boot_id="", wait=20, check_mode=False):
    return node_drain.await_return(node_drain.Node(cluster, "n1"), boot_id, wait, check_mode)


def test_a_node_is_cordoned_and_emptied():
    cluster = Cluster(["a", "b"])
    cluster.pods["daemon"] = "DaemonSet"
    assert drain(cluster) == {"changed": True, "evicted": ["default/a", "default/b"], "boot_id": "before"}
    assert (cluster.patches, list(cluster.pods), cluster.versions) == ([True], ["daemon"], ["policy/v1beta1"] * 2)


def test_a_node_that_somebody_else_cordoned_is_not_claimed():
    cluster = Cluster(cordoned=True)
    assert drain(cluster) == {"changed": False, "evicted": [], "boot_id": "before"}
    assert cluster.patches == []


def test_the_check_mode_only_looks():
    cluster = Cluster(["a"])
    assert drain(cluster, check_mode=True) == {"changed": True, "evicted": ["default/a"], "boot_id": "before"}
    assert (cluster.patches, list(cluster.pods)) == ([], ["a"])


def test_a_budget_is_honoured_until_it_allows(monkeypatch, time):
    cluster = Cluster(["a", "b"])
    cluster.kept["b"] = refusal(429, BUDGET)

    def sleep(seconds):
        time.now += seconds
        if time.now >= 6:
            cluster.kept.clear()

    monkeypatch.setattr(time, "sleep", sleep)
    assert drain(cluster)["evicted"] == ["default/a", "default/b"]


def test_every_pod_that_is_left_is_named_and_the_node_takes_pods_again(time):
    cluster = Cluster(["a", "b", "c"])
    cluster.kept["a"] = refusal(429, BUDGET)
    cluster.lingering.add("c")
    with pytest.raises(node_drain.Undrained) as failure:
        drain(cluster)
    assert str(failure.value) == (
        "the node n1 cannot be drained, for these pods did not leave it: "
        "default/a (Cannot evict pod as it would violate the pod's disruption budget), default/c (it is still terminating). They had 20 s to leave."
    )
    assert failure.value.details == {"pods": {"default/a": BUDGET, "default/c": "it is still terminating"}}
    assert cluster.patches == [True, False]
    assert time.now == 20


def test_a_pod_of_nobody_stops_the_drain_before_any_pod_is_evicted():
    cluster = Cluster(["a"])
    cluster.pods["workspace"] = None
    with pytest.raises(node_drain.Undrained, match=r"default/workspace \(nothing would start it again\). Delete them, or have them evicted by force"):
        drain(cluster)
    assert list(cluster.pods) == ["a", "workspace"]
    assert cluster.patches == [True, False]
    assert drain(cluster, force=True)["evicted"] == ["default/a", "default/workspace"]


def test_a_pod_that_has_gone_meanwhile_is_no_error(monkeypatch):
    cluster = Cluster(["a"])

    def gone(path, body, repeat):
        cluster.pods.clear()
        raise refusal(404, "not found")

    monkeypatch.setattr(cluster, "create", gone)
    drain(cluster)


def test_a_refusal_that_time_does_not_mend_ends_the_drain_at_once(time):
    cluster = Cluster(["a"])
    cluster.kept["a"] = refusal(403, "forbidden")
    with pytest.raises(KubeStatusError, match="forbidden"):
        drain(cluster)
    assert time.now == 0
    assert cluster.patches == [True, False]


def test_a_node_that_was_cordoned_before_stays_so_after_a_failure():
    cluster = Cluster(["a"], cordoned=True)
    cluster.kept["a"] = refusal(429, BUDGET)
    with pytest.raises(node_drain.Undrained):
        drain(cluster)
    assert cluster.patches == []


@pytest.fixture
def drained():
    """A cluster whose node was emptied, by this run or by one that was killed: the cluster is all that a later run knows of it."""
    cluster = Cluster()
    drain(cluster)
    cluster.patches.clear()
    return cluster


def test_a_ready_node_whose_kubelet_lives_is_opened(drained):
    assert come_back(drained) == {"changed": True}
    assert drained.patches == [False]
    assert drained.node["metadata"]["annotations"] == {}
    assert come_back(drained) == {"changed": False}


def test_a_node_that_somebody_else_cordoned_is_waited_for_and_stays_cordoned():
    cluster = Cluster(cordoned=True)
    drain(cluster)
    cluster.away = 5
    assert come_back(cluster) == {"changed": False}
    assert (cluster.patches, cluster.away) == ([], 0)


def test_a_node_that_somebody_else_opened_meanwhile_is_left_alone(drained):
    drained.node["spec"]["unschedulable"] = False
    assert come_back(drained) == {"changed": False}
    assert drained.patches == []


def test_a_node_that_a_killed_run_closed_is_opened_where_it_cannot_be_emptied_now(drained):
    drained.pods["a"] = "ReplicaSet"
    drained.kept["a"] = refusal(429, BUDGET)
    with pytest.raises(node_drain.Undrained):
        drain(drained)
    assert drained.patches == [False]


def test_without_a_wait_a_node_is_opened_whether_it_is_ready_or_not(drained, time):
    drained.node["status"]["conditions"] = []
    assert come_back(drained, wait=0) == {"changed": True}
    assert (drained.patches, time.now) == ([False], 0)


def test_a_condition_from_before_the_reboot_does_not_count(drained, time):
    with pytest.raises(node_drain.NotReturned, match="was not ready within 20 s: its kubelet has not reported since before the reboot"):
        come_back(drained, boot_id="before")
    assert (drained.patches, time.now) == ([False], 20)


def test_a_node_in_another_boot_has_returned(drained, time):
    drained.node["status"]["nodeInfo"]["bootID"] = "after"
    assert come_back(drained, boot_id="before") == {"changed": True}
    assert time.now == 0


def test_a_node_that_tells_no_boot_is_checked_by_its_readiness(drained):
    del drained.node["status"]["nodeInfo"]
    assert come_back(drained) == {"changed": True}


def test_a_node_that_does_not_become_ready_is_opened_and_named():
    cluster = Cluster(ready=False)
    drain(cluster)
    with pytest.raises(node_drain.NotReturned, match="the node n1 was not ready within 20 s: its condition Ready is not True"):
        come_back(cluster)
    assert cluster.patches == [True, False]


def test_an_api_that_boots_with_the_node_is_waited_for(drained):
    drained.away = 5
    assert come_back(drained)["changed"]


def test_a_node_that_cannot_be_opened_is_named_with_what_to_do(monkeypatch, drained):
    def away(path, body):
        raise KubeConnectionError("cannot reach the API")

    monkeypatch.setattr(drained, "merge_patch", away)
    with pytest.raises(node_drain.NotReturned, match="stays cordoned, run `kubectl uncordon n1`: cannot reach the API"):
        come_back(drained)


def test_a_node_that_has_left_the_cluster_is_no_error(monkeypatch, drained):
    def gone(path):
        raise refusal(404, "not found")

    monkeypatch.setattr(drained, "get", gone)
    assert come_back(drained, wait=0) == {"changed": False}


def test_the_check_mode_does_not_wait_for_the_node(drained, time):
    assert come_back(drained, check_mode=True) == {"changed": True}
    assert come_back(Cluster(cordoned=True), check_mode=True) == {"changed": False}
    assert (drained.patches, time.now) == ([], 0)


def asked(cluster):
    """Records how often each pod is asked away."""
    names, create = [], cluster.create

    def recorded(path, body, repeat):
        names.append(body["metadata"]["name"])
        return create(path, body, repeat)

    cluster.create = recorded
    return names


def test_a_pod_is_not_asked_away_before_the_api_wants_to_be_asked_again(time):
    cluster = Cluster(["a", "b"])
    cluster.kept["a"] = KubeStatusError("x", "still being processed", {"status": 429}, retry_after=10)
    cluster.kept["b"] = refusal(429, BUDGET)
    names = asked(cluster)
    with pytest.raises(node_drain.Undrained) as failure:
        drain(cluster, wait=15)
    assert (names.count("a"), names.count("b"), time.now) == (2, 8, 15)
    assert failure.value.details["pods"] == {"default/a": "still being processed", "default/b": BUDGET}


def test_no_pod_is_asked_away_after_the_deadline(time):
    cluster = Cluster(["a", "b", "c"])
    names = asked(cluster)
    create = cluster.create

    def slow(path, body, repeat):
        time.now += 8
        raise refusal(429, BUDGET) if create(path, body, repeat) is None else AssertionError

    cluster.create = slow
    with pytest.raises(node_drain.Undrained) as failure:
        drain(cluster, wait=10)
    assert (names, time.now) == (["a", "b"], 16)
    assert failure.value.details["pods"]["default/c"] == "there was no time left to ask it to leave"
    assert cluster.patches == [True, False]


def test_without_time_an_empty_node_is_drained_and_no_pod_is_asked_away(time):
    assert drain(Cluster(), wait=0)["changed"]
    cluster = Cluster(["a"])
    for wait in (0, -5):
        with pytest.raises(node_drain.Undrained, match="They had 0 s to leave"):
            drain(cluster, wait=wait)
    assert (list(cluster.pods), cluster.patches, time.now) == (["a"], [True, False] * 2, 0)


def test_an_api_that_is_silent_at_the_end_does_not_hide_why_pods_are_left(time):
    cluster = Cluster(["a"])
    cluster.kept["a"] = refusal(429, BUDGET)
    items = cluster.items

    def silent(path, selector):
        if time.now >= 20:
            raise KubeConnectionError("did not answer within 1 s")
        return items(path, selector)

    cluster.items = silent
    with pytest.raises(node_drain.Undrained, match="disruption budget"):
        drain(cluster)


class Surprise(BaseException):
    pass


@pytest.mark.parametrize("error", [refusal(403, "forbidden"), KubeConnectionError("away"), TypeError("a bug"), KeyboardInterrupt(), Surprise(), SystemExit(1)])
@pytest.mark.parametrize(
    ("step", "broken"),
    [("merge_patch", NODE), ("items", "/api/v1/pods"), ("get", "/api/v1"), ("create", "/api/v1/namespaces/default/pods/a/eviction")],
)
def test_whatever_goes_wrong_after_the_cordon_the_node_is_opened_again(monkeypatch, step, broken, error):
    """Each step does its work once, and then its answer is lost."""
    cluster, failed = Cluster(["a"]), []
    real = getattr(cluster, step)

    def fails(path, *arguments, **more):
        answer = real(path, *arguments, **more)
        if path == broken and not failed:
            failed.append(path)
            raise error
        return answer

    monkeypatch.setattr(cluster, step, fails)
    with pytest.raises(type(error)):
        drain(cluster)
    assert cluster.node["spec"] == {"unschedulable": False}
    assert cluster.node["metadata"]["annotations"] == {}


@pytest.mark.parametrize("error", [TypeError("a bug"), Surprise()])
def test_whatever_goes_wrong_while_a_node_is_waited_for_it_is_opened(monkeypatch, drained, error):
    real, times = drained.get, []

    def fails(path):
        times.append(path)
        if len(times) == 1:
            raise error
        return real(path)

    monkeypatch.setattr(drained, "get", fails)
    with pytest.raises(type(error)):
        come_back(drained)
    assert drained.patches == [False]


@pytest.mark.parametrize("pods", [[{}], [None], [7], [{"metadata": {"name": "x"}}], [{"metadata": {"namespace": "a/b", "name": "x"}}]])
def test_pods_that_cannot_be_read_stop_the_drain_and_the_node_is_opened_again(monkeypatch, pods):
    cluster = Cluster()
    monkeypatch.setattr(cluster, "items", lambda path, selector: pods)
    with pytest.raises(KubeAnswerError, match="lists pods of the node n1 that have no names"):
        drain(cluster)
    assert cluster.patches == [True, False]


def test_a_node_is_opened_as_soon_as_the_api_answers_again(monkeypatch, drained, time):
    real = drained.merge_patch

    def busy(path, body):
        if time.now < 10:
            raise refusal(503, "starting")
        real(path, body)

    monkeypatch.setattr(drained, "merge_patch", busy)
    assert come_back(drained, wait=0) == {"changed": True}
    assert (drained.patches, time.now) == ([False], 10)


@pytest.mark.parametrize("answer", [{}, {"kind": "Status", "metadata": {}}])
def test_an_answer_that_is_no_node_is_not_taken_for_one_that_is_open(monkeypatch, drained, answer):
    monkeypatch.setattr(drained, "get", lambda path: answer)
    with pytest.raises(node_drain.NotReturned, match=r"stays cordoned, run `kubectl uncordon n1`: .* that is no node"):
        come_back(drained, wait=0)


def test_a_node_that_cannot_be_opened_after_a_drain_that_failed_is_named_with_both_reasons(monkeypatch, time):
    cluster = Cluster(["a"])
    cluster.kept["a"] = refusal(429, BUDGET)
    real = cluster.merge_patch

    def refused(path, body):
        if cluster.patches:
            raise refusal(403, "forbidden by a policy")
        real(path, body)

    monkeypatch.setattr(cluster, "merge_patch", refused)
    with pytest.raises(node_drain.NotReturned, match=r"run `kubectl uncordon n1`: forbidden by a policy. Before that: the node n1 cannot be drained"):
        drain(cluster)
    assert time.now == 20
