"""The steps of `make test`: their names, their commands, and why one of them cannot be run here."""

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))

import k3s_source  # noqa: E402  the lab is not a package that could be imported without the line above

PYTEST = ("python", "-m", "pytest", "-rs")
KUBERNETES = Path("..", "shared", "kubernetes")


@dataclass(frozen=True)
class Step:
    """`missing` says what the step needs that this machine does not have; neighbours that are `side_by_side` need not wait for each other."""

    name: str
    command: tuple
    missing: str = ""
    environment: dict = field(default_factory=dict)
    side_by_side: bool = False


def steps(source):
    """Every step, cheap ones first; `source` is the K3s of the lab."""
    return (
        # One processor each.
        *(Step(*each, side_by_side=True) for each in without_running()),
        *(Step(*each) for each in with_all_processors()),
        # These wait as often as they compute, and each that needs nodes has a lab of its own.
        *(Step(*each, side_by_side=True) for each in on_nodes(source)),
    )


def without_running():
    """What is said of the files by looking at them."""
    scripts = sorted(str(path.relative_to(CHECKOUT)) for folder in ("tests", "roles", "molecule") for path in (CHECKOUT / folder).rglob("*.sh"))
    vermin = ("vermin", "--no-tips", "-vvv", "--violations")
    yield "lint ansible", ("ansible-lint", "--offline", "--strict")
    yield "lint yaml", ("yamllint", "--strict", ".")
    yield "lint python", ("ruff", "check", ".")
    yield "lint format", ("ruff", "format", "--check", ".")
    # Modules and the scripts of roles run on the nodes; the other plugins on the control node, with the oldest Python that ansible-core 2.16 takes.
    yield "lint python 3.6", (*vermin, "--target=3.6-", "plugins/modules", "plugins/module_utils", "roles")
    yield "lint python 3.10", (*vermin, "--target=3.10-", "plugins/action", "plugins/doc_fragments", "plugins/filter", "plugins/lookup", "plugins/plugin_utils")
    yield "lint shell", ("shellcheck", ".ci/run", *scripts)
    # Without the ceiling it would take the collections in .venv for a part of this repository and find them empty.
    yield "lint docs", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."), "", {"GIT_CEILING_DIRECTORIES": str(CHECKOUT)}
    yield "arguments", ("tests/run_sanity.sh", "ansible-test", "--test", "validate-modules")


def with_all_processors():
    yield "unit", (*PYTEST, "tests/unit", "--numprocesses", "2")


def on_nodes(source):
    yield "sanity", ("tests/run_sanity.sh", "ansible-test", "--skip-test", "validate-modules")
    yield "browser", (*PYTEST, "tests/browser")
    yield "inventories", (*PYTEST, "tests/inventories")
    yield "oldest ansible-core", ("tests/oldest.sh",)
    yield "api server", (*PYTEST, "tests/apiserver"), no_kubernetes()
    yield "vm", (*PYTEST, "tests/vm"), "" if shutil.which("qemu-system-x86_64") else "QEMU is not installed (tests/lab/system.sh vm)"
    yield "contract real", (*PYTEST, "tests/contract"), no_real_k3s(source)
    yield "contract standin", (*PYTEST, "tests/contract"), "", {"LAB_K3S": k3s_source.STANDIN, "LAB_K3S_RELEASE": ""}
    for path in sorted((CHECKOUT / "tests" / "integration").glob("test_*.py")):
        name = path.stem.removeprefix("test_")
        # Most of them are told in order, so that what comes after a failure says little.
        yield f"integration {name}", (*PYTEST, "--maxfail=2", str(path)), NEEDS[name](source) if name in NEEDS else ""
    for path in sorted((CHECKOUT / "molecule").glob("*/molecule.yml")):
        name = path.parent.name
        yield f"molecule {name}", ("molecule", "test", "--scenario-name", name), no_etcd(source) if name == "api_vip" else ""


def no_real_k3s(source):
    return "" if source.binary else "it needs a real K3s on this machine: name one with LAB_K3S, or put releases into ../shared/k3s"


def no_etcd(source):
    return "" if source.binary or source.official else "the stand-in for K3s has no etcd, and so no second server: name a real K3s with LAB_K3S"


def no_other_release(source):
    return "" if source.others else "it needs two real releases of K3s on this machine: name a folder of them with LAB_K3S"


# What integration tests cannot do without, by their names.
NEEDS = {"backup": no_etcd, "every_release": no_other_release, "reset": no_real_k3s, "servers": no_etcd, "upgrade": no_other_release}


def no_kubernetes():
    folder = CHECKOUT / (os.environ.get("LAB_KUBERNETES") or KUBERNETES)
    return "" if folder.is_dir() else f"there is no {folder}: name a folder with a kube-apiserver with LAB_KUBERNETES"
