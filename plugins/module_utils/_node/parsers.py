# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parsers of what Linux shows in /proc, /lib/modules and the output of `ip`. Pure; lines that do not fit are left out."""

import re
import shlex
from collections import namedtuple

from .._containerd.config import values_of
from .._systemd import units_of

# A mount: its mount point; the options of the mount itself, not those of its file system; whether it is shared; the type of the file system.
Mount = namedtuple("Mount", "point options shared kind")

# What is asked about a unit, and what systemd calls it.
UNIT_PROPERTIES = (("load", "LoadState"), ("active", "ActiveState"), ("sub", "SubState"), ("boot", "UnitFileState"))

_TCP_LISTEN = "0A"
_UDP_UNCONNECTED = "07"
_UNIX_LISTEN = 0x10000
_RUNTIME_SOCKETS = re.compile(r"/(docker|containerd|crio|cri-dockerd)\.sock$")
_OCTAL = re.compile(r"\\([0-7]{3})")
_ADDRESS = re.compile(r"\d+: ([^\s@]+)(?:@\S+)?\s+inet6? (?:\S+ peer )?(?!fe80:)([0-9a-fA-F.:]+/\d+)")
_CLUSTER_INTERFACES = re.compile(
    r"(lo|cni\d+|nodelocaldns|kube-.*|kube_.*|cali.*|veth.*|lxc.*|flannel.*|tunl\d+|vxlan\.calico|vxlan-v6\.calico|wireguard\.cali|wg-v6\.cali)$"
)
_NAME_SERVER = re.compile(r"^nameserver[ \t]+(\S+)", re.MULTILINE)
_UNIT = re.compile(r"[^/]+\.(?:service|scope)")


def memory_total(meminfo):
    """Bytes of MemTotal in /proc/meminfo."""
    match = re.search(r"^MemTotal:\s+([0-9]{1,18}) kB", meminfo, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else None


def swap_areas(swaps):
    """Names of the swap areas in /proc/swaps."""
    return [line.split()[0] for line in swaps.splitlines()[1:] if line.strip()]


def module_names(listing):
    """Names of modules in modules.builtin or modules.dep ('kernel/fs/fuse/fuse.ko.zst: …'), with '_' for '-'."""
    names = set()
    for line in listing.splitlines():
        path = line.split(":")[0].strip()
        if path:
            names.add(path.rsplit("/", 1)[-1].split(".")[0].replace("-", "_"))
    return names


def builtin_options(config):
    """Options of a kernel configuration that are built in (`=y`)."""
    return {line[: -len("=y")] for line in config.splitlines() if line.startswith("CONFIG_") and line.endswith("=y")}


def mounts(mountinfo):
    """Mount rows of /proc/self/mountinfo, in their order."""
    found = []
    for line in mountinfo.split("\n"):  # not splitlines and split(): a mount point may hold other white space
        before, separator, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split()
        if separator and len(fields) >= 6 and kind:
            found.append(Mount(_plain(fields[4]), fields[5].split(","), any(field.startswith("shared:") for field in fields[6:]), kind[0]))
    return found


def mount_of(path, rows):
    """The one of Mount rows on which an absolute path without links lies; None where there is none."""
    best = None
    for row in rows:
        inside = path == row.point or path.startswith(row.point.rstrip("/") + "/")
        if inside and (best is None or len(row.point) >= len(best.point)):
            best = row
    return best


def cgroup_version(mountinfo):
    """'v1', 'v2', 'hybrid' (v1 with a v2 hierarchy beside it) or 'none'."""
    kinds = {row.point: row.kind for row in mounts(mountinfo) if row.point.startswith("/sys/fs/cgroup")}
    if kinds.get("/sys/fs/cgroup") == "cgroup2":
        return "v2"
    if "cgroup" not in kinds.values():
        return "none"
    return "hybrid" if "cgroup2" in kinds.values() else "v1"


def listening(table, protocol):
    """Listening sockets in /proc/net/{tcp,tcp6,udp,udp6} as (port, inode)."""
    wanted = _TCP_LISTEN if protocol == "tcp" else _UDP_UNCONNECTED
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == wanted:
            try:
                found.append((int(fields[1].rsplit(":", 1)[-1], 16), int(fields[9])))
            except ValueError:
                continue
    return found


def runtime_sockets(unix):
    """Listening sockets of container runtimes in /proc/net/unix, below /run."""
    found = set()
    for line in unix.splitlines()[1:]:
        fields = line.split(None, 7)
        if len(fields) == 8 and _RUNTIME_SOCKETS.search(fields[7].strip()) and _flags(fields[3]) & _UNIX_LISTEN:
            path = fields[7].strip()
            found.add(path[len("/var") :] if path.startswith("/var/run/") else path)
    return sorted(found)


def unit_of(cgroup):
    """The systemd unit of a process from /proc/<pid>/cgroup; 'kubepods' for a process of a pod, '' for none.

    systemd knows a process by the hierarchy `name=systemd` and, with a hybrid or unified set-up, by that of number 0. Both are read, because K3s in a
    container moves itself to `/k3s` in the first and stays in its unit in the second.
    """
    paths = []
    for line in cgroup.splitlines():
        fields = line.split(":", 2)
        if len(fields) == 3 and (fields[1] == "name=systemd" or fields[0] == "0"):
            paths.append(fields[2])
    if any("kubepods" in path for path in paths):
        return "kubepods"
    units = [unit for path in paths for unit in _UNIT.findall(path)[-1:]]
    return units[0] if units else ""


def addresses(ip_output):
    """Addresses of the node's own interfaces in `ip -o addr show` as (interface, 'address/prefix'), without those of one link."""
    found = [_ADDRESS.match(line) for line in ip_output.splitlines()]
    return [match.groups() for match in found if match and not is_cluster_interface(match.group(1))]


def is_cluster_interface(name):
    """Whether a network interface belongs to pods or to the cluster's network, or is the loopback; not a card of the node."""
    return bool(_CLUSTER_INTERFACES.match(name))


def name_servers(resolv_conf):
    """The servers that a resolv.conf names, as K3s reads it: a line that begins with `nameserver`."""
    return [match.group(1) for match in _NAME_SERVER.finditer(resolv_conf)]


def unit_states(text):
    """What `systemctl show` says of several units: name of the unit -> dict of `load`, `active`, `sub` and `boot`."""
    return {unit: {name: values.get(key, "") for name, key in UNIT_PROPERTIES} for unit, values in units_of(text).items()}


def containerd_setting(config, table, key):
    """A text in a configuration of containerd: the table ('' for the top) and the key, for instance 'grpc' and 'address'; '' where it is not set."""
    found = values_of(config).get((table, key) if table else (key,))
    return found if isinstance(found, str) else ""


def _flags(text):
    try:
        return int(text, 16)
    except ValueError:
        return 0


def _plain(text):
    """A path of mountinfo without its octal escapes: '/a\\040b' is '/a b'."""
    return _OCTAL.sub(lambda match: chr(int(match.group(1), 8)), text)


def directives(text, section):
    """(name, value) of each line in a section of a unit file, in their order; a line that ends in a backslash goes on in the next."""
    found, here, pending = [], "", ""
    for line in text.splitlines():
        bare = line.strip()
        if bare[:1] in ("#", ";") or not (bare or pending):
            continue
        if bare.endswith("\\"):
            pending += bare[:-1] + " "
            continue
        bare, pending = pending + bare, ""
        if bare.startswith("["):
            here = bare.strip("[]")
        elif here == section and "=" in bare:
            name, _separator, value = bare.partition("=")
            found.append((name.strip(), value.strip()))
    return found


def words_of(text):
    """The words of a value of a unit, without their quotes; none where they do not end."""
    try:
        return shlex.split(text)
    except ValueError:
        return []


def variables_of_k3s(text):
    """The names of environment variables that K3s takes settings from, without their `K3S_`."""
    return [name for line in text.splitlines() for name in re.findall(r"(?:^|[\s\"'])K3S_(\w+)=", line)]


def role_of_k3s(command):
    """`server` or `agent`, as the command of a unit says; '' where it says neither."""
    return next((word for word in words_of(command)[1:2] if word in ("server", "agent")), "")


def program_of(command):
    """The program that the command of a unit runs; '' where it runs none."""
    return next(iter(words_of(command)), "").lstrip("@-:+!")
