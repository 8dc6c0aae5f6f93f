"""The kernels of all nodes, whoever is in the run."""

from ansible_collections.gitpod.node_prep.plugins.filter.node_kernels import node_kernels

NAMES = {"m": "m", "W": "w", "x": "x"}


def member(name, kernel):
    return {"metadata": {"name": name}, "status": {"nodeInfo": {"kernelVersion": kernel}}}


def test_what_was_read_goes_before_what_the_cluster_shows_and_nothing_known_is_an_empty_text():
    hostvars = {"m": {"kernel_result": {"running": "5.4.0"}}, "W": {}, "x": {}}
    assert node_kernels(hostvars, NAMES) == ["5.4.0", "", ""]
    assert node_kernels(hostvars, NAMES, [member("m", "4.15.0"), member("w", "5.15.0"), member("of-nobody", "6.1.0")]) == ["5.4.0", "5.15.0", "", "6.1.0"]


def test_a_hostile_answer_is_no_kernel():
    hostvars = {"m": {"kernel_result": ["5.4.0"]}, "W": {"kernel_result": {"running": {"5": 4}}}, "x": {"kernel_result": {}}}
    assert node_kernels(hostvars, NAMES, [{"metadata": "m"}, {"metadata": {"name": "w"}, "status": None}]) == ["", "", "", ""]
