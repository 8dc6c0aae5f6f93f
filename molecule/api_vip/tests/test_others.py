"""A machine with a keepalived of somebody else, which is refused, and one that shares the address no more."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]
LAB = "m-" + os.environ["MOLECULE_SCENARIO_NAME"]


def on(node, script):
    return lab.on(LAB, node, script).stdout.strip()


def test_a_keepalived_of_somebody_else_is_left_alone():
    assert on("foreign", "cat /etc/keepalived/keepalived.conf") == "# By hand.\nvrrp_instance mine {\n}"
    assert on("foreign", "ls /etc/keepalived /etc/systemd/system/keepalived.service.d") == "/etc/keepalived:\nkeepalived.conf"
    assert on("foreign", "command -v keepalived") == ""


def test_of_what_was_shared_nothing_is_left():
    assert on("left", "ls /etc/keepalived") == "keepalived.conf.sample"
    assert on("left", "ls /etc/systemd/system/keepalived.service.d") == ""
    assert on("left", "systemctl is-active keepalived") == "inactive"
    assert on("left", "systemctl is-enabled keepalived") == "disabled"


def test_the_package_stays():
    assert on("left", "command -v keepalived") == "/usr/sbin/keepalived"
