# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies on a machine for keepalived, and whether it is ours. Pure."""

import re

from .._mark import is_marked

CONFIG = "/etc/keepalived/keepalived.conf"
DEFAULTS = "/etc/default/keepalived"
# Written at each start and each reload by the drop-in of the unit.
STARTED_WITH = "/run/keepalived-node-prep/started-with"

# The last assignment counts, as for systemd.
_ARGUMENTS = re.compile(r"^\s*DAEMON_ARGS=[\"']?(.*?)[\"']?\s*$", re.MULTILINE)
_OTHER_FILE = re.compile(r"(?:^|\s)(?:-f|--use-file)(?:[=\s]|$)|(?:^|\s)-f\S")


def is_foreign(config):
    """Whether a configuration is somebody else's; one in which nothing is said is nobody's."""
    lines = (line.strip() for line in config.splitlines())
    return not is_marked(config) and any(line and line[0] not in "#!" for line in lines)


def names_another_file(defaults):
    """Whether keepalived is told to read another configuration than CONFIG."""
    given = _ARGUMENTS.findall(defaults)
    return bool(given) and bool(_OTHER_FILE.search(given[-1]))


def carries(config, address):
    """Whether a configuration of ours is about this address."""
    return is_marked(config) and "%s/32" % address in config.split()


def obstacles(config, defaults):
    """Sentences about a keepalived of somebody else; [] where there is none."""
    if is_foreign(config):
        return [
            "%s was not written by this collection, and keepalived reads no other file. Have your keepalived carry the address of the API too and name "
            "it with k3s_api_host instead of node_prep_api_vip, or move the file away if it may go." % CONFIG
        ]
    if names_another_file(defaults):
        return [
            "%s has keepalived read another file than %s (DAEMON_ARGS). Have your keepalived carry the address of the API too and name it with "
            "k3s_api_host instead of node_prep_api_vip, or take the option out if it may go." % (DEFAULTS, CONFIG)
        ]
    return []
