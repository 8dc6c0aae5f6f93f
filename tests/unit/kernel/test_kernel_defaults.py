"""The role's defaults repeat the requirements, so that a user can see and change them."""

from pathlib import Path

import yaml
from ansible_collections.gitpod.node_prep.plugins.module_utils import requirements

DEFAULTS = yaml.safe_load((Path(__file__).parents[3] / "roles" / "kernel" / "defaults" / "main.yml").read_text())


def of(group, rule):
    return {row.key: row.value for row in requirements.SYSCTLS if row.group in group and row.rule == rule}


def test_floor():
    assert DEFAULTS["kernel_min_version"] == requirements.MIN_KERNEL


def test_modules():
    assert DEFAULTS["kernel_modules"] == [row.name for row in requirements.KERNEL_MODULES]


def test_sysctls():
    assert DEFAULTS["kernel_sysctls"] == of(("base", "userns"), "equal")
    assert DEFAULTS["kernel_sysctls_at_least"] == of(("base", "userns"), "at_least")
    assert DEFAULTS["kernel_sysctls_ipv6"] == of(("ipv6",), "equal")
    assert DEFAULTS["kernel_sysctls_hardening"] == of(("hardening",), "equal")


def test_no_other_kind_of_sysctl():
    assert {(row.group, row.rule) for row in requirements.SYSCTLS} == {
        ("userns", "equal"),
        ("userns", "at_least"),
        ("base", "equal"),
        ("base", "at_least"),
        ("ipv6", "equal"),
        ("hardening", "equal"),
    }
