# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parsers of the version strings that a node and a cluster show. Pure; they never raise: what cannot be parsed is None."""

import re
from collections import namedtuple

# numbers: tuple of int, e.g. (1, 24, 7); text: what was parsed.
Runtime = namedtuple("Runtime", "name numbers")
Kubernetes = namedtuple("Kubernetes", "numbers distribution text")
OsRelease = namedtuple("OsRelease", "id version codename")

_NUMBERS = r"(\d{1,9}(?:\.\d{1,9})*)"
_KERNEL = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?!\d)")
_CONTAINERD = re.compile(r"containerd\s+\S+\s+v?" + _NUMBERS)
_RUNTIME = re.compile(r"([a-z][a-z0-9-]*)://v?" + _NUMBERS + r"?")
_KUBERNETES = re.compile(
    r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})"
    r"(?:-(?P<pre>(?:alpha|beta|rc)[.\d]*))?"
    r"(?:(?:\+|-)(?P<distribution>k3s|rke2r|eks|gke)[\w.-]*)?(?![\w.])"
)
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_K3S_OUTPUT = re.compile(r"^k3s version (\S+)", re.MULTILINE)
_IPTABLES = re.compile(r"iptables v" + _NUMBERS + r"(?:\s+\((\w+)\))?")
_OS_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def _numbers(text):
    return tuple(int(part) for part in text.split("."))


def parse_numbers(text):
    """The leading dotted number of a text as a tuple: '5.4' is (5, 4), '2022.11.3' is (2022, 11, 3), 'v1.5' is (1, 5)."""
    match = re.match(r"\s*v?" + _NUMBERS, str(text))
    return _numbers(match.group(1)) if match else None


def parse_integer(text):
    """A whole number of at most 18 digits, spaces around it allowed: what the kernel shows for a setting. None for everything else."""
    match = _INTEGER.fullmatch(str(text).strip())
    return int(match.group(0)) if match else None


def is_at_least(numbers, minimum):
    """Whether a version reaches a minimum: (1, 5, 0) and (1, 5) both reach (1, 5)."""
    width = max(len(numbers), len(minimum))
    return _padded(numbers, width) >= _padded(minimum, width)


def is_above(numbers, ceiling):
    """Whether a version lies above a whole series: (5, 15, 91) does not lie above (5, 15), (5, 16, 0) does."""
    return tuple(numbers[: len(ceiling)]) > tuple(ceiling)


def _padded(numbers, width):
    return tuple(numbers) + (0,) * (width - len(numbers))


def show(numbers):
    """A tuple as people write it: (1, 24, 7) is '1.24.7'."""
    return ".".join(str(number) for number in numbers)


def parse_kernel(text):
    """'5.4.0-150-generic', '5.15.0-1051-aws', '6.1.0-18-cloud-amd64', '4.15.0-213-generic+' as (5, 4, 0) and so on."""
    match = _KERNEL.match(str(text).strip())
    return tuple(int(part or 0) for part in match.groups()) if match else None


def parse_containerd(text):
    """The output of `containerd --version` as (1, 6, 20), whoever built it."""
    match = _CONTAINERD.match(str(text).strip())
    return _numbers(match.group(1)) if match else None


def parse_runtime(text):
    """A node's containerRuntimeVersion: 'containerd://1.6.8-k3s1', 'docker://20.10.7', 'cri-o://1.24.1'; numbers may be None."""
    match = _RUNTIME.match(str(text).strip())
    if not match:
        return None
    return Runtime(match.group(1), _numbers(match.group(2)) if match.group(2) else None)


def parse_kubernetes(text):
    """A Kubernetes version of any distribution.

    'v1.24.7+k3s1', 'v1.22.17-eks-48e63af', 'v1.24.9-gke.3200', 'v1.24.9' (AKS), 'v1.24.9+rke2r2'. `distribution` is one of
    k3s, eks, gke, rke2 and '' (none in the string).
    """
    match = _KUBERNETES.match(str(text).strip())
    if not match:
        return None
    distribution = {"rke2r": "rke2", None: ""}.get(match.group("distribution"), match.group("distribution"))
    return Kubernetes(tuple(int(part) for part in match.groups()[:3]), distribution, str(text).strip())


def parse_k3s_output(text):
    """The version in the output of `k3s --version`: 'k3s version v1.21.2+k3s1 (5a67e8dc)'."""
    match = _K3S_OUTPUT.search(str(text))
    return parse_kubernetes(match.group(1)) if match else None


def parse_iptables(text):
    """The output of `iptables --version` as ((1, 8, 4), 'nf_tables'); the mode is 'legacy' where it is not named."""
    match = _IPTABLES.match(str(text).strip())
    return (_numbers(match.group(1)), match.group(2) or "legacy") if match else None


def parse_os_release(text):
    """The content of /etc/os-release; fields that are not there are ''."""
    fields = {}
    for line in str(text).splitlines():
        match = _OS_LINE.match(line.strip())
        if match:
            fields[match.group(1)] = match.group(2).strip().strip("\"'")
    return OsRelease(
        fields.get("ID", ""),
        fields.get("VERSION_ID", ""),
        fields.get("VERSION_CODENAME", fields.get("UBUNTU_CODENAME", "")),
    )
