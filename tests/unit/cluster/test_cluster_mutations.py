"""Whatever an API answers, and whatever becomes of a reading, nothing raises but the errors that are meant for the user."""

import copy
import json

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check, reader, shapes
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.facts import cluster_facts
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.reader import read_cluster
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.client import KubeAnswerError, KubeError, KubeStatusError
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.findings import STATUSES
from cluster_checks import OPTIONS
from cluster_fixtures import NAMES, hand_made
from hypothesis import HealthCheck, given, settings, strategies as st

DOMAIN = "gitpod.example.com"
GIVEN = {**OPTIONS, "domain": DOMAIN, "probe_load_balancer": True, "nodes": {"meta": ["meta-1"]}}
FIELDS = {"id", "title", "status", "found", "required", "remedy", "reference", "fixed_by", "node"}

# What stands where something else is expected, including what only looks right.
FOREIGN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "", "v1.24", "v99999999999.1.1+k3s1", "v1.24.7+k3s1", "10.0.0.0/99", "fd00::/48", "10.42.0.5/16", "999999999999999999999999Ki", "[", "{}", "[1]",
            "True", "Always", "containerd://", "5.4", "Ubuntu 20.04", "docker.io/calico/node:v3.29.1", "x:1.2.3", "\udcff", "٣", "None",
        ]
    ),
    st.lists(st.none() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=3), max_size=3),
)  # fmt: skip


class Content:
    """A client that answers from the content of a fixture, without a server."""

    host = "https://api.example"

    def __init__(self, content, refusal=""):
        self.content, self.refusal = content, refusal

    def get(self, path):
        if path not in self.content:
            raise KubeStatusError("not found", "not found", {"status": 404, "reason": "NotFound", "verb": "get", "resource": path})
        if not isinstance(self.content[path], dict):
            raise KubeAnswerError("no object")
        return copy.deepcopy(self.content[path])

    def items(self, path):
        found = self.get(path).get("items")
        if not isinstance(found, (list, type(None))):
            raise KubeAnswerError("no list")
        return found or []

    def exists(self, path):
        return path in self.content

    def create(self, path, body, dry_run=False):
        if self.refusal:
            raise KubeStatusError(self.refusal, self.refusal, {"status": 403, "reason": "Forbidden", "verb": "create", "resource": "pods"})
        return {}

    def may(self, attributes):
        return True


def content_of(name):
    content = hand_made(name)["answers"]
    content["/api/v1/namespaces/default/secrets/https-certificates"] = {"type": "kubernetes.io/tls", "data": {"tls.crt": "LS0t", "tls.key": "eA=="}}
    content["/apis/cert-manager.io/v1/namespaces/default/certificates"] = {
        "items": [
            {
                "metadata": {"name": "gitpod"},
                "spec": {"secretName": "https-certificates", "dnsNames": [DOMAIN]},
                "status": {"conditions": [{"type": "Ready", "status": "False", "message": "waiting"}]},
            }
        ]
    }
    return content


def places(value, path=()):
    """The paths of everything inside, from the outside in."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*path, key)
        yield from places(part, (*path, key))


@st.composite
def mutated(draw, value):
    """A copy in which some parts are gone or have become something else."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 5))):
        everything = list(places(value))
        if not everything:
            break
        *way, last = draw(st.sampled_from(everything))
        holder = value
        for key in way:
            holder = holder[key]
        if draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = draw(FOREIGN)
    return value


def check(reading):
    before = copy.deepcopy(reading)
    found = cluster_check.findings_of(reading, GIVEN)
    for finding in found:
        assert set(finding) == FIELDS
        assert all(isinstance(value, str) for value in finding.values()), finding
        assert finding["status"] in STATUSES
    facts = cluster_facts(reading, GIVEN)
    assert isinstance(cluster_check.settles(found, facts["distribution"]), bool)
    json.dumps([found, facts])
    assert reading == before, "the reading is not changed"


@pytest.fixture(scope="module", autouse=True)
def resolver():
    """Every name has an address, and none is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "resolve", lambda _name: ["192.0.2.10"])
        yield


@pytest.fixture(scope="module")
def readings():
    probe = {"not_made": "", "refusal": "", "address": "192.0.2.10", "seconds": 1}
    return {name: {**read_cluster(Content(content_of(name)), "default", DOMAIN, "https-certificates"), "load_balancer_probe": probe} for name in NAMES}


SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def test_shapes_are_those_of_the_reader(readings):
    for reading in readings.values():
        assert set(reading) - {"unreadable", "permissions"} == set(shapes.SHAPES)


@SLOW
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_mutated_readings(readings, data, name):
    check(data.draw(mutated(readings[name])))


@SLOW
@given(data=st.data(), name=st.sampled_from(NAMES), refusal=st.sampled_from(["", "violates PodSecurity", "cannot create resource", "\udcff"]))
def test_mutated_answers(data, name, refusal):
    client = Content(data.draw(mutated(content_of(name))), refusal)
    try:
        reading = read_cluster(client, "default", DOMAIN, "https-certificates")
    except KubeError:  # the version and the nodes are needed
        return
    check(reading)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("foreign", [None, True, 7, "x", [None, 1, "x", [], {}], {"items": [None]}])
def test_each_part_of_a_reading_replaced(readings, name, foreign):
    for key in readings[name]:
        check({**readings[name], key: foreign})
        check({other: value for other, value in readings[name].items() if other != key})


@given(FOREIGN, st.sampled_from(sorted(shapes.SHAPES)))
def test_shaped_has_the_shape(value, name):
    shape = shapes.SHAPES[name]
    assert shapes.fits(shapes.shaped(value, shape), shape)
    assert shapes.shaped(shapes.shaped(value, shape), shape) == shapes.shaped(value, shape)
