# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of a node's pods, among all that run. Pure."""

import os
from collections import namedtuple

from . import ours

# state: a letter of /proc/<pid>/stat; pid_namespace and network_namespace: what the links in /proc/<pid>/ns say, '' where they could not be read.
Process = namedtuple("Process", "pid parent name state arguments pid_namespace network_namespace")
ENDED = ("Z", "X")


def parse_stat(text):
    """(parent, name, state) of /proc/<pid>/stat; None for what is none. A name may hold spaces and brackets."""
    before, bracket, rest = text.rpartition(")")
    fields = rest.split()
    if not bracket or len(fields) < 2 or not fields[1].isdigit():
        return None
    return int(fields[1]), before.partition("(")[2], fields[0]


def of_pods(processes, own_namespace):
    """The processes of all pods, and those of containerd that watch over them and end last.

    The latter run in the node's own namespace of processes; a Kubernetes in a container has its own.

    :param own_namespace: that of the node itself.
    """
    alive = [process for process in processes if process.state not in ENDED]
    watching = [process for process in alive if process.pid_namespace == own_namespace and is_watching(process.arguments)]
    children = {}
    for process in alive:
        children.setdefault(process.parent, []).append(process)
    found, pending = {}, list(watching)
    while pending:
        for child in children.get(pending.pop().pid, []):
            if child.pid not in found:
                found[child.pid] = child
                pending.append(child)
    return [found[pid] for pid in sorted(found) if found[pid] not in watching], watching


def is_watching(arguments):
    """Whether a command is a shim of a container of Kubernetes, or the containerd that K3s brings."""
    program = os.path.basename(arguments[0]) if arguments else ""
    sockets = [word.replace("/var/run/", "/run/", 1) for word in arguments[1:]]
    if program.startswith("containerd") and ours.EMBEDDED_SOCKET in sockets:
        return True
    if not program.startswith("containerd-shim") or "-namespace" not in arguments[:-1]:
        return False
    return arguments[arguments.index("-namespace") + 1] == ours.CONTAINERD_NAMESPACE and ours.SYSTEM_SOCKET in sockets
