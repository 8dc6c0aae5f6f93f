#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: node_drain
short_description: Empties a node of a cluster before its reboot, and opens it again afterwards
version_added: 0.1.0
description:
  - Cordons the node and evicts its pods, within a limit. Disruption budgets are honoured. A failure names every pod that is left, and the node
    takes pods again.
  - M(kubernetes.core.k8s_drain) serves less well here. It evicts pods of a DaemonSet that have an C(emptyDir), and so Gitpod's node daemon before
    the workspaces that it has to save. It stops at the first pod that a disruption budget keeps, it only warns when the time is up, and it
    removes pods that nothing would start again when they have an C(emptyDir).
  - Pods of DaemonSets, static pods and finished pods stay. What an C(emptyDir) holds is lost, as in every eviction.
  - A node that this module cordoned bears the annotation C(node-prep.gitpod.io/cordoned) as long as it is closed.
options:
  name:
    description: Name of the node in the cluster.
    type: str
    required: true
  state:
    description:
      - V(drained) closes the node to new pods and returns when its pods have left.
      - V(returned) waits until the node is ready, and opens it to pods where V(drained) had closed it, in this run or in one that was killed.
        It does open it when the wait is in vain, and then fails. What somebody else cordoned stays so.
    type: str
    choices: [drained, returned]
    default: drained
  force:
    description: With V(drained), evict pods without a controller as well. They are lost, since nothing starts them again.
    type: bool
    default: false
  boot_id:
    description:
      - With V(returned), the boot that the node was in before. Give it RV(boot_id) of V(drained), since a node that is away stays ready for 40 s.
      - Empty takes a node for ready whatever boot it reports.
    type: str
    default: ""
  wait:
    description: Seconds to wait for the pods to leave, or for the node to be ready. With V(0), V(returned) does not ask whether it is ready.
    type: int
    default: 300
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - gitpod.node_prep.kube
attributes:
  check_mode:
    support: full
    description: Reads the node and its pods and says what it would do, without waiting.
  diff_mode:
    support: none
    description: There are no files to compare.
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Reboot a node of a cluster
  block:
    - name: Empty the node
      gitpod.node_prep.node_drain:
        kubeconfig: artifacts/kubeconfig
        name: workspace-1
      delegate_to: localhost
      register: drained
    - name: Reboot
      ansible.builtin.reboot:
  always:
    - name: Let it take pods again
      gitpod.node_prep.node_drain:
        kubeconfig: artifacts/kubeconfig
        name: workspace-1
        state: returned
        boot_id: "{{ drained.boot_id }}"
      delegate_to: localhost
      when: drained is succeeded
"""

RETURN = r"""
boot_id:
  description: The boot that the node reports; each has another one.
  returned: success and O(state=drained)
  type: str
  sample: 6a5a3f1c-6f1c-4f6e-9d4b-6d0d1f0a9b1e
evicted:
  description: Pods that were evicted, or that would be in check mode, as C(namespace/name).
  returned: success and O(state=drained)
  type: list
  elements: str
  sample: [default/web-7d4b9c-x2v9k]
pods:
  description: Pods that did not leave, each with the reason.
  returned: failure to drain
  type: dict
  sample: {default/db-0: Cannot evict pod as it would violate the pod's disruption budget.}
"""

import time
from urllib.parse import quote

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.gitpod.node_prep.plugins.module_utils import drain_plan
from ansible_collections.gitpod.node_prep.plugins.module_utils.kube_client import KubeError, KubeStatusError, auth_argument_spec, run_module

SECONDS_BETWEEN_LOOKS = 2
# How the API says that a pod may not leave now: a budget, or a pod with several of them.
NOT_NOW = (429, 500)
NOT_FOUND = 404
TERMINATING = "it is still terminating"
BARE = "nothing would start it again"


class Undrained(KubeError):
    """The node is not empty; details: pods, dict from the pod to the reason."""

    def __init__(self, text, pods):
        super(Undrained, self).__init__(text)
        self.details = {"pods": pods}


class NotReturned(KubeError):
    """The node is not ready in time, or does not take pods again."""


class Node(object):
    """A node of a cluster, and the requests about it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name
        self._eviction = None

    def read(self):
        return self.client.get("/api/v1/nodes/" + quote(self.name))

    def close(self):
        self.client.merge_patch("/api/v1/nodes/" + quote(self.name), drain_plan.CLOSED)

    def open(self):
        """Whether there was anything to open: only what close() had closed, now or in a run that was killed."""
        try:
            closed = drain_plan.is_closed_by_us(self.read())
            if closed:
                self.client.merge_patch("/api/v1/nodes/" + quote(self.name), drain_plan.OPEN)
        except KubeError as error:
            if isinstance(error, KubeStatusError) and error.status == NOT_FOUND:
                return False  # it has left the cluster, or comes to a new one
            raise NotReturned("the node %s stays cordoned, run `kubectl uncordon %s`: %s" % (self.name, self.name, error))
        return closed

    def pods(self):
        return self.client.get("/api/v1/pods?fieldSelector=spec.nodeName%3D" + quote(self.name))["items"]

    def evict(self, pod):
        """'' where the pod was asked away or is gone, else why it may not leave now."""
        self._eviction = self._eviction or drain_plan.eviction_version(self.client.get("/api/v1"))
        namespace, name = pod.split("/")
        body = {"apiVersion": self._eviction, "kind": "Eviction", "metadata": {"namespace": namespace, "name": name}}
        try:
            self.client.create("/api/v1/namespaces/%s/pods/%s/eviction" % (namespace, name), body)
        except KubeStatusError as error:
            if error.status in NOT_NOW:
                return error.said
            if error.status != NOT_FOUND:
                raise
        return ""


def drain(node, force, wait, check_mode):
    """Cordon the node and evict its pods. Where that fails, the node is open to pods, unless somebody else had cordoned it."""
    found = node.read()
    cordon, boot_id = not drain_plan.is_cordoned(found), drain_plan.boot_id(found)
    if check_mode:
        evicted = drain_plan.plan(node.pods(), force).evict
        return {"changed": cordon or bool(evicted), "evicted": evicted, "boot_id": boot_id}
    if cordon:
        node.close()
    try:
        evicted = _empty(node, force, wait)
    except KubeError:
        node.open()
        raise
    return {"changed": cordon or bool(evicted), "evicted": evicted, "boot_id": boot_id}


def _empty(node, force, wait):
    """Evict until nothing is left; returns the pods that were evicted."""
    deadline, evicted = time.time() + wait, []
    while True:
        plan = drain_plan.plan(node.pods(), force)
        if plan.bare:
            raise _undrained(node, dict.fromkeys(plan.bare, BARE), "Delete them, or have them evicted by force.")
        left = dict.fromkeys(plan.leaving, TERMINATING)
        for pod in plan.evict:
            refusal = node.evict(pod)
            left[pod] = refusal or TERMINATING
            if not refusal:
                evicted.append(pod)
        if not left:
            return evicted
        if time.time() >= deadline:
            raise _undrained(node, left, "They had %d s to leave." % wait)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _undrained(node, pods, remedy):
    clauses = ["%s (%s)" % (pod, pods[pod].rstrip(".")) for pod in sorted(pods)]
    return Undrained("the node %s cannot be drained, for these pods did not leave it: %s. %s" % (node.name, ", ".join(clauses), remedy), pods)


def await_return(node, boot_id, wait, check_mode):
    """Wait for the node to be ready, and open it to pods whether it is or not."""
    if check_mode:
        return {"changed": drain_plan.is_closed_by_us(node.read())}
    missing = _missing(node, boot_id, wait) if wait else ""
    opened = node.open()
    if missing:
        raise NotReturned("the node %s was not ready within %d s: %s" % (node.name, wait, missing))
    return {"changed": opened}


def _missing(node, boot_id, wait):
    """Wait until the node is ready, in another boot where one is given; returns what is missing when the time is up."""
    deadline = time.time() + wait
    while True:
        try:
            found = node.read()
            if boot_id and drain_plan.boot_id(found) == boot_id:
                missing = "its kubelet has not reported since before the reboot"
            elif drain_plan.is_ready(found):
                return ""
            else:
                missing = "its condition Ready is not True"
        except KubeError as error:  # the API may lie on the very machine that boots
            missing = str(error)
        if time.time() >= deadline:
            return missing
        time.sleep(SECONDS_BETWEEN_LOOKS)


def execute(module, client):
    node, wait = Node(client, module.params["name"]), module.params["wait"]
    if module.params["state"] == "drained":
        return drain(node, module.params["force"], wait, module.check_mode)
    return await_return(node, module.params["boot_id"], wait, module.check_mode)


def main():
    argument_spec = dict(
        auth_argument_spec(),
        name={"type": "str", "required": True},
        state={"type": "str", "choices": ["drained", "returned"], "default": "drained"},
        force={"type": "bool", "default": False},
        boot_id={"type": "str", "default": ""},
        wait={"type": "int", "default": 300},
        timeout={"type": "int", "default": 30},
    )
    run_module(AnsibleModule(argument_spec=argument_spec, supports_check_mode=True), execute)


if __name__ == "__main__":
    main()
