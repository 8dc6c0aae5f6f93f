import sys
from pathlib import Path

# The playbook runner of the integration tests and the lab's key.
for folder in ("integration", "lab"):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / folder))

import playbook  # noqa: E402 the path comes first

# A translated machine is slow: the installation of a kernel alone takes minutes.
playbook.LIMIT = 1800
