# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the reading of a node may consist of, as data, and a reading that holds nothing else, whatever the node has sent. Pure.

A shape is an example: a text, a whole number, a number or a bool stands for its type; a list of one shape for any number of them and a longer list for
exactly those; a dict for these keys, or for any key where it has the one key `*`; a tuple for any one of its shapes. A value fits as a whole or not at all:
a part that is left out might be the one that is wrong.
"""

from .._requirements.reading import Reading, Unreadable

# Numbers beyond it are none that a machine has.
_LIMIT = 2**63
_TEXTS = {"*": ""}

# By the names of _node.reader.READERS; the clock's window comes from the action plugin.
SHAPES = {
    "architecture": "",
    "kernel": "",
    "hostname": "",
    "os_id": "",
    "os_version": "",
    "os_codename": "",
    "cpus": 0,
    "memory_bytes": 0,
    "modules": _TEXTS,
    "sysctls": {"*": ("", None)},
    "kernel_headers": False,
    "cgroup": "",
    "systemd": False,
    "host_paths": _TEXTS,
    "hosts_file": "",
    "gitpod_mount": {"point": "", "shared": False},
    "mounts": {"*": {"point": "", "options": [""]}},
    "disk_free_bytes": 0,
    "swap": [""],
    "containerd_paths": {"socket": "", "directory": ""},
    "runtime_sockets": [""],
    "listeners": [{"protocol": "", "port": 0, "process": "", "pid": 0, "unit": ""}],
    "calico_vxlan": False,
    "machine_id": "",
    "product_uuid": "",
    "macs": _TEXTS,
    "clock_synchronised": False,
    "resolv_confs": {"*": ([""], None)},
    "addresses": [["", ""]],
    "iptables": "",
    "containerd": "",
    "services": {"*": {"load": "", "active": "", "sub": "", "boot": ""}},
    "sysctl_assignments": [["", "", ("", None)]],
    "module_blocks": [{"path": "", "module": "", "how": ""}],
    "masked_units": _TEXTS,
    "cni_files": {"*": [""]},
    "programs": _TEXTS,
    "k3s_config_files": [{"path": "", "ours": False, "keys": [""], "appended": [""], "clear": False}],
    "drop_ins": [{"unit": "", "path": "", "sets": [""]}],
    "kubernetes": {"*": [""]},
    "k3s": {
        "units": [""],
        "ours": False,
        "left": [""],
        "processes": [""],
        "role": "",
        "release": "",
        "datastore": "",
        "settings": {"*": [""]},
        "unclear": [""],
    },
    "k3s_server_settings": ({"*": [""]}, None),
    "etcd": {
        "name": "",
        "members": [{"name": "", "address": "", "learner": False, "healthy": False}],
        "problem": "",
        "leader": False,
        "fsync_p99": (0.0, None),
    },
    "certificates": {"*": (0, None)},
    "api_names": ([""], None),
    "clock": 0.0,
    "clock_window": [0.0, 0.0],
    "as_root": False,
    "unreadable": _TEXTS,
}

# The options of the module node_spec that the checks across nodes need to know of each; it returns them.
FOR_THE_COMPARISON = ("phase", "only", "skip", "container_runtime", "server", "workloads", "recommended_clock_skew", "max_clock_skew")

# What the module node_spec answers, as far as the control node looks into it; `facts` is looked at value by value.
_FINDING = dict.fromkeys(("id", "title", "status", "found", "required", "remedy", "reference", "fixed_by"), "")
ANSWER = {
    "findings": [_FINDING],
    "facts": {},
    "phase": "",
    "only": [""],
    "skip": _TEXTS,
    "container_runtime": "",
    "server": False,
    "workloads": [""],
    "recommended_clock_skew": 0.0,
    "max_clock_skew": 0.0,
}


def fits(value, shape):
    """Whether a value is what a shape stands for."""
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, dict):
        return isinstance(value, dict) and _dict_fits(value, shape)
    if isinstance(shape, list):
        return isinstance(value, (list, tuple)) and _list_fits(value, shape)
    if shape is None or isinstance(shape, (str, bool)):
        return isinstance(value, type(shape))
    numbers = (int, float) if isinstance(shape, float) else int
    return isinstance(value, numbers) and not isinstance(value, bool) and -_LIMIT < value < _LIMIT


def _dict_fits(value, shape):
    if "*" in shape:
        return all(isinstance(key, str) and fits(item, shape["*"]) for key, item in value.items())
    return all(key in value and fits(value[key], part) for key, part in shape.items())


def _list_fits(value, shape):
    if len(shape) == 1:
        return all(fits(item, shape[0]) for item in value)
    return len(value) == len(shape) and all(fits(item, part) for item, part in zip(value, shape))


class NodeReading(Reading):
    """The reading of a node; what is of another kind than it should be counts as not read."""

    def __init__(self, facts):
        facts = facts if isinstance(facts, dict) else {}
        unreadable = facts.get("unreadable")
        super().__init__(dict(facts, unreadable=unreadable if fits(unreadable, SHAPES["unreadable"]) else {}))

    def __getitem__(self, name):
        value = super().__getitem__(name)
        if not fits(value, SHAPES[name]):
            raise Unreadable("could not be read: the node gave something else for `%s`" % name)
        return value

    def has(self, name):
        """Whether a value was read."""
        try:
            self[name]
        except Unreadable:
            return False
        return True
