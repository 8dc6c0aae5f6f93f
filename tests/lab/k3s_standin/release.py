"""What follows from the release: its parts, and the containerd that K3s bundles (requirements §5)."""

import re

from .version import VERSION

COMMIT = "57a4d1d1"  # of the stand-in: no commit of K3s is claimed
GO_VERSION = "go1.18.6"

# Bundled containerd by (minor, patch): the newest row that is not newer than the release counts.
BUNDLED_CONTAINERD = (
    ((21, 0), "1.4.12-k3s1"),
    ((22, 0), "1.5.7-k3s1"),
    ((22, 7), "1.5.11-k3s1"),
    ((23, 0), "1.5.8-k3s1"),
    ((23, 13), "1.5.13-k3s1"),
    ((24, 0), "1.5.11-k3s1"),
    ((24, 2), "1.5.13-k3s1"),
    ((24, 6), "1.6.8-k3s1"),
    ((24, 9), "1.6.12-k3s1"),
    ((24, 14), "1.7.1-k3s1"),
    ((24, 17), "1.7.3-k3s1"),
    ((25, 5), "1.6.12-k3s1"),
    ((27, 2), "1.7.1-k3s1"),
    ((31, 6), "2.0.2-k3s2"),
)


def minor_and_patch(version=VERSION):
    """`v1.24.7+k3s1` -> (24, 7)."""
    found = re.match(r"^v1\.(\d+)\.(\d+)", version)
    if not found:
        raise SystemExit(f"the stand-in cannot be the release {version!r}: it knows v1.<minor>.<patch>")
    return int(found.group(1)), int(found.group(2))


def minor(version=VERSION):
    """`v1.24.7+k3s1` -> 24."""
    return minor_and_patch(version)[0]


def bundled_containerd(version=VERSION):
    """The version of the containerd inside the release."""
    wanted = minor_and_patch(version)
    return [containerd for since, containerd in BUNDLED_CONTAINERD if since <= wanted][-1]
