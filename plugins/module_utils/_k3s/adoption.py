# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a K3s that somebody else installed can be taken over without losing an object or a running pod. Pure."""

from .release import VersionError, change_problem, parse_version
from .settings import DEFAULTS, NETWORKS

DATA_DIRECTORY = "/var/lib/rancher/k3s"
# Settings that a take-over does not carry over and that nothing is lost by: the role decides about them, or they say how K3s logs and who may read its
# kubeconfig.
DISPENSABLE = NETWORKS + (
    "server",
    "token",
    "token-file",
    "config",
    "node-name",
    "disable",
    "disable-network-policy",
    "data-dir",
    "container-runtime-endpoint",
    "docker",
    "with-node-id",
    "disable-agent",
    "cluster-init",
    "datastore-endpoint",
    "write-kubeconfig",
    "write-kubeconfig-mode",
    "write-kubeconfig-group",
    "kubeconfig-mode",
    "kubeconfig-output",
    "config-file",
    "debug",
    "v",
    "vmodule",
    "log",
    "alsologtostderr",
)


def problems(found, hostname, wanted):
    """Why it cannot be taken over: a list of clauses, each with what to do.

    :param found: dict with `role` (`server`, `agent` or ''), `release`, `datastore` (`sqlite`, `etcd`, `external` or ''), `settings` and `unclear`
        (files that were not understood).
    :param hostname: of the machine.
    :param wanted: what the role will set: dict with `server` (bool), `version`, `runtime`, `settings` (names that the inventory sets) and the values of
        `node_name`, `cluster_cidr`, `service_cidr`, `cluster_dns`, `cluster_domain`, `flannel_backend`, `disable` (a list).
    """
    settings = found["settings"]
    why = _of_the_kind(found, wanted) + _of_the_release(found["release"], wanted["version"])
    why += ["%s cannot be taken apart: write it as one `key: value` a line" % path for path in found["unclear"]]
    name = (_first(settings, "node-name") or hostname).lower()
    if _true(settings, "with-node-id"):
        why.append("its name in the cluster ends in a random id (with-node-id), which the role would not keep")
    elif name != (wanted["node_name"] or hostname).lower():
        why.append("the cluster knows it as %s: set k3s_node_name to that on this host" % name)
    if _first(settings, "data-dir") not in ("", DATA_DIRECTORY):
        why.append("its data lie in %s, and not in %s" % (_first(settings, "data-dir"), DATA_DIRECTORY))
    why += _of_the_runtime(settings, wanted["runtime"])
    if wanted["server"]:
        why += _of_the_networks(settings, wanted) + _of_the_add_ons(settings, wanted["disable"])
    lost = sorted(set(settings) - set(DISPENSABLE) - set(wanted["settings"]))
    if lost:
        why.append("it sets %s, which would be lost: put that into k3s_config, or into the variable of the role k3s for it" % ", ".join(lost))
    return why


def _of_the_kind(found, wanted):
    why = []
    if found["role"] != ("server" if wanted["server"] else "agent"):
        why.append("it is %s, and the inventory makes the node %s" % (_article(found["role"]), _article("server" if wanted["server"] else "agent")))
    if found["datastore"] == "external":
        why.append("its datastore is outside of the node (datastore-endpoint), and only the one that K3s keeps in a file is taken over")
    if found["datastore"] == "etcd":
        why.append("its datastore is etcd, and only the one that K3s keeps in a file is taken over")
    return why


def _article(role):
    return {"server": "a server", "agent": "an agent"}.get(role, "neither server nor agent")


def _of_the_release(current, version):
    try:
        parse_version(current)
    except VersionError:
        return ["its release cannot be read"]
    try:
        problem = change_problem(current, version) if version else ""
    except VersionError as error:
        return [str(error)]
    return [problem] if problem else []


def _of_the_runtime(settings, runtime):
    """The pods of one runtime are strangers to another."""
    if _true(settings, "docker"):
        return ["its pods run on docker, which the role does not support"]
    present = "system" if _first(settings, "container-runtime-endpoint") else "embedded"
    return [] if present == runtime else ["its pods run on the containerd of %s: set k3s_container_runtime to %s" % (_owner(present), present)]


def _owner(runtime):
    return "the node" if runtime == "system" else "K3s"


def _of_the_networks(settings, wanted):
    why = []
    for name in NETWORKS:
        present = settings.get(name) or DEFAULTS.get(name, [])
        ours = [part.strip() for part in wanted[name.replace("-", "_")].split(",") if part.strip()]
        if present != ours:
            why.append("its %s is %s: set k3s_%s to that" % (name, ",".join(present) or "K3s' own", name.replace("-", "_")))
    return why


def _of_the_add_ons(settings, disable):
    lost = [name for name in disable if name not in settings.get("disable", [])]
    return ["%s of K3s would be removed with all that belongs to it: leave it out of k3s_disable" % ", ".join(lost)] if lost else []


def _first(settings, name):
    return (settings.get(name) or [""])[0]


def _true(settings, name):
    return _first(settings, name).lower() in ("true", "1", "yes")
