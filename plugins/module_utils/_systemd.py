# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `systemctl show` prints. Pure; lines of another form are left out."""


def properties_of(text):
    """The properties of one unit as a dict."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def units_of(text):
    """The properties of several units as a dict of unit name to a dict; `Id` has to be among them, and names the unit."""
    blocks = [properties_of(block) for block in text.split("\n\n")]
    return {properties["Id"]: properties for properties in blocks if properties.get("Id")}
