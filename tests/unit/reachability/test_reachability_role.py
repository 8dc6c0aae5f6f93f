"""What the nodes printed when their listeners were to be stopped, and what follows from it."""

from pathlib import Path

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.filter.reachability_findings import ENDED, reachability_findings
from ansible_collections.gitpod.node_prep.plugins.module_utils._reachability.plan import OPENED
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._marked import BEGIN, END

ROLE = Path(__file__).parents[3] / "roles" / "reachability"
PORT = {"protocol": "tcp", "number": 8080, "purpose": "Gitpod's node daemon", "state": OPENED}
NODE = {
    "address": "10.0.0.1",
    "join_address": "10.0.0.1",
    "control_node_address": "10.0.0.1",
    "server": False,
    "calico_vxlan": False,
    "problem": "",
    "ports": [PORT],
}
BLOCKED = {"two": [{"to": "one", "protocol": "tcp", "number": 8080, "trouble": "no answer within 3 s"}]}


@pytest.mark.parametrize(
    ("output", "status"),
    [
        ("", "fail"),
        (f"\n{BEGIN}\nended\n\n{END}\n", "unknown"),
        (f"Welcome, this is intended for staff.\r\n{BEGIN}\r\nended\r\n\r\n{END}\r\n", "unknown"),
        (f"Welcome, this machine is intended for staff.\n{BEGIN}\n\n{END}\n", "fail"),
        (f"ended\n{BEGIN}\n{END}\nended\n", "fail"),
        (f"{BEGIN}\nThe meeting has ended.\n{END}\n", "fail"),
        ("ended", "fail"),
    ],
)
def test_a_banner_never_makes_a_blocked_port_unknown(output, status):
    checked = reachability_findings({"one": NODE, "two": {**NODE, "ports": []}}, BLOCKED, {"one": output, "two": ""})
    assert [finding["status"] for finding in checked["one"]] == [status]


def test_a_listener_that_is_gone_is_told_by_that_word():
    assert yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__reachability_stop"].endswith(f"else echo {ENDED}; fi")
