# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role kernel has to do on a node. Pure: a reading and the wanted settings in, a plan out."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

from collections import OrderedDict, namedtuple

from ansible_collections.gitpod.node_prep.plugins.module_utils import requirements
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import is_at_least, parse_kernel, parse_numbers

# What has to be done about the kernel.
NOTHING = "nothing"
BOOT = "boot"  # one that fits is installed and will be booted next
INSTALL = "install"  # none that fits is installed
UNKNOWN = "unknown"  # the running one's version cannot be read

# A sysctl of the wanted settings. equal: bool, else any value from `minimum` on will do; value: what to set where it does not.
Setting = namedtuple("Setting", "key value minimum equal absent")
# content: {key: value} for the role's own file; live: {key: value} to set now; conflicts: sentences; absent: keys this kernel lacks.
SysctlPlan = namedtuple("SysctlPlan", "content live conflicts absent")

_ROWS = {row.key: row for row in requirements.SYSCTLS}
# The modules that may bring a sysctl along.
_MODULES = {module.name for module in requirements.KERNEL_MODULES}


def fits(release, floor):
    """Whether a kernel reaches the floor and is not of the series that panics (requirements §3)."""
    numbers = parse_kernel(release)
    if numbers is None or not is_at_least(numbers, parse_numbers(floor)):
        return False
    panicking = parse_numbers(requirements.PANICKING_KERNEL)
    return numbers[: len(panicking)] != panicking


def newest(releases):
    """The release among those installed that the boot loader takes; '' where there is none."""
    readable = [release for release in releases if parse_kernel(release)]
    return max(readable, key=lambda release: (parse_kernel(release), _build(release)), default="")


def _build(release):
    """The number of the build in '5.4.0-150-generic', so that build 150 is newer than build 99."""
    parts = release.split("-")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


def kernel_step(running, installed, floor):
    """NOTHING, BOOT, INSTALL or UNKNOWN. A running kernel that reaches the floor is left alone."""
    numbers = parse_kernel(running)
    if numbers is None:
        return UNKNOWN
    if is_at_least(numbers, parse_numbers(floor)):
        return NOTHING
    return BOOT if fits(newest(installed), floor) else INSTALL


def settings(equal, at_least):
    """Setting rows from two dicts of key to number: values to have, and values to have at least."""
    rows = []
    for key in sorted(equal):
        rows.append(Setting(key, int(equal[key]), int(equal[key]), True, _absent(key)))
    for key in sorted(at_least):
        minimum = min(_ROWS[key].minimum, int(at_least[key])) if key in _ROWS else int(at_least[key])
        rows.append(Setting(key, int(at_least[key]), minimum, False, _absent(key)))
    return rows


def _absent(key):
    return _ROWS[key].absent if key in _ROWS else "broken"


def parse_sysctl_file(text):
    """{key: value} of a file of sysctl.d; a key written with slashes comes out with dots. Patterns are left out."""
    found = {}
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;" or "=" not in line:
            continue
        key, value = (part.strip() for part in line.split("=", 1))
        key = key.lstrip("-").strip()
        if "*" not in key:
            found[_dotted(key)] = " ".join(value.split())
    return found


def _dotted(key):
    slash, dot = key.find("/"), key.find(".")
    if slash == -1 or (dot != -1 and dot < slash):
        return key
    return key.replace("/", "\0").replace(".", "/").replace("\0", ".")


def plan_sysctls(rows, live, files, own):
    """SysctlPlan for Setting rows.

    live: {key: text or None}; files: OrderedDict of path to {key: text}, in the order in which the boot applies them; own: path of the
    role's file, which may be missing there. A value that is only wanted at least is never lowered, neither now nor at the next boot.
    """
    content, now, conflicts, absent = OrderedDict(), OrderedDict(), [], []
    # In the order of the file names: what comes after the role's own file wins over it at boot.
    later = _later_than(own, files)
    for row in rows:
        text = live.get(row.key)
        if text is None and row.absent not in _MODULES:
            if row.absent == "broken":
                absent.append(row.key)
            continue
        value = _number(text)
        foreign, foreign_path = _last_foreign(row.key, files, own)
        if row.equal:
            content[row.key] = row.value
            target = row.value
        elif foreign is not None and foreign >= row.minimum:
            target = foreign
        else:
            target = _persisted(row, value, _number(files.get(own, {}).get(row.key)))
            content[row.key] = target
        if value is None or (value != target if row.equal else value < row.minimum):
            now[row.key] = target
        if row.key in content and foreign_path in later and not _ok(row, foreign):
            conflicts.append("%s sets %s to %s, and wins at boot" % (foreign_path, row.key, files[foreign_path][row.key]))
    return SysctlPlan(content, now, conflicts, absent)


def _later_than(own, files):
    name = own.rsplit("/", 1)[-1]
    return {path for path in files if path.rsplit("/", 1)[-1] > name}


def _last_foreign(key, files, own):
    """The value and the path of the last file, other than the role's own, that sets a key; (None, None) where none does."""
    found = (None, None)
    for path, values in files.items():
        if path != own and key in values:
            found = (_number(values[key]), path)
    return found


def _persisted(row, value, in_file):
    """What the role's file says for a value wanted at least: what it says already, or what is live if that is more than the default."""
    if in_file is not None and in_file >= row.minimum:
        return in_file
    return max(row.value, value or 0)


def _ok(row, value):
    if value is None:
        return False
    return value == row.value if row.equal else value >= row.minimum


def _number(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def plan_modules(states):
    """(to load, missing) from the reading of modules: what is on disk or may be, and what this kernel does not have."""
    return (
        sorted(name for name, state in states.items() if state in ("available", "unreadable")),
        sorted(name for name, state in states.items() if state == "missing"),
    )
