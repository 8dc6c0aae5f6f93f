# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role kernel has to do on a node. Pure: a reading and the wanted settings in, a plan out."""

from collections import OrderedDict, namedtuple

from ._requirements import kernel_settings, thresholds
from ._versions import is_at_least, parse_integer, parse_kernel, parse_numbers

# What has to be done about the kernel.
NOTHING = "nothing"
BOOT = "boot"  # one that fits is installed and will be booted next
INSTALL = "install"  # none that fits is installed
UNKNOWN = "unknown"  # the running one's version cannot be read

# A sysctl of the wanted settings. equal: bool, else any value from `minimum` on will do; value: what to set where it does not. A value is a number, a tuple of
# numbers (`net.ipv4.tcp_rmem` has three, each of which counts) or, where it has to be equal, another text.
Setting = namedtuple("Setting", "key value minimum equal absent")
# content: {key: number or text} for the role's own file; live: the same to set now; conflicts: sentences; absent: keys this kernel lacks.
SysctlPlan = namedtuple("SysctlPlan", "content live conflicts absent")

_ROWS = {row.key: row for row in kernel_settings.SYSCTLS}
# The modules that may bring a sysctl along.
_MODULES = {module.name for module in kernel_settings.KERNEL_MODULES}


def fits(release, minimum):
    """Whether a kernel reaches the minimum and is not of the series that panics (requirements §3)."""
    numbers = parse_kernel(release)
    if numbers is None or not is_at_least(numbers, parse_numbers(minimum)):
        return False
    panicking = parse_numbers(thresholds.PANICKING_KERNEL)
    return numbers[: len(panicking)] != panicking


def newest(releases):
    """The release among those installed that the boot loader takes; '' where there is none."""
    readable = [release for release in releases if parse_kernel(release)]
    return max(readable, key=lambda release: (parse_kernel(release), _build(release)), default="")


def _build(release):
    """The number of the build in '5.4.0-150-generic', so that build 150 is newer than build 99."""
    parts = release.split("-")
    return (parse_integer(parts[1]) or 0) if len(parts) > 1 else 0


def kernel_step(running, installed, minimum):
    """NOTHING, BOOT, INSTALL or UNKNOWN. A running kernel that reaches the minimum is left alone."""
    numbers = parse_kernel(running)
    if numbers is None:
        return UNKNOWN
    if is_at_least(numbers, parse_numbers(minimum)):
        return NOTHING
    return BOOT if fits(newest(installed), minimum) else INSTALL


def settings(equal, at_least):
    """Setting rows from two dicts of key to value: values to have, and values to have at least. ValueError where one is none."""
    rows = []
    for key in sorted(equal):
        value = _wanted(key, equal[key])
        rows.append(Setting(key, value, value, True, _absent(key)))
    for key in sorted(at_least):
        value = _wanted(key, at_least[key])
        if isinstance(value, str):
            raise ValueError("%s is wanted to be at least %r, which is neither a number nor several of them" % (key, value))
        minimum = min(_ROWS[key].minimum, value) if key in _ROWS and isinstance(value, int) else value
        rows.append(Setting(key, value, minimum, False, _absent(key)))
    return rows


def _wanted(key, given):
    value = _value(given)
    if value is None or isinstance(given, dict):
        raise ValueError("%s is wanted to be %r, which is no value of a sysctl" % (key, given))
    return value


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
    """SysctlPlan for Setting rows. A value that is only wanted at least is never lowered, neither now nor at the next boot.

    :param live: dict of key to text, or to None.
    :param files: OrderedDict of path to a dict of key to text, in the order in which the boot applies them.
    :param own: path of the role's file, which may be missing there.
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
        value = _value(text)
        foreign, foreign_path = _last_foreign(row.key, files, own)
        if row.equal:
            content[row.key] = row.value
            target = row.value
        elif _reaches(foreign, row.minimum):
            target = foreign
        else:
            target = _persisted(row, value, _value(files.get(own, {}).get(row.key)))
            content[row.key] = target
        if value != target if row.equal else not _reaches(value, row.minimum):
            now[row.key] = target
        if row.key in content and foreign_path in later and not _ok(row, foreign):
            conflicts.append("%s sets %s to %s, and wins at boot" % (foreign_path, row.key, files[foreign_path][row.key]))
    return SysctlPlan(_shown(content), _shown(now), conflicts, absent)


def _later_than(own, files):
    name = own.rsplit("/", 1)[-1]
    return {path for path in files if path.rsplit("/", 1)[-1] > name}


def _last_foreign(key, files, own):
    """The value and the path of the last file, other than the role's own, that sets a key; (None, None) where none does."""
    found = (None, None)
    for path, values in files.items():
        if path != own and key in values:
            found = (_value(values[key]), path)
    return found


def _persisted(row, value, in_file):
    """What the role's file says for a value wanted at least: what it says already, or what is live if that is more than the default."""
    if _reaches(in_file, row.minimum):
        return in_file
    if isinstance(row.value, tuple):
        return tuple(map(max, row.value, value)) if isinstance(value, tuple) and len(value) == len(row.value) else row.value
    return max(row.value, value) if isinstance(value, int) else row.value


def _ok(row, value):
    return value == row.value if row.equal else _reaches(value, row.minimum)


def _reaches(value, minimum):
    """Whether a value is at least another; of several numbers each must be, and what has another form is not."""
    if isinstance(value, int) and isinstance(minimum, int):
        return value >= minimum
    if isinstance(value, tuple) and isinstance(minimum, tuple) and len(value) == len(minimum):
        return all(one >= least for one, least in zip(value, minimum))
    return False


def _value(given):
    """A value as a number, a tuple of numbers, or a text with single spaces; None for none. Lists count as what stands in them."""
    if isinstance(given, bool):
        return int(given)
    fields = (" ".join(map(str, given)) if isinstance(given, (list, tuple)) else "" if given is None else str(given)).split()
    numbers = tuple(map(parse_integer, fields))
    if None in numbers:
        return " ".join(fields)
    return numbers[0] if len(numbers) == 1 else numbers or None


def _shown(values):
    """The same with several numbers as one text, as `sysctl` takes it."""
    return OrderedDict((key, " ".join(map(str, value)) if isinstance(value, tuple) else value) for key, value in values.items())


def plan_modules(states):
    """(to load, missing) from the reading of modules: what is on disk or may be, and what this kernel does not have."""
    return (
        sorted(name for name, state in states.items() if state in ("available", "unreadable")),
        sorted(name for name, state in states.items() if state == "missing"),
    )
