# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes quantities, as the capacity of a node gives them. Pure."""

import re
from decimal import Decimal

_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)([numkKMGTPE]?i?)")
_DECIMAL = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_FACTORS = dict(_DECIMAL, **_BINARY)


def parse_quantity(text):
    """'4' is 4, '3920m' is 3 (only whole units count), '16393240Ki' is 16786677760; None where it is no quantity."""
    match = _QUANTITY.fullmatch(str(text))
    if not match or match.group(2) not in _FACTORS:
        return None
    return int(Decimal(match.group(1)) * _FACTORS[match.group(2)])
