# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dpkg and apt say about packages, and what has to be done to have the wanted ones. Pure; the module apt_packages reads and does."""

import fnmatch
import re
from collections import namedtuple

from ._versions import is_at_least, parse_numbers

# The format of dpkg-query whose output parse_installed reads.
DPKG_FORMAT = "${Package} ${db:Status-Abbrev}${Version}\\n"

# name: str; version: exact version or pattern, '' is any; minimum: lowest upstream version, '' is any;
# hold: True or False to have the package held or not, None to leave that as it is.
Wanted = namedtuple("Wanted", "name version minimum hold")
# The option with such packages, documented in the doc fragment `packages`.
PACKAGES_OPTION = {
    "type": "list",
    "elements": "dict",
    "required": True,
    "options": {
        "name": {"type": "str", "required": True},
        "version": {"type": "str", "default": ""},
        "minimum": {"type": "str", "default": ""},
        "hold": {"type": "bool"},
    },
}
# version: str; held, broken: bool. A broken package is neither installed nor absent: dpkg was interrupted.
Installed = namedtuple("Installed", "version held broken")
# names: what to install; hold, unhold: names.
Plan = namedtuple("Plan", "install hold unhold")

# The three letters of the status are wanted state, state and error; the last is a space where there is none.
_DPKG_LINE = re.compile(r"(?P<name>\S+) (?P<wanted>\S)(?P<state>\S)(?P<error>.)(?P<version>.*)")
# How apt-get and dpkg begin a line that says that another one is at work. What scripts of packages say begins otherwise.
_LOCKED = re.compile(
    r"^(?:E: (?:Could not get lock|Unable to acquire the dpkg frontend lock|Unable to lock directory)|dpkg: error: .*\b(?:is|was) locked by another process)\b",
    re.MULTILINE,
)
_POLICY_NAME = re.compile(r"^(\S+):$")
_POLICY_CANDIDATE = re.compile(r"^\s+Candidate: (\S+)$")


def parse_installed(text):
    """The packages in the output of `dpkg-query --show --showformat DPKG_FORMAT`, by name; what was removed is left out, and lines of another form."""
    packages = {}
    for line in text.splitlines():
        match = _DPKG_LINE.match(line)
        if match and match.group("state") not in "nc":
            is_broken = match.group("state") != "i" or match.group("error") == "R"
            packages[match.group("name")] = Installed(match.group("version").strip(), match.group("wanted") == "h", is_broken)
    return packages


def broken(packages):
    """The names of the packages that an interrupted dpkg left behind, sorted."""
    return sorted(name for name, package in packages.items() if package.broken)


def parse_candidates(text):
    """Name to the version that apt would install, from the output of `apt-cache policy`; '' where it knows none."""
    candidates, name = {}, None
    for line in text.splitlines():
        header = _POLICY_NAME.match(line)
        if header:
            name = header.group(1)
            candidates[name] = ""
        candidate = _POLICY_CANDIDATE.match(line)
        if candidate and name and candidate.group(1) != "(none)":
            candidates[name] = candidate.group(1)
    return candidates


def upstream(version):
    """The upstream part of a package's version as numbers: '1:1.6.20~ds1-1+b1' is (1, 6, 20)."""
    return parse_numbers(version.split(":", 1)[-1])


def reaches(version, minimum):
    """Whether a package's version reaches a minimum; what cannot be read neither reaches nor is reached."""
    numbers, least = upstream(version), parse_numbers(minimum)
    return not minimum or (numbers is not None and least is not None and is_at_least(numbers, least))


def unreadable(wanted):
    """Sentences that name the minimums that are no versions; [] where all are."""
    return [
        "the minimum %r of the package %s is not a version, such as 1.5 or 1.6.20" % (one.minimum, one.name)
        for one in wanted
        if one.minimum and parse_numbers(one.minimum) is None
    ]


def is_locked(errors):
    """Whether apt-get or dpkg failed because another one is at work, by what it printed as errors."""
    return bool(_LOCKED.search(errors))


def satisfies(package, wanted):
    """Whether an installed package is one that is wanted, its being held aside."""
    right_version = not wanted.version or fnmatch.fnmatchcase(package.version, wanted.version)
    return not package.broken and right_version and reaches(package.version, wanted.minimum)


def plan(packages, wanted):
    """What has to be done so that every wanted package is there."""
    install = [one.name for one in wanted if one.name not in packages or not satisfies(packages[one.name], one)]
    held = {name for name, package in packages.items() if package.held}
    return Plan(
        install,
        [one.name for one in wanted if one.hold is True and one.name not in held],
        [one.name for one in wanted if one.hold is False and one.name in held],
    )


def obstacles(plan, packages, candidates, wanted):
    """Sentences that say why the plan cannot be carried out; [] where it can."""
    found = []
    for one in wanted:
        if one.name not in plan.install:
            continue
        package = packages.get(one.name)
        candidate = candidates.get(one.name, "")
        if package and package.held and one.hold is None:
            found.append(
                "%s is held at %s, but %s is needed: run `apt-mark unhold %s` on this node."
                % (one.name, package.version, one.version or one.minimum or "a repaired package", one.name)
            )
        elif not one.version and not candidate:
            found.append("apt knows no package %s: check the package sources of this node." % one.name)
        elif not one.version and not reaches(candidate, one.minimum):
            found.append("apt would install %s %s, but %s or newer is needed: add a package source that has it." % (one.name, candidate, one.minimum))
    return found


def shortfalls(packages, wanted):
    """Sentences that say which wanted package is not there after all; [] where all are."""
    return [
        "%s is %s after the installation, but %s was wanted."
        % (one.name, packages[one.name].version if one.name in packages else "absent", one.version or one.minimum or "an installed package")
        for one in wanted
        if one.name not in packages or not satisfies(packages[one.name], one)
    ]
