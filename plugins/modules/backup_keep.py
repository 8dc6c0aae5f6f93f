#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: backup_keep
short_description: Verifies an archive that was fetched, and keeps it as a backup
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Internal to the playbook C(backup).
  - Reads the whole archive, compares the SHA-256 of each file in it, and opens the snapshot. With etcd the SHA-256 at its end is compared, with SQLite its
    integrity is checked. An archive that could not be restored is a failure, and is not kept.
  - Writes the manifest, encrypts the archive if it shall be, and gives the folder its name as the last step.
  - Removes the oldest backups of the same cluster. A folder without a manifest of this collection is no backup, and stays.
options:
  folder:
    description: What M(gitpod.node_prep.backup_folder) has returned.
    type: dict
    required: true
  packed:
    description: What M(gitpod.node_prep.k3s_archive) has returned.
    type: dict
    required: true
  datastore:
    description: V(etcd) or V(sqlite).
    type: str
    required: true
  server:
    description: Name of the node on which it was packed.
    type: str
    required: true
  recipients:
    description: For whom it is encrypted, recipients of age or fingerprints of gpg.
    type: list
    elements: str
    default: []
  keep:
    description: How many backups of the cluster stay. V(0) keeps all.
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
    description: Does nothing in check mode, since there is no archive.
    support: none
  diff_mode:
    description: What is kept is new.
    support: none
"""

EXAMPLES = r"""
- name: Keep the backup
  gitpod.node_prep.backup_keep:
    folder: "{{ folder }}"
    packed: "{{ k3s_backup }}"
    datastore: "{{ k3s_snapshot.datastore }}"
    server: meta-1
    keep: 7
"""

RETURN = r"""
path:
  description: The folder of the backup.
  returned: success
  type: str
  sample: /srv/artifacts/backups/20260102T030405Z
name:
  description: Its name.
  returned: success
  type: str
size:
  description: Bytes of the archive.
  returned: success
  type: int
removed:
  description: Older backups that were removed.
  returned: success
  type: list
  elements: str
"""
