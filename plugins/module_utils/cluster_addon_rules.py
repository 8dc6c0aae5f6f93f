# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what runs in a cluster: Calico, load balancer, storage, cert-manager. Pure; see cluster_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import ipaddress
import json
import re

from ansible_collections.gitpod.node_prep.plugins.module_utils import calico as calico_releases
from ansible_collections.gitpod.node_prep.plugins.module_utils import distribution
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_node_rules import name_of
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, listed, met
from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import UNKNOWN, WARNING
from ansible_collections.gitpod.node_prep.plugins.module_utils.versions import is_at_least, parse_kubernetes, parse_numbers, show

_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_TAG = re.compile(r":v?(\d+\.\d+\.\d+[^@]*)")


# --- what is there ----------------------------------------------------------------------------------------------------------


def calico_daemon_set(reading):
    """The daemon set calico-node of the manifest or of the operator, or None."""
    return _named(reading["daemon_sets"], "calico-node")


def calico_version(daemon_set):
    """'3.24.5' from the image of calico-node, or ''."""
    return next((version for version in map(_version_of_image, _images(daemon_set)) if version), "")


def default_storage_class(reading):
    """Name of the default StorageClass, or ''."""
    for storage_class in reading["storage_classes"]:
        annotations = storage_class["metadata"].get("annotations") or {}
        if any(annotations.get(key) == "true" for key in _DEFAULT_CLASS):
            return storage_class["metadata"]["name"]
    return ""


def cert_manager_deployments(reading):
    """Controller, web hook and CA injector, whatever the release of the chart is called."""
    return [item for item in reading["deployments"] if any("cert-manager-" in image for image in _images(item))]


def cert_manager_version(deployments):
    """'1.9.1' from the image of the controller, or ''."""
    for deployment in deployments:
        for image in _images(deployment):
            if "cert-manager-controller" in image:
                return _version_of_image(image)
    return ""


def load_balancer_name(reading):
    """Who serves services of type LoadBalancer, or '' (requirements section 8)."""
    if any("metallb/" in image and "speaker" in image for item in reading["daemon_sets"] for image in _images(item)):
        return "MetalLB"
    name = distribution.recognise(reading)
    if name in (distribution.EKS, distribution.GKE, distribution.AKS):
        return "the load balancer of " + name
    if name == distribution.K3S and not _servicelb_disabled(reading["nodes"]):
        return "K3s ServiceLB"
    return ""


def _servicelb_disabled(nodes):
    """From what K3s notes on each server, arguments and configuration file in one: ["server", "--disable", "traefik"]."""
    for node in nodes:
        arguments = json.loads((node["metadata"].get("annotations") or {}).get("k3s.io/node-args") or "[]")
        for index, argument in enumerate(arguments):
            flag, _equals, value = argument.partition("=")
            value = value or "".join(arguments[index + 1 : index + 2])
            if flag in ("--disable", "--no-deploy") and "servicelb" in value.split(","):
                return True
    return False


def _not_waited_for(found, required):
    """What the cluster has taken up, and what does not run because the user said that images cannot be pulled."""
    remedy = "Let the cluster pull images, and set `cluster_spec_expect_pods` to true."
    return broken(found + "; not waited for, as the option expect_pods says", required, severity=WARNING, remedy=remedy, mended_by="")


def _named(items, name):
    return next((item for item in items if item["metadata"]["name"] == name), None)


def _images(workload):
    return [container.get("image", "") for container in workload["spec"]["template"]["spec"]["containers"]]


def _version_of_image(image):
    match = _TAG.search(image)
    return match.group(1) if match else ""


def _environment(workload):
    """Name to value of all containers; variables that come from elsewhere are left out."""
    containers = workload["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item["value"] for container in containers for item in container.get("env") or [] if "value" in item}


# --- Calico -----------------------------------------------------------------------------------------------------------------


def calico(reading, _options):
    daemon_set = calico_daemon_set(reading)
    if daemon_set:
        yield met("%s in %s" % (calico_version(daemon_set) or "there", daemon_set["metadata"]["namespace"]), "installed")
    elif distribution.recognise(reading) == distribution.EKS and _named(reading["daemon_sets"], "aws-node"):
        # §10, 1: Gitpod has been run on EKS without it.
        yield broken("missing; the VPC CNI of EKS is there", "installed", severity=WARNING)
    else:
        yield broken("missing", "installed")


def calico_ready(reading, options):
    daemon_set = calico_daemon_set(reading)
    if not daemon_set:
        return
    ready, nodes = (daemon_set.get("status") or {}).get("numberReady", 0), len(reading["nodes"])
    found, required = "ready on %d of %d nodes" % (ready, nodes), "ready on each node"
    if ready >= nodes:
        yield met(found, required)
    elif options["expect_pods"]:
        yield broken(found, required)
    else:
        yield _not_waited_for(found, required)


def calico_tested(reading, _options):
    """GKE and AKS bring a Calico of their own, and answer for it."""
    daemon_set = calico_daemon_set(reading)
    numbers = parse_numbers(calico_version(daemon_set)) if daemon_set else None
    kubernetes = parse_kubernetes(reading["version"]["gitVersion"])
    if not numbers or not kubernetes or distribution.recognise(reading) in (distribution.GKE, distribution.AKS):
        return
    bounds = calico_releases.RELEASES.get(numbers[:2])
    found = "Calico %s on Kubernetes %s" % (show(numbers), show(kubernetes.numbers))
    if bounds is None:
        yield broken(found, "a release of Calico with known bounds")
        return
    required = "Kubernetes %s to %s for Calico %s" % (
        show(bounds.oldest_kubernetes),
        show(bounds.newest_kubernetes),
        show(numbers[:2]),
    )
    yield met(found, required) if calico_releases.is_tested(kubernetes.numbers, bounds) else broken(found, required)


def calico_network(reading, _options):
    """Where Calico gives out the addresses, its pools hold every node's pod network. In policy-only mode it has no pool."""
    daemon_set = calico_daemon_set(reading)
    if not daemon_set:
        return
    pools = [pool["spec"]["cidr"] for pool in reading["ip_pools"] if not pool["spec"].get("disabled")]
    if not pools:
        # calico-node makes the pool when it first runs.
        pools = [value for name, value in _environment(daemon_set).items() if name in ("CALICO_IPV4POOL_CIDR", "CALICO_IPV6POOL_CIDR")]
    networks = [ipaddress.ip_network(pool) for pool in pools]
    if not networks:
        return
    required = "in the pool " + ", ".join(pools)
    for node in reading["nodes"]:
        for cidr in node["spec"].get("podCIDRs") or []:
            inside = any(_contains(network, ipaddress.ip_network(cidr)) for network in networks)
            yield met("as Calico's pool", required, name_of(node)) if inside else broken(cidr, required, name_of(node))


def _contains(outer, inner):
    return outer.version == inner.version and outer.network_address <= inner.network_address and outer.broadcast_address >= inner.broadcast_address


def calico_dataplane(reading, _options):
    daemon_set = calico_daemon_set(reading)
    if _named(reading["daemon_sets"], "anetd"):
        yield broken("Dataplane V2 of GKE", "standard")
    elif daemon_set and _environment(daemon_set).get("FELIX_BPFENABLED", "").lower() == "true":
        yield broken("Calico's eBPF", "standard")
    else:
        yield met("standard", "standard")


# --- load balancer and storage ----------------------------------------------------------------------------------------------


def load_balancer(reading, _options):
    required = "services of type LoadBalancer get an address"
    services = [item for item in reading["services"] if item["spec"].get("type") == "LoadBalancer"]
    served = ["%s/%s" % (item["metadata"]["namespace"], item["metadata"]["name"]) for item in services if _addresses(item)]
    name = load_balancer_name(reading)
    if served:
        yield met("%s serves %s" % (name or "a load balancer", listed(served)), required)
    elif name:
        yield met("%s, no service to show it" % name, required)
    elif services:
        yield broken("no load balancer is known here, and none of %d services has an address" % len(services), required)
    else:
        yield broken("no load balancer is known here, and no service to show one", required, severity=UNKNOWN)


def _addresses(service):
    return ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []


def storage_class(reading, _options):
    name = default_storage_class(reading)
    if name:
        yield met(name, "one default")
    else:
        others = listed(item["metadata"]["name"] for item in reading["storage_classes"])
        yield broken("no default among: " + others if others else "no StorageClass at all", "one default")


# --- cert-manager -----------------------------------------------------------------------------------------------------------


def cert_manager(reading, options):
    required = "API cert-manager.io/v1, %s or newer" % options["min_cert_manager"]
    versions = reading["groups"].get("cert-manager.io")
    if not versions:
        yield _cert_manager_missing(reading, options, required)
        return
    release = cert_manager_version(cert_manager_deployments(reading))
    if "v1" not in versions:
        yield broken("API cert-manager.io/%s only" % ", ".join(versions), required)
    elif not release:
        yield broken("API v1 is there, but no controller whose release could be seen", required, severity=WARNING)
    elif is_at_least(parse_numbers(release), parse_numbers(options["min_cert_manager"])):
        yield met(release, required)
    else:
        yield broken(release, required)


def _cert_manager_missing(reading, options, required):
    charts = [item for item in reading["helm_charts"] if "cert-manager" in item["spec"].get("chart", "") + item["metadata"]["name"]]
    if not charts:
        return broken("missing", required)
    found = "K3s has taken up the chart %s, which has not installed it yet" % charts[0]["metadata"]["name"]
    if options["expect_pods"]:
        return broken(found, required, remedy="Look at the logs of the job helm-install-%s." % charts[0]["metadata"]["name"])
    return _not_waited_for(found, required)


def cert_manager_ready(reading, options):
    deployments = cert_manager_deployments(reading)
    if not deployments:
        return
    waiting = [item["metadata"]["name"] for item in deployments if not _is_available(item)]
    if not waiting:
        yield met("available", "available")
    elif options["expect_pods"]:
        yield broken("not available: " + listed(waiting), "available")
    else:
        yield _not_waited_for("not available: " + listed(waiting), "available")


def _is_available(deployment):
    conditions = (deployment.get("status") or {}).get("conditions") or []
    return any(condition["type"] == "Available" and condition["status"] == "True" for condition in conditions)


def cluster_issuer(reading, _options):
    """Nothing to say while cert-manager itself is missing."""
    if "v1" not in reading["groups"].get("cert-manager.io", ()):
        return
    names = [item["metadata"]["name"] for item in reading["cluster_issuers"]]
    yield met(listed(names), "at least one") if names else broken("none", "at least one")
