"""The house: which part of the code may use which. Imports run downwards only; a package that is not in the table has no place yet."""

import ast

import pytest
from house import PLUGINS, imports

EVERYWHERE = {"_text", "_versions"}
# What each package and file below module_utils may import of the others.
MAY_USE = {
    "_text": set(),
    "_versions": set(),
    "_digest": set(),
    "_systemd": set(),
    "_deadline": set(),
    "_interruption": set(),
    "_requirements": EVERYWHERE,
    "_apt": EVERYWHERE,
    "_kernel": EVERYWHERE | {"_requirements"},
    "_calico": EVERYWHERE | {"_digest"},
    "_containerd": EVERYWHERE,
    "_kube": EVERYWHERE | {"_deadline", "_interruption"},
    "_node": EVERYWHERE | {"_requirements", "_containerd", "_systemd", "_k3s", "_kernel"},
    "_k3s": EVERYWHERE | {"_requirements", "_containerd", "_digest", "_deadline"},
    "_backup": EVERYWHERE | {"_k3s"},
    "_reachability": EVERYWHERE | {"_requirements", "_node"},
    "_firewall": EVERYWHERE | {"_requirements", "_reachability"},
    "_api_vip": EVERYWHERE | {"_mark"},
    "_reset": EVERYWHERE | {"_requirements", "_k3s", "_node", "_systemd", "_deadline"},
    "_cluster": EVERYWHERE | {"_requirements", "_node", "_kube", "_calico", "_interruption"},
}
SOURCES = sorted(PLUGINS.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PLUGINS)))
def test_imports_of_the_collection_are_relative(path):
    absolute = [line.module for line in ast.walk(ast.parse(path.read_text())) if isinstance(line, ast.ImportFrom) and not line.level]
    assert not [name for name in absolute if name.startswith("ansible_collections.gitpod")]


@pytest.mark.parametrize("path", sorted((PLUGINS / "module_utils").rglob("*.py")), ids=lambda path: str(path.relative_to(PLUGINS)))
def test_imports_run_downwards(path):
    own = path.relative_to(PLUGINS / "module_utils").parts[0].removesuffix(".py")
    for name in imports(path):
        top, other = name.split(".")[:2]
        assert top == "module_utils", f"{name} belongs to the control node"
        assert other == own or other in MAY_USE[own]


@pytest.mark.parametrize("path", sorted((PLUGINS / "module_utils").glob("*/rules/*.py")), ids=lambda path: str(path.relative_to(PLUGINS)))
def test_a_rule_reads_nothing(path):
    readers = {"reader", "domain_reader", "foreign_reader", "k3s_reader", "etcd_reader", "client", "load_balancer_probe"}
    assert not [name for name in imports(path) if readers & set(name.split("."))]


@pytest.mark.parametrize("path", sorted((PLUGINS / "modules").glob("*.py")), ids=lambda path: path.name)
def test_a_module_uses_no_code_of_the_control_node(path):
    assert not [name for name in imports(path) if not name.startswith("module_utils.")]


def test_the_page_says_what_each_package_and_file_is_for():
    page = (PLUGINS / "README.md").read_text()
    for folder in (PLUGINS / "module_utils", PLUGINS / "plugin_utils"):
        names = [path.name for path in folder.iterdir() if path.name.startswith("_") and path.name != "__pycache__"]
        assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize("folder", ["modules", "module_utils"])
def test_what_runs_on_nodes_is_python_3_6(folder):
    for path in (PLUGINS / folder).rglob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 6))
