"""The clusters of tests/fixtures, as an API that can be asked."""

import json
from pathlib import Path

from fake_api import FakeApi

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
NAMES = sorted(path.stem for path in (FIXTURES / "clusters").glob("*.json"))

PODS = "/api/v1/namespaces/default/pods"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def hand_made(name):
    """A hand-made cluster: ``about``, ``answers`` to GET by path, and perhaps ``posts`` by path."""
    return json.loads((FIXTURES / "clusters" / f"{name}.json").read_text())


def answers(name):
    """What the hand-made cluster answers, by path; a new copy that a test may change."""
    return hand_made(name)["answers"]


def recording(name):
    """A recorded answer of a real K3s: its HTTP status and its content."""
    (path,) = (FIXTURES / "k3s-v1.21.2").glob(f"{name}.*.json")
    text = path.read_text()
    status = int(path.suffixes[-2][1:])
    return status, json.loads(text) if text.startswith("{") else text


def served(content, posts=()):
    """An API with this content whose user may do everything, but for what is refused in ``posts``."""
    api = FakeApi(answers=content)
    api.posts = {PODS: (201, {"kind": "Pod"}), REVIEWS: (201, {"status": {"allowed": True}})}
    api.posts.update({path: tuple(answer) for path, answer in dict(posts).items()})
    return api


def recorded():
    """The recorded K3s as an API."""
    api = FakeApi(
        answers={
            "/version": recording("version"),
            "/api/v1/nodes": recording("nodes"),
            "/apis": recording("apis"),
            "/apis/apps/v1/daemonsets": recording("daemonsets"),
            "/apis/apps/v1/deployments": recording("deployments"),
            "/api/v1/services": recording("services"),
            "/apis/storage.k8s.io/v1/storageclasses": recording("storageclasses"),
            "/apis/helm.cattle.io/v1/helmcharts": {"items": []},  # not recorded
            "/api/v1/namespaces/default": next(item for item in recording("namespaces")[1]["items"] if item["metadata"]["name"] == "default"),
        }
    )
    api.posts = {PODS: recording("pod-privileged-dryrun"), REVIEWS: recording("ssar-psp")}
    return api
