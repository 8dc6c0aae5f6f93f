"""Nodes that no role can mend stop the run before anything was changed, and one message lists every finding of every node."""

import lab
import pytest
from playbook import site

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}
# Everything that a run could change on a node, with the time of its last change.
STATE = "find /etc /opt /usr /var/lib /root -xdev -type f -printf '%p %T@\\n' | grep -v -e /root/.ansible -e __pycache__ -e .pyc | sort | sha256sum"


@pytest.fixture(scope="module")
def inventory():
    lab.down("short")
    yield lab.up("short", NODES)
    lab.down("short")


def state():
    return {node: lab.podman("exec", lab.container("short", node), "sh", "-c", STATE) for node in NODES}


def test_findings_of_all_nodes_stop_the_run_before_anything_changed(inventory):
    before = state()
    on_meta = lab.container("short", "meta-1")
    lab.podman("exec", on_meta, "sed", "-i", "s/^ID=.*/ID=fedora/; s/^VERSION_ID=.*/VERSION_ID=38/", "/etc/os-release")
    broken = state()
    assert broken["meta-1"] != before["meta-1"]

    run = site(inventory, "-e", "node_spec_min_memory_bytes=1000000000000", "-e", "node_spec_min_kernel=99.0", "-e", '{"kernel_upgrade": false}')

    assert run.code != 0
    assert run.count("changed") == {}, run.output
    assert state() == broken
    message = run.output[run.output.index("fatal:") :]
    for node in NODES:
        assert node in message
    for words in ("fedora", "RAM", "99.0", "D5", "D8"):
        assert words in message, run.output
