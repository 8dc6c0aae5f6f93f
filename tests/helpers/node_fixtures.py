"""The recorded machines of tests/fixtures/nodes."""

import json
from pathlib import Path

FIXTURES = sorted((Path(__file__).resolve().parents[1] / "fixtures" / "nodes").glob("*.json"))


def load(path):
    """A machine with its whole reading, whether its file spells it or says how it differs from that of another machine."""
    machine = json.loads(path.read_text())
    if "reading" in machine:
        return machine
    values = reading(machine.pop("like"))
    for keys in machine.pop("without", []):
        _remove(values, keys)
    _merge(values, machine.pop("changes", {}))
    return {**machine, "reading": values}


def reading(name):
    """The reading of the machine of that name."""
    return load(next(path for path in FIXTURES if path.stem == name))["reading"]


def _remove(values, keys):
    *outer, last = keys
    for key in outer:
        values = values[key]
    del values[last]


def _merge(values, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value
