#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: backup_folder
short_description: Begins and ends a backup on the control node
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Internal to the playbooks C(backup) and C(restore).
  - Has the folder of all backups, for nobody but its owner, with a lock that holds as long as the run of C(ansible-playbook) that took it. A second run that
    backs up or restores meanwhile is refused. The lock of a run that was killed is none.
  - A backup that is not done lies in a hidden folder, which is removed when the run ends, or when the next one begins.
options:
  dir:
    description: The folder of all backups.
    type: path
    required: true
  state:
    description:
      - V(open) takes the lock and makes the folder for one backup.
      - V(room) fails where the file system has less than O(size) bytes left.
      - V(closed) removes what is not done, and lets the lock go, if this run has it.
    type: str
    choices: [open, room, closed]
    default: open
  recipients:
    description: For whom the backup is going to be encrypted. It fails where the program for that is not there.
    type: list
    elements: str
    default: []
  size:
    description: Bytes that are needed.
    type: int
    default: 0
extends_documentation_fragment:
  - gitpod.node_prep.attributes
  - gitpod.node_prep.attributes.action
attributes:
  connection:
    description: Opens no connection.
    support: none
  check_mode:
    description: Makes and locks nothing.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Begin a backup
  gitpod.node_prep.backup_folder:
    dir: /srv/artifacts/backups
  register: folder
"""

RETURN = r"""
name:
  description: Name of the backup, the time in UTC.
  returned: when O(state=open)
  type: str
  sample: 20260102T030405Z
path:
  description: Where it will lie.
  returned: when O(state=open)
  type: str
partial:
  description: Where it lies until it is done.
  returned: when O(state=open)
  type: str
archive:
  description: Where its archive is fetched to.
  returned: when O(state=open)
  type: str
encryption:
  description: V(age), V(gpg), or empty without O(recipients).
  returned: when O(state=open)
  type: str
"""
