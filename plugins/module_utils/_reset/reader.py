# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is there of a cluster on a node, beside all that is not. Changes nothing, decides nothing."""

import glob
import json
import os
import re
from collections import namedtuple

from .._k3s.state import is_own_link
from .._node import foreign_reader, parsers
from .._node.reader import Host
from .._requirements.paths import BIN_DIRECTORY
from .._systemd import units_of
from .._text import one_line
from .._versions import is_at_least, parse_iptables
from . import mounts, ours, processes, rules
from .commands import Stuck

HOST = Host("/")
_UNIT_PROPERTIES = "Id,LoadState,ActiveState,UnitFileState"
_NFT_TABLE = re.compile(r"^table (\S+) (\S+)$", re.MULTILINE)
# From this release on `iptables-restore` waits for others.
_RESTORE_WAITS = (1, 6, 2)

# units: properties by name; own_units: paths of our files; programs: links and files of ours; processes: Process rows, and the node's own namespace of them;
# mounts and fstab: see mounts.py; places: where the cluster mounts; namespaces: path to the name of a network namespace; containers: ids in the containerd
# of the system; interfaces; tunnel: addresses; routes: (family, protocol) to lines; rules: program to Table by name;
# tables: (family, name) of nftables; sets: names; files: paths; unread: clauses that say what could not be looked at.
Reading = namedtuple(
    "Reading",
    "units own_units programs processes own_namespace mounts fstab places namespaces containers interfaces tunnel routes rules tables sets files unread",
)


def read(commands, install_dir):
    """The Reading of this node.

    :param commands: Commands.
    :param install_dir: where the releases of K3s lie.
    :raises Stuck: a program did not answer, or does not work.
    """
    unread = []
    own_units = [os.path.join(ours.UNIT_DIRECTORY, unit) for unit in ours.UNITS]
    return Reading(
        units=units_of(commands.output("systemctl", "show", "--property=" + _UNIT_PROPERTIES, *ours.UNITS)),
        own_units=[path for path in own_units if foreign_reader.is_ours(foreign_reader.small_text(HOST, path))],
        programs=own_programs(install_dir),
        processes=read_processes(),
        own_namespace=os.readlink("/proc/self/ns/pid"),
        mounts=read_mounts(),
        fstab=read_fstab(),
        places=real_places(),
        namespaces={path: _name_of_namespace(path) for path in sorted(glob.glob(ours.NETWORK_NAMESPACES + "*"))},
        containers=containers_of_the_system(commands, unread),
        interfaces=[one.get("ifname", "") for one in _json_of(commands, "ip", "-j", "link", "show")],
        tunnel=addresses_of(commands, ours.TUNNEL),
        routes=read_routes(commands),
        rules=read_rules(commands, unread),
        tables=_NFT_TABLE.findall(_output_of(commands, unread, "nft", "list", "tables")),
        sets=_output_of(commands, unread, "ipset", "list", "-n").split(),
        files=[path for pattern in ours.FILES + (ours.FILES_OF_PLUGINS,) for path in sorted(glob.glob(pattern)) if os.path.lexists(path)],
        unread=unread,
    )


def foreign(host=HOST):
    """What foreign_reader says of another Kubernetes and of a K3s of somebody else."""
    return {"kubernetes": foreign_reader.kubernetes(host), "k3s": foreign_reader.k3s(host), "programs": foreign_reader.programs(host)}


def own_programs(install_dir):
    """The links to K3s, and the files of its releases."""
    links = [path for path in ours.LINKS_TO_K3S if os.path.islink(path) and is_own_link(os.readlink(path), BIN_DIRECTORY, install_dir)]
    return links + sorted(path for name in ("k3s", "k3s.verified") for path in glob.glob(os.path.join(glob.escape(install_dir), "v*", name)))


def read_processes():
    """Process rows of all that run; those that end meanwhile are left out."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = processes.parse_stat(HOST.text("/proc/%s/stat" % pid))
            arguments = HOST.text("/proc/%s/cmdline" % pid).split("\0")[:-1]
        except OSError:
            continue
        if stat:
            parent, name, state = stat
            found.append(processes.Process(int(pid), parent, name, state, arguments, _link("/proc/%s/ns/pid" % pid), _link("/proc/%s/ns/net" % pid)))
    return found


def read_mounts():
    """Mount rows, in the order in which they came."""
    return parsers.mounts(HOST.text("/proc/self/mountinfo"))


def read_fstab():
    """The mount points that are somebody's disks."""
    return mounts.points_of_fstab(HOST.text_if_there("/etc/fstab") or "")


def real_places():
    """Where the cluster mounts, behind all links -> the name of that place."""
    return {os.path.realpath(place): place for place in ours.MOUNTED_BELOW}


def _link(path):
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _name_of_namespace(path):
    """A network namespace as the links of processes name it; '' where the path is none any more."""
    try:
        return "net:[%d]" % os.stat(path).st_ino
    except OSError:
        return ""


def _output_of(commands, unread, *command):
    """What a program prints that may be missing; '' where it is, or fails."""
    if not commands.find(command[0]):
        return ""
    status, output, complaint = commands.run(*command)
    if status != 0:
        unread.append("`%s` failed: %s" % (" ".join(command), one_line(complaint)))
        return ""
    return output


def _json_of(commands, *command):
    """The rows that `ip -j` prints; none where it prints nothing."""
    try:
        rows = json.loads(commands.output(*command).strip() or "[]")
    except ValueError:
        raise Stuck("`%s` does not print JSON: a newer iproute2 does" % " ".join(command))
    return [row for row in rows if isinstance(row, dict)]


def addresses_of(commands, interface):
    """The addresses of an interface as `ip` takes them; none where it is not there."""
    if not os.path.lexists("/sys/class/net/" + interface):
        return []
    rows = _json_of(commands, "ip", "-j", "addr", "show", "dev", interface)
    found = [one for row in rows for one in row.get("addr_info", []) if one.get("scope") != "link"]
    return ["%s/%s" % (one["local"], one["prefixlen"]) for one in found if "local" in one and "prefixlen" in one]


def read_routes(commands):
    """(family, protocol) -> routes, as `ip` prints them."""
    kinds = [(family, protocol) for family in ("-4", "-6") for protocol in (ours.BIRD, ours.FELIX)]
    return {kind: [line.strip() for line in commands.output("ip", kind[0], "route", "show", "table", "all", "proto", kind[1]).splitlines()] for kind in kinds}


def rule_programs(find):
    """The variants of iptables that are there: both where they have names of their own, else the one that there is."""
    found = []
    for family in ("iptables", "ip6tables"):
        named = [family + kind for kind in ("-legacy", "-nft") if find(family + kind + "-save")]
        found += named or ([family] if find(family + "-save") else [])
    return found


def read_rules(commands, unread):
    """Program -> Table by name."""
    return {program: rules.parse(_output_of(commands, unread, program + "-save")) for program in rule_programs(commands.find)}


def restore_waits(commands, program):
    """Whether `…-restore` of this variant can wait for others that change rules too."""
    parsed = parse_iptables(commands.run(program, "--version")[1])
    return bool(parsed) and is_at_least(parsed[0], _RESTORE_WAITS)


def containers_of_the_system(commands, unread):
    """Ids of the containers of Kubernetes that the containerd of the system knows, whether or not they run."""
    if not os.path.exists(ours.SYSTEM_SOCKET):
        return []
    return _output_of(commands, unread, *(ctr("containers", "list", "-q"))).split()


def ctr(*arguments):
    """The command that asks the containerd of the system about containers of Kubernetes."""
    return ("ctr", "--address", ours.SYSTEM_SOCKET, "--namespace", ours.CONTAINERD_NAMESPACE) + arguments
