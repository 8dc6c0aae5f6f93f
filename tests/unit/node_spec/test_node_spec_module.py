"""The module as Ansible sees it, and what the role hands to it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import documented_options
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import kernel_settings
from ansible_collections.gitpod.node_prep.plugins.modules import node_spec
from node_options import options_with

from roles import handed_over, loaded, module_task, templar

CHECKOUT = Path(__file__).parents[3]
CHECK = "tasks/check.yml"
# Set by the playbooks, from the groups of the inventory.
ROLES_FOLLOW = {"node_prep_server", "node_prep_workloads"}
# Follow a variable of another role: the option, and that variable.
FOLLOWING = {
    "cluster_dns": "k3s_cluster_dns",
    "cluster_domain": "k3s_cluster_domain",
    "container_runtime": "k3s_container_runtime",
    "flannel_backend": "k3s_flannel_backend",
    "gitpod_version": "node_prep_gitpod_version",
    "hardening": "kernel_hardening",
    "ipv6": "kernel_ipv6",
    "k3s_adopt": "k3s_adopt",
    "k3s_disable": "k3s_disable",
    "k3s_install_dir": "k3s_install_dir",
    "kernel_modules": "kernel_modules",
    "kernel_reboot": "kernel_reboot",
    "kernel_upgrade": "kernel_upgrade",
    "kubernetes_version": "k3s_version",
    "load_balancer_ports": "node_prep_load_balancer_ports",
    "min_containerd": "containerd_min_version",
    "min_kernel": "kernel_min_version",
    "node_name": "k3s_node_name",
    "pod_cidr": "k3s_cluster_cidr",
    "server": "node_prep_server",
    "service_cidr": "k3s_service_cidr",
    "shiftfs": "node_prep_shiftfs",
    "sysctls": "kernel_sysctls",
    "sysctls_at_least": "kernel_sysctls_at_least",
    "sysctls_hardening": "kernel_sysctls_hardening",
    "sysctls_ipv6": "kernel_sysctls_ipv6",
    "workloads": "node_prep_workloads",
}


def role_options(variables):
    """The options of the module on a node with these variables."""
    return options_with(handed_over("node_spec", CHECK, variables))


def test_alone_the_role_has_the_defaults_of_the_module():
    assert role_options({}) == options_with({})


def test_the_role_hands_every_option_to_the_module():
    assert set(module_task("node_spec", CHECK)) == set(options_with({}))
    for name in options_with({}):
        assert role_options({"node_spec_" + name: "mine"})[name] == "mine"


OTHER = {
    str: "v1.25.9+k3s1",
    bool: True,
    list: ["overlay"],
    dict: {"kernel.panic": 5},
    type(None): True,
}
OTHERS = {"kernel_upgrade": False, "server": False}


@pytest.mark.parametrize("name", sorted(FOLLOWING))
def test_what_a_role_does_and_what_is_checked_follow_one_variable(name):
    """A role that does something is the owner of the variable; what is said for node_spec alone goes before it."""
    value = OTHERS.get(name, next(other for kind, other in OTHER.items() if isinstance(role_options({})[name], kind)))
    assert role_options({FOLLOWING[name]: value})[name] == value
    assert role_options({FOLLOWING[name]: value, "node_spec_" + name: "mine"})[name] == "mine"


def test_the_variables_that_are_followed_are_those_of_the_roles_and_playbooks():
    assert set(FOLLOWING.values()) <= set(documented_options()) | ROLES_FOLLOW


@pytest.mark.parametrize(("pods", "services", "ipv6"), [("10.42.0.0/16", "10.43.0.0/16", False), ("10.42.0.0/16,fd42::/56", "10.43.0.0/16,fd43::/112", True)])
def test_ipv6_is_one_fact_for_the_role_that_sets_it_and_for_the_verdict(pods, services, ipv6):
    variables = {"k3s_cluster_cidr": pods, "k3s_service_cidr": services}
    default = loaded("kernel", "defaults/main.yml")["kernel_ipv6"]
    assert templar(variables)(default) is ipv6
    assert ("net.ipv6.conf.all.forwarding" in kernel_settings.sysctls_of(role_options(variables))[0]) is ipv6


def test_of_the_configuration_of_k3s_only_the_names_are_handed_over():
    variables = {"k3s_config": {"datastore-endpoint": "postgres://a:secret@b"}, "k3s_kubelet_args": ["max-pods=200"], "k3s_tls_san": []}
    assert role_options(variables)["k3s_settings"] == ["datastore-endpoint", "kubelet-arg"]
    assert role_options({"inventory_hostname": "w1"})["node_name"] == "w1"
    assert role_options({"k3s_config": {"node-name": "w2"}, "k3s_node_name": "w1"})["node_name"] == "w2"


def test_the_file_that_k3s_is_told_to_take_is_the_one_that_is_checked():
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
        ({"sysctls_at_least": {"net.ipv4.tcp_rmem": "much"}}, ["net.ipv4.tcp_rmem", "much"]),
        ({"cni_kept": {"00-multus.conf": ""}}, ["cni_kept", "`00-multus.conf`"]),
        ({"pod_cidr": "10.42.0.1/16"}, ["pod_cidr", "host bits"]),
        ({"service_cidr": "10.43.0.0/16,nonsense"}, ["service_cidr", "nonsense"]),
    ],
)
def test_wrong_options_are_named(changes, words):
    (sentence,) = node_spec.wrong_options(options_with(changes))
    for word in words:
        assert word in sentence


def test_right_options():
    ids = [*node_spec.check.REQUIREMENTS.ids(), *node_spec.conflicts.REQUIREMENTS.ids()]
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
    assert set(result["facts"]["modules_missing"]) <= {module.name for module in kernel_settings.KERNEL_MODULES}
    assert (result["phase"], result["only"]) == ("preflight", ["memory", "kernel_modules"])
    assert result["skip"] == {"unique_product_uuid": "Containers of one machine."}


def test_a_finding_never_makes_the_module_fail():
    result = run_module(min_memory_bytes=10**18)
    assert result["worst"] == "fail"
    assert "failed" not in result


def test_wrong_options_make_the_module_fail():
    result = run_module(only=["nothing"])
    assert result["failed"] is True
    assert "there is no requirement `nothing`" in result["msg"]
