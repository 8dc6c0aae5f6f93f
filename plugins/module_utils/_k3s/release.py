# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of K3s: version numbers, where their files are published, which version may follow which.

Pure functions over text (requirements §5, §6); nothing here reads a file or a network.
"""

import re
from urllib.parse import quote

from .. import _versions as versions
from .._digest import parse_sums
from .._requirements.thresholds import MIN_EMBEDDED_KUBERNETES

VERSION = re.compile(r"v([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?P<candidate>-(?:alpha|beta|rc)\.?[0-9]{1,9})?\+k3s([0-9]{1,9})")

# `uname -m` -> the name that releases use, and the name of the binary among the files of a release.
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
BINARIES = {"amd64": "k3s", "arm64": "k3s-arm64"}

# The first release of K3s that makes an etcd of its SQLite.
CONVERTS_SQLITE = (1, 22, 2)

# The first minor release of K3s that bundles a containerd 1.5 (D7).
MIN_EMBEDDED = versions.parse_numbers(MIN_EMBEDDED_KUBERNETES)


class VersionError(ValueError):
    """A text that is no version of K3s; the message quotes it."""


def parse_version(text):
    """`v1.24.7+k3s1` as `(1, 24, 7, 1)`, and so its candidate `v1.24.7-rc1+k3s1`.

    :raises VersionError: anything that is not the whole name of a release.
    """
    match = VERSION.fullmatch(text)
    if match is None:
        raise VersionError("'%s' is not a release of K3s; they look like v1.24.7+k3s1" % text)
    return tuple(int(match.group(number)) for number in (1, 2, 3, 5))


def numbers_of(text):
    """The same of what a node says; None where that is no release of K3s."""
    try:
        return parse_version(text)
    except VersionError:
        return None


def _rank(text):
    """What releases are ordered by: a candidate comes before its release."""
    numbers = parse_version(text)
    candidate = VERSION.fullmatch(text).group("candidate")
    kind, number = re.match(r"-(\D+?)\.?(\d+)", candidate).groups() if candidate else ("release", 0)
    return numbers[:3], kind, int(number), numbers[3]


def change_problem(current, wanted):
    """Why K3s must not go from one release to the other (§6); "" if it may.

    :param current: version on the node, "" if there is none.
    :param wanted: version that is asked for.
    """
    target = parse_version(wanted)
    if not current:
        return ""
    present = parse_version(current)
    if _rank(wanted) < _rank(current):
        return "the node has K3s %s and %s is older: K3s cannot be downgraded; ask for %s or newer" % (current, wanted, current)
    if target[0] != present[0] or target[1] > present[1] + 1:
        return "the node has K3s %s and %s skips a minor release: go to the newest v%d.%d first" % (
            current,
            wanted,
            present[0],
            present[1] + 1,
        )
    return ""


def embedded_problem(wanted):
    """Why the containerd bundled in this release does not do (§5, D7); "" if it does."""
    if parse_version(wanted)[:2] >= MIN_EMBEDDED:
        return ""
    return "K3s %s bundles containerd 1.4 and Gitpod needs 1.5: use K3s v1.22 or newer, or the containerd of the node (k3s_container_runtime: system)" % wanted


def cri_problem(wanted, containerd):
    """Why kubelet of this release cannot talk to a containerd, given as (1, 6, 20); "" if it can.

    containerd speaks the CRI v1 from 1.6 on and its forerunner v1alpha2 before 2.0; kubelet speaks v1 from Kubernetes 1.23 on and v1alpha2 before 1.26.
    """
    kubernetes = parse_version(wanted)[:2]
    if versions.is_at_least(containerd, (2, 0)) and kubernetes < (1, 23):
        remedy = "use K3s v1.23 or newer, or containerd 1.x (containerd_version)"
    elif not versions.is_at_least(containerd, (1, 6)) and kubernetes >= (1, 26):
        remedy = "use K3s v1.25 or older, or containerd 1.6 or newer (containerd_min_version)"
    else:
        return ""
    return "K3s %s and containerd %s have no version of the CRI in common: %s" % (wanted, versions.show(containerd), remedy)


def file_url(base, version, name):
    """Address of one file of a release: `<base>/<version, + as %2B>/<name>`."""
    return "/".join((base.rstrip("/"), quote(version, safe=""), name))


def checksum_file(architecture):
    """Name of the file of a release that lists the digests of the others."""
    return "sha256sum-%s.txt" % architecture


def digest_in(text, name):
    """The SHA-256 that a checksum file (lines of `<digest>  <name>`) gives for a name; "" if it has none."""
    return parse_sums(text).get(name, "")


def conversion_problem(version):
    """Why a server of this release does not make an etcd of its SQLite; "" if it does, which is so from v1.22.2 on.

    The figure is that of K3s' own page on embedded etcd.
    """
    if parse_version(version)[:3] >= CONVERTS_SQLITE:
        return ""
    return "K3s %s cannot convert that to etcd (v1.22.2 and newer can)" % version
