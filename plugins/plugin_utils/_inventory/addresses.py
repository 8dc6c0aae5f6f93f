# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and networks as variables have them. Pure."""

import ipaddress
import re


def ip_address(text):
    """The address in a text, or None."""
    if "." not in text and ":" not in text:
        return None  # Most hosts have names, and thousands of errors take time.
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def host_address(text):
    """The address in a text that may have the brackets of a URL around it, or None."""
    return ip_address(text[1:-1] if text.startswith("[") and text.endswith("]") else text)


def networks_of(text):
    """The networks of a variable, two with a comma between them in a dual-stack cluster. ValueError if it is something else."""
    parts = text.split(",")
    if not all("/" in part for part in parts):
        raise ValueError("the length of the prefix is missing")
    # Python takes a netmask such as 255.255.0.0 too, and nobody else does.
    if not all(re.search(r"/[0-9]{1,3}$", part) for part in parts):
        raise ValueError("behind the slash stands the length of the prefix, a number")
    return [ipaddress.ip_network(part) for part in parts]


def networks_in(value):
    """The same of a value of any kind; none where it is something else."""
    try:
        return networks_of(value) if isinstance(value, str) else []
    except ValueError:
        return []


def one_ipv4(networks):
    """The network of a list that is one of IPv4 and no other, or None."""
    return networks[0] if [network.version for network in networks] == [4] else None
