# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role kernel has to do on a node. Pure: a reading and the wanted settings in, a plan out."""

import re
from collections import OrderedDict, namedtuple
from fnmatch import fnmatchcase

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

# What ufw sets when it starts, which is after systemd-sysctl.
UFW_SYSCTL = "/etc/ufw/sysctl.conf"

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
    """{key: value} of a file of sysctl.d, in the order in which it sets them; a key written with slashes comes out with dots.

    A key may be a pattern. One without a value is None: no pattern sets it.
    """
    found = OrderedDict()
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;" or ("=" not in line and line[0] != "-"):
            continue
        key, separator, value = line.partition("=")
        key = _dotted(key.strip().lstrip("-").strip())
        found.pop(key, None)
        found[key] = " ".join(value.split()) if separator else None
    return found


def _dotted(key):
    slash, dot = key.find("/"), key.find(".")
    if slash == -1 or (dot != -1 and dot < slash):
        return key
    return key.replace("/", "\0").replace(".", "/").replace("\0", ".")


# An assignment of a setting by a file: the name that it is written under, which may be an alias or a pattern.
Assignment = namedtuple("Assignment", "path name value whole")


def assignments(key, files):
    """The Assignment rows that reach a setting at boot, in the order in which systemd-sysctl applies them.

    A pattern does not reach what some file sets by its name.

    :param files: OrderedDict of path to a dict of `parse_sysctl_file`, in the order in which the boot applies them.
    """
    named = {name for values in files.values() for name in values if not is_pattern(name)} | {key}
    found = []
    for path, values in files.items():
        for name, value in values.items():
            reached = [alias for alias in kernel_settings.names_of(key) if _reaches_name(name, alias.name, named)]
            if value is not None and reached:
                found.append(Assignment(path, name, value, any(alias.whole for alias in reached)))
    return found


def is_pattern(name):
    return bool(re.search(r"[*?\[]", name))


def _reaches_name(written, name, named):
    if not is_pattern(written):
        return written == name
    parts, wanted = written.split("."), name.split(".")
    return name not in named and len(parts) == len(wanted) and all(fnmatchcase(part, pattern) for part, pattern in zip(wanted, parts))


def sysctl_conflicts(rows, files, own):
    """Clauses that name the files which would win over the role's own at boot.

    :param rows: Setting rows that stand in the role's file.
    """
    found, later = [], _later_than(own, files)
    for row in rows:
        after = [one for one in assignments(row.key, files) if one.path in later]
        last = max([index for index, one in enumerate(after) if one.whole], default=0)
        for one in after[last:]:
            if not _ok(row, _value(one.value)):
                what = "" if one.name == row.key else ", which decides about %s," % row.key
                found.append("%s sets %s to %s%s and wins at boot" % (one.path, one.name, one.value, what or ","))
                break
    return found


def plan_sysctls(rows, live, files, own):
    """SysctlPlan for Setting rows. A value that is only wanted at least is never lowered, neither now nor at the next boot.

    :param live: dict of key to text, or to None.
    :param files: OrderedDict of path to a dict of key to text, in the order in which the boot applies them.
    :param own: path of the role's file, which may be missing there.
    """
    content, now, absent, kept = OrderedDict(), OrderedDict(), [], []
    for row in rows:
        text = live.get(row.key)
        if text is None and row.absent not in _MODULES:
            if row.absent == "broken":
                absent.append(row.key)
            continue
        value = _value(text)
        foreign = _last_foreign(row.key, files, own)
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
        if row.key in content:
            kept.append(row)
    return SysctlPlan(_shown(content), _shown(now), sysctl_conflicts(kept, files, own), absent)


def _later_than(own, files):
    """The files that come after the role's own: in the order of their names, and what is applied after them all."""
    name = own.rsplit("/", 1)[-1]
    return {path for path in files if path.rsplit("/", 1)[-1] > name or path == UFW_SYSCTL}


def _last_foreign(key, files, own):
    """The value that the last file other than the role's own gives to a setting; None where none does."""
    return next((_value(one.value) for one in reversed(assignments(key, files)) if one.path != own and one.whole), None)


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


def module_conflicts(blocks, states, modules):
    """Clauses that name what keeps the modules of the role from being loaded at boot. One that is built in is there anyway.

    :param blocks: list of dicts `path`, `module` and `how`.
    :param states: the reading of modules.
    """
    return [
        "%s says `%s`, which keeps %s from being loaded at boot" % (one["path"], one["how"], one["module"])
        for one in blocks
        if one["module"] in modules and states.get(one["module"]) != "builtin"
    ]


# What `install` may run instead of loading a module.
_NOTHING = {"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", "false", "true", ":", "/dev/null"}


def blocked_modules(text):
    """[module, line] for each module that a file of modprobe.d keeps from being loaded, now or at boot."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        words = line.split("#")[0].split()
        if len(words) < 2:
            continue
        what, why = words[:1], words[2:3]
        if what == ["blacklist"] or (what == ["install"] and why and why[0] in _NOTHING) or (what == ["alias"] and why == ["off"]):
            found.append((words[1].replace("-", "_"), " ".join(words)))
    return found


def blocked_by_the_boot(cmdline):
    """The same for the kernel's own command line."""
    found = []
    for word in cmdline.split():
        name, _separator, value = word.partition("=")
        if name in ("modprobe.blacklist", "module_blacklist"):
            found += [(module.replace("-", "_"), word) for module in value.split(",") if module]
    return found


def plan_modules(states):
    """(to load, missing) from the reading of modules: what is on disk or may be, and what this kernel does not have."""
    return (
        sorted(name for name, state in states.items() if state in ("available", "unreadable")),
        sorted(name for name, state in states.items() if state == "missing"),
    )
