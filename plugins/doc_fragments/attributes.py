# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules share in the documentation of their attributes, by the kind of module. A module overrides what differs."""


class ModuleDocFragment:
    # Modules that change a node.
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and return the changed status without changing the node.
    support: full
  diff_mode:
    description: Can show what would change.
    support: full
"""

    # Modules that only read.
    READ_ONLY = r"""
attributes:
  check_mode:
    description: Changes nothing, so it does the same in check mode.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: none
"""

    # Modules that are entirely implemented as an action plugin.
    ACTION = r"""
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the control node.
    support: full
"""

    # Modules that look below /proc and /sys, or use what only Linux has.
    LINUX = r"""
attributes:
  platform:
    description: Linux.
    support: full
    platforms: linux
"""
