# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reading of a node's containerd means. Pure; the module containerd_info reads."""

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


def runs_what_lies_there(active, started_with, digests, executable):
    """Whether a service runs with the files and the program that are on disk now.

    :param active: whether it runs at all.
    :param started_with: dict of path to digest noted at the start; None where nothing was noted.
    :param digests: dict of path to digest now.
    :param executable: what /proc/<pid>/exe points to; '' where that is not known.
    """
    return active and started_with == digests and not executable.endswith(" (deleted)")


def cgroup_driver(has_systemd, cgroup):
    """The driver for `auto`: systemd where systemd manages the cgroups, which it does on v2 in any case."""
    return "systemd" if has_systemd or cgroup == "v2" else "cgroupfs"


def imported(record, images):
    """Whether the images of an archive are all there.

    :param record: text of its RECORD; None where there is none.
    :param images: names of the images that containerd has.
    """
    return bool(record) and set(record.split()) <= set(images)


def other_runtimes(sockets, program, packages, wanted):
    """Sentences that name the other container runtimes of a node; [] where there is none.

    :param sockets: listening sockets of runtimes.
    :param program: the containerd that would be run; '' where there is none.
    :param packages: names of the installed ones of PACKAGES.
    :param wanted: the name of the one that is to be installed.
    """
    found = ["%s is served by another container runtime." % socket for socket in sockets if socket != SOCKET]
    if program not in ("", BINARY):
        found.append("%s is a containerd that no package has brought." % program)
    for name in packages:
        if name != wanted:
            found.append("The package %s is installed, and would be removed by the installation of %s." % (name, wanted))
    return found
