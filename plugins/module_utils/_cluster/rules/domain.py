# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about Gitpod's domain: its names and its certificate (D11, requirements section 8). Pure; see _cluster.check."""

from ..._requirements.findings import FAIL, WARNING
from ..._requirements.reading import Unreadable
from ..._requirements.requirement import Requirements
from ..._text import listed
from ..verdict import failed, passed, skipped
from .load_balancer import SERVICELB, addresses_of, load_balancer_name, load_balancers

REQUIREMENTS = Requirements()

_NO_DOMAIN = "no domain given"
_TLS = "kubernetes.io/tls"


def names_of(domain):
    """§8: the names that lead to Gitpod, and that its certificate covers."""
    return [domain, "*." + domain, "*.ws." + domain]


@REQUIREMENTS.add(
    "dns_names",
    "DNS",
    "D11",
    "Let the domain, its wildcard and `*.ws` lead to the load balancer; where they lead there through something in front, leave this out with that reason.",
)
def dns_names(reading, options):
    """Compared with what the cluster knows of its own addresses: those of its load balancer and of its nodes."""
    if not options["domain"]:
        yield skipped(_NO_DOMAIN)
        return
    resolved = reading["names"]
    names = {name: resolved.get(name, []) for name in names_of(options["domain"])}
    required = "%s resolve to the load balancer" % ", ".join(names)
    unresolved = [name for name, addresses in names.items() if not addresses]
    if unresolved:
        yield failed("does not resolve on the control node: " + ", ".join(unresolved), required)
        return
    shown = "; ".join("%s is %s" % (name, listed(addresses)) for name, addresses in names.items())
    served = {address for item in load_balancers(reading) for entry in addresses_of(item) for address in [entry] + resolved.get(entry, [])}
    nodes = {entry["address"] for node in reading["nodes"] for entry in node["status"]["addresses"] if entry["type"] in ("InternalIP", "ExternalIP")}
    if all((served | nodes).intersection(addresses) for addresses in names.values()):
        yield passed(shown, required)
    elif served or load_balancer_name(reading) == SERVICELB:
        yield failed("%s; the cluster has %s" % (shown, listed(sorted(served or nodes))), required, severity=FAIL)
    else:
        remedy = "Compare them with the address that Gitpod's proxy gets once it is installed, or reserve that address now."
        yield failed(shown + "; the load balancer has no address yet to compare with", required, severity=WARNING, remedy=remedy)


@REQUIREMENTS.add(
    "certificate",
    "Certificate",
    "D11",
    "Put a certificate for the domain, its wildcard and `*.ws` into the secret, by hand or with cert-manager (wildcards need DNS-01).",
)
def certificate(reading, options):
    """The secret itself, or what cert-manager says of it where secrets may not be read."""
    if not options["domain"]:
        yield skipped(_NO_DOMAIN)
        return
    names, place = names_of(options["domain"]), "%s/%s" % (options["namespace"], options["certificate"])
    required = "the secret %s with a certificate for %s" % (place, ", ".join(names))
    issued = [item for item in reading.get("certificates") if item["spec"]["secretName"] == options["certificate"]]
    try:
        secret = reading["secret"]
    except Unreadable:
        if any(_is_ready(item) and not _uncovered(names, item["spec"]["dnsNames"]) for item in issued):
            yield passed("ready, says cert-manager", required)
            return
        raise
    problems = _problems(secret, names)
    if not problems:
        yield passed("covers them for another %d days" % (secret["left"] // 86400), required)
        return
    waiting = [item for item in issued if not _is_ready(item)]
    if waiting:
        problems.append("cert-manager is not done with its Certificate %s: %s" % (waiting[0]["metadata"]["name"], _message(waiting[0])))
    yield failed("; ".join(problems), required)


def _problems(secret, names):
    if not secret["there"]:
        return ["there is no such secret"]
    if secret["type"] != _TLS:
        return ["the secret is of type `%s` and not %s" % (secret["type"], _TLS)]
    if secret["problem"]:
        return [secret["problem"]]
    problems = [] if secret["key"] else ["the secret has no tls.key"]
    uncovered = _uncovered(names, secret["names"])
    if uncovered:
        problems.append("the certificate does not cover " + ", ".join(uncovered))
    if secret["left"] <= 0:
        problems.append("the certificate has expired")
    if secret["begun"] < 0:
        problems.append("the certificate is not valid yet")
    return problems


def _uncovered(names, covered):
    covered = {name.lower() for name in covered}
    return [name for name in names if name not in covered]


def _ready(item):
    return next((condition for condition in item["status"]["conditions"] if condition["type"] == "Ready"), None)


def _is_ready(item):
    condition = _ready(item)
    return condition is not None and condition["status"] == "True"


def _message(item):
    condition = _ready(item)
    return (condition and condition["message"]) or "it says nothing yet"
