"""After a restart of the node its settings are back. It comes last, since a node may have another address afterwards."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(os.environ["MOLECULE_PROJECT_DIRECTORY"]) / "tests" / "lab"))
import lab

testinfra_hosts = ["local://"]


def test_settings_are_set_at_the_boot():
    # The network namespace is a new one, in which both are 0 until somebody sets them.
    both = "sysctl --values net.ipv4.conf.all.log_martians net.ipv6.conf.all.forwarding"
    lab.restart("m-" + os.environ["MOLECULE_SCENARIO_NAME"], {"changed": f'test "$({both} | tr -d "\\n")" = 11'})
