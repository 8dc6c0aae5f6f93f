"""The module as Ansible sees it: options, documentation, defaults in three places, and the Python of the nodes."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible import template
from ansible.parsing.dataloader import DataLoader
from ansible_collections.gitpod.node_prep.plugins.doc_fragments import node
from ansible_collections.gitpod.node_prep.plugins.module_utils import requirements
from ansible_collections.gitpod.node_prep.plugins.modules import node_spec
from node_options import options_with

CHECKOUT = Path(__file__).parents[3]
ROLE = CHECKOUT / "roles" / "node_spec"
# Follow a variable of another role: the option, and that variable.
FOLLOWING = {
    "container_runtime": "k3s_container_runtime",
    "gitpod_version": "node_prep_gitpod_version",
    "hardening": "kernel_hardening",
    "ipv6": "kernel_ipv6",
    "kernel_headers": "kernel_shiftfs_headers",
    "kernel_modules": "kernel_modules",
    "kernel_reboot": "kernel_reboot",
    "kernel_upgrade": "kernel_upgrade",
    "kubernetes_version": "k3s_version",
    "min_containerd": "containerd_min_version",
    "min_kernel": "kernel_min_version",
    "pod_cidr": "k3s_cluster_cidr",
    "service_cidr": "k3s_service_cidr",
    "shiftfs": "kernel_shiftfs_headers",
    "sysctls": "kernel_sysctls",
    "sysctls_at_least": "kernel_sysctls_at_least",
    "sysctls_hardening": "kernel_sysctls_hardening",
    "sysctls_ipv6": "kernel_sysctls_ipv6",
}
ON_THE_NODE = [
    "plugins/modules/node_spec.py",
    *(f"plugins/module_utils/{name}.py" for name in ("findings", "text", "gitpod_releases", "requirements", "versions", "node_files", "node_reader")),
    *(f"plugins/module_utils/node_{name}.py" for name in ("rules", "verdict", "shapes", "machine_rules", "kernel_rules", "runtime_rules", "network_rules")),
]


@pytest.mark.parametrize("path", [*ON_THE_NODE, *(f"plugins/module_utils/node_{name}.py" for name in ("clashes", "clocks"))])
def test_the_source_is_python_3_6(path):
    ast.parse((CHECKOUT / path).read_text(), feature_version=(3, 6))


def test_the_module_imports_nothing_that_is_not_listed():
    imported = set()
    for path in ON_THE_NODE:
        for line in ast.walk(ast.parse((CHECKOUT / path).read_text())):
            if isinstance(line, ast.ImportFrom) and "module_utils" in line.module:
                parent = line.module.split("module_utils")[-1].strip(".")
                imported |= {parent} if parent else {name.name for name in line.names}
    assert {f"plugins/module_utils/{name}.py" for name in imported} == set(ON_THE_NODE[1:]) | {"plugins/module_utils/basic.py"}


def test_options_of_the_module_are_those_of_its_documentation():
    shared = yaml.safe_load(node.ModuleDocFragment.DOCUMENTATION)["options"]
    documented = {**shared, **yaml.safe_load(node_spec.DOCUMENTATION)["options"]}
    spec = node_spec.argument_spec()
    assert {name: option.get("default") for name, option in documented.items()} == options_with({})
    assert set(documented) == set(spec)


def templar(variables):
    """Renders with these variables, as Ansible does what stands in a role."""

    def trusted(value):
        if isinstance(value, dict):
            return {name: trusted(item) for name, item in value.items()}
        # Since 2.19 a text says whether it may be rendered.
        return getattr(template, "trust_as_template", str)(value) if isinstance(value, str) else value

    engine = template.Templar(loader=DataLoader(), variables=trusted(variables))
    return lambda text: engine.template(trusted(text))


def role_options(variables):
    """What the role gives to the module on a node with these variables."""
    files = [yaml.safe_load((ROLE / folder / "main.yml").read_text()) for folder in ("defaults", "vars")]
    render = templar({**files[0], **files[1], **variables})
    return {name: render(f"{{{{ node_spec_{name} }}}}") for name in options_with({})}


def test_defaults_of_the_role_are_those_of_the_module():
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    # What follows a variable and is no text stands in the defaults only; test_roles.py has more of it.
    assert defaults == {name: option.get("default", defaults[name]) for name, option in specs.items()}
    alone = role_options({})
    for name, value in options_with({"ipv6": False}).items():
        assert alone[name] == value, name
    assert set(defaults) == {"node_spec_" + name for name in options_with({})} | {"node_spec_stop"}


def test_the_role_hands_every_option_to_the_module():
    (task,) = yaml.safe_load((ROLE / "tasks" / "judge.yml").read_text())
    assert task["gitpod.node_prep.node_spec"] == {name: f"{{{{ node_spec_{name} }}}}" for name in options_with({})}


OTHER = {
    str: "v1.25.9+k3s1",
    bool: True,
    list: ["overlay"],
    dict: {"kernel.panic": 5},
}


@pytest.mark.parametrize("name", sorted(FOLLOWING))
def test_what_a_role_does_and_what_is_judged_follow_one_variable(name):
    """A role that does something is the owner of the variable; what is said for node_spec alone goes before it."""
    value = False if name == "kernel_upgrade" else OTHER[type(role_options({})[name])]
    assert role_options({FOLLOWING[name]: value})[name] == value
    assert role_options({FOLLOWING[name]: value, "node_spec_" + name: "mine"})[name] == "mine"


def test_the_variables_that_are_followed_are_those_of_the_roles():
    owners = {
        variable: yaml.safe_load((CHECKOUT / "roles" / role / "defaults" / "main.yml").read_text())
        for role in ("kernel", "containerd", "k3s")
        for variable in FOLLOWING.values()
        if variable.startswith(role + "_")
    }
    assert set(owners) == set(FOLLOWING.values()) - {"node_prep_gitpod_version"}
    for name, variable in FOLLOWING.items():
        if variable in owners and name != "ipv6":
            assert owners[variable][variable] == options_with({})[name], variable


@pytest.mark.parametrize(("pods", "services", "ipv6"), [("10.42.0.0/16", "10.43.0.0/16", False), ("10.42.0.0/16,fd42::/56", "10.43.0.0/16,fd43::/112", True)])
def test_ipv6_is_one_fact_for_the_role_that_sets_it_and_for_the_verdict(pods, services, ipv6):
    variables = {"k3s_cluster_cidr": pods, "k3s_service_cidr": services}
    default = yaml.safe_load((CHECKOUT / "roles" / "kernel" / "defaults" / "main.yml").read_text())["kernel_ipv6"]
    assert templar(variables)(default) is ipv6
    assert role_options(variables)["ipv6"] is ipv6


def test_the_file_that_k3s_is_told_to_take_is_the_one_that_is_judged():
    assert role_options({"k3s_config": {"resolv-conf": "/etc/k3s-resolv.conf"}})["resolv_conf"] == "/etc/k3s-resolv.conf"
    assert role_options({"k3s_config": {}})["resolv_conf"] == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"only": ["memry"]}, ["only", "`memry`", "memory"]),
        ({"skip": {"swop": "x"}}, ["skip", "`swop`", "swap"]),
        ({"skip": {"swap": ""}}, ["the reason", "`swap`"]),
        ({"skip": {"swap": 3}}, ["the reason", "`swap`"]),
        ({"min_kernel": "new"}, ["min_kernel", "`new`"]),
        ({"gitpod_version": "latest"}, ["gitpod_version", "`latest`"]),
        ({"sysctls": {"kernel.panic": None}}, ["sysctls", "`kernel.panic`"]),
        ({"sysctls_at_least": {"kernel.panic": [1]}}, ["sysctls_at_least", "`kernel.panic`"]),
        ({"kubernetes_version": "stable"}, ["kubernetes_version", "`stable`", "v1.24.7+k3s1"]),
        ({"pod_cidr": "10.42.0.1/16"}, ["pod_cidr", "host bits"]),
        ({"service_cidr": "10.43.0.0/16,nonsense"}, ["service_cidr", "nonsense"]),
    ],
)
def test_wrong_options_are_named(changes, words):
    (sentence,) = node_spec.wrong_options(options_with(changes))
    for word in words:
        assert word in sentence


def test_right_options():
    ids = [*requirements.NODE_REQUIREMENTS, *requirements.CLASH_REQUIREMENTS]
    right = {"only": ids, "skip": dict.fromkeys(ids, "why"), "pod_cidr": "10.42.0.0/16, fd42::/56", "gitpod_version": "2022.06"}
    assert node_spec.wrong_options(options_with(right)) == []


def run_module(**options):
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": options})
    code = "import sys; sys.path.insert(0, sys.argv.pop(1))\nfrom ansible_collections.gitpod.node_prep.plugins.modules.node_spec import main\nmain()"
    command = (sys.executable, "-c", code, str(CHECKOUT / ".venv" / "collections"), arguments)
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60)
    return json.loads(result.stdout)


def test_a_run_of_the_module():
    result = run_module(only=["memory", "kernel_modules"], skip={"unique_product_uuid": "Containers of one machine."}, min_memory_bytes=1)
    assert result["changed"] is False
    assert result["worst"] in ("pass", "fixable", "fail")
    assert [finding["id"] for finding in result["findings"]] == ["memory", "kernel_modules"]
    assert result["facts"]["memory_bytes"] > 1
    assert set(result["facts"]["modules_missing"]) <= {module.name for module in requirements.KERNEL_MODULES}
    assert (result["phase"], result["only"]) == ("bare", ["memory", "kernel_modules"])
    assert result["skip"] == {"unique_product_uuid": "Containers of one machine."}


def test_a_finding_never_makes_the_module_fail():
    result = run_module(min_memory_bytes=10**18)
    assert result["worst"] == "fail"
    assert "failed" not in result


def test_wrong_options_make_the_module_fail():
    result = run_module(only=["nothing"])
    assert result["failed"] is True
    assert "there is no requirement `nothing`" in result["msg"]
