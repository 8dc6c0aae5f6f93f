#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: node_labels
short_description: Gives the nodes of each pool their Gitpod labels
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Converges the five labels C(gitpod.io/workload_meta), C(workload_ide), C(workload_workspace_services),
    C(workload_workspace_regular) and C(workload_workspace_headless) on the nodes of a cluster (D3, D4).
  - A label is set to C(true) or removed. A node that moved to another pool loses the labels of the old one. No other label is
    ever touched, neither foreign ones nor the other C(gitpod.io/) keys that Gitpod writes at run time.
  - Lists the nodes once (their metadata only, up to 5,000 nodes in one request) and patches only those that differ.
options:
  nodes:
    description:
      - The nodes of each pool, a dictionary of pool name to a list of Kubernetes node names.
      - A node of several pools carries the labels of all of them. A node that is in no pool here keeps the labels it has.
      - A name that the cluster does not have stops the module before anything is changed. In check mode it is only a warning,
        since the node may be one that the same run would have joined.
    type: dict
    required: true
  state:
    description:
      - With V(present) the named nodes carry the Gitpod labels of their pools and no other of the five.
      - With V(absent) the named nodes carry none of the five.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - gitpod.node_prep.kube
  - gitpod.node_prep.kube.pools
attributes:
  check_mode:
    support: full
    description: Lists the nodes and reports what would be patched.
  diff_mode:
    support: full
    description: The Gitpod labels of each node that changes, before and after.
  idempotent:
    support: full
    description: A second run makes one list request, of up to 5,000 nodes, and changes nothing.
"""

EXAMPLES = r"""
- name: Label the two pools
  gitpod.node_prep.node_labels:
    kubeconfig: "{{ inventory_dir }}/artifacts/kubeconfig"
    nodes:
      meta: [meta-1]
      workspace: [workspace-1, workspace-2]
  delegate_to: localhost

- name: Label three pools, as Gitpod 2022.09 and newer may have them
  gitpod.node_prep.node_labels:
    context: my-cluster
    pools:
      meta: [workload_meta, workload_ide]
      services: [workload_workspace_services]
      workspace: [workload_workspace_regular, workload_workspace_headless]
    nodes:
      meta: [node-1]
      services: [node-2]
      workspace: [node-3, node-4]
  delegate_to: localhost

- name: Take the labels off a node that leaves
  gitpod.node_prep.node_labels:
    context: my-cluster
    state: absent
    nodes:
      workspace: [workspace-2]
  delegate_to: localhost
"""

RETURN = r"""
changed_nodes:
  description: Names of the nodes that were patched, or that would be in check mode, sorted.
  returned: success, and failure to patch some of several nodes
  type: list
  elements: str
  sample: [workspace-2]
nodes:
  description: The Gitpod labels of every node of the cluster after the run, also of those in no pool, by node name.
  returned: success
  type: dict
  sample:
    meta-1:
      gitpod.io/workload_meta: "true"
      gitpod.io/workload_ide: "true"
    other-1: {}
status:
  description: HTTP status of the request that the API refused.
  returned: failure because the API refused a request
  type: int
  sample: 403
reason:
  description: The API's word for the refusal.
  returned: failure because the API refused a request
  type: str
  sample: Forbidden
verb:
  description: The verb that a role-based permission would have to allow.
  returned: failure because the API refused a request
  type: str
  sample: patch
resource:
  description: The resource that a role-based permission would have to name.
  returned: failure because the API refused a request
  type: str
  sample: nodes
"""

from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._cluster.distribution import managed_by
from ..module_utils._kube.client import KubeError, module_argument_spec, run_module
from ..module_utils._requirements.labels import DEFAULT_POOLS, LabelError, apply_patch, gitpod_labels, label_patch, wanted_labels
from ..module_utils._text import listed

NODES = "/api/v1/nodes"

# Patches on their way at the same time; enough to hide the distance to the API, too few to trouble it.
PARALLEL_PATCHES = 8

# How many names a message lists before it only counts.
NAMES_IN_MESSAGE = 20


def argument_spec():
    return module_argument_spec(
        nodes={"type": "dict", "required": True},
        pools={"type": "dict", "default": DEFAULT_POOLS},
        state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    )


def main():
    run_module(AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True), converge)


def converge(module, client):
    """Bring the labels of the named nodes to what the pools want; the result is that of the module."""
    wanted = _wanted(module)
    before = {node["metadata"]["name"]: _labels(node) for node in client.items(NODES, metadata_only=True)}
    _complain_about_missing(module, sorted(set(wanted) - set(before)), sorted(before))
    patches = {}
    for name in sorted(set(wanted) & set(before)):
        patch = label_patch(before[name], wanted[name])
        if patch:
            patches[name] = patch
    if patches:
        _warn_about_managed(module, client, sorted(patches))
    if not module.check_mode:
        _patch_all(module, client, patches, wanted)
    after = {name: gitpod_labels(apply_patch(before[name], patches.get(name, {}))) for name in before}
    return {
        "changed": bool(patches),
        "changed_nodes": list(patches),
        "nodes": after,
        "diff": [_diff(name, gitpod_labels(before[name]), after[name]) for name in patches],
    }


def _wanted(module):
    try:
        wanted = wanted_labels(module.params["pools"], module.params["nodes"])
    except LabelError as error:
        module.fail_json(msg=str(error))
    if module.params["state"] == "absent":
        return dict.fromkeys(wanted, frozenset())
    return wanted


def _labels(node):
    return node["metadata"].get("labels") or {}


def _complain_about_missing(module, missing, existing):
    if not missing:
        return
    message = "the cluster has no node named %s; it has: %s. A host's node name is k3s_node_name, else its hostname" % (
        listed(missing, NAMES_IN_MESSAGE),
        listed(existing, NAMES_IN_MESSAGE) or "no nodes at all",
    )
    if not module.check_mode:
        module.fail_json(msg=message + ". Nothing was changed.")
    module.warn(message + ". A real run fails here, unless it joins them first.")


def _warn_about_managed(module, client, names):
    """Look at one node in full: a service makes all nodes of its cluster, or none."""
    service = managed_by(client.get(NODES + "/" + names[0]))
    if service:
        module.warn(
            "%s makes these nodes from a template and forgets labels set through the API when it replaces one: %s. "
            "Set the labels in the node pool too." % (service, listed(names, NAMES_IN_MESSAGE))
        )


def _patch_all(module, client, patches, wanted):
    """Patch several nodes at a time; what fails is reported together with what was changed."""
    failures = {}
    with ThreadPoolExecutor(max_workers=PARALLEL_PATCHES) as executor:
        running = {name: executor.submit(_patch_one, client, name, patch, wanted[name]) for name, patch in patches.items()}
        for name, future in running.items():
            try:
                future.result()
            except KubeError as error:
                failures[name] = error
    if failures:
        name, error = sorted(failures.items())[0]
        done = [other for other in patches if other not in failures]
        module.fail_json(
            msg="the labels of %s were not changed; %s: %s" % (listed(sorted(failures), NAMES_IN_MESSAGE), name, _explained(error)),
            changed=bool(done),
            changed_nodes=done,
            **error.details,
        )


def _patch_one(client, name, patch, wanted):
    path = NODES + "/" + name
    try:
        client.merge_patch(path, _body(patch))
    except KubeError as error:
        if error.details.get("status") != 409:
            raise
        # Someone else wrote the node at the same moment: look again, and patch what still differs.
        remaining = label_patch(_labels(client.get(path)), wanted)
        if remaining:
            client.merge_patch(path, _body(remaining))


def _body(patch):
    return {"metadata": {"labels": patch}}


def _explained(error):
    if error.details.get("status") == 404:
        return "%s. The node vanished while the module ran; run again" % error
    return str(error)


def _diff(name, before, after):
    return {"before_header": "node " + name, "after_header": "node " + name, "before": before, "after": after}


if __name__ == "__main__":
    main()
