"""A real API server for the tests of this folder, or the reason why there is none."""

import binaries
import pytest
from server import ApiServer


@pytest.fixture(scope="session", autouse=True)
def _binaries():
    """Skips everything where there is no kube-apiserver."""
    try:
        binaries.kube_apiserver()
    except binaries.Missing as missing:
        pytest.skip(str(missing))
    binaries.etcd()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with nothing on it, for the tests of one file."""
    with ApiServer(tmp_path_factory.mktemp("apiserver")) as server:
        server.namespace("default")
        yield server


@pytest.fixture
def empty(server):
    """The same, without nodes."""
    yield server
    server.client().delete("/api/v1/nodes")
