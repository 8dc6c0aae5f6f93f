# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the nodes of a cluster, from what the API says of each. Pure; see cluster_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible_collections.gitpod.node_prep.plugins.module_utils import findings, node_rules
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_candidates import left_out, named_nodes
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_requirements import (
    KUBELET_SKEW,
    WIDER_KUBELET_SKEW,
    WIDER_KUBELET_SKEW_FROM,
)
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_runtimes import describe, paths_of
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import Verdict, broken, listed, met, skipped
from ansible_collections.gitpod.node_prep.plugins.module_utils.quantity import parse_quantity
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import (
    is_at_least,
    parse_kubernetes,
    parse_numbers,
    parse_runtime,
)

# Only what keeps new pods away; PreferNoSchedule does not.
_REPELLING = ("NoSchedule", "NoExecute")
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
_UBUNTU = re.compile(r"Ubuntu (\d+\.\d+)")


def name_of(node):
    return node["metadata"]["name"]


def node_facts(node):
    """A node of the API in the words of the reading that node_spec makes on the node, as far as the API knows them."""
    info = node["status"]["nodeInfo"]
    ubuntu = _UBUNTU.match(info["osImage"])
    facts = {
        "architecture": info["architecture"],
        "kernel": info["kernelVersion"],
        "os_id": "ubuntu" if ubuntu else info["osImage"],
        "os_version": ubuntu.group(1) if ubuntu else "",
    }
    capacity = node["status"]["capacity"]
    for fact, resource in (("cpus", "cpu"), ("memory_bytes", "memory")):
        amount = parse_quantity(capacity.get(resource))
        if amount is not None:
            facts[fact] = amount
    return facts


def as_on_the_node(requirement_id, reading, options):
    """The verdicts of the rule that node_spec applies on the node itself."""
    options = dict(options, kernel_upgrade=False)
    for node in reading["nodes"]:
        (found,) = node_rules.judge(node_facts(node), options, node_rules.PREPARED, only=(requirement_id,))
        ok = found["status"] == findings.PASS
        yield Verdict(ok, found["found"], found["required"], name_of(node), found["status"], found["remedy"], found["mended_by"])


def is_ready(node):
    return _conditions(node).get("Ready", {}).get("status") == "True"


def node_ready(reading, _options):
    for node in reading["nodes"]:
        if is_ready(node):
            yield met("Ready", "Ready", name_of(node))
        else:
            condition = _conditions(node).get("Ready", {"message": "the kubelet never reported", "reason": ""})
            yield broken("not Ready: " + (condition["message"] or condition["reason"] or "no message"), "Ready", name_of(node))


def node_pressure(reading, _options):
    for node in reading["nodes"]:
        conditions = _conditions(node)
        found = [kind for kind in _PRESSURES if conditions.get(kind, {}).get("status") == "True"]
        if found:
            yield broken(", ".join(found), "none", name_of(node))
        else:
            yield met("none", "none", name_of(node))


def _conditions(node):
    return {condition["type"]: condition for condition in node["status"]["conditions"]}


def node_schedulable(reading, _options):
    """Taints of nodes that are not Ready are left to node_ready: Kubernetes sets them itself."""
    for node in reading["nodes"]:
        spec = node["spec"]
        taints = [taint for taint in spec["taints"] if taint["effect"] in _REPELLING]
        obstacles = ["taint " + taint["key"] for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]
        if spec["unschedulable"]:
            obstacles.insert(0, "cordoned")
        if obstacles:
            yield broken(", ".join(obstacles), "takes new pods", name_of(node))
        else:
            yield met("takes new pods", "takes new pods", name_of(node))


def kubelet_version(reading, options):
    server = parse_kubernetes(reading["version"]["gitVersion"])
    for node in reading["nodes"]:
        text = node["status"]["nodeInfo"]["kubeletVersion"]
        problem, required = _kubelet_problem(parse_kubernetes(text), server, options["min_kubernetes"])
        yield broken("%s, %s" % (text, problem), required, name_of(node)) if problem else met(text, required, name_of(node))


def _kubelet_problem(kubelet, server, floor):
    """What is wrong with a version, "" if nothing, and what is required. The server's own is judged by its own rule."""
    if kubelet is None:
        return "which is no Kubernetes version", floor + " or newer"
    if not is_at_least(kubelet.numbers, parse_numbers(floor)):
        return "too old", floor + " or newer"
    if server is None:
        return "", floor + " or newer"
    wider = is_at_least(server.numbers, parse_numbers(WIDER_KUBELET_SKEW_FROM))
    lag = WIDER_KUBELET_SKEW if wider else KUBELET_SKEW
    required = "not newer than the server's %s, at most %d minor releases older" % (server.text, lag)
    # §6: an agent of K3s is never newer than its server; the clouds patch nodes and servers independently.
    width = 3 if kubelet.distribution == "k3s" else 2
    if kubelet.numbers[:width] > server.numbers[:width]:
        return "newer than the server", required
    if server.numbers[0] == kubelet.numbers[0] and server.numbers[1] - kubelet.numbers[1] > lag:
        return "too far behind the server", required
    return "", required


def container_runtime(reading, options):
    required = "containerd %s or newer" % options["min_containerd"]
    for node in reading["nodes"]:
        text = node["status"]["nodeInfo"]["containerRuntimeVersion"]
        runtime = parse_runtime(text)
        ok = (
            runtime is not None
            and runtime.name == "containerd"
            and runtime.numbers is not None
            and is_at_least(runtime.numbers, parse_numbers(options["min_containerd"]))
        )
        yield met(text, required, name_of(node)) if ok else broken(text, required, name_of(node))


def runtime_uniform(reading, _options):
    """What differs is shown as the nodes report it, with the paths that follow from it."""
    required = "one socket and one state directory on all nodes"
    groups = {}
    for node in reading["nodes"]:
        groups.setdefault(paths_of(node), []).append(node)
    found = "; ".join("%s: %s" % (_runtimes_of(nodes), describe(paths)) for paths, nodes in groups.items())
    if groups:
        yield met(found, required) if len(groups) < 2 else broken(found, required)


def _runtimes_of(nodes):
    """'containerd://1.6.12 on Ubuntu 20.04.5 LTS (a, b)'."""
    infos = [node["status"]["nodeInfo"] for node in nodes]
    kinds = dict.fromkeys("%s on %s" % (info["containerRuntimeVersion"] or "no runtime", info["osImage"] or "no named system") for info in infos)
    return "%s (%s)" % (listed(kinds, 3), listed(map(name_of, nodes)))


def nodes(reading, options):
    """Whether there is any, and which of them are not judged, since Gitpod's pods never come to them."""
    judged, others = reading["nodes"], left_out(reading.all_nodes, options)
    required = "at least one that can take Gitpod's pods"
    if judged:
        yield met("%d that can take Gitpod's pods" % len(judged), required)
    elif others:
        yield broken("none of %d can take Gitpod's pods" % len(others), required)
    else:
        yield broken("the cluster has no node", required)
    if others:
        reasons = {}
        for name, reason in others.items():
            reasons.setdefault(reason, []).append(name)
        yield skipped("these nodes: " + "; ".join("%s (%s)" % (listed(names), reason) for reason, names in reasons.items()))


def kubernetes_release(reading, options):
    """Whether what was installed is what runs. Nothing to say where nobody said what was installed."""
    wanted = options["kubernetes_version"]
    if not wanted:
        return
    server = reading["version"]["gitVersion"]
    yield met(wanted, wanted) if server == wanted else broken("the API server still runs %s" % (server or "something without a version"), wanted)
    named = named_nodes(options)
    for node in reading["nodes"]:
        if named and name_of(node) not in named:
            continue
        kubelet = node["status"]["nodeInfo"]["kubeletVersion"]
        if kubelet == wanted:
            yield met(wanted, wanted, name_of(node))
        else:
            yield broken("still runs %s" % (kubelet or "something without a version"), wanted, name_of(node))
