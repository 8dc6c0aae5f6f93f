"""The keys of config.toml that differ between the minor versions of containerd 2."""

import json
from pathlib import Path

import jinja2
import pytest
from ansible.plugins.test.core import version_compare

TEMPLATES = Path(__file__).resolve().parents[3] / "roles/containerd/templates"


@pytest.mark.parametrize(("version", "line"), [("2.0.2", 'bin_dir = "/opt/cni/bin"'), ("2.1.9", 'bin_dirs = ["/opt/cni/bin"]')])
def test_where_cni_plugins_lie(version, line):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.tests["version"] = version_compare
    environment.filters["to_json"] = json.dumps
    text = environment.get_template("config-v3.toml.j2").render(
        __containerd_info={"version": version}, __containerd_cgroup_driver="systemd", containerd_sandbox_image="pause"
    )
    assert [one.strip() for one in text.splitlines() if one.strip().startswith("bin_dir")] == [line]
