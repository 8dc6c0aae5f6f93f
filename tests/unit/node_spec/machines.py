"""The recorded machines of tests/fixtures/nodes."""

import json
from pathlib import Path

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "nodes").glob("*.json"))
# What a machine has of which its file says nothing.
USUAL = {
    "mounts": {path: {"point": "/", "options": ["rw", "relatime"]} for path in ("/var/gitpod", "/var/lib/kubelet", "/var/lib/rancher")},
    "resolv_confs": {"/etc/resolv.conf": ["127.0.0.53"], "/run/systemd/resolve/resolv.conf": ["10.0.0.2"]},
    "services": {"containerd.service": {"load": "loaded", "active": "active", "sub": "running", "boot": "enabled"}},
}


def load(path):
    machine = json.loads(path.read_text())
    unread = machine["reading"]["unreadable"]
    return {**machine, "reading": {**{name: value for name, value in USUAL.items() if name not in unread}, **machine["reading"]}}


def reading(name):
    """The reading of the machine of that name."""
    return load(next(path for path in FIXTURES if path.stem == name))["reading"]
