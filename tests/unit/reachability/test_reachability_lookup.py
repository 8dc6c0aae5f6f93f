"""The control node tries ports itself."""

import socket

from ansible_collections.gitpod.node_prep.plugins.lookup.reachability_probe import LookupModule
from ansible_collections.gitpod.node_prep.plugins.module_utils._reachability.prober import probe


def test_it_answers_as_the_module_does(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as program:
        target = {"to": "node-1", "address": "127.0.0.1", "protocol": "tcp", "number": program.getsockname()[1], "served": True}
        lookup = LookupModule()
        monkeypatch.setattr(lookup, "set_options", lambda var_options, direct: None)
        monkeypatch.setattr(lookup, "get_option", {"seconds": 1}.get)
        assert lookup.run([target]) == probe([target], 1) == [{"to": "node-1", "protocol": "tcp", "number": target["number"], "trouble": ""}]
        assert lookup.run([]) == []
