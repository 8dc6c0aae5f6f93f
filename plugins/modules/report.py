#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the controller.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: report
short_description: Writes the report about a cluster and its nodes on the controller
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Makes one document of what M(gitpod.node_prep.node_spec) and M(gitpod.node_prep.cluster_spec) found, and writes it as
    C(report.json) and as a page C(report.html) that needs no other file.
  - Both are written anew in every run. The task counts as changed only where something is judged differently than in the report
    that was there, so not for the time or for a measured number such as free disk space.
options:
  nodes:
    description: By host, what M(gitpod.node_prep.node_spec) returned there. The nodes are compared with each other here.
    type: dict
    default: {}
  cluster:
    description:
      - What M(gitpod.node_prep.cluster_spec) returned. C(findings) and C(facts) are used.
      - It is empty where the cluster was not looked at.
    type: dict
    default: {}
  dir:
    description: Directory on the controller; it is made where it is missing.
    type: path
    required: true
  width:
    description: Columns of the text that is shown in the terminal.
    type: int
    default: 100
  template:
    description: Template of the page, searched for as M(ansible.builtin.template) does. It sees the document as C(report).
    type: str
    required: true
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Writes nothing and tells whether the judgement changed.
    support: full
  diff_mode:
    description: The document before and after.
    support: full
"""

EXAMPLES = r"""
- name: Write the report
  gitpod.node_prep.report:
    nodes: "{{ report_nodes }}"
    cluster: "{{ cluster_spec_result }}"
    dir: artifacts
    template: report.html.j2
  register: written
"""

RETURN = r"""
document:
  description: The report as data, as in C(report.json).
  returned: success
  type: dict
files:
  description: Paths of C(report.json) and C(report.html).
  returned: success
  type: list
  elements: str
"""
