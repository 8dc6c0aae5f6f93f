"""The roles node_labels and cluster_spec say the same as their modules."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.filter.cluster_findings import cluster_findings
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.client import auth_argument_spec
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec, node_labels

from roles import handed_over, loaded, module_task

ONLY_OF_THE_MODULE = (set(auth_argument_spec()) - {"kubeconfig", "context"}) | {"timeout"}
MODULES = {"node_labels": node_labels, "cluster_spec": cluster_spec}
TASK = {"node_labels": "tasks/main.yml", "cluster_spec": "tasks/check.yml"}
# The role is for a cluster that was just made, the module for one at rest; a role has no required variable.
DIFFER = {"node_labels": {"nodes": {}}, "cluster_spec": {"wait": 300}}
FOLLOWED = {
    "certificate": "node_prep_certificate",
    "domain": "node_prep_domain",
    "gitpod_version": "node_prep_gitpod_version",
    "min_containerd": "containerd_min_version",
    "min_cpus": "node_spec_min_cpus",
    "min_kernel": "kernel_min_version",
    "min_memory_bytes": "node_spec_min_memory_bytes",
    "tested_kernel": "node_spec_tested_kernel",
}
each_role = pytest.mark.parametrize("role", MODULES)


def own_options(role):
    return {name: option.get("default") for name, option in MODULES[role].argument_spec().items() if name not in ONLY_OF_THE_MODULE}


@each_role
def test_every_option_is_a_variable_and_is_passed_on(role):
    assert set(module_task(role, TASK[role])) == set(own_options(role))
    for name in own_options(role):
        assert handed_over(role, TASK[role], {f"{role}_{name}": "/mine"})[name] == "/mine"


@each_role
def test_alone_the_role_has_the_defaults_of_the_module(role):
    assert {**own_options(role), **handed_over(role, TASK[role], {})} == {**own_options(role), **DIFFER[role]}


@pytest.mark.parametrize(("option", "variable"), FOLLOWED.items())
def test_a_variable_of_another_role_or_of_the_playbooks_is_followed(option, variable):
    assert handed_over("cluster_spec", TASK["cluster_spec"], {variable: "mine"})[option] == "mine"


@each_role
def test_the_module_runs_on_the_control_node_once_and_without_privileges(role):
    (task,) = loaded(role, TASK[role])
    assert (task["delegate_to"], task["run_once"]) == ("localhost", True)
    # The keyword would be beaten by a variable of the inventory.
    assert task["vars"] == {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def test_findings_sorted_by_node():
    findings = [{"id": "a", "node": ""}, {"id": "b", "node": "n1"}, {"id": "c", "node": ""}, {"id": "d", "node": "n1"}]
    assert cluster_findings(findings) == {"cluster": [findings[0], findings[2]], "n1": [findings[1], findings[3]]}
    assert list(cluster_findings([{"id": "a", "node": name} for name in ("n2", "n1", "", "n3")])) == ["cluster", "n1", "n2", "n3"]
    assert cluster_findings([]) == {"cluster": []}
