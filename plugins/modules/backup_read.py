#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: backup_read
short_description: Verifies a backup, and says whether it may be restored
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Internal to the playbook C(restore).
  - Refuses a folder without a manifest of this collection, another minor release of K3s, another datastore, other servers, servers that cannot be reached,
    another token, and whatever was not confirmed. Then it reads the whole archive and opens the snapshot, so that nothing is stopped for a backup that is cut
    off or damaged.
  - Changes nothing. An encrypted archive is decrypted into O(work). The result holds a secret.
options:
  path:
    description: The folder of the backup.
    type: path
    required: true
  work:
    description: A folder that nobody else can read.
    type: path
    required: true
  identity:
    description: File with the identity that decrypts an archive for age.
    type: path
    default: ""
  inventory:
    description: The inventory as the user gave it, for the command in the message.
    type: str
    default: inventory
  confirmation:
    description: The name of the backup, with which the user confirms that it shall be restored.
    type: str
    default: ""
  version:
    description: The release of K3s that the inventory wants.
    type: str
    required: true
  installed:
    description: Each server and a dictionary, whether it C(answers), and what C(k3s --version) has C(said) there.
    type: dict
    required: true
  datastore:
    description: The datastore that the inventory wants.
    type: str
    required: true
  servers:
    description: Names of the nodes that are the servers of the inventory.
    type: list
    elements: str
    required: true
  force:
    description: Whether a backup of a cluster with other servers will do.
    type: bool
    default: false
  token:
    description: The token that the inventory says, a secret. If empty, it says none.
    type: str
    default: ""
extends_documentation_fragment:
  - gitpod.node_prep.attributes
  - gitpod.node_prep.attributes.action
attributes:
  connection:
    description: Opens no connection.
    support: none
  check_mode:
    description: Changes nothing, so it does the same in check mode.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Read the backup
  gitpod.node_prep.backup_read:
    path: /srv/artifacts/backups/20260102T030405Z
    work: "{{ folder.partial }}"
    confirmation: 20260102T030405Z
    version: v1.24.7+k3s1
    installed: {meta-1: {answers: true, said: k3s version v1.24.7+k3s1 (648004e4)}}
    datastore: sqlite
    servers: [meta-1]
  register: backup
  no_log: true
"""

RETURN = r"""
refusals:
  description: Why it is not restored, as sentences. The others are returned where there is none.
  returned: success
  type: list
  elements: str
name:
  description: Name of the backup.
  returned: where it may be restored
  type: str
archive:
  description: Path of the archive, not encrypted.
  returned: where it may be restored
  type: str
server:
  description: Name of the node on which it was made.
  returned: where it may be restored
  type: str
datastore:
  description: V(etcd) or V(sqlite).
  returned: where it may be restored
  type: str
files:
  description: C(name), C(size) and C(sha256) of each file in it.
  returned: where it may be restored
  type: list
  elements: dict
token:
  description: The token of the cluster. A secret.
  returned: where it may be restored
  type: str
"""
