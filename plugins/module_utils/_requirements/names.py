# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as DNS and Kubernetes have them (RFC 1123), in lower case. Pure."""

import re

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST = 253  # characters


def is_label(text):
    """Whether a text is one label, such as the name of a namespace."""
    return bool(_LABEL.fullmatch(text))


def is_name(text, longest=LONGEST):
    """Whether a text is one or more labels with dots between them, such as the name of a machine or a secret."""
    return len(text) <= longest and all(map(is_label, text.split(".")))


def is_domain(text, longest=LONGEST):
    """Whether a text is a name of at least two labels."""
    return "." in text and is_name(text, longest)
