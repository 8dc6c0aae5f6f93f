# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about Calico (D6, requirements section 7). Pure; see cluster_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.gitpod.node_prep.plugins.module_utils import calico as calico_releases
from ansible_collections.gitpod.node_prep.plugins.module_utils import distribution
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_load_balancer_rules import SERVICELB, load_balancer_name
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_network_rules import address_of, network_of
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_node_rules import name_of
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, listed, met, not_waited_for
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_workloads import environment, image_of, named, version_of_image
from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import FAIL, UNKNOWN, WARNING
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import is_at_least, parse_kernel, parse_kubernetes, parse_numbers, show

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


def calico(reading, _options):
    daemon_set = calico_daemon_set(reading)
    if daemon_set:
        yield met("%s in %s" % (calico_version(daemon_set) or "there", daemon_set["metadata"]["namespace"]), "installed")
    elif distribution.recognise(reading) == distribution.EKS and named(reading["daemon_sets"], "aws-node"):
        # §10, 1: Gitpod has been run on EKS without it.
        yield broken("missing; the VPC CNI of EKS is there", "installed", severity=WARNING)
    elif distribution.edition(reading) == distribution.AUTO_MODE:
        # The VPC CNI is part of the machines there, and no daemon set shows it.
        yield broken("missing; EKS Auto Mode brings the VPC CNI", "installed", severity=WARNING, remedy=_AUTO_MODE)
    else:
        yield broken("missing", "installed")


def calico_ready(reading, options):
    daemon_set = calico_daemon_set(reading)
    if not daemon_set or not reading["nodes"]:
        return
    ready, nodes = daemon_set["status"]["numberReady"], len(reading["nodes"])
    found, required = "ready on %d of %d nodes" % (ready, nodes), "ready on each node"
    if ready >= nodes:
        yield met(found, required)
    elif options["expect_pods"]:
        yield broken(found, required)
    else:
        yield not_waited_for(found, required)


def calico_tested(reading, _options):
    """GKE and AKS bring a Calico of their own, and answer for it. A release that cannot be read is no release that is tested."""
    daemon_set = calico_daemon_set(reading)
    kubernetes = parse_kubernetes(reading["version"]["gitVersion"])
    if not daemon_set or not kubernetes or distribution.recognise(reading) in (distribution.GKE, distribution.AKS):
        return
    image, version = image_of(daemon_set, "calico-node"), calico_version(daemon_set)
    if _is_enterprise(image):
        yield broken("Calico Enterprise (`%s`), whose releases are not known here" % image, "", severity=UNKNOWN, remedy=_COMPARE)
        return
    if not version:
        yield broken("the image `%s`, from which no release can be read" % image, "a tag such as v3.24.5", severity=UNKNOWN, remedy=_COMPARE)
        return
    series = parse_numbers(version)[:2]
    bounds = calico_releases.RELEASES.get(series)
    found = "Calico %s on Kubernetes %s" % (version, show(kubernetes.numbers))
    if bounds is None:
        yield broken(found, "a release of Calico with known bounds")
        return
    release = show(series)
    required = "Kubernetes %s to %s for Calico %s" % (show(bounds.oldest_kubernetes), show(bounds.newest_kubernetes), release)
    yield met(found, required) if calico_releases.is_tested(kubernetes.numbers, bounds) else broken(found, required)
    kernels = {name_of(node): parse_kernel(node["status"]["nodeInfo"]["kernelVersion"]) for node in reading["nodes"]}
    too_old = [name for name, kernel in kernels.items() if bounds.kernel and kernel and not is_at_least(kernel, bounds.kernel)]
    if too_old:
        required = "kernel %s or newer for Calico %s" % (show(bounds.kernel), release)
        yield broken("an older kernel on " + listed(too_old), required, severity=FAIL)


def calico_network(reading, _options):
    """Where Calico gives out the addresses, its pools hold every node's pod network."""
    daemon_set = calico_daemon_set(reading)
    pools = [cidr for cidr, _ipip, _vxlan in pools_of(reading, daemon_set)] if daemon_set else []
    networks = [network_of(cidr) for cidr in pools]
    if not pools:
        return
    required = "in the pool " + listed(pools)
    if None in networks:
        yield broken("the pool `%s`, which is no network" % pools[networks.index(None)], "a network such as 10.42.0.0/16")
        return
    for node in reading["nodes"]:
        for cidr in node["spec"]["podCIDRs"]:
            inside = any(_contains(network, network_of(cidr)) for network in networks)
            yield met("as Calico's pool", required, name_of(node)) if inside else broken(cidr, required, name_of(node))


def _is_enterprise(image):
    """It counts its releases on its own: its 3.18 is not Calico's."""
    parts = image.split("/")
    return parts[-1].startswith("cnx-") or parts[-2:-1] == ["tigera"]


def _contains(outer, inner):
    return inner is not None and outer.version == inner.version and inner.subnet_of(outer)


def calico_dataplane(reading, _options):
    daemon_set = calico_daemon_set(reading)
    if named(reading["daemon_sets"], "anetd"):
        yield broken("Dataplane V2 of GKE", "standard")
    elif named(reading["daemon_sets"], "cilium"):
        yield _cilium(reading["cilium_config"]["data"])
    elif daemon_set and _is_ebpf(reading, daemon_set):
        yield broken("Calico's eBPF", "standard")
    elif any(item["spec"]["calicoNetwork"]["linuxDataplane"] == "VPP" for item in reading["installations"]):
        yield broken("Calico's VPP", "standard")
    else:
        yield met("standard", "standard")


def _cilium(config):
    """Cilium moves the pods' packets with eBPF, unless it is chained behind another network plugin and leaves services to kube-proxy."""
    chained = config["cni-chaining-mode"] not in ("", "none")
    replaces_kube_proxy = config["kube-proxy-replacement"] in ("true", "strict", "partial", "probe")
    if chained and not replaces_kube_proxy:
        return met("standard, with Cilium behind it (%s)" % config["cni-chaining-mode"], "standard")
    found = "Cilium's eBPF" + (", in place of kube-proxy" if replaces_kube_proxy else "")
    return broken(found, "standard")


def _is_ebpf(reading, daemon_set):
    """Felix takes the variable before its configuration."""
    variable = environment(daemon_set).get("FELIX_BPFENABLED", "")
    if variable:
        return variable.lower() == "true"
    return any(item["spec"]["bpfEnabled"] for item in reading["felix_configurations"]) or any(
        item["spec"]["calicoNetwork"]["linuxDataplane"] == "BPF" for item in reading["installations"]
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
                yield broken("%s on several nodes: %s" % (address, listed(names)), required)
        for node in reading["nodes"]:
            address, internal = taken[name_of(node)], _internal(node, version)
            if address is None or len(holders[address]) > 1:
                continue
            if address in internal or not internal:
                yield met("as the nodes' InternalIP", required, name_of(node))
            else:
                found = "%s, and the node's InternalIP is %s" % (address, listed(map(str, internal)))
                yield broken(found, required, name_of(node), severity=WARNING)


def _noted(node, annotation):
    """The address that stands there with the length of its network's prefix, or None."""
    return address_of(node["metadata"]["annotations"].get(annotation, "").partition("/")[0])


def _internal(node, version):
    found = [address_of(entry["address"]) for entry in node["status"]["addresses"] if entry["type"] == "InternalIP"]
    return [address for address in found if address is not None and address.version == version]


def calico_encapsulation(reading, _options):
    """VXLAN is what the ports of section 4 are opened for."""
    daemon_set = calico_daemon_set(reading)
    for cidr, ipip, vxlan in pools_of(reading, daemon_set) if daemon_set else ():
        required = "VXLAN (UDP 4789 between the nodes)"
        if vxlan in _ON:
            yield met("VXLAN" if vxlan == "Always" else "VXLAN between subnets", required)
            continue
        if ipip in _ON:
            found, needs = "IPIP for " + cidr, "IP protocol 4 (IPIP) and TCP 179 (BGP) between all nodes"
        else:
            found, needs = "none for " + cidr, "TCP 179 (BGP) between all nodes, and a network that routes the pods' addresses"
        yield broken(found, required, remedy="Use VXLAN for the pool (role calico: `calico_encapsulation`), or see that the firewalls let through %s." % needs)


def calico_forwarding(reading, _options):
    """Only K3s' ServiceLB asks for it: its pods forward packets, and end at once where they may not."""
    if not calico_daemon_set(reading) or load_balancer_name(reading) != SERVICELB:
        return
    required = "`container_settings.allow_ip_forwarding: true`, for ServiceLB"
    text = reading["calico_config"]["data"]["cni_network_config"]
    if reading["installations"] and not text:
        settings = {item["spec"]["calicoNetwork"]["containerIPForwarding"] for item in reading["installations"]}
        yield met("allowed", required) if settings == {"Enabled"} else broken("not allowed by Calico's operator", required, mended_by="")
    elif not text:
        yield broken("no ConfigMap kube-system/calico-config to see it in", required, severity=UNKNOWN)
    else:
        yield met("allowed", required) if _forwards(text) else broken("not allowed in kube-system/calico-config", required)


def _forwards(text):
    """The CNI configuration is JSON but for a word that Calico's installer replaces by a number."""
    placeholder = calico_releases.CNI_PLACEHOLDER
    try:
        plugins = json.loads(text.replace(placeholder, json.dumps(placeholder)))["plugins"]
        return any(plugin["type"] == "calico" and plugin["container_settings"]["allow_ip_forwarding"] is True for plugin in plugins)
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


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
        yield met("no kernel is older than " + first, required)
    elif _has_override(reading, daemon_set):
        yield met("declared broken", required)
    else:
        yield broken("not declared broken, and an older kernel on " + listed(old), required)


def _has_override(reading, daemon_set):
    values = [environment(daemon_set).get("FELIX_FEATUREDETECTOVERRIDE", "")]
    values += [item["spec"]["featureDetectOverride"] for item in reading["felix_configurations"] if item["metadata"]["name"] == "default"]
    return any(_OVERRIDE in value.replace(" ", "").split(",") for value in values)
