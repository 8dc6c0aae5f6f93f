#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: files
short_description: Puts many small files and directories in place, in one round trip when nothing differs
version_added: 0.1.0
description:
  - Renders every file on the control node, reads all of them on the node in one call of M(gitpod.node_prep.files_info), and hands only those that
    differ in content, mode, owner or group to M(ansible.builtin.template), M(ansible.builtin.copy) or M(ansible.builtin.file).
  - So check mode, diff, validation and the atomic replacement are those of the stock modules.
  - A file that names this collection in its first KiB, as the first line of what its roles write does, never takes the place of one that does not without
    keeping it beside itself, under the name that M(ansible.builtin.copy) gives to a backup.
  - Entries are handled in the order given; the first that fails ends the task.
options:
  files:
    description: Files and directories as they shall be.
    type: list
    elements: dict
    required: true
    suboptions:
      dest:
        description: Absolute path on the node.
        type: path
        required: true
        aliases: [path]
      state:
        description:
          - V(file) is a regular file with the content of O(files[].src) or O(files[].content).
          - V(directory) is a directory; missing parents are made with the same mode.
          - V(absent) is nothing at that path; a directory is removed with what it holds.
        type: str
        choices: [file, directory, absent]
        default: file
      src:
        description: Template to render, searched for as M(ansible.builtin.template) does. Excludes O(files[].content).
        type: str
      content:
        description: Text of the file. Excludes O(files[].src).
        type: str
      mode:
        description: Permissions as an octal string. The default is V(0644) for a file and V(0755) for a directory.
        type: str
      owner:
        description: User name or number.
        type: str
        default: root
      group:
        description: Group name or number.
        type: str
        default: root
      validate:
        description: Command to run on the new file before it replaces the old one; C(%s) stands for its path. For a file only.
        type: str
      secret:
        description: Keep the content of this file out of diffs and logs.
        type: bool
        default: false
extends_documentation_fragment:
  - gitpod.node_prep.attributes
  - gitpod.node_prep.attributes.action
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Configure crictl and the CNI directory
  gitpod.node_prep.files:
    files:
      - dest: /etc/cni/net.d
        state: directory
      - src: crictl.yaml.j2
        dest: /etc/crictl.yaml
      - content: "{{ k3s_token }}\n"
        dest: /etc/rancher/k3s/token
        mode: "0600"
        secret: true
      - dest: /etc/containerd/old.toml
        state: absent
"""

RETURN = r"""
changed_files:
  description: Paths that were changed, or would be in check mode, in the order given.
  returned: always
  type: list
  elements: str
  sample: [/etc/crictl.yaml]
kept_files:
  description: Where the files of somebody else lie that were replaced.
  returned: always
  type: list
  elements: str
  sample: [/etc/containerd/config.toml.4711.2026-11-28@12:00:00~]
"""
