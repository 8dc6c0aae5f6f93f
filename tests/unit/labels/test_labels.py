"""Pools and nodes to labels, and the patch that leads there."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.labels import (
    DEFAULT_POOLS,
    LABEL_KEYS,
    LabelError,
    apply_patch,
    gitpod_labels,
    label_patch,
    pool_keys,
    registration_problem,
    wanted_labels,
)
from hypothesis import given, strategies as st

FIVE = (
    "gitpod.io/workload_meta",
    "gitpod.io/workload_ide",
    "gitpod.io/workload_workspace_services",
    "gitpod.io/workload_workspace_regular",
    "gitpod.io/workload_workspace_headless",
)

values = st.sampled_from(["true", "false", "", "True", "1", "yes"])
foreign_keys = st.text(min_size=1).map("team/".__add__) | st.sampled_from(
    ["gitpod.io/registry-facade_ready_ns_default", "gitpod.io/diskPressure", "gitpod.io/workload_meta2", "workload_meta"]
)
node_labels = st.dictionaries(st.sampled_from(FIVE) | foreign_keys, values)
wanted_keys = st.sets(st.sampled_from(FIVE))


def test_the_five_labels():
    assert LABEL_KEYS == FIVE


def test_the_two_pools_of_the_document():
    assert pool_keys(DEFAULT_POOLS) == {"meta": list(FIVE[:2]), "workspace": list(FIVE[2:])}


@given(node_labels, wanted_keys)
def test_afterwards_the_node_has_what_is_wanted(current, wanted):
    after = gitpod_labels(apply_patch(current, label_patch(current, wanted)))
    assert after == dict.fromkeys((key for key in FIVE if key in wanted), "true")


@given(node_labels, wanted_keys)
def test_second_patch_is_empty(current, wanted):
    assert label_patch(apply_patch(current, label_patch(current, wanted)), wanted) == {}


@given(node_labels, wanted_keys)
def test_foreign_labels_are_untouched(current, wanted):
    patch = label_patch(current, wanted)
    assert set(patch) <= set(FIVE)
    after = apply_patch(current, patch)
    assert {key: after[key] for key in after if key not in FIVE} == {key: current[key] for key in current if key not in FIVE}


@given(node_labels, wanted_keys)
def test_only_what_differs_is_patched(current, wanted):
    for key, value in label_patch(current, wanted).items():
        assert value in ("true", None)
        assert current.get(key) != value


def test_other_value_than_true_is_repaired():
    assert label_patch({FIVE[0]: "false"}, {FIVE[0]}) == {FIVE[0]: "true"}


def test_label_of_the_old_pool_is_removed():
    assert label_patch({FIVE[0]: "true", FIVE[1]: "true"}, set(FIVE[2:])) == {
        FIVE[0]: None,
        FIVE[1]: None,
        FIVE[2]: "true",
        FIVE[3]: "true",
        FIVE[4]: "true",
    }


def test_names_with_and_without_prefix_are_the_same():
    assert pool_keys({"a": ["workload_meta", "gitpod.io/workload_ide"]}) == {"a": list(FIVE[:2])}


def test_node_of_several_pools():
    pools = {"a": ["workload_meta"], "b": ["workload_ide"]}
    assert wanted_labels(pools, {"a": ["n", "m"], "b": ["n"]}) == {"n": set(FIVE[:2]), "m": {FIVE[0]}}


def test_pool_without_labels_takes_them_away():
    assert wanted_labels({"servers": []}, {"servers": ["s1"]}) == {"s1": set()}


@pytest.mark.parametrize(
    ("pools", "nodes", "message"),
    [
        (
            {"a": ["workload_metal"]},
            {},
            "'workload_metal', which Gitpod does not know; the labels are: workload_meta, workload_ide,",
        ),
        ({"a": ["gitpod.io/diskPressure"]}, {}, "which Gitpod does not know"),
        ({"a": ["other.io/workload_meta"]}, {}, "which Gitpod does not know"),
        ({"a": "workload_meta"}, {}, "the labels of the pool 'a' must be a list of names, and not 'workload_meta'"),
        ({"a": None}, {}, "must be a list of names, and not None"),
        ({"a": [{"workload_meta": True}]}, {}, "must be a list of names"),
        ({"a": []}, {"b": []}, "nodes are given for the pool 'b', but the pools are: a"),
        ({}, {"b": []}, "the pools are: none"),
        ({"a": []}, {"a": "n1"}, "the nodes of the pool 'a' must be a list of names, and not 'n1'"),
    ],
)
def test_what_cannot_be_meant(pools, nodes, message):
    with pytest.raises(LabelError) as error:
        wanted_labels(pools, nodes)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "label",
    [
        "team=a",
        "team=",
        "example.com/team=a_B.c-d",
        "a=" + "b" * 63,
        "topology.kubernetes.io/zone=b",
        "kubernetes.io/os=linux",
        "node.kubernetes.io/instance-type=m5.large",
        "x.kubelet.kubernetes.io/y=z",
        "mykubernetes.io/x=y",
        "gitpod.io/workload_ide=true",
    ],
)
def test_a_node_can_register_with(label):
    assert registration_problem(label) == ""


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ("team", "no value"),
        ("", "no value"),
        ("=a", "its key"),
        ("a b=c", "its key"),
        ("/a=b", "its key"),
        ("Example.com/a=b", "its key"),
        ("a/b/c=d", "its key"),
        ("a" * 64 + "=b", "its key"),
        ("team=a b", "its value"),
        ("team=a=b", "its value"),
        ("team=" + "a" * 64, "its value"),
        ("team=-a", "its value"),
        ("team=a\n", "its value"),
        ("node-role.kubernetes.io/worker=true", "a label of node-role.kubernetes.io"),
        ("kubernetes.io/x=y", "a label of kubernetes.io"),
        ("k8s.io/x=y", "a label of k8s.io"),
        ("a.k8s.io/x=y", "a label of a.k8s.io"),
    ],
)
def test_a_node_cannot_register_with(label, problem):
    assert problem in registration_problem(label)
