# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the playbooks. The roles document their own in `meta/argument_specs.yml`. Data."""

from ...module_utils._requirements.gitpod_releases import DEFAULT as DEFAULT_GITPOD
from ...module_utils._requirements.labels import DEFAULT_POOLS
from ...module_utils._requirements.ports import LOAD_BALANCER_OPTIONS
from ...module_utils._requirements.thresholds import CERTIFICATE

# Variables of the playbooks, in the form of an argument specification.
PLAYBOOK_OPTIONS = {
    "node_prep_api_vip": {"type": "str", "default": ""},
    "node_prep_artifacts": {"type": "path"},
    "node_prep_backup_keep": {"type": "int", "default": 7},
    "node_prep_backup_recipients": {"type": "list", "elements": "str"},
    "node_prep_certificate": {"type": "str", "default": CERTIFICATE},
    "node_prep_domain": {"type": "str", "default": ""},
    "node_prep_gitpod_version": {"type": "str", "default": DEFAULT_GITPOD},
    "node_prep_kubeconfig": {"type": "path"},
    "node_prep_load_balancer_ports": LOAD_BALANCER_OPTIONS["load_balancer_ports"],
    "node_prep_managed": {"type": "bool", "default": False},
    "node_prep_node_labels": {"type": "list", "elements": "str"},
    "node_prep_pools": {"type": "dict", "default": DEFAULT_POOLS},
    "node_prep_reboot_batch": {"type": "raw", "default": "25%"},
    "node_prep_remove": {"type": "raw"},
    "node_prep_remove_force": {"type": "bool", "default": False},
    "node_prep_remove_timeout": {"type": "int", "default": 300},
    "node_prep_upgrade_batch": {"type": "raw", "default": "25%"},
    "node_prep_upgrade_drain": {"type": "bool", "default": True},
    "node_prep_upgrade_drain_force": {"type": "bool", "default": False},
    "node_prep_upgrade_force": {"type": "bool", "default": False},
    "node_prep_upgrade_drain_timeout": {"type": "int", "default": 300},
    "node_prep_restore": {"type": "path"},
    "node_prep_restore_confirm": {"type": "str", "default": ""},
    "node_prep_restore_force": {"type": "bool", "default": False},
    "node_prep_restore_identity": {"type": "path"},
    "node_prep_reset_confirm": {"type": "raw"},
    "node_prep_reset_containerd": {"type": "bool", "default": False},
    "node_prep_reset_kernel": {"type": "bool", "default": False},
    "node_prep_reset_workspaces": {"type": "bool", "default": False},
    "node_prep_shiftfs": {"type": "bool", "default": False},
}
PLAYBOOK_PREFIX = "node_prep_"
