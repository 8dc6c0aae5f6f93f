# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt_packages and containerd_info share in their documentation: the packages that a node is to have."""


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  packages:
    description: The packages to have.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the package.
        type: str
        required: true
      version:
        description:
          - Version to have, or a pattern like V(1.6.*). Empty is whatever apt would install.
          - The package is downgraded where a newer one is installed.
        type: str
        default: ""
      minimum:
        description:
          - Lowest upstream version, for example V(1.5). Empty is any.
          - A candidate below it is refused before anything is installed, and the installed version is checked afterwards.
        type: str
        default: ""
      hold:
        description: Whether the package is held at its version. Left as it is when not set; a held package is then never changed.
        type: bool
"""
