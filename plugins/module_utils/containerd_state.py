# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reading of a node's containerd means. Pure; the module containerd_info reads."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

SOCKET = "/run/containerd/containerd.sock"
BINARY = "/usr/bin/containerd"
# The first line of every hosts.toml that the role writes, so that it removes only its own.
REGISTRY_MARK = "# Written by the role containerd of gitpod.node_prep; changes are overwritten."
# The packages that both bring a containerd, and so exclude each other.
PACKAGES = ("containerd", "containerd.io")
# The images that Kubernetes runs, one name a line.
LIST_IMAGES = ("ctr", "--namespace", "k8s.io", "images", "ls", "--quiet")
# Names of the images that the archive with a SHA-256 has brought, one a line. It lies in containerd's store, so that it goes when that is wiped.
RECORD = "/var/lib/containerd/node-prep-%s.images"


def parse_properties(text):
    """The output of `systemctl show` as a dict."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def parse_digests(text):
    """{path: digest} from the output of sha256sum."""
    lines = [line.split(None, 1) for line in text.splitlines()]
    return {parts[1].lstrip("*"): parts[0] for parts in lines if len(parts) == 2}


def runs_what_lies_there(active, started_with, digests, executable):
    """Whether a service runs with the files and the program that are on disk now.

    active: bool; started_with: {path: digest} noted at the start, None where nothing was noted; digests: {path: digest} now;
    executable: what /proc/<pid>/exe points to, '' where that is not known.
    """
    return active and started_with == digests and not executable.endswith(" (deleted)")


def cgroup_driver(has_systemd, cgroup):
    """The driver for `auto`: systemd where systemd manages the cgroups, which it does on v2 in any case."""
    return "systemd" if has_systemd or cgroup == "v2" else "cgroupfs"


def imported(record, images):
    """Whether the images of an archive are all there.

    record: text of its RECORD, None where there is none; images: names of the images that containerd has.
    """
    return bool(record) and set(record.split()) <= set(images)


def other_runtimes(sockets, program, packages, wanted):
    """Sentences that name the other container runtimes of a node; [] where there is none.

    sockets: listening sockets of runtimes; program: the containerd that would be run, '' where there is none; packages: names of the
    installed ones of PACKAGES; wanted: the name of the one that is to be installed.
    """
    found = ["%s is served by another container runtime." % socket for socket in sockets if socket != SOCKET]
    if program not in ("", BINARY):
        found.append("%s is a containerd that no package has brought." % program)
    for name in packages:
        if name != wanted:
            found.append("The package %s is installed, and would be removed by the installation of %s." % (name, wanted))
    return found
