#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: apt_packages
short_description: Installs packages of apt with a minimum version, without python3-apt
version_added: 0.1.0
description:
  - Has packages installed, at a version or from a minimum on, and held if wanted. One round trip that asks only C(dpkg-query) when all is well.
  - M(ansible.builtin.apt) needs python3-apt, which exists only for the Python that a release of Ubuntu was made with. With the newer
    interpreter that a recent ansible-core needs on Ubuntu 18.04 and 20.04 it cannot run. This module needs the standard library only.
  - What an interrupted C(dpkg) left behind is configured first, because C(apt-get) refuses to work before that.
  - Only when something has to be installed is the list of packages refreshed. No other package is ever removed for it.
options:
  lock_timeout:
    description: Seconds to wait for another apt or dpkg that is at work.
    type: int
    default: 300
extends_documentation_fragment:
  - gitpod.node_prep.packages
  - gitpod.node_prep.attributes
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Install containerd, never one below the minimum, and keep it
  gitpod.node_prep.apt_packages:
    packages:
      - name: containerd
        minimum: "1.5"
        hold: true
"""

RETURN = r"""
versions:
  description: Installed version of each package afterwards, in check mode beforehand; empty where it is absent.
  returned: success
  type: dict
  sample: {containerd: 1.6.20~ds1-1+b1}
installed:
  description: Names of the packages that were installed, upgraded or repaired, or would be.
  returned: success
  type: list
  elements: str
  sample: [containerd]
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _apt as apt_state
from ..module_utils._text import UNTRANSLATED, printable

SECONDS_BETWEEN_TRIES = 5
LINES_OF_OUTPUT = 15
APT_GET = ("apt-get", "--quiet", "--yes", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
ENVIRONMENT = dict(UNTRANSLATED, DEBIAN_FRONTEND="noninteractive", NEEDRESTART_SUSPEND="1")


class Apt:
    """Runs dpkg and apt on the node; ends the module with their last lines where they fail."""

    def __init__(self, module):
        self.module = module
        self.deadline = time.time() + module.params["lock_timeout"]

    def _run(self, *command):
        while True:
            status, stdout, stderr = self.module.run_command(list(command), environ_update=ENVIRONMENT)
            locked = status != 0 and apt_state.is_locked(stderr)
            if not locked or time.time() >= self.deadline:
                return status, stdout, stderr
            time.sleep(SECONDS_BETWEEN_TRIES)

    def run(self, *command):
        status, stdout, stderr = self._run(*command)
        if status != 0:
            said = (stdout + stderr).strip().splitlines()[-LINES_OF_OUTPUT:]
            self.module.fail_json(msg=printable("`%s` failed with status %d: %s" % (" ".join(command), status, "\n".join(said))), rc=status)
        return stdout

    def installed(self):
        return apt_state.parse_installed(self.run("dpkg-query", "--show", "--showformat", apt_state.DPKG_FORMAT))

    def candidates(self, names):
        return apt_state.parse_candidates(self.run("apt-cache", "policy", *names))

    def repair(self):
        """Finishes what an interrupted dpkg left, and returns the packages as they are then."""
        self._run("dpkg", "--configure", "-a", "--force-confdef", "--force-confold")
        left = apt_state.broken(self.installed())
        if left:
            self.run("apt-get", "--quiet", "update")
            self.run(*(APT_GET + ("--fix-broken", "install", "--reinstall") + tuple(left)))
        packages = self.installed()
        left = apt_state.broken(packages)
        if left:
            self.module.fail_json(msg="dpkg left half-installed packages that could not be repaired: %s. See `dpkg --audit`." % ", ".join(left))
        return packages

    def install(self, wanted):
        names = ["%s=%s" % (one.name, one.version) if one.version else one.name for one in wanted]
        options = ["--no-install-recommends", "--no-remove"]
        if any(one.version for one in wanted):
            options.append("--allow-downgrades")
        if any(one.hold is not None for one in wanted):
            options.append("--allow-change-held-packages")
        self.run(*(APT_GET + ("install",) + tuple(options) + tuple(names)))


def versions(packages, wanted):
    return {one.name: packages[one.name].version if one.name in packages else "" for one in wanted}


def shown(packages, wanted):
    """The side of a diff: a line per package."""
    lines = []
    for one in wanted:
        package = packages.get(one.name)
        lines.append("%s %s%s\n" % (one.name, package.version, " (held)" if package.held else "") if package else "%s absent\n" % one.name)
    return "".join(lines)


def main():
    module = AnsibleModule(
        argument_spec={
            "packages": apt_state.PACKAGES_OPTION,
            "lock_timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    wanted = [apt_state.Wanted(**one) for one in module.params["packages"]]
    for sentence in apt_state.unreadable(wanted):
        module.fail_json(msg="packages: %s." % sentence)
    apt = Apt(module)
    before = packages = apt.installed()
    repair = bool(apt_state.broken(packages))
    plan = apt_state.plan(packages, wanted)
    changed = repair or plan != apt_state.Plan([], [], [])

    if repair and not module.check_mode:
        packages = apt.repair()
        plan = apt_state.plan(packages, wanted)
    if plan.install:
        if not module.check_mode:
            apt.run("apt-get", "--quiet", "update")
        candidates = apt.candidates(plan.install)
        # On a fresh machine the lists are empty, and the check mode does not fetch them.
        if not module.check_mode or all(candidates.get(name) for name in plan.install):
            obstacles = apt_state.obstacles(plan, packages, candidates, wanted)
            if obstacles:
                module.fail_json(msg=" ".join(obstacles))
    if changed and not module.check_mode:
        if plan.install:
            apt.install([one for one in wanted if one.name in plan.install])
        if plan.hold:
            apt.run("apt-mark", "hold", *plan.hold)
        if plan.unhold:
            apt.run("apt-mark", "unhold", *plan.unhold)
        packages = apt.installed()
        shortfalls = apt_state.shortfalls(packages, wanted)
        if shortfalls:
            module.fail_json(msg=" ".join(shortfalls))

    result = {"changed": changed, "versions": versions(packages, wanted), "installed": plan.install}
    if module._diff and changed:
        after = shown(packages, wanted) if not module.check_mode else "".join("%s would be installed\n" % name for name in plan.install)
        result["diff"] = {"before": shown(before, wanted), "after": after}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
