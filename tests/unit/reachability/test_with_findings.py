"""Findings of other checks shown together with those of node_spec."""

from ansible_collections.gitpod.node_prep.plugins.filter.with_findings import with_findings


def test_findings_come_behind_those_of_the_node_and_nothing_else_changes():
    results = {"a": {"findings": [{"id": "memory"}], "facts": {"cpus": 4}}, "b": {"findings": [{"id": "memory"}], "facts": {}}}
    assert with_findings(results, {"a": [{"id": "reachability"}]}) == {
        "a": {"findings": [{"id": "memory"}, {"id": "reachability"}], "facts": {"cpus": 4}},
        "b": {"findings": [{"id": "memory"}], "facts": {}},
    }
    assert results["a"]["findings"] == [{"id": "memory"}]
