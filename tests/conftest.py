"""Makes the checkout importable as ansible_collections.gitpod.node_prep, as Ansible itself sees it."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

CHECKOUT = Path(__file__).resolve().parent.parent
COLLECTIONS = CHECKOUT / ".venv" / "collections"

sys.path[:0] = [str(CHECKOUT / "tests" / folder) for folder in ("helpers", "lab")]
sys.path.insert(0, str(COLLECTIONS))

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder  # noqa: E402 the path comes first

_AnsibleCollectionFinder(paths=[str(COLLECTIONS)])._install()

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
