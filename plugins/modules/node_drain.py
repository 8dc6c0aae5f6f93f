#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: node_drain
short_description: Drains a node of a cluster before its reboot, and uncordons it afterwards
version_added: 0.1.0
description:
  - Cordons the node and evicts its pods, within a limit. Disruption budgets are honoured. A failure names every pod that is left.
  - M(kubernetes.core.k8s_drain) serves less well here. It evicts pods of a DaemonSet that have an C(emptyDir), and so Gitpod's node daemon before
    the workspaces that it has to save. It stops at the first pod that a disruption budget keeps, it only warns when the time is up, and it
    removes pods that nothing would start again when they have an C(emptyDir).
  - Pods of DaemonSets, static pods and finished pods stay. What an C(emptyDir) holds is lost, as in every eviction.
  - Whatever goes wrong after the cordon, a signal that ends the module too, the node is uncordoned; where that is not possible, the failure
    names the command that does it.
  - A node that this module cordoned bears the annotation C(node-prep.gitpod.io/cordoned) as long as it is cordoned.
options:
  name:
    description: Name of the node in the cluster.
    type: str
    required: true
  state:
    description:
      - V(drained) cordons the node and returns when its pods have left.
      - V(returned) waits until the node is ready, and uncordons it where V(drained) had cordoned it, in this run or in one that was killed.
        Where the wait is in vain it uncordons it all the same, and then fails. What somebody else cordoned stays so.
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
    description:
      - Seconds for the pods to leave, or for the node to be ready, everything included; a request that is under way then may take one more.
        Where they are over, V(drained) uncordons the node, for which it has half a minute.
      - With V(0), V(drained) asks no pod to leave, and succeeds where there is none; V(returned) does not ask whether the node is ready.
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
    - name: Drain the node
      gitpod.node_prep.node_drain:
        kubeconfig: artifacts/kubeconfig
        name: workspace-1
      delegate_to: localhost
      register: drained
    - name: Reboot
      ansible.builtin.reboot:
  always:
    - name: Uncordon it
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

from ..module_utils._deadline import Deadline
from ..module_utils._interruption import undoing
from ..module_utils._kube import drain as drain_plan
from ..module_utils._kube.client import KubeAnswerError, KubeConnectionError, KubeError, KubeStatusError, module_argument_spec, run_module

SECONDS_BETWEEN_LOOKS = 2
# How long it is tried to uncordon a node, whatever the deadline was: where that fails, somebody has to do it by hand.
SECONDS_TO_UNCORDON = 30
# How long an API that does not answer may be one whose server restarts.
SECONDS_TO_COME_UP = 60
# How the API says that a pod may not leave now: a budget, or a pod with several of them.
NOT_NOW = (429, 500)
NOT_FOUND = 404
# Refusals of a patch that may pass: somebody else wrote at the same time, the API is busy or starting.
PASSING = (409, 429, 500, 502, 503, 504)
TERMINATING = "it is still terminating"
UNMANAGED = "nothing would start it again"
NOT_ASKED = "there was no time left to ask it to leave"


class Undrained(KubeError):
    """Pods are left on the node; details: pods, dict from the pod to the reason."""

    def __init__(self, text, pods):
        super().__init__(text)
        self.details = {"pods": pods}


class NotReturned(KubeError):
    """The node is not ready in time, or could not be uncordoned."""


class Node:
    """A node of a cluster, and the requests about it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name
        self._path = "/api/v1/nodes/" + quote(name, safe="")
        self._eviction = None

    def until(self, deadline):
        """The same node, asked about until then."""
        return Node(self.client.until(deadline), self.name)

    def read(self):
        found = self.client.get(self._path)
        if not drain_plan.is_node(found):
            raise KubeAnswerError("the API answered with something that is no node where it was asked for the node %s" % self.name)
        return found

    def cordon(self):
        self.client.merge_patch(self._path, drain_plan.CORDONED)

    def uncordon(self):
        """Whether there was anything to uncordon: only what cordon() had cordoned, now or in a run that was killed."""
        deadline = Deadline(SECONDS_TO_UNCORDON)
        node = self.until(deadline)
        while True:
            try:
                ours = drain_plan.is_cordoned_by_us(node.read())
                if ours:
                    node.client.merge_patch(self._path, drain_plan.UNCORDONED)
                return ours
            except KubeError as error:
                if isinstance(error, KubeStatusError) and error.status == NOT_FOUND:
                    return False  # it has left the cluster, or comes to a new one
                final = isinstance(error, KubeStatusError) and error.status not in PASSING
                if final or deadline.is_over():
                    raise NotReturned("the node %s stays cordoned, run `kubectl uncordon %s`: %s" % (self.name, self.name, error))
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def pods(self):
        pods = self.client.items("/api/v1/pods", selector="spec.nodeName=" + self.name)
        if not all(drain_plan.is_pod(pod) for pod in pods):
            raise KubeAnswerError("the API lists pods of the node %s that have no names" % self.name)
        return pods

    def evict(self, pod):
        """Ask a pod away; KubeStatusError with one of NOT_NOW where it may not leave now. One that is gone has left."""
        self._eviction = self._eviction or drain_plan.eviction_version(self.client.get("/api/v1"))
        namespace, name = pod.split("/")
        body = {"apiVersion": self._eviction, "kind": "Eviction", "metadata": {"namespace": namespace, "name": name}}
        path = "/api/v1/namespaces/%s/pods/%s/eviction" % (quote(namespace), quote(name))
        try:
            self.client.create(path, body, repeat=False)
        except KubeStatusError as error:
            if error.status != NOT_FOUND:
                raise


class Evictions:
    """Asks pods to leave a node, each once a look, and none after the deadline or before the API wants to be asked again."""

    def __init__(self, node, deadline):
        self._node = node
        self._deadline = deadline
        self._answers = {}  # from the pod to why it is still there, and until when it is not asked again
        self.done = []

    def ask(self, pod):
        """Why the pod is still there."""
        reason, pause = self._answers.get(pod, (NOT_ASKED, None))
        if self._deadline.is_over() or (pause and not pause.is_over()):
            return reason
        self._answers[pod] = self._asked(pod)
        return self._answers[pod][0]

    def _asked(self, pod):
        try:
            self._node.evict(pod)
        except KubeStatusError as error:
            if error.status not in NOT_NOW:
                raise
            return error.said, Deadline(error.retry_after)
        except KubeConnectionError as error:
            if not self._deadline.is_over():
                raise
            return str(error), None
        if pod not in self.done:
            self.done.append(pod)
        return TERMINATING, None


def drain(node, force, wait, check_mode):
    """Cordon the node and evict its pods. Where that fails, the node is uncordoned, unless somebody else had cordoned it."""
    deadline = Deadline(max(wait, 0))
    bounded = node.until(deadline)
    found = _first_look(bounded, Deadline(min(SECONDS_TO_COME_UP, deadline.remaining())))
    cordon, boot_id = not drain_plan.is_cordoned(found), drain_plan.boot_id(found)
    if check_mode:
        evicted = drain_plan.plan(bounded.pods(), force).evict
        return {"changed": cordon or bool(evicted), "evicted": evicted, "boot_id": boot_id}
    with undoing(lambda error: _uncordon(node, error)):
        if cordon:
            bounded.cordon()
        evicted = _evict_all(bounded, force, deadline)
    return {"changed": cordon or bool(evicted), "evicted": evicted, "boot_id": boot_id}


def _first_look(node, patience):
    while True:
        try:
            return node.read()
        except KubeConnectionError:
            if patience.is_over():
                raise
        time.sleep(min(SECONDS_BETWEEN_LOOKS, patience.remaining()))


def _uncordon(node, error):
    try:
        node.uncordon()
    except NotReturned as failure:
        raise NotReturned("%s. Before that: %s" % (failure, error))


def _evict_all(node, force, deadline):
    """Evict until nothing is left; returns the pods that were evicted."""
    evictions, left = Evictions(node, deadline), {}
    while True:
        try:
            plan = drain_plan.plan(node.pods(), force)
        except KubeConnectionError:
            if left and deadline.is_over():
                raise _undrained(node, left, deadline)
            raise
        if plan.unmanaged:
            raise _refused(node, dict.fromkeys(plan.unmanaged, UNMANAGED), "Delete them, or have them evicted by force.")
        left = dict.fromkeys(plan.leaving, TERMINATING)
        left.update((pod, evictions.ask(pod)) for pod in plan.evict)
        if not left:
            return evictions.done
        if deadline.is_over():
            raise _undrained(node, left, deadline)
        time.sleep(min(SECONDS_BETWEEN_LOOKS, deadline.remaining()))


def _undrained(node, pods, deadline):
    return _refused(node, pods, "They had %d s to leave." % deadline.seconds)


def _refused(node, pods, remedy):
    clauses = ["%s (%s)" % (pod, pods[pod].rstrip(".")) for pod in sorted(pods)]
    return Undrained("the node %s cannot be drained, for these pods did not leave it: %s. %s" % (node.name, ", ".join(clauses), remedy), pods)


def await_return(node, boot_id, wait, check_mode):
    """Wait for the node to be ready, and uncordon it whether it is or not."""
    if check_mode:
        return {"changed": drain_plan.is_cordoned_by_us(node.read())}
    with undoing(lambda error: _uncordon(node, error)):
        missing = _missing(node, boot_id, Deadline(wait)) if wait > 0 else ""
    uncordoned = node.uncordon()
    if missing:
        raise NotReturned("the node %s was not ready within %d s: %s" % (node.name, wait, missing))
    return {"changed": uncordoned}


def _missing(node, boot_id, deadline):
    """Wait until the node is ready, in another boot where one is given; returns what is missing when the time is up."""
    node = node.until(deadline)
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
        if deadline.is_over():
            return missing
        time.sleep(min(SECONDS_BETWEEN_LOOKS, deadline.remaining()))


def execute(module, client):
    node, wait = Node(client, module.params["name"]), module.params["wait"]
    if module.params["state"] == "drained":
        return drain(node, module.params["force"], wait, module.check_mode)
    return await_return(node, module.params["boot_id"], wait, module.check_mode)


def main():
    argument_spec = module_argument_spec(
        name={"type": "str", "required": True},
        state={"type": "str", "choices": ["drained", "returned"], "default": "drained"},
        force={"type": "bool", "default": False},
        boot_id={"type": "str", "default": ""},
        wait={"type": "int", "default": 300},
    )
    run_module(AnsibleModule(argument_spec=argument_spec, supports_check_mode=True), execute)


if __name__ == "__main__":
    main()
