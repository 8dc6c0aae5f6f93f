"""Makes the checkout importable as ansible_collections.gitpod.node_prep, as Ansible itself sees it."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
COLLECTIONS = CHECKOUT / ".venv" / "collections"

sys.path.insert(0, str(CHECKOUT / "tests" / "lab"))
sys.path.insert(0, str(COLLECTIONS))

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder  # noqa: E402 the path comes first

_AnsibleCollectionFinder(paths=[str(COLLECTIONS)])._install()
