"""Which APIs go on the way to a release, and which objects somebody still writes through them."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._removed_apis import OF_K3S, REMOVED, in_use, removed_on_the_way


@pytest.mark.parametrize(
    ("releases", "wanted", "some", "number"),
    [
        (["v1.21.1+k3s1"], "v1.21.2+k3s1", None, 0),
        (["v1.21.1+k3s1", "v1.22.1+k3s1"], "v1.22.3+k3s1", "ingresses", 13),
        (["v1.22.1+k3s1"], "v1.23.13+k3s1", None, 0),
        (["v1.24.7+k3s1"], "v1.25.3+k3s1", "podsecuritypolicies", 5),
        (["v1.24.7-eks"], "v1.25.3+k3s1", None, 0),
        ([], "v1.25.3+k3s1", None, 0),
    ],
)
def test_what_goes(releases, wanted, some, number):
    found = removed_on_the_way(releases, wanted)
    assert len(found) == number
    assert some is None or some in {row["resource"] for row in found}


def written(name, api_version, annotations=None):
    return {"metadata": {"name": name, "namespace": "default", "annotations": annotations, "managedFields": [{"apiVersion": api_version}]}}


def answer(api_version, resource, *resources):
    return {"item": {"api_version": api_version, "resource": resource}, "resources": list(resources)}


def test_objects_that_were_written_through_a_successor_stay():
    assert in_use([answer("batch/v1beta1", "cronjobs", written("new", "batch/v1"))]) == []
    (said,) = in_use([answer("batch/v1beta1", "cronjobs", written("new", "batch/v1"), written("old", "batch/v1beta1"))])
    assert said == "cronjobs default/old is written through batch/v1beta1. Have its manifests say batch/v1, and apply them."


def test_objects_without_a_successor_are_lost_whoever_wrote_them():
    (said,) = in_use([answer("policy/v1beta1", "podsecuritypolicies", {"metadata": {"name": "restricted"}})])
    assert said.startswith("podsecuritypolicies restricted is of policy/v1beta1, which has no successor.")


def test_k3s_brings_its_own_anew():
    own = dict([OF_K3S])
    assert in_use([answer("rbac.authorization.k8s.io/v1beta1", "clusterroles", written("coredns", "rbac.authorization.k8s.io/v1beta1", own))]) == []


@pytest.mark.parametrize("resources", [None, [None], [{}], [{"metadata": []}], [{"metadata": {"managedFields": [None, "x"], "annotations": "x"}}]])
def test_an_api_may_list_anything(resources):
    for row in REMOVED:
        in_use([{"item": {"api_version": row.api_version, "resource": row.resources[0]}, "resources": resources}])
