# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ports must be reached from where (§4), and what it means that one is not. Pure.

A node is here what the module reachability_listen returned on it; a target is what the module reachability_probe takes, an answer what it returns.
"""

from .._node.shapes import fits
from .._requirements import findings, gitpod_releases
from .._requirements.ports import API_PORT, KUBELET_PORT
from .._requirements.requirement import Requirement

CONTROL_NODE = "the control node"

OPENED = "opened"  # nothing had the port: a listener of ours answers
SERVED = "served"  # a program has the port and is asked as it is

# Where nodes join, and what the kubeconfig leads to.
API = ("tcp", API_PORT)
# Who needs a port of §4 on another machine: every other node, every other server, the control node; `itself` is the node on its own address.
SOURCES = {
    API: ("nodes", "control_node"),
    ("tcp", 2379): ("servers",),
    ("tcp", 2380): ("servers",),
    ("tcp", KUBELET_PORT): ("nodes",),
    ("udp", 4789): ("nodes",),
    ("tcp", 8080): ("nodes",),
}
# The registry facade, whatever its port is in a release of Gitpod, is asked by the containerd of the same node.
SOURCES.update({("tcp", row.registry_port): ("itself",) for row in gitpod_releases.RELEASES.values()})

REQUIREMENT = Requirement("reachability", "Reachability", "§4", findings.FAIL, "", "Open the port in every firewall between the two nodes.")
# Above so many nodes, "all other nodes" says more than their names.
MANY = 5
REQUIRED = "reached from every node that needs it"


# What reachability_listen and reachability_probe return, as far as it is looked at. It comes from machines, which may return anything.
LISTENING = {
    "address": "",
    "join_address": "",
    "control_node_address": "",
    "server": False,
    "calico_vxlan": False,
    "problem": "",
    "ports": [{"protocol": "", "number": 0, "purpose": "", "state": ""}],
}
ANSWER = {"to": "", "protocol": "", "number": 0, "trouble": ""}
UNTOLD = "untold"  # in the place of a trouble
NO_LISTENER = dict(LISTENING, problem="what this machine answered to the test of its ports is no answer of it", ports=[])


def taken(nodes):
    """The nodes with what each returned, or with a problem where that is something else. Ports that nobody needs are left out."""
    return {name: _taken(node) for name, node in nodes.items()}


def _taken(node):
    if not fits(node, LISTENING):
        return NO_LISTENER
    ports = [port for port in node["ports"] if (port["protocol"], port["number"]) in SOURCES and port["state"] in (OPENED, SERVED)]
    return NO_LISTENER if node["ports"] and not ports else dict(node, ports=ports)


def plan(nodes):
    """What each machine has to try: a dict from the name of a node, or CONTROL_NODE, to its targets.

    :param nodes: dict of node to what reachability_listen returned there.
    """
    nodes = taken(nodes)
    targets = {source: [] for source in list(nodes) + [CONTROL_NODE]}
    for name, node in nodes.items():
        for port in node["ports"]:
            if not _is_testable(port):
                continue
            for source in _sources(port, name, nodes):
                targets[source].append(
                    {
                        "to": name,
                        "address": _address(node, port, source),
                        "protocol": port["protocol"],
                        "number": port["number"],
                        "served": port["state"] == SERVED,
                    }
                )
    return targets


def findings_of(nodes, answers, ended=()):
    """The findings about each node as a destination: a dict from its name to a list.

    :param nodes: as for `plan`.
    :param answers: dict of each source of the plan to what reachability_probe returned as `answers`.
    :param ended: the names of the nodes whose listener had ended before the last probe did, so that silence says nothing.
    """
    nodes = taken(nodes)
    troubles = {name: {} for name in nodes}
    tried = dict.fromkeys(nodes, 0)
    known = {name: {(port["protocol"], port["number"]) for port in node["ports"]} for name, node in nodes.items()}
    targets = plan(nodes)
    for source, of_source in answers.items():
        if not fits(of_source, [ANSWER]):  # a machine that says something else has tried nothing
            of_source = [dict(target, trouble=UNTOLD) for target in targets.get(source, [])]
        for answer in of_source:
            if (answer["protocol"], answer["number"]) not in known.get(answer["to"], ()):
                continue
            tried[answer["to"]] += 1
            if answer["trouble"]:
                key = (answer["protocol"], answer["number"], answer["trouble"])
                troubles[answer["to"]].setdefault(key, []).append(source)
    return {name: _of_node(name, node, nodes, troubles[name], tried[name], name in ended) for name, node in nodes.items()}


def skipped(hosts, reason):
    """The findings where the user left the test out: a dict from the name of a host to a list."""
    return {host: [findings.skipped(REQUIREMENT, reason)] for host in hosts}


def _address(node, port, source):
    """At which address a source tries a port: that of the node, except for the API, which nodes and the control node use where they are told to."""
    if source == CONTROL_NODE:
        return node["control_node_address"]
    return node["join_address"] if _is_api(port) else node["address"]


def _is_api(port):
    return (port["protocol"], port["number"]) == API


def _is_testable(port):
    """UDP is only answered by our own listener; a program that holds the port would be silent."""
    return port["protocol"] == "tcp" or port["state"] == OPENED


def _sources(port, name, nodes):
    found = []
    for kind in SOURCES[port["protocol"], port["number"]]:
        if kind == "nodes":
            found += [other for other in nodes if other != name]
        elif kind == "servers":
            found += [other for other, node in nodes.items() if other != name and node["server"]]
        elif kind == "itself":
            found.append(name)
        else:
            found.append(CONTROL_NODE)
    return found


def _of_node(name, node, nodes, troubles, tried, has_ended):
    if node["problem"]:
        remedy = "See which program the `ansible_python_interpreter` of %s is." if node is NO_LISTENER else "Set `k3s_node_ip` to an address that %s has."
        remedy = remedy % name
        return [findings.make(REQUIREMENT, findings.FAIL, node["problem"], REQUIRED, remedy)]
    ports = {(port["protocol"], port["number"]): port for port in node["ports"]}
    found = []
    for (protocol, number, trouble), sources in troubles.items():
        port = ports[protocol, number]
        if trouble == UNTOLD:
            found.append(_untold(name, port, sources))
        elif has_ended and port["state"] == OPENED:
            found.append(_too_late(name, port, sources))
        else:
            found.append(_blocked(name, port, trouble, sources, nodes))
    if not found:
        found.append(findings.make(REQUIREMENT, findings.PASS, _all_well(node, tried), REQUIRED))
    return found + [_untested(name, port, node) for port in node["ports"] if not _is_testable(port)]


def _blocked(name, port, trouble, sources, nodes):
    where, otherwise = _elsewhere(name, port, sources, nodes[name])
    found = "%s on %s%s, for %s, is not reached from %s: %s" % (_show(port), name, where, port["purpose"], _list(sources, nodes), trouble)
    remedy = (
        "Let %s in on %s from %s: in the firewall of %s (`calico_firewall: present` opens ufw and firewalld), "
        "and in whatever filters between them (security groups).%s"
    ) % (_show(port), _with_address(name, nodes), _list(sources, nodes, _with_address), name, otherwise)
    return findings.make(REQUIREMENT, REQUIREMENT.severity, found, REQUIRED, remedy)


def _elsewhere(name, port, sources, node):
    """Where nodes tried the port, if that is not the address of the node itself, and what to do if they or the control node tried the wrong place."""
    where, remedy = "", ""
    if _is_api(port) and node["join_address"] != node["address"] and any(source != CONTROL_NODE for source in sources):
        where = " (at %s, where the other nodes join)" % node["join_address"]
        remedy += " If they cannot reach %s there, set `k3s_node_ip` of %s to an address at which they can, such as %s." % (name, name, node["address"])
    if _is_api(port) and node["control_node_address"] != node["address"] and CONTROL_NODE in sources:
        remedy += " If the control node cannot reach %s at %s, set `k3s_api_host` of %s." % (name, node["control_node_address"], name)
    return where, remedy


def _untold(name, port, sources):
    found = "%s on %s was not tested from %s, which answered with something else" % (_show(port), name, ", ".join(sources))
    return findings.make(REQUIREMENT, findings.UNKNOWN, found, REQUIRED, "See which program the `ansible_python_interpreter` there is.")


def _too_late(name, port, sources):
    found = "%s on %s was not tested from %s: the listener had ended by then" % (_show(port), name, ", ".join(sources))
    return findings.make(REQUIREMENT, findings.UNKNOWN, found, REQUIRED, "Give the test more time (`reachability_seconds`) or Ansible more forks.")


def _untested(name, port, node):
    if node["calico_vxlan"]:
        return findings.skipped(REQUIREMENT, "%s on %s is in use by Calico's VXLAN, which answers no test" % (_show(port), name))
    found = "%s on %s, for %s, could not be tested: another program holds it" % (_show(port), name, port["purpose"])
    return findings.make(REQUIREMENT, findings.UNKNOWN, found, REQUIRED, "Stop the program that holds the port, then test again.")


def _all_well(node, tried):
    text = "reached in all %d attempts" % tried if tried else "no other machine needs a port of this one"
    served = [_show(port) for port in node["ports"] if port["state"] == SERVED and _is_testable(port)]
    return text + ("; in use already and tested as it is: %s" % ", ".join(served) if served else "")


def _show(port):
    return "%s %d" % (port["protocol"].upper(), port["number"])


def _list(sources, nodes, show=lambda name, _nodes: name):
    """The sources by name; where they are many and all that there are besides one, so many words."""
    others = [source for source in sources if source in nodes]
    if len(others) > MANY and len(others) == len(nodes) - 1:
        return ", ".join(["all %d other nodes" % len(others)] + [source for source in sources if source not in nodes])
    return ", ".join(show(source, nodes) for source in sources)


def _with_address(name, nodes):
    return "%s (%s)" % (name, nodes[name]["address"]) if name in nodes else name
