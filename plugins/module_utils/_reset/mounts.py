# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which mounts go with the pods, and what is moved aside around those that stay. Pure."""

from . import ours

LOST_AND_FOUND = "lost+found"


def points_of_fstab(text):
    """The mount points that /etc/fstab names, which are somebody's disks."""
    fields = [line.split() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return {one[1].rstrip("/") for one in fields if len(one) > 1 and one[1].startswith("/")}


def to_unmount(rows, fstab, places, namespaces):
    """Mount points in the order in which they can be unmounted, one for each mount; a later mount hides an earlier one.

    :param rows: Mount rows of _node.parsers, in their order.
    :param fstab: of `points_of_fstab`; those stay.
    :param places: the directories below which the cluster mounts, each as it is behind all links -> as `ours` names it.
    :param namespaces: paths of the network namespaces that go.
    """
    return [row.point for row in reversed(rows) if row.point in namespaces or (row.point not in fstab and _is_below(row, places))]


def _is_below(row, places):
    below = [name for place, name in places.items() if row.point.startswith(place + "/")]
    return bool(below) and (ours.DATA not in below or row.kind in ours.KINDS_IN_DATA)


def is_aside(name, suffix):
    """Whether a name is one that was moved aside, by `mv --backup=numbered` too."""
    return name.endswith(suffix) or (suffix + ".~") in name


def asides(path, points, suffix, names_in):
    """What is moved aside of a path: all of it at once, or around a mount that stays, which cannot be moved, what lies there.

    :param points: the mount points that stay.
    :param names_in: function that lists a directory; None for what is no directory, and for a link.
    """
    if not any(point == path or point.startswith(path + "/") for point in points):
        return [path]
    names = names_in(path)
    kept = [name for name in sorted(names or ()) if name != LOST_AND_FOUND and not is_aside(name, suffix)]
    return [one for name in kept for one in asides(path + "/" + name, points, suffix, names_in)]
