# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the servers of a cluster are told, in a form in which it can be compared. Pure."""

import ipaddress
from collections import OrderedDict

from .settings import DEFAULTS, EQUAL_ON_SERVERS

# Those that are true or false; K3s' own choice is false.
SWITCHES = ("disable-network-policy", "disable-helm-controller", "disable-cloud-controller", "secrets-encryption")
EGRESS_SELECTOR_MODE = "agent"  # K3s' own, of the releases that have the setting
TRUE = ("true", "1", "t", "yes", "on")


def of_files(configurations):
    """The settings of several files, each a Configuration: the last one counts, unless its name has a `+`."""
    found = OrderedDict()
    for one in configurations:
        for name, values in one.settings.items():
            found[name] = found.get(name, []) + values if name in one.appended else list(values)
    return found


def comparable(settings):
    """Those of EQUAL_ON_SERVERS, each as a text that is the same where K3s does the same."""
    return OrderedDict((name, _comparable(name, settings)) for name in EQUAL_ON_SERVERS)


def _comparable(name, settings):
    values = list(settings.get(name) or DEFAULTS.get(name, ()))
    if name in SWITCHES:
        return "true" if values and values[-1].lower() in TRUE else "false"
    if name == "disable":
        return ",".join(sorted(set(values))) or "nothing"
    if name == "egress-selector-mode":
        return ",".join(values) or EGRESS_SELECTOR_MODE
    if name == "cluster-dns":
        return ",".join(values) or _address_of_dns(settings)
    return ",".join(values)


def _address_of_dns(settings):
    """The one that K3s takes where it is not told: the tenth address of the services, of those with IPv4 where there are two networks."""
    try:
        networks = [ipaddress.ip_network(network) for network in settings.get("service-cidr") or DEFAULTS["service-cidr"]]
        return str(min(networks, key=lambda network: network.version)[10])
    except (ValueError, IndexError):
        return ""
