"""Any JSON in any part of a reading, a thousand times from one seed: nothing raises, and nothing reaches a terminal that it obeys."""

import copy
import random

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster import check as cluster_check, shapes
from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.facts import cluster_facts
from cluster_checks import OPTIONS, reading
from cluster_objects import calico, daemon_set

GIVEN = {**OPTIONS, "domain": "gitpod.example.com", "probe_load_balancer": True, "kubernetes_version": "v1.24.7+k3s1", "nodes": {"meta": ["m"]}}
TEXTS = [
    "",
    "x",
    "\x1b[2J",
    "\u202e",
    "{{ 7*7 }}",
    "\n",
    "v1.24.7+k3s1",
    "v1.22.17-eks-48e63af",
    "v1.24.9-gke.1",
    "10.0.0.0/8",
    "10.0.2.15/24",
    "true",
    "[" * 50,
]
KEYS = [
    "metadata", "name", "labels", "annotations", "spec", "status", "items", "kind", "data", "nodeInfo", "addresses", "taints", "key", "type", "image",
    "containers", "template", "providerID", "projectcalico.org/IPv4Address", "eks.amazonaws.com/compute-type", "kubernetes.io/os", "k3s.io/node-args",
    "gitpod.io/workload_ide",
]  # fmt: skip


def anything(rng, depth=0):
    kind = rng.randrange(8 if depth < 5 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return rng.choice([True, False])
    if kind == 2:
        return rng.choice([0, 1, -1, 2**70, 1.5])
    if kind in (3, 4):
        return rng.choice(TEXTS)
    if kind == 5:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): anything(rng, depth + 1) for _ in range(rng.randrange(5))}


def spoiled(rng, value):
    """The value with something else somewhere inside."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value, key=str))
        return {**value, key: spoiled(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], spoiled(rng, value[place]), *value[place + 1 :]]
    return anything(rng)


def whole():
    probe = {"not_made": "", "refusal": "", "address": "", "seconds": 1}
    sets = [calico(), daemon_set("cilium", "kube-system", "cilium", 1), daemon_set("aws-node", "kube-system", "x", 1)]
    content = reading(daemon_sets=sets, ip_pools=[{"spec": {"cidr": "10.42.0.0/16", "vxlanMode": "Always"}}], names={}, secret={}, certificates=[])
    return {**content, "load_balancer_probe": probe}


@pytest.mark.parametrize("seed", range(20))
def test_any_json_in_any_part(seed):
    rng = random.Random(seed)
    for _ in range(50):
        content = whole()
        for name in rng.sample(sorted(shapes.SHAPES), 3):
            content[name] = anything(rng) if rng.random() < 0.3 else spoiled(rng, content.get(name))
        if rng.random() < 0.3:
            content["unreadable"] = anything(rng)
        if rng.random() < 0.3:
            content["permissions"] = anything(rng)
        before = copy.deepcopy(content)
        found = cluster_check.findings_of(content, GIVEN)
        facts = cluster_facts(content, GIVEN)
        assert content == before
        assert isinstance(cluster_check.settles(found, facts["distribution"]), bool)
        for finding in found:
            assert all(isinstance(value, str) and value.isprintable() for value in finding.values()), finding
        assert "\x1b" not in str(facts)
