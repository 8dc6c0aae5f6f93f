# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What node_spec and cluster_spec share in their documentation: which of their requirements are checked."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  only:
    description: Ids of the requirements to check; all of them where the list is empty.
    type: list
    elements: str
    default: []
  skip:
    description: Requirements that are left out, as a dictionary from the id to the reason, a text. The findings show the reason.
    type: dict
    default: {}
"""
