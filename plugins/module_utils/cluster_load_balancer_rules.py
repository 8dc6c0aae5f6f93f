# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about services of type LoadBalancer (D10, requirements section 8). Pure; see cluster_rules.py."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible_collections.gitpod.node_prep.plugins.module_utils import distribution
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_requirements import PROXY_PORTS
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, listed, met, skipped
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_workloads import images
from ansible_collections.gitpod.node_prep.plugins.module_utils.findings import UNKNOWN

SERVICELB = "K3s ServiceLB"
METALLB = "MetalLB"


def load_balancer_name(reading):
    """Who serves services of type LoadBalancer, or '' (requirements section 8)."""
    if any("metallb/" in image and "speaker" in image for item in reading["daemon_sets"] for image in images(item)):
        return METALLB
    name = distribution.recognise(reading)
    if name in (distribution.EKS, distribution.GKE, distribution.AKS):
        return "the load balancer of " + name
    if name == distribution.K3S and not _servicelb_disabled(reading["nodes"]):
        return SERVICELB
    return ""


def _servicelb_disabled(nodes):
    """From what K3s notes on each server, arguments and configuration file in one: ["server", "--disable", "traefik"]."""
    for node in nodes:
        arguments = _arguments(node["metadata"]["annotations"].get("k3s.io/node-args", "[]"))
        for index, argument in enumerate(arguments):
            flag, _equals, value = argument.partition("=")
            value = value or "".join(arguments[index + 1 : index + 2])
            if flag in ("--disable", "--no-deploy") and "servicelb" in value.split(","):
                return True
    return False


def _arguments(text):
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [argument for argument in arguments if isinstance(argument, str)] if isinstance(arguments, list) else []


def load_balancers(reading):
    """The services of this type."""
    return [item for item in reading["services"] if item["spec"]["type"] == "LoadBalancer"]


def addresses_of(service):
    """The addresses and names that the load balancer gave a service."""
    return [entry["ip"] or entry["hostname"] for entry in service["status"]["loadBalancer"]["ingress"] if entry["ip"] or entry["hostname"]]


def is_proxy(service):
    """Whether it is Gitpod's own."""
    return service["metadata"]["name"] == "proxy"


def load_balancer(reading, _options):
    required = "services of type LoadBalancer get an address"
    services = load_balancers(reading)
    served = [_full_name(item) for item in services if addresses_of(item)]
    name = load_balancer_name(reading)
    if served:
        yield met("%s serves %s" % (name or "a load balancer", listed(served)), required)
    elif name == SERVICELB and not reading["nodes"]:
        yield broken("%s, and no node whose address it could give" % name, required)
    elif name:
        yield met("%s, no service to show it" % name, required)
    elif services:
        yield broken("no load balancer is known here, and none of %d services has an address" % len(services), required)
    else:
        yield broken("no load balancer is known here, and no service to show one", required, severity=UNKNOWN)


def load_balancer_ports(reading, _options):
    """ServiceLB has no address to give but those of the nodes, so each port there goes to one service only."""
    if load_balancer_name(reading) != SERVICELB:
        return
    required = "ports %s free for Gitpod's proxy" % ", ".join(map(str, PROXY_PORTS))
    takers = []
    for item in load_balancers(reading):
        ports = sorted({port["port"] for port in item["spec"]["ports"]} & set(PROXY_PORTS))
        if ports and not is_proxy(item):
            takers.append("%s has %s" % (_full_name(item), ", ".join(map(str, ports))))
    yield broken(listed(takers), required) if takers else met("free", required)


def why_not_tried(reading, check_mode):
    """Why no temporary service is made although the user asked for it, or ''."""
    proxy = next((item for item in load_balancers(reading) if is_proxy(item) and addresses_of(item)), None)
    if proxy:
        return "%s, which is Gitpod's own, has the address %s" % (_full_name(proxy), addresses_of(proxy)[0])
    return "check mode makes no service" if check_mode else ""


def load_balancer_probe(reading, options):
    """Nothing to say where the user did not ask for it."""
    if not options["probe_load_balancer"]:
        return
    probe = reading["load_balancer_probe"]
    required = "an address within %d s for a service with the ports %s" % (options["probe_seconds"], ", ".join(map(str, PROXY_PORTS)))
    if probe["not_made"]:
        yield skipped(probe["not_made"])
    elif probe["refusal"]:
        yield broken(probe["refusal"], required)
    elif probe["address"]:
        yield met("%s after %d s" % (probe["address"], probe["seconds"]), required)
    else:
        yield broken("no address after %d s" % probe["seconds"], required)


def _full_name(service):
    return "%s/%s" % (service["metadata"]["namespace"], service["metadata"]["name"])
