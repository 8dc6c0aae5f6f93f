"""The Pythons with the newest and the oldest ansible-core that are supported."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def oldest():
    subprocess.run([CHECKOUT / "tests" / "oldest_venv.sh"], check=True)
    return str(CHECKOUT / ".cache" / "oldest" / "bin" / "python")


@pytest.fixture(params=["newest", "oldest"], scope="session")
def python(request):
    return request.getfixturevalue("oldest") if request.param == "oldest" else sys.executable
