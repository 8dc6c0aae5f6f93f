# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about Calico (D6, requirements section 7). Pure; see _cluster.check."""

from ..._calico import manifest as calico_releases
from ..._requirements.findings import FAIL, UNKNOWN, WARNING
from ..._requirements.requirement import ANYWHERE, ON_K3S, Requirements
from ..._text import listed
from ..._versions import is_at_least, parse_kernel, parse_kubernetes, parse_numbers, show
from .. import distribution
from ..verdict import failed, not_waited_for, passed
from ..workloads import environment, image_of, named, version_of_image
from .load_balancer import SERVICELB, load_balancer_name
from .network import address_of, network_of
from .nodes import name_of

REQUIREMENTS = Requirements()

_COMPARE = (
    "See which release this is, and compare the Kubernetes and the kernels that it is tested with, on its page of system requirements, with the cluster's."
)
_AUTO_MODE = "Nothing has to be done for Gitpod to run; Auto Mode has network policies of its own, and no Calico can be put in its place."
# What Calico notes on a node, and of which version of IP.
_ADDRESSES = (("projectcalico.org/IPv4Address", 4), ("projectcalico.org/IPv6Address", 6))
_ON = ("Always", "CrossSubnet")
_OVERRIDE = "ChecksumOffloadBroken=true"


def calico_daemon_set(reading):
    """The daemon set calico-node of the manifest or of the operator, or None."""
    return named(reading["daemon_sets"], "calico-node")


def calico_version(daemon_set):
    """'3.24.5' from the image of calico-node, or ''."""
    return version_of_image(image_of(daemon_set, "calico-node"))


def pools_of(reading, daemon_set):
    """The pools in use as (CIDR, IPIP mode, VXLAN mode); none where Calico gives out no addresses (policy-only mode).

    Before calico-node first runs there is no pool, only the variables that it will be made from; IPIP is Calico's own default.
    """
    pools = [pool["spec"] for pool in reading["ip_pools"] if not pool["spec"]["disabled"]]
    if pools:
        return [(pool["cidr"], pool["ipipMode"], pool["vxlanMode"]) for pool in pools]
    variables = environment(daemon_set)
    found = []
    for version, default in (("4", "Always"), ("6", "Never")):
        prefix = "CALICO_IPV%sPOOL_" % version
        if prefix + "CIDR" in variables:
            vxlan = variables.get(prefix + "VXLAN", "Never")
            found.append((variables[prefix + "CIDR"], variables.get(prefix + "IPIP", "Never" if vxlan in _ON else default), vxlan))
    return found


@REQUIREMENTS.add("calico", "Calico", "D6", "Install Calico, or let the role calico do it.", fixed_by="calico", settles=ON_K3S)
def calico(reading, _options):
    daemon_set = calico_daemon_set(reading)
    if daemon_set:
        yield passed("%s in %s" % (calico_version(daemon_set) or "there", daemon_set["metadata"]["namespace"]), "installed")
    elif distribution.recognise(reading) == distribution.EKS and named(reading["daemon_sets"], "aws-node"):
        # §10, 1: Gitpod has been run on EKS without it.
        yield failed("missing; the VPC CNI of EKS is there", "installed", severity=WARNING)
    elif distribution.edition(reading) == distribution.AUTO_MODE:
        # The VPC CNI is part of the machines there, and no daemon set shows it.
        yield failed("missing; EKS Auto Mode brings the VPC CNI", "installed", severity=WARNING, remedy=_AUTO_MODE)
    else:
        yield failed("missing", "installed")


@REQUIREMENTS.add("calico_ready", "Calico on each node", "D6", "Look at the events and logs of the pods of the daemon set calico-node.", settles=ANYWHERE)
def calico_ready(reading, options):
    daemon_set = calico_daemon_set(reading)
    if not daemon_set or not reading["nodes"]:
        return
    ready, nodes = daemon_set["status"]["numberReady"], len(reading["nodes"])
    found, required = "ready on %d of %d nodes" % (ready, nodes), "ready on each node"
    if ready >= nodes:
        yield passed(found, required)
    elif options["expect_pods"]:
        yield failed(found, required)
    else:
        yield not_waited_for(found, required)


@REQUIREMENTS.add("calico_tested", "Calico's release", "§7", "Choose a release of Calico that is tested with this Kubernetes.", severity=WARNING)
def calico_tested(reading, _options):
    """GKE and AKS bring a Calico of their own, and answer for it. A release that cannot be read is no release that is tested."""
    daemon_set = calico_daemon_set(reading)
    kubernetes = parse_kubernetes(reading["version"]["gitVersion"])
    if not daemon_set or not kubernetes or distribution.recognise(reading) in (distribution.GKE, distribution.AKS):
        return
    image, version = image_of(daemon_set, "calico-node"), calico_version(daemon_set)
    if _is_enterprise(image):
        yield failed("Calico Enterprise (`%s`), whose releases are not known here" % image, "", severity=UNKNOWN, remedy=_COMPARE)
        return
    if not version:
        yield failed("the image `%s`, from which no release can be read" % image, "a tag such as v3.24.5", severity=UNKNOWN, remedy=_COMPARE)
        return
    series = parse_numbers(version)[:2]
    bounds = calico_releases.RELEASES.get(series)
    found = "Calico %s on Kubernetes %s" % (version, show(kubernetes.numbers))
    if bounds is None:
        yield failed(found, "a release of Calico with known bounds")
        return
    release = show(series)
    required = "Kubernetes %s to %s for Calico %s" % (show(bounds.oldest_kubernetes), show(bounds.newest_kubernetes), release)
    yield passed(found, required) if calico_releases.is_tested(kubernetes.numbers, bounds) else failed(found, required)
    kernels = {name_of(node): parse_kernel(node["status"]["nodeInfo"]["kernelVersion"]) for node in reading["nodes"]}
    too_old = [name for name, kernel in kernels.items() if bounds.kernel and kernel and not is_at_least(kernel, bounds.kernel)]
    if too_old:
        required = "kernel %s or newer for Calico %s" % (show(bounds.kernel), release)
        yield failed("an older kernel on " + listed(too_old), required, severity=FAIL)


@REQUIREMENTS.add(
    "calico_network",
    "Calico's pool",
    "§7",
    "Make Calico's pool the cluster network (`k3s_cluster_cidr`); an existing pool has to be replaced, it cannot be changed.",
    fixed_by="calico",
)
def calico_network(reading, _options):
    """Where Calico gives out the addresses, its pools hold every node's pod network."""
    daemon_set = calico_daemon_set(reading)
    pools = [cidr for cidr, _ipip, _vxlan in pools_of(reading, daemon_set)] if daemon_set else []
    networks = [network_of(cidr) for cidr in pools]
    if not pools:
        return
    required = "in the pool " + listed(pools)
    if None in networks:
        yield failed("the pool `%s`, which is no network" % pools[networks.index(None)], "a network such as 10.42.0.0/16")
        return
    for node in reading["nodes"]:
        for cidr in node["spec"]["podCIDRs"]:
            inside = any(_contains(network, network_of(cidr)) for network in networks)
            yield passed("as Calico's pool", required, name_of(node)) if inside else failed(cidr, required, name_of(node))


def _is_enterprise(image):
    """It counts its releases on its own: its 3.18 is not Calico's."""
    parts = image.split("/")
    return parts[-1].startswith("cnx-") or parts[-2:-1] == ["tigera"]


def _contains(outer, inner):
    return inner is not None and outer.version == inner.version and inner.subnet_of(outer)


@REQUIREMENTS.add(
    "calico_dataplane", "Data plane", "§7", "Use Calico's standard data plane: Gitpod needs host ports, which eBPF and Dataplane V2 do not serve."
)
def calico_dataplane(reading, _options):
    daemon_set = calico_daemon_set(reading)
    if named(reading["daemon_sets"], "anetd"):
        yield failed("Dataplane V2 of GKE", "standard")
    elif named(reading["daemon_sets"], "cilium"):
        yield _cilium(reading["cilium_config"]["data"])
    elif daemon_set and _is_ebpf(reading, daemon_set):
        yield failed("Calico's eBPF", "standard")
    elif any(item["spec"]["calicoNetwork"]["linuxDataplane"] == "VPP" for item in reading["installations"]):
        yield failed("Calico's VPP", "standard")
    else:
        yield passed("standard", "standard")


def _cilium(config):
    """Cilium moves the pods' packets with eBPF, unless it is chained behind another network plugin and leaves services to kube-proxy."""
    chained = config["cni-chaining-mode"] not in ("", "none")
    replaces_kube_proxy = config["kube-proxy-replacement"] in ("true", "strict", "partial", "probe")
    if chained and not replaces_kube_proxy:
        return passed("standard, with Cilium behind it (%s)" % config["cni-chaining-mode"], "standard")
    found = "Cilium's eBPF" + (", in place of kube-proxy" if replaces_kube_proxy else "")
    return failed(found, "standard")


def _is_ebpf(reading, daemon_set):
    """Felix takes the variable before its configuration."""
    variable = environment(daemon_set).get("FELIX_BPFENABLED", "")
    if variable:
        return variable.lower() == "true"
    return any(item["spec"]["bpfEnabled"] for item in reading["felix_configurations"]) or any(
        item["spec"]["calicoNetwork"]["linuxDataplane"] == "BPF" for item in reading["installations"]
    )


@REQUIREMENTS.add(
    "calico_addresses",
    "Calico's addresses",
    "§7",
    "Set `k3s_node_ip` on each host, which Calico then follows, or `calico_ip_autodetection_method` to what leads to the nodes' network.",
    fixed_by="calico",
    settles=ANYWHERE,
)
def calico_addresses(reading, _options):
    """Calico notes on each node the address that it speaks to the others from; the kubelet's is the one that the nodes know each other by."""
    if not calico_daemon_set(reading):
        return
    required = "the node's InternalIP, and no other node's"
    for annotation, version in _ADDRESSES:
        taken = {name_of(node): _noted(node, annotation) for node in reading["nodes"]}
        holders = {}
        for name, address in taken.items():
            if address is not None:
                holders.setdefault(address, []).append(name)
        for address, names in holders.items():
            if len(names) > 1:
                yield failed("%s on several nodes: %s" % (address, listed(names)), required)
        for node in reading["nodes"]:
            address, internal = taken[name_of(node)], _internal(node, version)
            if address is None or len(holders[address]) > 1:
                continue
            if address in internal or not internal:
                yield passed("as the nodes' InternalIP", required, name_of(node))
            else:
                found = "%s, and the node's InternalIP is %s" % (address, listed(map(str, internal)))
                yield failed(found, required, name_of(node), severity=WARNING)


def _noted(node, annotation):
    """The address that stands there with the length of its network's prefix, or None."""
    return address_of(node["metadata"]["annotations"].get(annotation, "").partition("/")[0])


def _internal(node, version):
    found = [address_of(entry["address"]) for entry in node["status"]["addresses"] if entry["type"] == "InternalIP"]
    return [address for address in found if address is not None and address.version == version]


@REQUIREMENTS.add("calico_encapsulation", "Calico's encapsulation", "§4", "Use VXLAN for Calico's pool.", severity=WARNING)
def calico_encapsulation(reading, _options):
    """VXLAN is what the ports of section 4 are opened for."""
    daemon_set = calico_daemon_set(reading)
    for cidr, ipip, vxlan in pools_of(reading, daemon_set) if daemon_set else ():
        required = "VXLAN (UDP 4789 between the nodes)"
        if vxlan in _ON:
            yield passed("VXLAN" if vxlan == "Always" else "VXLAN between subnets", required)
            continue
        if ipip in _ON:
            found, needs = "IPIP for " + cidr, "IP protocol 4 (IPIP) and TCP 179 (BGP) between all nodes"
        else:
            found, needs = "none for " + cidr, "TCP 179 (BGP) between all nodes, and a network that routes the pods' addresses"
        yield failed(found, required, remedy="Use VXLAN for the pool (role calico: `calico_encapsulation`), or see that the firewalls let through %s." % needs)


@REQUIREMENTS.add(
    "calico_forwarding",
    "Forwarding by pods",
    "§7",
    "Allow it in the CNI configuration, or let the role calico do it: without it the pods of K3s' ServiceLB end as soon as they start.",
    fixed_by="calico",
)
def calico_forwarding(reading, _options):
    """Only K3s' ServiceLB asks for it: its pods forward packets, and end at once where they may not."""
    if not calico_daemon_set(reading) or load_balancer_name(reading) != SERVICELB:
        return
    required = "`container_settings.allow_ip_forwarding: true`, for ServiceLB"
    text = reading["calico_config"]["data"]["cni_network_config"]
    if reading["installations"] and not text:
        settings = {item["spec"]["calicoNetwork"]["containerIPForwarding"] for item in reading["installations"]}
        yield passed("allowed", required) if settings == {"Enabled"} else failed("not allowed by Calico's operator", required, fixed_by="")
    elif not text:
        yield failed("no ConfigMap kube-system/calico-config to see it in", required, severity=UNKNOWN)
    else:
        yield passed("allowed", required) if _forwards(text) else failed("not allowed in kube-system/calico-config", required)


def _forwards(text):
    try:
        plugins = calico_releases.cni_network(text)["plugins"]
        return any(plugin["type"] == "calico" and plugin["container_settings"]["allow_ip_forwarding"] is True for plugin in plugins)
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


@REQUIREMENTS.add(
    "calico_offload",
    "Checksum offload",
    "§7",
    "Set `featureDetectOverride: ChecksumOffloadBroken=true` in the FelixConfiguration, or let the role calico do it: older kernels damage VXLAN packets.",
    fixed_by="calico",
)
def calico_offload(reading, _options):
    """Only where VXLAN is used and a kernel is old or strange."""
    daemon_set = calico_daemon_set(reading)
    if not daemon_set or not any(vxlan in _ON for _cidr, _ipip, vxlan in pools_of(reading, daemon_set)):
        return
    first = show(calico_releases.FIRST_KERNEL_WITH_SOUND_OFFLOAD)
    required = "%s where a kernel is older than %s" % (_OVERRIDE, first)
    kernels = {name_of(node): node["status"]["nodeInfo"]["kernelVersion"] for node in reading["nodes"]}
    if not kernels:
        return
    old = [name for name, kernel in kernels.items() if calico_releases.offload_is_broken([kernel])]
    if not old:
        yield passed("no kernel is older than " + first, required)
    elif _has_override(reading, daemon_set):
        yield passed("declared broken", required)
    else:
        yield failed("not declared broken, and an older kernel on " + listed(old), required)


def _has_override(reading, daemon_set):
    values = [environment(daemon_set).get("FELIX_FEATUREDETECTOVERRIDE", "")]
    values += [item["spec"]["featureDetectOverride"] for item in reading["felix_configurations"] if item["metadata"]["name"] == "default"]
    return any(_OVERRIDE in value.replace(" ", "").split(",") for value in values)
