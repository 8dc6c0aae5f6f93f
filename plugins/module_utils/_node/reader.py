# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a node once: files where a file will do, a few short commands where not. Changes nothing, checks nothing, never raises.

`read_node` returns the reading: a dict of plain values, one per key of READERS. What could not be read is left out and named,
with the reason, under `unreadable`.
"""

import array
import ctypes
import fcntl
import os
import subprocess
import time

from .._containerd import config as containerd_config
from .._requirements.paths import RESOLV_CONFS, RUN_FROM, RUNTIME_PATHS, RUNTIME_TASKS, SNAPSHOTS, UNITS
from .._text import UNTRANSLATED, decoded
from .._versions import parse_os_release
from . import foreign_reader as foreign, k3s_reader, parsers

PIPES = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
COMMAND_TIMEOUT = 5  # seconds
# Where programs are looked for, as systemd does it for its services.
SEARCH_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
MAX_LINKS = 40  # as the kernel has it
GITPOD_DIRECTORY = "/var/gitpod"
# Where the containerd is whose version counts: in the path, or where K3s unpacks its own.
CONTAINERD = {"system": "containerd", "embedded": "/var/lib/rancher/k3s/data/current/bin/containerd"}
IPTABLES = ("iptables", "--version")
SERVICES = ("systemctl", "show", "--property=Id," + ",".join(key for _name, key in parsers.UNIT_PROPERTIES)) + UNITS
ADDRESSES = ("ip", "-o", "addr", "show")
HOST_PATHS = ("/bin/bash", "/usr/src", "/var/lib/kubelet")

_FS_IOC_GETFLAGS = 0x80086601
_FS_IMMUTABLE = 0x10
_FS_APPEND = 0x20
_STA_UNSYNC = 0x40
# Interfaces that software makes: their addresses say nothing about the machine.
_VIRTUAL_CARDS = ("docker", "podman", "br-", "virbr", "dummy", "ifb", "tun", "tap", "wg")


class CannotRead(Exception):
    """Something could not be read; the message is a clause that says why."""


class Host:
    """The files and the commands of the machine, below a root directory so that a test can bring its own."""

    def __init__(self, root="/"):
        self.root = root
        self._started = {}
        self._read = {}

    def path(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def exists(self, path):
        return os.path.lexists(self.path(path))

    def text(self, path):
        with open(self.path(path), "rb") as stream:
            return decoded(stream.read())

    def text_if_there(self, path):
        """The content of a file; None where it does not exist."""
        return self.text(path) if self.exists(path) else None

    def resolved(self, path):
        """The directory that a path is in the end, behind all links; where it is not there yet, the nearest one above that place."""
        found, links, rest = "/", 0, path.split("/")[::-1]
        while rest:
            part = rest.pop()
            here = os.path.normpath(os.path.join(found, part))
            if links < MAX_LINKS and part not in ("", ".", "..") and os.path.islink(self.path(here)):
                links += 1
                target = os.readlink(self.path(here))
                found = "/" if target.startswith("/") else found
                rest.extend(target.split("/")[::-1])
            elif os.path.isdir(self.path(here)):
                found = here
            else:
                break
        return found

    def once(self, read):
        """What a function of this host reads, read at the first call only."""
        if read not in self._read:
            self._read[read] = read(self)
        return self._read[read]

    def mounts(self):
        """The Mount rows of the machine."""
        return self.once(_mount_rows)

    def start(self, commands):
        """Starts commands, so that they run while files are read; `output` collects what they say."""
        for command in commands:
            self._started[command] = Command(command)

    def output(self, *command):
        """The standard output of a command; '' where it is not installed."""
        return (self._started.pop(command, None) or Command(command)).output()


class Command:
    """A command that runs from now on, beside others."""

    def __init__(self, command):
        self._text = " ".join(command)
        self._error = None
        env = dict(os.environ, **UNTRANSLATED)
        env["PATH"] = os.pathsep.join((env.get("PATH", ""),) + SEARCH_PATH)
        try:
            # `run_command` would wait for its end, and could not be told how long.
            self._process = subprocess.Popen(command, env=env, **PIPES)  # pylint: disable=ansible-bad-function
        except OSError as error:
            self._error = error

    def output(self):
        if isinstance(self._error, FileNotFoundError):
            return ""
        if self._error:
            raise self._error
        try:
            out, err = self._process.communicate(timeout=COMMAND_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise CannotRead("`%s` did not answer within %d seconds" % (self._text, COMMAND_TIMEOUT))
        if self._process.returncode != 0:
            raise CannotRead("`%s` ended with %d: %s" % (self._text, self._process.returncode, decoded(err).strip()[:200]))
        return decoded(out).strip()


def read_node(host, modules, sysctls, ports, runtime, resolv_conf=""):
    """The reading of a node.

    :param modules: kernel_settings.Module rows to look for.
    :param sysctls: names to read.
    :param ports: set of (protocol, number) whose holders to find.
    :param runtime: `system` or `embedded`, whose containerd is asked for its version: only that one, since it takes longer than all the rest.
    :param resolv_conf: the file that K3s is told to take for pods; '' where it looks for one.
    """
    containerd = (CONTAINERD[runtime], "--version")
    wanted = {
        "modules": modules,
        "sysctls": sysctls,
        "sysctl_assignments": sysctls,
        "listeners": ports,
        "containerd": containerd,
        "mounts": runtime,
        "resolv_confs": (resolv_conf,) if resolv_conf else RESOLV_CONFS,
    }
    host.start((containerd, ADDRESSES, IPTABLES, SERVICES))
    facts, unreadable = {}, {}
    for name, read in READERS:
        try:
            facts[name] = read(host, wanted[name]) if name in wanted else read(host)
        except Exception as error:  # whatever goes wrong with one value, the others are still read
            unreadable[name] = _reason(error)
    facts["unreadable"] = unreadable
    facts["as_root"] = os.geteuid() == 0
    return facts


def _reason(error):
    if isinstance(error, OSError) and error.strerror:
        who = "" if os.geteuid() == 0 else " (the module did not run as root)"
        return "%s%s%s" % (error.strerror, ": " + str(error.filename) if error.filename else "", who)
    return str(error) or error.__class__.__name__


def _os_release(field):
    def read(host):
        path = "/etc/os-release" if host.exists("/etc/os-release") else "/usr/lib/os-release"
        return getattr(parse_os_release(host.text(path)), field)

    return read


def _memory_bytes(host):
    total = parsers.memory_total(host.text("/proc/meminfo"))
    if total is None:
        raise CannotRead("/proc/meminfo has no line MemTotal")
    return total


def _modules(host, modules):
    """State of each module: `loaded` (or built in and visible), `builtin`, `available` on disk, `missing`, `unreadable`."""
    states = {module.name: "loaded" for module in modules if host.exists("/sys/module/" + module.name)}
    rest = [module for module in modules if module.name not in states]
    if not rest:
        return states
    release = os.uname()[2]
    directory = "/lib/modules/" + release
    builtin = host.text_if_there(directory + "/modules.builtin")
    on_disk = host.text_if_there(directory + "/modules.dep")
    config = _kernel_config(host, release)
    options = parsers.builtin_options(config or "")
    builtin_names = parsers.module_names(builtin or "")
    names_on_disk = parsers.module_names(on_disk or "")
    nothing_to_ask = builtin is None and on_disk is None and config is None
    for module in rest:
        if module.name in builtin_names or options.intersection(module.config):
            states[module.name] = "builtin"
        elif module.name in names_on_disk:
            states[module.name] = "available"
        else:
            states[module.name] = "unreadable" if nothing_to_ask else "missing"
    return states


def _kernel_config(host, release):
    if host.exists("/proc/config.gz"):
        import gzip  # needed on few machines, and slow to import

        with gzip.open(host.path("/proc/config.gz"), "rb") as stream:
            return decoded(stream.read())
    try:
        return host.text_if_there("/boot/config-" + release)
    except PermissionError:
        return None


def _sysctls(host, keys):
    """Value of each sysctl as text; None for one that this kernel does not have (yet)."""
    values = {}
    for key in keys:
        text = host.text_if_there("/proc/sys/" + key.replace(".", "/"))
        values[key] = None if text is None else " ".join(text.split())
    return values


def _host_paths(host):
    """What each path is: `absent`, `directory`, `file`, `link` (to a file) or `link to <directory>`."""
    found = {}
    for path in HOST_PATHS:
        real = host.path(path)
        if os.path.isdir(real):
            found[path] = "link to " + os.readlink(real) if os.path.islink(real) else "directory"
        else:
            found[path] = "file" if os.path.exists(real) else "absent"
    return found


def _hosts_file(host):
    """`writable`, or what prevents writing: `absent`, `on a read-only mount`, `immutable`, `append-only`."""
    path = host.path("/etc/hosts")
    if not os.path.exists(path):
        return "absent"
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return "on a read-only mount"
    flags = array.array("L", [0])
    with open(path, "rb") as stream:
        try:
            fcntl.ioctl(stream, _FS_IOC_GETFLAGS, flags, True)
        except OSError:  # a file system without such flags
            return "writable"
    if flags[0] & _FS_IMMUTABLE:
        return "immutable"
    return "append-only" if flags[0] & _FS_APPEND else "writable"


def _mount(host, path):
    """The Mount row on which a directory lies, or will lie."""
    directory = host.resolved(path)
    found = parsers.mount_of(directory, host.mounts())
    if found is None:
        raise CannotRead("/proc/self/mountinfo names no mount for " + directory)
    return found


def _gitpod_mount(host):
    """The mount on which /var/gitpod lies (or will lie): its mount point, and whether it is shared."""
    mount = _mount(host, GITPOD_DIRECTORY)
    return {"point": mount.point, "shared": mount.shared}


def _mount_rows(host):
    return parsers.mounts(host.text("/proc/self/mountinfo"))


def _mounts(host, runtime):
    """The mount of each directory from which a node with that container runtime runs programs: its mount point and its options."""
    paths = list(RUN_FROM["node"] + RUN_FROM[runtime])
    if runtime == "system":
        directory = _containerd_paths(host)["directory"]
        root = directory[: -len(RUNTIME_TASKS)]
        paths += [root, root.rstrip("/") + SNAPSHOTS]
    mounts = [(path, _mount(host, path)) for path in paths]
    return {path: {"point": mount.point, "options": mount.options} for path, mount in mounts}


def _resolv_confs(host, paths):
    """The name servers in each file; None for one that is not there."""
    found = {}
    for path in paths:
        try:
            found[path] = parsers.name_servers(host.text(path))
        except FileNotFoundError:
            found[path] = None
    return found


def _services(host):
    """What systemd knows of the units that a node may need."""
    output = host.output(*SERVICES)
    if not output:
        raise CannotRead("the command `systemctl` is not installed")
    return parsers.unit_states(output)


def _disk_free_bytes(host):
    disk = os.statvfs(host.path(host.resolved(GITPOD_DIRECTORY)))
    return disk.f_bavail * disk.f_frsize


def _addresses(host):
    """Addresses of the node's own interfaces, each [interface, address/prefix]."""
    output = host.output(*ADDRESSES)
    if not output:
        raise CannotRead("the command `ip` is not installed")
    return [list(pair) for pair in parsers.addresses(output)]


def _containerd_paths(host):
    """The socket of the node's containerd and the directory of its containers' state, as configured (§5)."""
    config = host.text_if_there(containerd_config.PATH) or ""
    socket, directory = RUNTIME_PATHS["system"]
    root = parsers.containerd_setting(config, "", "root")
    return {
        "socket": parsers.containerd_setting(config, "grpc", "address") or socket,
        "directory": root.rstrip("/") + RUNTIME_TASKS if root else directory,
    }


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` of adjtimex(2)."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    ]


def _clock_synchronised(_host):
    """Whether the kernel believes that its clock is kept right by a time service."""
    state = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state)) == -1:
        raise CannotRead("adjtimex: " + os.strerror(ctypes.get_errno()))
    return not state.status & _STA_UNSYNC


def _product_uuid(host):
    """The UUID that the firmware gives the machine, in lower case; '' where the machine has no DMI."""
    return (host.text_if_there("/sys/class/dmi/id/product_uuid") or "").strip().lower()


def _macs(host):
    """MAC address of each network card."""
    found = {}
    for name in sorted(os.listdir(host.path("/sys/class/net"))):
        if not parsers.is_cluster_interface(name) and not name.startswith(_VIRTUAL_CARDS):
            address = (host.text_if_there("/sys/class/net/%s/address" % name) or "").strip().lower()
            if address.strip("0:"):
                found[name] = address
    return found


def _listeners(host, ports):
    """Who holds the ports: list of dicts `protocol`, `port`, `process`, `pid`, `unit`.

    `process` is '' where this user may not see it, `the kernel` where no process holds the socket;
    `unit` is the systemd unit or `kubepods`.
    """
    held = {}
    for protocol in ("tcp", "udp"):
        for table in (protocol, protocol + "6"):
            for port, inode in parsers.listening(host.text_if_there("/proc/net/" + table) or "", protocol):
                if (protocol, port) in ports:
                    held[inode] = (protocol, port)
    holders = _holders(host, set(held))
    found = set()
    for inode, (protocol, port) in held.items():
        pid, process, unit = holders.get(inode, (0, "the kernel" if os.geteuid() == 0 else "", ""))
        found.add((protocol, port, process, pid, unit))
    return [dict(zip(("protocol", "port", "process", "pid", "unit"), row)) for row in sorted(found)]


def _holders(host, inodes):
    """Socket inode -> (pid, name of the process, systemd unit)."""
    found = {}
    for pid in os.listdir(host.path("/proc")) if inodes else ():
        if not pid.isdigit():
            continue
        directory = "/proc/" + pid
        for inode in _sockets(host.path(directory + "/fd")) & inodes - set(found):
            try:
                found[inode] = (
                    int(pid),
                    host.text(directory + "/comm").strip(),
                    parsers.unit_of(host.text(directory + "/cgroup")),
                )
            except OSError:  # the process has ended meanwhile
                continue
        if len(found) == len(inodes):
            break
    return found


def _sockets(directory):
    """Inodes of the sockets among the open files of a process; none where it has ended or belongs to someone else."""
    inodes = set()
    try:
        names = os.listdir(directory)
    except OSError:
        return inodes
    for name in names:
        try:
            target = os.readlink(os.path.join(directory, name))
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(int(target[len("socket:[") : -1]))
    return inodes


READERS = (
    ("architecture", lambda host: os.uname()[4]),
    ("kernel", lambda host: os.uname()[2]),
    ("hostname", lambda host: os.uname()[1]),
    ("os_id", _os_release("id")),
    ("os_version", _os_release("version")),
    ("os_codename", _os_release("codename")),
    ("cpus", lambda host: len(os.sched_getaffinity(0))),
    ("memory_bytes", _memory_bytes),
    ("modules", _modules),
    ("sysctls", _sysctls),
    ("kernel_headers", lambda host: host.exists("/lib/modules/%s/build" % os.uname()[2])),
    ("cgroup", lambda host: parsers.cgroup_version(host.text("/proc/self/mountinfo"))),
    ("systemd", lambda host: os.path.isdir(host.path("/run/systemd/system"))),
    ("host_paths", _host_paths),
    ("hosts_file", _hosts_file),
    ("gitpod_mount", _gitpod_mount),
    ("mounts", _mounts),
    ("disk_free_bytes", _disk_free_bytes),
    ("swap", lambda host: parsers.swap_areas(host.text("/proc/swaps"))),
    ("containerd_paths", _containerd_paths),
    ("runtime_sockets", lambda host: parsers.runtime_sockets(host.text("/proc/net/unix"))),
    ("listeners", _listeners),
    ("calico_vxlan", lambda host: host.exists("/sys/class/net/vxlan.calico")),
    ("machine_id", lambda host: (host.text_if_there("/etc/machine-id") or "").strip()),
    ("product_uuid", _product_uuid),
    ("macs", _macs),
    ("clock_synchronised", _clock_synchronised),
    ("resolv_confs", _resolv_confs),
    ("addresses", _addresses),
    ("iptables", lambda host: host.output(*IPTABLES)),
    ("containerd", lambda host, command: host.output(*command)),
    ("services", _services),
    ("sysctl_assignments", foreign.sysctl_assignments),
    ("module_blocks", foreign.module_blocks),
    ("masked_units", foreign.masked_units),
    ("cni_files", foreign.cni_files),
    ("programs", foreign.programs),
    ("k3s_config_files", foreign.k3s_config_files),
    ("drop_ins", foreign.drop_ins),
    ("kubernetes", foreign.kubernetes),
    ("k3s", foreign.k3s),
    ("k3s_server_settings", foreign.k3s_server_settings),
    ("etcd", k3s_reader.etcd),
    ("certificates", k3s_reader.expiries),
    ("api_names", k3s_reader.api_names),
    ("clock", lambda host: time.time()),
)
