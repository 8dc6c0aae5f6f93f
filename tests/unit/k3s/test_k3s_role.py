"""The data of the role k3s."""

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s import release as k3s_release

ROLE = Path(__file__).resolve().parents[3] / "roles" / "k3s"
KNOWN = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__k3s_known_digests"]
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
OPTIONS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]


def test_the_default_release_is_one_whose_digest_is_known():
    assert DEFAULTS["k3s_version"] == "v1.24.7+k3s1"
    assert KNOWN["v1.24.7+k3s1"]["amd64"] == "ec346c909f23b32f9ab7c3ccf5bfa74c89a0515191701ede83556345b70abdca"


@pytest.mark.parametrize("version", KNOWN)
def test_the_table_of_digests(version):
    assert k3s_release.parse_version(version)
    assert set(KNOWN[version]) == {"amd64", "arm64"}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in KNOWN[version].values())


def test_no_digest_stands_there_twice():
    digests = [digest for release in KNOWN.values() for digest in release.values()]
    assert len(digests) == len(set(digests))


def test_the_token_has_no_default_and_is_not_logged():
    assert "k3s_token" not in DEFAULTS
    assert OPTIONS["k3s_token"]["no_log"] is True


def test_whatever_reads_or_writes_the_token_is_secret():
    tasks = yaml.safe_load((ROLE / "tasks" / "configure.yml").read_text())
    (token,) = [file for file in tasks[0]["gitpod.node_prep.files"]["files"] if "token" in file["dest"]]
    assert (token["secret"], token["mode"]) == (True, "0600")
    assert all(task["no_log"] for task in yaml.safe_load((ROLE / "tasks" / "token.yml").read_text()))
