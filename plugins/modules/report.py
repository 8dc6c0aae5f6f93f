#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This is a virtual module that is entirely implemented as an action plugin and runs on the control node.

DOCUMENTATION = r"""
module: report
short_description: Writes the report about a cluster and its nodes on the control node
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Makes one document of what M(gitpod.node_prep.node_spec) and M(gitpod.node_prep.cluster_spec) found, and writes it as
    C(report.json) and as a page C(report.html) that needs no other file.
  - Beside them, where the cluster was looked at, it writes C(gitpod.fragment.yaml), the fragment of the configuration of Gitpod's installer
    that the cluster determines. Its keys are the same in all releases of Gitpod from 2022.01 on.
  - All are written anew in every run. The task counts as changed only where the fragment or a finding differs from what was there, so not for
    the time or for a measured number such as free disk space.
options:
  nodes:
    description: By host, what M(gitpod.node_prep.node_spec) returned there. The nodes are compared with each other here.
    type: dict
    default: {}
  cluster:
    description:
      - What M(gitpod.node_prep.cluster_spec) returned. C(findings) and C(facts) are used.
      - It is empty where there is no cluster to look at.
    type: dict
    default: {}
  names:
    description: By host, its name as a node of Kubernetes. A host that is missing here has the same name there.
    type: dict
    default: {}
  dir:
    description: Directory on the control node; it is made where it is missing.
    type: path
    required: true
  width:
    description: Columns of the text that is shown in the terminal; V(0) takes the terminal's, up to 140, and 100 where there is none.
    type: int
    default: 0
  domain:
    description: Domain under which Gitpod will be reached, for the fragment. Where it is empty, the fragment says that it is to be added.
    type: str
    default: ""
  certificate:
    description: Name of the secret with the certificate of the domain, for the fragment. The default is that of Gitpod's installer.
    type: str
    default: https-certificates
  shiftfs:
    description: Whether workspaces use shiftfs instead of fuse, for the fragment. It needs the headers of the running kernel on each node (§3).
    type: bool
    default: false
  template:
    description: Template of the page, searched for as M(ansible.builtin.template) does. It sees the document as C(report).
    type: str
    required: true
extends_documentation_fragment:
  - gitpod.node_prep.attributes
  - gitpod.node_prep.attributes.action
attributes:
  check_mode:
    description: Writes nothing and tells whether a finding or the fragment changed.
  diff_mode:
    description: Shows the document and the fragment before and after.
"""

EXAMPLES = r"""
- name: Write the report
  gitpod.node_prep.report:
    nodes: "{{ report_nodes }}"
    cluster: "{{ cluster_spec_result }}"
    dir: artifacts
    template: report.html.j2
    domain: gitpod.example.org
  register: written
"""

RETURN = r"""
document:
  description:
    - The report as data, as in C(report.json). C(verdict) is a sentence and C(ready) whether it is a yes.
    - It is one only where nothing failed and each of D1 to D11 was checked, or left out by the user with a reason; of machines
      that are in no cluster yet, D5, D7 and D8.
  returned: success
  type: dict
files:
  description: Paths of C(report.json), C(report.html) and, where the cluster was looked at, C(gitpod.fragment.yaml).
  returned: success
  type: list
  elements: str
"""
