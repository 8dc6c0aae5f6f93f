# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about names, networks and ports; see _node.check."""

import ipaddress
import re
from collections import OrderedDict

from ... import _versions as versions
from ..._requirements import findings, thresholds
from ..._requirements.names import is_name
from ..._requirements.paths import RESOLV_CONFS
from ..._requirements.ports import NODE_PORTS, ports_of
from ..._requirements.reading import Unreadable
from ..._requirements.requirement import Requirements
from ..verdict import either, failed, passed

REQUIREMENTS = Requirements()

MAX_PORT = 65535
_MACHINE_ID = re.compile(r"[0-9a-f]{32}")


@REQUIREMENTS.add("hostname", "Host name", "§3", "Give the machine a name of lower-case letters, digits and hyphens (`hostnamectl set-hostname`).")
def _hostname(reading, _options, _phase):
    name = reading["hostname"]
    return either(is_name(name.lower()), name or "none", "letters, digits and hyphens (RFC 1123)")


@REQUIREMENTS.add("machine_id", "Machine id", "§3", "Make a machine id: `rm -f /etc/machine-id && systemd-machine-id-setup`, then reboot.")
def _machine_id(reading, _options, _phase):
    text = reading["machine_id"]
    return either(bool(_MACHINE_ID.fullmatch(text)), text or "none", "32 hexadecimal digits")


@REQUIREMENTS.add("networks", "Networks", "§3", "Choose other networks for pods and services, or move the node's interface out of 10.0.5.0/24.")
def _networks(reading, options, _phase):
    planned = [("the pod network", network) for network in _parse_networks(options["pod_cidr"])]
    planned += [("the service network", network) for network in _parse_networks(options["service_cidr"])]
    planned += [("the network inside workspaces", network) for network in _parse_networks(thresholds.WORKSPACE_CIDR)]
    node = [("%s of this node" % name, network) for name, text in reading["addresses"] for network in _parse_networks(text)]
    conflicts = [
        "%s (%s) overlaps %s (%s)" % (left + right)
        for position, left in enumerate(planned)
        for right in planned[position + 1 :] + node
        if left[1].version == right[1].version and left[1].overlaps(right[1])
    ]
    return either(not conflicts, "; ".join(conflicts) or "no overlap", "no overlap of pods, services, workspaces and node")


def _parse_networks(text):
    """Networks of a comma-separated list; what is none is left out (the module refuses such options before it checks)."""
    networks = []
    for part in text.split(","):
        try:
            networks.append(ipaddress.ip_network(part.strip(), strict=False))
        except ValueError:
            continue
    return networks


def _ports_of(options):
    return ports_of(options["server"], options["workloads"], options["load_balancer_ports"], options["gitpod_version"])


@REQUIREMENTS.add("ports", "Ports", "§4", "Stop the program that holds the port, or move it to another port.")
def _ports(reading, options, _phase):
    required = "free, or held by the cluster"
    purposes = OrderedDict(((port.protocol, port.number), port.purpose) for port in _ports_of(options))
    held, unclear = [], []
    for listener in reading["listeners"]:
        port = (listener["protocol"], listener["port"])
        if port not in purposes or _is_of_the_cluster(listener, reading):
            continue
        text = "%s %d (%s)" % (port + (purposes[port],))
        if listener["process"]:
            held.append("%s is held by %s" % (text, _holder(listener)))
        else:
            unclear.append(text)
    if held:
        return failed("; ".join(held), required)
    if unclear:
        raise Unreadable("in use by a process that this user may not see: " + "; ".join(unclear))
    return passed("free, or held by the cluster", required)


def _is_of_the_cluster(listener, reading):
    if listener["protocol"] == "udp" and listener["process"] == "the kernel":
        return reading["calico_vxlan"]
    return listener["unit"] == "kubepods" or listener["unit"].startswith("k3s")


def _holder(listener):
    if not listener["pid"]:
        return listener["process"]
    return "%s (pid %d%s)" % (listener["process"], listener["pid"], ", " + listener["unit"] if listener["unit"] else "")


@REQUIREMENTS.add(
    "local_port_range", "Local port range", "§3", "Let `net.ipv4.ip_local_port_range` begin at 32768, or put the ports into `net.ipv4.ip_local_reserved_ports`."
)
def _local_port_range(reading, options, _phase):
    required = "none of the cluster's ports in it"
    text = reading["sysctls"].get("net.ipv4.ip_local_port_range") or ""
    bounds = [versions.parse_integer(part) for part in text.split()]
    if len(bounds) != 2 or None in bounds:
        raise Unreadable("could not be read: net.ipv4.ip_local_port_range is `%s`" % text)
    reserved = _port_set(reading["sysctls"].get("net.ipv4.ip_local_reserved_ports") or "")
    fixed = {port.number for port in _ports_of(options)}
    node_ports = set(range(NODE_PORTS[0], NODE_PORTS[1] + 1))
    touched = {port for port in fixed | node_ports if bounds[0] <= port <= bounds[1]} - reserved
    found = "%d to %d" % tuple(bounds)
    if not touched:
        return passed(found, required)
    names = [str(port) for port in sorted(touched & fixed)] + (["NodePorts"] if touched & node_ports else [])
    return failed("%s, which takes in %s" % (found, ", ".join(names)), required)


def _port_set(text):
    """'8080,30000-32767' as a set of numbers."""
    ports = set()
    for part in text.split(","):
        bounds = [versions.parse_integer(bound) for bound in part.split("-")]
        if None not in bounds:
            ports.update(range(bounds[0], min(bounds[-1], MAX_PORT) + 1))
    return ports


@REQUIREMENTS.add(
    "iptables",
    "iptables",
    "§3",
    "Upgrade iptables to 1.8.4 or newer, or run `update-alternatives --set iptables /usr/sbin/iptables-legacy`.",
    severity=findings.WARNING,
)
def _iptables(reading, options, _phase):
    system = options["container_runtime"] == "system"
    required = "installed, and not 1.8.0 to 1.8.3 in nft mode" if system else "not 1.8.0 to 1.8.3 in nft mode"
    text = reading["iptables"]
    if not text and not system:
        return passed("not installed; K3s brings its own", required)
    if not text:
        remedy = (
            "Install the package `iptables`, or let the role containerd do it: containerd's portmap plugin calls it for hostPorts (Gitpod's 8080 and 20000)."
        )
        return failed("not installed", required, findings.FAIL, remedy, fixed_by="containerd")
    parsed = versions.parse_iptables(text)
    if parsed is None:
        raise Unreadable("`iptables --version` says `%s`" % text)
    numbers, mode = parsed
    bad = mode == "nf_tables" and versions.is_at_least(numbers, (1, 8)) and not versions.is_at_least(numbers, (1, 8, 4))
    return either(not bad, "%s (%s)" % (versions.show(numbers), mode), required)


@REQUIREMENTS.add(
    "resolv_conf",
    "Name servers",
    "§3",
    "Name servers in /etc/resolv.conf that pods reach, or a file of your own in `k3s_config` (`resolv-conf`): otherwise K3s gives 8.8.8.8 to pods.",
    severity=findings.WARNING,
)
def _resolv_conf(reading, options, _phase):
    """What K3s does: it takes the first file whose servers all serve pods, and passes over one with a single other; where there is none, 8.8.8.8.

    Up to 1.30 it took a file that names none as well. A file that it is told to take it takes as it is.
    """
    told = options["resolv_conf"]
    paths = (told,) if told else RESOLV_CONFS
    files = reading["resolv_confs"]
    for path in paths:
        if path not in files:
            raise Unreadable("could not be read: the reading has no %s" % path)
    required = "servers that pods reach, in %s" % " or ".join(paths)
    for path in paths:
        if files[path] and all(_serves_pods(server) for server in files[path]):
            return passed("%s (%s)" % (", ".join(files[path]), path), required)
        if files[path] == []:
            break
    found = "; ".join("%s: %s" % (path, _servers(files[path])) for path in paths)
    return failed(found, required, remedy="Name servers in %s that pods reach, and no other: K3s takes that file as it is." % told if told else None)


def _servers(servers):
    if servers is None:
        return "not there"
    return ", ".join(server + ("" if _serves_pods(server) else " (this machine or its link alone)") for server in servers) or "no server"


def _serves_pods(text):
    """Whether the address of a name server means the same machine inside a pod: not loopback, link-local, or no address at all."""
    try:
        address = ipaddress.ip_address(text if "%" not in text else "")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    odd = (address.is_loopback, address.is_link_local, address.is_multicast, address.is_unspecified, str(address) == "255.255.255.255")
    return not any(odd)
