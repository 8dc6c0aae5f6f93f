# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the requirements that several modules check against."""


class ModuleDocFragment:
    # What a node has to be, whether the node itself or the API of its cluster says what it is.
    DOCUMENTATION = r"""
options:
  tested_kernel:
    description: Newest kernel series that Gitpod's compatibility matrix covers; a newer one is a warning (§3).
    type: str
    default: "5.15"
  min_containerd:
    description: Oldest containerd that is accepted (D7).
    type: str
    default: "1.5"
  min_cpus:
    description: Fewest CPUs of a node, that it can schedule on or that its capacity shows (D8).
    type: int
    default: 4
  min_memory_bytes:
    description: Least memory of a node in bytes (D8). 16 GB are decimal, so that a nominal 16 GiB machine passes.
    type: int
    default: 16000000000
"""

    # Not named like the fragment `kernel`: Ansible would take it for that one.
    MIN_KERNEL = r"""
options:
  min_kernel:
    description: Oldest kernel that is accepted (D5).
    type: str
    default: "5.4"
"""
