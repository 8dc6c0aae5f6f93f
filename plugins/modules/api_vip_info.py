#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what the role api_vip has to know about this node."""

DOCUMENTATION = r"""
module: api_vip_info
short_description: Reads what a virtual address needs to know about a node in one call
version_added: 0.1.0
description:
  - Reads interfaces, keepalived and its configuration, and asks the network whether some other machine has the address, so that the role
    P(gitpod.node_prep.api_vip#role) knows before its first change what speaks against it. Nothing is changed.
  - The network is asked by ARP, for a second, where keepalived does not carry the address already. A server among O(peers) may have it.
options:
  address:
    description: The virtual address. Where it is empty, only keepalived is looked at.
    type: str
    default: ""
  interface:
    description: Interface that shall carry it. Empty is the one whose network holds it.
    type: str
    default: ""
  node_ip:
    description: Address of this node in the network of the virtual one. Empty is that of the interface.
    type: str
    default: ""
  peers:
    description: Addresses of the servers that share the virtual address. That of this node is passed over.
    type: list
    elements: str
    default: []
  router_id:
    description: Number of the virtual router, from 1 to 255.
    type: int
    default: 51
extends_documentation_fragment:
  - gitpod.node_prep.attributes.read_only
  - gitpod.node_prep.attributes.linux
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: See whether this server can share an address with another one
  gitpod.node_prep.api_vip_info:
    address: 10.0.0.100
    peers: [10.0.0.12]
"""

RETURN = r"""
problems:
  description: What speaks against the virtual address on this node, as sentences. It is no failure of the module.
  returned: success
  type: list
  elements: str
findings:
  description: The same as findings of the requirement C(api_vip), as M(gitpod.node_prep.node_spec) has them.
  returned: success
  type: list
  elements: dict
interface:
  description: Interface that carries the address, or shall; empty where there is a problem.
  returned: success
  type: str
  sample: eth0
node_ip:
  description: Address of this node that the other servers have to know as that of a peer; empty where there is a problem.
  returned: success
  type: str
  sample: 10.0.0.11
peers:
  description: Addresses of the other servers, sorted.
  returned: success
  type: list
  elements: str
  sample: [10.0.0.12, 10.0.0.13]
priority:
  description: Priority of this server by the order of the addresses, V(0) where there is a problem.
  returned: success
  type: int
  sample: 188
holds:
  description: Whether this node has the address now.
  returned: success
  type: bool
ours:
  description: Whether the configuration of keepalived is that of the role.
  returned: success
  type: bool
active:
  description: Whether keepalived runs.
  returned: success
  type: bool
enabled:
  description: Whether keepalived is started at boot.
  returned: success
  type: bool
current:
  description: Whether keepalived runs with the configuration that is on disk now.
  returned: success
  type: bool
serves:
  description: Whether a K3s server is at work on this node.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._api_vip import arp, keepalived, place
from ..module_utils._digest import parse_sums, sha256_if_there
from ..module_utils._mark import is_marked
from ..module_utils._node import parsers
from ..module_utils._node.reader import ADDRESSES, CannotRead, Host
from ..module_utils._requirements import findings
from ..module_utils._requirements.requirement import Requirement
from ..module_utils._systemd import units_of
from ..module_utils._text import printable

UNITS = ("systemctl", "show", "--property=Id,ActiveState,UnitFileState", "keepalived.service", "k3s.service")
SECONDS = 1  # for which the network is asked
NOWHERE = place.Place("", "", [], 0)
API_VIP = Requirement(
    "api_vip",
    "Virtual address of the API",
    "§6",
    findings.FAIL,
    "api_vip",
    "Set right what is said there, or leave node_prep_api_vip empty and share no address.",
)
REQUIRED = "a free address of the network of the servers, and a keepalived that nobody else configures"


def survey(host, options, owners=arp.owners):
    """What the module returns; raises CannotRead and OSError where something cannot be read.

    :param owners: asks the network, as arp.owners does.
    """
    config = host.text_if_there(keepalived.CONFIG) or ""
    units = units_of(host.output(*UNITS))
    unit = units.get("keepalived.service", {})
    active = unit.get("ActiveState") == "active"
    known = keepalived.carries(config, options["address"].strip())
    problems = keepalived.obstacles(config, host.text_if_there(keepalived.DEFAULTS) or "")
    found, addresses = NOWHERE, []
    if options["address"]:
        addresses = parsers.addresses(host.output(*ADDRESSES))
        found, more = place_of(options, addresses, known, owners if not (active and known) else None)
        problems += more
    noted = host.text_if_there(keepalived.STARTED_WITH)
    return {
        "problems": problems,
        "findings": [findings.make(API_VIP, findings.FAIL, problem, REQUIRED, API_VIP.remedy) for problem in problems],
        "interface": found.interface,
        "node_ip": found.node_ip,
        "peers": found.peers,
        "priority": found.priority,
        "holds": options["address"] in [text.partition("/")[0] for _name, text in addresses],
        "ours": is_marked(config),
        "active": active,
        "enabled": unit.get("UnitFileState") == "enabled",
        "current": active and noted is not None and parse_sums(noted) == {keepalived.CONFIG: sha256_if_there(host.path(keepalived.CONFIG))},
        "serves": units.get("k3s.service", {}).get("ActiveState") == "active",
    }


def place_of(options, addresses, known, owners):
    """The Place of the address, and what speaks against it; NOWHERE where there is none.

    :param known: whether a keepalived of ours may have put the address here.
    :param owners: asks the network; None where it need not be asked.
    """
    low, high = place.ROUTER_IDS
    if not low <= options["router_id"] <= high:
        return NOWHERE, ["api_vip_router_id is %d, and a virtual router has a number from %d to %d." % (options["router_id"], low, high)]
    try:
        found = place.place(options["address"], options["interface"], options["node_ip"], options["peers"], addresses, known)
        stranger = stranger_with(options["address"].strip(), found, owners) if owners else ""
    except place.NoPlace as error:
        return NOWHERE, [str(error)]
    except arp.NoAnswer as error:
        return NOWHERE, ["The network could not be asked whether %s is free: %s." % (options["address"], error)]
    return (NOWHERE, [stranger]) if stranger else (found, [])


def stranger_with(address, found, owners):
    """A sentence about another machine that has the address and is none of the peers; '' where there is none."""
    answers = owners(found.interface, [address] + found.peers, SECONDS)
    strangers = answers[address].difference(*[answers[peer] for peer in found.peers])
    if not strangers:
        return ""
    return "%s is in use already: the machine with the MAC address %s answers for it, and it is none of api_vip_peers. Choose a free address." % (
        address,
        " and ".join(sorted(strangers)),
    )


def main():
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "default": ""},
            "interface": {"type": "str", "default": ""},
            "node_ip": {"type": "str", "default": ""},
            "peers": {"type": "list", "elements": "str", "default": []},
            "router_id": {"type": "int", "default": 51},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, **printable(survey(Host(), module.params)))
    except (CannotRead, OSError) as error:
        module.fail_json(msg=printable("cannot read what a virtual address needs to know: %s" % error))


if __name__ == "__main__":
    main()
