# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fragment of the configuration of Gitpod's installer that a cluster determines. Pure.

The keys are those of `install/installer/pkg/config/v1/config.go` of github.com/gitpod-io/gitpod (`installer/pkg/config/v1/config.go` in
2022.01), read at each tag from 2022.01 to the last one: they are the same in all of them. `containerdSocketDir` came only after these
releases, in March 2023, and an installer told to be strict would refuse it. `fsShiftMethod` knows `fuse` and `shiftfs` in all of
them, only its default changed from `shiftfs` to `fuse` with 2022.02; it is written always, because nodes have what fuse needs, and
the headers that shiftfs needs only where the user asks for them (§3).
"""

from ...module_utils._requirements.paths import RUNTIME_PATHS

# What is to be said is filled in by `header`.
HEADER = """\
# The part of the configuration of Gitpod's installer that this cluster determines, found by gitpod.node_prep. It is written
# anew in every run, so keep what you add in a file of your own: {missing}the database, the object storage and the
# registry where they are not in the cluster. Merge this into what `gitpod-installer init` prints; from Gitpod 2022.02 on
# the installer also fills in the rest by itself.
"""
GUESS = """\
# The paths of the container runtime are left out, since the cluster does not tell them. {probably}See on a node which
# they are, and add `containerdSocket` and `containerdRuntimeDir` to `workspace.runtime`.
"""


def fragment(facts, domain, certificate, shiftfs):
    """The configuration as data.

    :param facts: what `with_paths_of_machines` made of the facts of the module cluster_spec; empty where the cluster was not looked at.
    :param domain: under which Gitpod will be reached, '' where that is not known.
    :param certificate: name of the secret with the certificate of the domain.
    :param shiftfs: whether workspaces use shiftfs instead of fuse.
    :returns: an empty dict where the cluster was not looked at or has no nodes.
    """
    if not facts.get("nodes"):
        return {}
    runtime = {"fsShiftMethod": "shiftfs" if shiftfs else "fuse"}
    if facts["runtime_paths_known"]:
        runtime.update(containerdRuntimeDir=facts["runtime_state_directory"], containerdSocket=facts["runtime_socket"])
    return {
        "apiVersion": "v1",
        **({"domain": domain} if domain else {}),
        "certificate": {"kind": "secret", "name": certificate},
        "workspace": {"runtime": runtime},
    }


def header(facts, domain):
    """The comment above the fragment: what it is, and what to add."""
    text = HEADER.format(missing="" if domain else "`domain`, ")
    if facts["runtime_paths_known"]:
        return text
    guess = (facts["runtime_socket"], facts["runtime_state_directory"])
    return text + GUESS.format(probably=f"Probably they are {guess[0]} and {guess[1]}. " if all(guess) else "")


def with_paths_of_machines(facts, nodes, names=None):
    """The facts about a cluster with the paths of the container runtime that its machines have told, which are no guess.

    :param facts: what the module cluster_spec returned as `facts`.
    :param nodes: dict of host to what the module node_spec returned there; a host that is no node of the cluster tells nothing about it.
    :param names: dict of host to the name of its node, for hosts that have another name in the cluster.
    """
    if not facts or facts.get("runtime_paths_known"):
        return facts
    guess = (facts.get("runtime_socket", ""), facts.get("runtime_state_directory", ""))
    members = facts.get("nodes", {})
    machines = [result for host, result in nodes.items() if (names or {}).get(host, host) in members]
    told = {_paths_of_machine(result) for result in machines if result["facts"]}
    everywhere = len(told) == 1 and None not in told
    # Machines that nobody asked are taken for equal where what the others told is what is usual.
    known = everywhere and (told == {guess} or len(machines) >= len(members))
    socket, directory = told.pop() if known else guess
    return dict(facts, runtime_socket=socket, runtime_state_directory=directory, runtime_paths_known=known)


def _paths_of_machine(result):
    """The pair that Gitpod must be told for a machine; None where it did not tell."""
    if result["container_runtime"] == "embedded":
        return tuple(RUNTIME_PATHS["embedded"])
    paths = result["facts"].get("containerd_paths")
    pair = (paths.get("socket"), paths.get("directory")) if isinstance(paths, dict) else ()
    return pair if len(pair) == 2 and all(isinstance(path, str) and path.startswith("/") for path in pair) else None
