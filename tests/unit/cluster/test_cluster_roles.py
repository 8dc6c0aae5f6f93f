"""The roles node_labels and cluster_spec say the same as their modules."""

from pathlib import Path

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.filter.cluster_findings import cluster_findings
from ansible_collections.gitpod.node_prep.plugins.module_utils.kube_client import auth_argument_spec
from ansible_collections.gitpod.node_prep.plugins.modules import cluster_spec, node_labels

ROLES = Path(__file__).resolve().parents[3] / "roles"
NOT_OF_THE_MODULE = {"node_labels": set(), "cluster_spec": {"stop"}}
ONLY_OF_THE_MODULE = (set(auth_argument_spec()) - {"kubeconfig", "context"}) | {"timeout"}

# They follow one variable of the playbooks, and say the module's default where it is not set.
OF_THE_PLAYBOOK = {"gitpod_version": "node_prep_gitpod_version", "domain": "node_prep_domain"}


def loaded(role, path):
    return yaml.safe_load((ROLES / role / path).read_text())


def own_options(module):
    return {name: option for name, option in module.argument_spec().items() if name not in ONLY_OF_THE_MODULE}


@pytest.mark.parametrize(("role", "module"), [("node_labels", node_labels), ("cluster_spec", cluster_spec)])
def test_every_option_is_a_variable_and_is_passed_on(role, module):
    (path,) = (ROLES / role / "tasks").glob({"node_labels": "label.yml", "cluster_spec": "judge.yml"}[role])
    (task,) = yaml.safe_load(path.read_text())
    passed = task[f"gitpod.node_prep.{role}"]
    assert set(passed) == set(own_options(module))
    for option, value in passed.items():
        assert f"{role}_{option}" in value
    variables = {name[len(role) + 1 :] for name in loaded(role, "defaults/main.yml")}
    assert variables - NOT_OF_THE_MODULE[role] == set(own_options(module))


@pytest.mark.parametrize(("role", "module"), [("node_labels", node_labels), ("cluster_spec", cluster_spec)])
def test_defaults_are_those_of_the_module(role, module):
    # The role is for a cluster that was just made, the module for one at rest; a role has no required variable.
    differ = {"kubeconfig", "context", "wait", "nodes", *OF_THE_PLAYBOOK}
    defaults = loaded(role, "defaults/main.yml")
    for name, option in own_options(module).items():
        if name not in differ:
            assert defaults[f"{role}_{name}"] == option["default"]


@pytest.mark.parametrize(("option", "variable"), OF_THE_PLAYBOOK.items())
def test_defaults_that_follow_a_variable_of_the_playbooks(option, variable):
    default = cluster_spec.argument_spec()[option]["default"]
    assert loaded("cluster_spec", "defaults/main.yml")[f"cluster_spec_{option}"] == f"{{{{ {variable} | default('{default}') }}}}"


@pytest.mark.parametrize(("role", "path"), [("node_labels", "tasks/label.yml"), ("cluster_spec", "tasks/judge.yml")])
def test_the_module_runs_on_the_controller_once_and_without_privileges(role, path):
    (task,) = loaded(role, path)
    assert (task["delegate_to"], task["run_once"], task["become"]) == ("localhost", True, False)
    assert task["vars"] == {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def test_findings_sorted_by_node():
    findings = [{"id": "a", "node": ""}, {"id": "b", "node": "n1"}, {"id": "c", "node": ""}, {"id": "d", "node": "n1"}]
    assert cluster_findings(findings) == {"cluster": [findings[0], findings[2]], "n1": [findings[1], findings[3]]}
    assert list(cluster_findings([{"id": "a", "node": name} for name in ("n2", "n1", "", "n3")])) == ["cluster", "n1", "n2", "n3"]
    assert cluster_findings([]) == {"cluster": []}
