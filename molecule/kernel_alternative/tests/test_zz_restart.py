"""After a restart of the node its settings are back. It comes last, since a node may have another address afterwards."""

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]
LIMIT = 60  # seconds


def test_settings_are_set_at_the_boot():
    name = lab.container("m-" + os.environ["MOLECULE_SCENARIO_NAME"], "changed")
    subprocess.run(("podman", "--runtime", "runc", "restart", "--time", "10", name), check=True, capture_output=True)
    deadline = time.monotonic() + LIMIT
    # The network namespace is a new one, in which both are 0 until somebody sets them.
    while "1\n1" not in lab.podman("exec", name, "sysctl", "--values", "net.ipv4.conf.all.log_martians", "net.ipv6.conf.all.forwarding", check=False):
        assert time.monotonic() < deadline, "not set after the restart"
        time.sleep(0.5)
