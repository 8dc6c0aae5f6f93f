# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a virtual address would be on a machine, and who shares it. Pure."""

import ipaddress
from collections import namedtuple

# keepalived adds the address alone, without a network: so it is told from one that somebody has configured, and is nobody's source address.
ALONE = 32
ROUTER_IDS = (1, 255)
# The next server in the order begins to take the address that much later, in steps of 1/256 s, so that two do not take it together.
HIGHEST, SPREAD = 254, 200

# interface: name; node_ip: the own address that the others know; peers: sorted addresses of the other servers; priority: as VRRP has it.
Place = namedtuple("Place", "interface node_ip peers priority")
_Own = namedtuple("_Own", "interface address network")


class NoPlace(ValueError):
    """Why the address cannot be on this machine; the text is one or two sentences for the user."""


def machine_address(text):
    """The IPv4 address in a text, if it is one that a machine can have in a network; else None."""
    try:
        found = ipaddress.IPv4Address(text.strip())
    except ValueError:
        return None
    unfit = found.is_unspecified or found.is_loopback or found.is_multicast or found.is_link_local or found.is_reserved
    return None if unfit else found


def place(address, interface, node_ip, peers, addresses, ours):
    """The Place of a virtual address.

    :param address: the virtual address, a text.
    :param interface: name of an interface, or '' for the one whose network holds the address.
    :param node_ip: own address or addresses of this server with a comma between them; '' for that of the interface.
    :param peers: addresses of the servers; the own one among them is passed over.
    :param addresses: the pairs (interface, 'address/prefix') of the machine.
    :param ours: whether a keepalived of ours may have put the address there.
    :raises NoPlace: there is none.
    """
    wanted = _required(address, "api_vip_address", "Write one that is free in the network of the servers, like 10.0.0.100.")
    present = [_own(name, text) for name, text in addresses if ":" not in text]
    for one in present:
        if one.address == wanted and not (ours and one.network.prefixlen == ALONE):
            raise NoPlace("%s is an address of this machine itself (%s). A virtual address is one that no machine has." % (wanted, one.interface))
    here = _interface(wanted, interface, present)
    own = _node_ip(wanted, node_ip, here)
    others = _peers(wanted, own, peers, here[0].network)
    return Place(here[0].interface, str(own), [str(peer) for peer in others], _priority(own, others))


def _own(interface, text):
    found = ipaddress.ip_interface(text)
    return _Own(interface, found.ip, found.network)


def _required(text, name, remedy):
    found = machine_address(text)
    if found is None:
        raise NoPlace("%s is '%s', which is no IPv4 address of a machine. %s" % (name, text, remedy))
    return found


def _interface(wanted, interface, present):
    """The addresses of the one interface that has a network with the virtual address in it, those of this network first."""
    candidates = [one for one in present if wanted in one.network and one.network.prefixlen < ALONE and interface in ("", one.interface)]
    names = sorted({one.interface for one in candidates})
    if not names:
        listed = ", ".join("%s %s/%d" % (one.interface, one.address, one.network.prefixlen) for one in present if one.address != wanted)
        raise NoPlace(
            "%s is in no network of %s; the machine has %s. A virtual address moves within one network: choose a free one of the network of the servers."
            % (wanted, interface or "this machine", listed or "no IPv4 address")
        )
    if len(names) > 1:
        raise NoPlace("%s is in networks of %s. Say which of them has to carry it with api_vip_interface." % (wanted, " and ".join(names)))
    network = candidates[0].network
    if wanted in (network.network_address, network.broadcast_address) and network.prefixlen < ALONE - 1:
        raise NoPlace("%s is the first or the last address of %s, which no machine can have. Choose another one." % (wanted, network))
    return candidates


def _node_ip(wanted, node_ip, here):
    given = [text.strip() for text in node_ip.split(",") if text.strip() and ":" not in text]
    if not given:
        return here[0].address
    own = _required(given[0], "api_vip_node_ip", "Write the address of this server in the network of the virtual address, or leave it empty.")
    if own not in [one.address for one in here]:
        raise NoPlace(
            "api_vip_node_ip is %s, and %s, whose network holds %s, has %s. "
            "The servers talk to each other in the network of the virtual address: leave api_vip_node_ip empty, or choose an address in the other network."
            % (own, here[0].interface, wanted, ", ".join(str(one.address) for one in here))
        )
    return own


def _peers(wanted, own, peers, network):
    remedy = "Write the addresses of the other servers in the network of the virtual address."
    found = sorted({_required(text, "api_vip_peers", remedy) for text in peers} - {own})
    if wanted in found:
        raise NoPlace("%s is the virtual address, and one of api_vip_peers. A virtual address is one that no machine has." % wanted)
    far = [str(peer) for peer in found if peer not in network]
    if far:
        raise NoPlace("api_vip_peers has %s, which is not in %s, so that %s cannot move there. %s" % (", ".join(far), network, wanted, remedy))
    return found


def _priority(own, others):
    """The servers in the order of their addresses: the same on each of them, without a figure that somebody has to give out."""
    order = sorted([own] + others)
    return HIGHEST - order.index(own) * (SPREAD // len(order))
