# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as DNS and Kubernetes have them (RFC 1123), in lower case. Pure."""

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# A name that only /etc/hosts or a resolver of the machine's own may know, so that it may have capital letters and underscores.
_MACHINE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}")
LONGEST = 253  # characters
LONGEST_LABEL = 63
# The longest name that is asked for below Gitpod's domain has 33 characters more.
LONGEST_DOMAIN = LONGEST - 33


def is_label(text):
    """Whether a text is one label, such as the name of a namespace."""
    return bool(_LABEL.fullmatch(text))


def is_name(text, longest=LONGEST):
    """Whether a text is one or more labels with dots between them, such as the name of a machine or a secret."""
    return len(text) <= longest and all(map(is_label, text.split(".")))


def is_machine(text):
    """Whether a text is a name under which a machine may be reached."""
    return bool(_MACHINE.fullmatch(text))


def is_domain(text, longest=LONGEST):
    """Whether a text is a name of at least two labels."""
    return "." in text and is_name(text, longest)


def node_name_problem(text):
    """Why Kubernetes cannot have a node of this name: a clause, '' where it can."""
    if text != text.lower():
        return "it has capital letters, and Kubernetes has all names in lower case"
    if len(text) > LONGEST_LABEL:
        return "it has %d characters, and %d is what its label kubernetes.io/hostname holds" % (len(text), LONGEST_LABEL)
    if not is_name(text):
        return "it may have lower case letters, digits, '-' and '.' only, and a letter or a digit at the beginning and the end"
    return "it is an address" if "." in text and _is_address(text) else ""


def _is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
