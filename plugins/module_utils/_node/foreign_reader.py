# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what others may have put on a node where this collection puts something too. Changes nothing, checks nothing.

Configuration files hold tokens and passwords: of them, names come out, and values only of what can be no secret.
"""

import os
import stat
from collections import OrderedDict

from .. import _kernel, _versions as versions
from .._k3s import etcd as k3s_etcd, server_settings, settings as k3s_settings
from .._k3s.datastore import SQLITE_FILE
from .._requirements import kernel_settings, paths
from .._requirements.kubernetes import KUBERNETES, OTHER_KUBERNETES, OURS
from .._text import decoded, listed
from . import parsers

LONGEST = 2**18  # bytes of a file that are read; such files have some hundred
MOST = 200  # files of a directory, in the order of their names
# Where sysctl.d and modprobe.d lie; a file hides those of the same name in the later directories.
CONFIGURATION_DIRECTORIES = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
K3S = paths.BIN_DIRECTORY + "/k3s"
_NAMES = {process for kind in KUBERNETES.values() for process in kind.processes}
SQLITE, ETCD = SQLITE_FILE, k3s_etcd.DIRECTORY


def small_text(host, path):
    """The beginning of a regular file, or of one that a link leads to; '' where there is none."""
    try:
        with open(host.path(path), "rb", opener=_without_waiting) as stream:
            return decoded(stream.read(LONGEST)) if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) else ""
    except OSError:
        if os.path.isfile(host.path(path)):
            raise
        return ""


def _without_waiting(path, flags):
    """Opens a file; a pipe in its place has nobody who waits for it."""
    return os.open(path, flags | os.O_NONBLOCK)


def names_in(host, directory):
    """The names in a directory, sorted, no more than MOST; none where it is not there."""
    try:
        return sorted(os.listdir(host.path(directory)))[:MOST]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _overlaid(host, directories, suffix):
    """Paths by their names, of which the first directory that has one counts."""
    found = {}
    for directory in directories:
        for name in names_in(host, directory):
            if name.endswith(suffix):
                found.setdefault(name, directory + "/" + name)
    return [found[name] for name in sorted(found)]


def _link_of(host, path):
    """Where a link leads; '' where the path is none."""
    return os.readlink(host.path(path)) if os.path.islink(host.path(path)) else ""


def sysctl_files(host):
    """OrderedDict of path to {key: value} in the order in which the boot applies the files."""
    files = _overlaid(host, [directory + "/sysctl.d" for directory in CONFIGURATION_DIRECTORIES], ".conf")
    found = OrderedDict((path, _kernel.parse_sysctl_file(small_text(host, path))) for path in files)
    if "ENABLED=yes" in small_text(host, "/etc/ufw/ufw.conf").split():
        found[_kernel.UFW_SYSCTL] = _kernel.parse_sysctl_file(small_text(host, _kernel.UFW_SYSCTL))
    return found


def sysctl_assignments(host, keys):
    """What the files say about settings, as rows [path, key, value], in the order of the boot; the value is None for a key that no pattern sets."""
    names = {alias.name for key in keys for alias in kernel_settings.names_of(key)}
    rows = [[path, key, value] for path, values in sysctl_files(host).items() for key, value in values.items()]
    return [row for row in rows if row[1] in names or _kernel.is_pattern(row[1])]


def module_blocks(host):
    """Who keeps which module from being loaded."""
    files = _overlaid(host, [directory + "/modprobe.d" for directory in CONFIGURATION_DIRECTORIES], ".conf")
    found = [(path, _kernel.blocked_modules(small_text(host, path))) for path in files]
    found.append(("/proc/cmdline", _kernel.blocked_by_the_boot(small_text(host, "/proc/cmdline"))))
    return [{"path": path, "module": module, "how": how} for path, blocks in found for module, how in blocks]


def masked_units(host):
    """Those of the units that matter at boot which are masked, each with its link."""
    found = {}
    for unit in paths.BOOT_UNITS + tuple(paths.K3S_UNITS.values()):
        for directory in paths.UNIT_DIRECTORIES:
            if _link_of(host, directory + "/" + unit) == "/dev/null":
                found.setdefault(unit, directory + "/" + unit)
    return found


def cni_files(host):
    """The names that a container runtime looks at, in its order, by directory."""
    return {
        place.directory: [name for name in names_in(host, place.directory) if name.endswith(paths.CNI_EXTENSIONS)]
        for place in (paths.CALICO_CNI, paths.FLANNEL_CNI)
    }


def programs(host):
    """What lies where K3s and its links go: path -> where the link leads, '' for what is no link."""
    found = {}
    for name in ("k3s",) + paths.K3S_PROGRAMS["embedded"]:
        path = paths.BIN_DIRECTORY + "/" + name
        if host.exists(path):
            found[path] = _link_of(host, path)
    return found


def is_ours(text):
    """Whether the role k3s wrote a file."""
    return text.startswith(paths.K3S_MARK)


def _k3s_configurations(host):
    """The files that K3s takes its configuration from, as (path, whether the role wrote it, Configuration)."""
    files = [paths.K3S_CONFIG] if host.exists(paths.K3S_CONFIG) else []
    directory = paths.K3S_CONFIG_DIRECTORY
    files += [directory + "/" + name for name in names_in(host, directory) if name.lower().endswith((".yaml", ".yml"))]
    texts = [(path, small_text(host, path)) for path in files]
    return [(path, is_ours(text), k3s_settings.parse_config(text)) for path, text in texts]


def k3s_config_files(host):
    """The same as plain values, without those of the settings: `path`, `ours`, `keys`, `appended`, and `clear` (whether all of it was understood)."""
    return [
        {"path": path, "ours": ours, "keys": list(parsed.settings), "appended": parsed.appended, "clear": parsed.clear}
        for path, ours, parsed in _k3s_configurations(host)
    ]


def drop_in_files(host, unit):
    """Paths of the drop-ins of a unit, in the order in which systemd applies them: its own, those of a prefix such as `k3s-.service`, those of all services."""
    name, _dot, kind = unit.rpartition(".")
    words = name.split("-")
    folders = [unit + ".d"] + ["-".join(words[:count]) + "-.%s.d" % kind for count in range(len(words) - 1, 0, -1)] + [kind + ".d"]
    return _overlaid(host, ["%s/%s" % (directory, folder) for folder in folders for directory in paths.UNIT_DIRECTORIES], ".conf")


def drop_ins(host):
    """The drop-ins of the units that a node may need, each with the names of what it sets in [Service]; those of the role containerd are left out."""
    found = [(unit, path, small_text(host, path)) for unit in paths.UNITS for path in drop_in_files(host, unit)]
    return [{"unit": unit, "path": path, "sets": _service_settings(host, text)} for unit, path, text in found if not text.startswith(paths.CONTAINERD_MARK)]


def _service_settings(host, text):
    """Names such as `KillMode`; `ExecStart=` where a list is emptied, and `K3S_URL` where a variable of K3s is given."""
    found = []
    for name, value in parsers.directives(text, "Service"):
        if name == "Environment":
            found += ["K3S_" + word for word in parsers.variables_of_k3s(value)]
        if name == "EnvironmentFile" and value.lstrip("-").startswith("/"):
            found += ["K3S_" + word for word in parsers.variables_of_k3s(small_text(host, value.lstrip("-")))]
        found.append(name if value else name + "=")
    return found


def kubernetes(host):
    """What else on the node is a Kubernetes, by its name: the evidence, as paths of unit files and as processes."""
    running, found = host.once(_processes), {}
    for name, kind in OTHER_KUBERNETES.items():
        evidence = [path for path in (_unit_file(host, unit) for unit in kind.units) if path]
        evidence += ["the process " + one for process in kind.processes for one in running.get(process, [])]
        if evidence:
            found[name] = evidence
    return found


def _unit_file(host, unit):
    """Path of the file of a unit; '' where there is none, or it is masked."""
    for directory in paths.UNIT_DIRECTORIES:
        path = directory + "/" + unit
        if host.exists(path):
            return "" if _link_of(host, path) == "/dev/null" else path
    return ""


def _processes(host):
    """Processes by their names, such as `k3s-server (pid 77)`, without those of pods, of other containers and of the units of K3s."""
    own, found = _namespace(host, "self"), {}
    for pid in os.listdir(host.path("/proc")) if host.exists("/proc") else ():
        try:
            name = host.text("/proc/%s/comm" % pid).strip() if pid.isdigit() else ""
            if name in _NAMES and _namespace(host, pid) == own:
                unit = parsers.unit_of(host.text("/proc/%s/cgroup" % pid))
                if unit != "kubepods" and unit not in paths.K3S_UNITS.values():
                    found.setdefault(name, []).append("%s (pid %s)" % (name, pid))
        except OSError:  # the process has ended meanwhile
            continue
    return found


def _namespace(host, pid):
    try:
        return os.readlink(host.path("/proc/%s/ns/pid" % pid))
    except OSError:
        return ""


def k3s(host):
    """A K3s that the role did not install, and what it is told.

    `units` are its unit files, `ours` says whether the role's own one is there, `left` are scripts and files of its installer; the rest is for a take-over.
    """
    running = host.once(_processes)
    files = {unit: _unit_file(host, unit) for unit in paths.K3S_UNITS.values()}
    texts = {unit: small_text(host, path) for unit, path in files.items() if path}
    foreign = [unit for unit, text in texts.items() if not is_ours(text)]
    unit = foreign[0] if foreign else ""
    command, environment = _start(host, texts.get(unit, ""))
    settings, unclear = _told(host, command, environment)
    return {
        "units": [files[one] for one in foreign],
        "ours": any(is_ours(text) for text in texts.values()),
        "left": [path for path in KUBERNETES[OURS].files if host.exists(path)],
        "processes": [one for process in KUBERNETES[OURS].processes for one in running.get(process, [])],
        "role": parsers.role_of_k3s(command),
        "release": _release(host, parsers.program_of(command) or K3S) if foreign or (host.exists(K3S) and not _link_of(host, K3S)) else "",
        "datastore": "external" if "datastore-endpoint" in settings else "etcd" if host.exists(ETCD) else "sqlite" if host.exists(SQLITE) else "",
        "settings": settings,
        "unclear": unclear,
    }


def _start(host, unit):
    """The command of a unit, and the text of its environment."""
    command, environment = "", ""
    for name, value in parsers.directives(unit, "Service"):
        if name == "ExecStart":
            command = value or ""
        elif name == "Environment":
            environment += "\n".join(parsers.words_of(value)) + "\n"
        elif name == "EnvironmentFile" and value.lstrip("-").startswith("/"):
            environment += small_text(host, value.lstrip("-")) + "\n"
    return command, environment


def _told(host, command, environment):
    if not command:
        return {}, []
    layers, unclear = [k3s_settings.parse_environment(environment)], []
    for path, ours, parsed in _k3s_configurations(host):
        if not ours:
            layers.append(parsed.settings)
            unclear += [] if parsed.clear else [path]
    return dict(k3s_settings.merged(*(layers + [k3s_settings.parse_command(command)]))), unclear


def k3s_server_settings(host):
    """What the K3s of a server is told, whoever installed it, of what all servers must have in common; None where there is no server."""
    path = _unit_file(host, paths.K3S_UNITS[True])
    if not path:
        return None
    command, environment = _start(host, small_text(host, path))
    files = _k3s_configurations(host)
    unclear = [one for one, _ours, parsed in files if not parsed.clear]
    if unclear:
        raise ValueError("%s cannot be taken apart" % listed(unclear))
    of_files = server_settings.of_files(parsed for _path, _ours, parsed in files)
    told = k3s_settings.merged(k3s_settings.parse_environment(environment), of_files, k3s_settings.parse_command(command))
    return {name: values for name, values in told.items() if name in k3s_settings.EQUAL_ON_SERVERS}


def _release(host, program):
    """The release of a K3s that somebody else installed; '' where it does not say."""
    try:
        parsed = versions.parse_k3s_output(host.output(host.path(program), "--version"))
    except Exception:  # whatever that program does, it is named
        return ""
    return parsed.text if parsed else ""
