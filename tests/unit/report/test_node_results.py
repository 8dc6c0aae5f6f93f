"""What is known of each node, gathered for the report."""

from ansible_collections.gitpod.node_prep.plugins.filter.node_results import node_results


def test_findings_come_behind_those_of_the_node_and_nothing_else_changes():
    results = {"a": {"findings": [{"id": "memory"}], "facts": {"cpus": 4}}, "b": {"findings": [{"id": "memory"}], "facts": {}}}
    hostvars = {**{host: {"node_spec_result": result} for host, result in results.items()}, "not in the run": {}}
    assert node_results(hostvars, list(hostvars), {"a": [{"id": "reachability"}]}) == {
        "a": {"findings": [{"id": "memory"}, {"id": "reachability"}], "facts": {"cpus": 4}},
        "b": {"findings": [{"id": "memory"}], "facts": {}},
    }
    assert results["a"]["findings"] == [{"id": "memory"}]
    assert node_results(hostvars, ["b"]) == {"b": results["b"]}
