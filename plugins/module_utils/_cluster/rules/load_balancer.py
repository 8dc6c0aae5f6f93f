# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about services of type LoadBalancer (D10, requirements section 8). Pure; see _cluster.check."""

import json

from ..._requirements.findings import UNKNOWN
from ..._requirements.ports import PROXY_PORTS
from ..._requirements.requirement import Requirements
from ..._text import listed
from .. import distribution
from ..verdict import failed, passed, skipped
from ..workloads import images

REQUIREMENTS = Requirements()

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


@REQUIREMENTS.add(
    "load_balancer",
    "Load balancer",
    "D10",
    "Leave K3s' ServiceLB on, or install MetalLB, or use the cloud's: Gitpod's proxy is a service of type LoadBalancer.",
)
def load_balancer(reading, _options):
    required = "services of type LoadBalancer get an address"
    services = load_balancers(reading)
    served = [_full_name(item) for item in services if addresses_of(item)]
    name = load_balancer_name(reading)
    if served:
        yield passed("%s serves %s" % (name or "a load balancer", listed(served)), required)
    elif name == SERVICELB and not reading["nodes"]:
        yield failed("%s, and no node whose address it could give" % name, required)
    elif name:
        yield passed("%s, no service to show it" % name, required)
    elif services:
        yield failed("no load balancer is known here, and none of %d services has an address" % len(services), required)
    else:
        yield failed("no load balancer is known here, and no service to show one", required, severity=UNKNOWN)


@REQUIREMENTS.add(
    "load_balancer_ports",
    "Ports of the load balancer",
    "§4",
    "Remove the service, or give it other ports (K3s' Traefik: `disable: [traefik]`): ServiceLB gives each port of a node to one service only.",
    fixed_by="k3s",
)
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
    yield failed(listed(takers), required) if takers else passed("free", required)


def why_not_tried(reading, check_mode):
    """Why no temporary service is made although the user asked for it, or ''."""
    proxy = next((item for item in load_balancers(reading) if is_proxy(item) and addresses_of(item)), None)
    if proxy:
        return "%s, which is Gitpod's own, has the address %s" % (_full_name(proxy), addresses_of(proxy)[0])
    return "check mode makes no service" if check_mode else ""


@REQUIREMENTS.add(
    "load_balancer_probe",
    "Load balancer, tried",
    "D10",
    "Look at what the load balancer says (`kubectl describe service`, `kubectl -n kube-system get pods` for ServiceLB), and at the cloud's quota.",
)
def load_balancer_probe(reading, options):
    """Nothing to say where the user did not ask for it."""
    if not options["probe_load_balancer"]:
        return
    probe = reading["load_balancer_probe"]
    required = "an address within %d s for a service with the ports %s" % (options["probe_seconds"], ", ".join(map(str, PROXY_PORTS)))
    if probe["not_made"]:
        yield skipped(probe["not_made"])
    elif probe["refusal"]:
        yield failed(probe["refusal"], required)
    elif probe["address"]:
        yield passed("%s after %d s" % (probe["address"], probe["seconds"]), required)
    else:
        yield failed("no address after %d s" % probe["seconds"], required)


def _full_name(service):
    return "%s/%s" % (service["metadata"]["namespace"], service["metadata"]["name"])
