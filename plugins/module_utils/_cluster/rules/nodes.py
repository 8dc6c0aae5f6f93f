# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the nodes of a cluster, from what the API says of each. Pure; see _cluster.check."""

import re
from functools import partial

from ..._kube.quantity import parse_quantity
from ..._node import check as node_check
from ..._node.verdict import INSTALLED
from ..._requirements import findings
from ..._requirements.findings import WARNING
from ..._requirements.requirement import ANYWHERE, ON_K3S, Requirements
from ..._requirements.thresholds import KUBELET_SKEW, WIDER_KUBELET_SKEW, WIDER_KUBELET_SKEW_FROM
from ..._text import listed
from ..._versions import is_at_least, parse_kubernetes, parse_numbers, parse_runtime
from ..candidates import REPELLING, left_out, named_nodes
from ..runtimes import describe, paths_of
from ..verdict import Verdict, failed, passed, skipped

REQUIREMENTS = Requirements()

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


def as_the_api_shows(rows):
    """Requirements of a node, for all nodes of a cluster."""
    return [row._replace(check=partial(_as_on_the_node, row.id)) for row in rows]


def _as_on_the_node(requirement_id, reading, options):
    """The verdicts of the rule that node_spec applies on the node itself."""
    options = dict(options, kernel_upgrade=False)
    for node in reading["nodes"]:
        (found,) = node_check.findings_of(node_facts(node), options, INSTALLED, only=(requirement_id,))
        ok = found["status"] == findings.PASS
        yield Verdict(ok, found["found"], found["required"], name_of(node), found["status"], found["remedy"], found["fixed_by"])


def is_ready(node):
    return _conditions(node).get("Ready", {}).get("status") == "True"


@REQUIREMENTS.add(
    "node_ready",
    "Readiness",
    "§7",
    "Look at `kubectl describe node` and at the kubelet's journal; without a network plugin (Calico) no node becomes Ready.",
    settles=ANYWHERE,
)
def node_ready(reading, _options):
    for node in reading["nodes"]:
        if is_ready(node):
            yield passed("Ready", "Ready", name_of(node))
        else:
            condition = _conditions(node).get("Ready", {"message": "the kubelet never reported", "reason": ""})
            yield failed("not Ready: " + (condition["message"] or condition["reason"] or "no message"), "Ready", name_of(node))


@REQUIREMENTS.add("node_pressure", "Pressure", "§3", "Free what is short on the node: disk, memory or process ids.")
def node_pressure(reading, _options):
    for node in reading["nodes"]:
        conditions = _conditions(node)
        found = [kind for kind in _PRESSURES if conditions.get(kind, {}).get("status") == "True"]
        if found:
            yield failed(", ".join(found), "none", name_of(node))
        else:
            yield passed("none", "none", name_of(node))


def _conditions(node):
    return {condition["type"]: condition for condition in node["status"]["conditions"]}


@REQUIREMENTS.add("node_schedulable", "Schedulable", "D3", "Uncordon the node and remove taints that Gitpod's pods do not tolerate.", severity=WARNING)
def node_schedulable(reading, _options):
    """Taints of nodes that are not Ready are left to node_ready: Kubernetes sets them itself."""
    for node in reading["nodes"]:
        spec = node["spec"]
        taints = [taint for taint in spec["taints"] if taint["effect"] in REPELLING]
        obstacles = ["taint " + taint["key"] for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]
        if spec["unschedulable"]:
            obstacles.insert(0, "cordoned")
        if obstacles:
            yield failed(", ".join(obstacles), "takes new pods", name_of(node))
        else:
            yield passed("takes new pods", "takes new pods", name_of(node))


@REQUIREMENTS.add(
    "kubelet_version",
    "Kubelet",
    "D1",
    "Upgrade this node; a node is never newer than its servers and lags behind by a few minor releases at most.",
    fixed_by="k3s",
)
def kubelet_version(reading, options):
    server = parse_kubernetes(reading["version"]["gitVersion"])
    for node in reading["nodes"]:
        text = node["status"]["nodeInfo"]["kubeletVersion"]
        problem, required = _kubelet_problem(parse_kubernetes(text), server, options["min_kubernetes"])
        yield failed("%s, %s" % (text, problem), required, name_of(node)) if problem else passed(text, required, name_of(node))


def _kubelet_problem(kubelet, server, minimum):
    """What is wrong with a version, "" if nothing, and what is required. The server's own is checked by its own rule."""
    if kubelet is None:
        return "which is no Kubernetes version", minimum + " or newer"
    if not is_at_least(kubelet.numbers, parse_numbers(minimum)):
        return "too old", minimum + " or newer"
    if server is None:
        return "", minimum + " or newer"
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


@REQUIREMENTS.add(
    "container_runtime",
    "Container runtime",
    "D7",
    "Run containerd 1.5 or newer on this node: install it, or let the role containerd do it.",
    fixed_by="containerd",
)
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
        yield passed(text, required, name_of(node)) if ok else failed(text, required, name_of(node))


@REQUIREMENTS.add(
    "runtime_uniform",
    "One kind of runtime",
    "§5",
    "Use one container runtime on all nodes (`k3s_container_runtime`): Gitpod is told one socket and one directory.",
    fixed_by="k3s",
)
def runtime_uniform(reading, _options):
    """What differs is shown as the nodes report it, with the paths that follow from it."""
    required = "one socket and one state directory on all nodes"
    groups = {}
    for node in reading["nodes"]:
        groups.setdefault(paths_of(node), []).append(node)
    found = "; ".join("%s: %s" % (_runtimes_of(nodes), describe(paths)) for paths, nodes in groups.items())
    if groups:
        yield passed(found, required) if len(groups) < 2 else failed(found, required)


def _runtimes_of(nodes):
    """'containerd://1.6.12 on Ubuntu 20.04.5 LTS (a, b)'."""
    infos = [node["status"]["nodeInfo"] for node in nodes]
    kinds = dict.fromkeys("%s on %s" % (info["containerRuntimeVersion"] or "no runtime", info["osImage"] or "no named system") for info in infos)
    return "%s (%s)" % (listed(kinds, 3), listed(map(name_of, nodes)))


@REQUIREMENTS.add("nodes", "Nodes", "D3", "Let a machine join the cluster.", fixed_by="k3s", settles=ON_K3S)
def nodes(reading, options):
    """Whether there is any, and which of them are not checked, since Gitpod's pods never come to them."""
    checked, others = reading["nodes"], left_out(reading.all_nodes, options)
    required = "at least one that can take Gitpod's pods"
    if checked:
        yield passed("%d that can take Gitpod's pods" % len(checked), required)
    elif others:
        yield failed("none of %d can take Gitpod's pods" % len(others), required)
    else:
        yield failed("the cluster has no node", required)
    if others:
        reasons = {}
        for name, reason in others.items():
            reasons.setdefault(reason, []).append(name)
        yield skipped("these nodes: " + "; ".join("%s (%s)" % (listed(names), reason) for reason, names in reasons.items()))


@REQUIREMENTS.add(
    "kubernetes_release",
    "Release that was installed",
    "§6",
    "Call `ansible-playbook gitpod.node_prep.upgrade`, which brings the nodes to k3s_version one after the other, or set k3s_version to what runs.",
    fixed_by="k3s",
)
def kubernetes_release(reading, options):
    """Whether what was installed is what runs. Nothing to say where nobody said what was installed."""
    wanted = options["kubernetes_version"]
    if not wanted:
        return
    server = reading["version"]["gitVersion"]
    yield passed(wanted, wanted) if server == wanted else failed("the API server still runs %s" % (server or "something without a version"), wanted)
    named = named_nodes(options)
    for node in reading["nodes"]:
        if named and name_of(node) not in named:
            continue
        kubelet = node["status"]["nodeInfo"]["kubeletVersion"]
        if kubelet == wanted:
            yield passed(wanted, wanted, name_of(node))
        else:
            yield failed("still runs %s" % (kubelet or "something without a version"), wanted, name_of(node))
