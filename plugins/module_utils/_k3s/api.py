# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node asks the API of its own cluster, with the certificates that K3s has given it.

A server asks as K3s' administrator, an agent as its kubelet, which may read its own node and nothing else.
"""

import calendar
import json
import re
import ssl
import time
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from .._text import decoded, one_line
from .binary import text_of

# By role: the file that names the address of the API, and what is needed to be believed there.
KUBECONFIGS = {"server": "/etc/rancher/k3s/k3s.yaml", "agent": "/var/lib/rancher/k3s/agent/kubelet.kubeconfig"}
AUTHORITIES = {"server": "/var/lib/rancher/k3s/server/tls/server-ca.crt", "agent": "/var/lib/rancher/k3s/agent/server-ca.crt"}
CLIENTS = {"server": "/var/lib/rancher/k3s/server/tls/client-admin", "agent": "/var/lib/rancher/k3s/agent/client-kubelet"}

SECONDS = 5  # for one question
LONGEST_ANSWER = 2**20  # bytes; a node has some 20,000


class NoAnswer(Exception):
    """The API did not answer; the text is a clause that says why."""


def address_of(role, otherwise=""):
    """URL of the API as K3s tells it to this node; `otherwise` where it has told none."""
    found = re.search(r"^\s*server:\s*(https://\S+)", text_of(KUBECONFIGS[role]) or "", re.MULTILINE)
    return found.group(1) if found else otherwise


def get(role, address, path):
    """What the API answers, as bytes; None where it knows no such object."""
    try:
        context = ssl.create_default_context(cafile=AUTHORITIES[role])
        context.load_cert_chain(CLIENTS[role] + ".crt", CLIENTS[role] + ".key")
        opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
        return opener.open(address + path, timeout=SECONDS).read(LONGEST_ANSWER)
    except HTTPError as error:
        if error.code == 404:
            return None
        raise NoAnswer("the API answered %s with %d" % (path, error.code))
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer("the API at %s cannot be asked: %s" % (address or "no known address", one_line(str(error))))


def is_ready(role, address):
    """Whether the API of a server is ready."""
    try:
        return (get(role, address, "/readyz") or b"").strip() == b"ok"
    except NoAnswer:
        return False


def missing_registration(role, address, name, version, since):
    """What the API does not show yet of this node, as a clause; '' where it shows the node with the version that runs.

    :param version: of the K3s that runs here; '' where it is not known.
    :param since: time of its start, in seconds since the epoch by the clock of this machine; 0 where it is not known. The node may be known
        from before, and the unit be active although it joins nothing any more (v1.21.1 with a wrong token).
    """
    try:
        answer = get(role, address, "/api/v1/nodes/" + quote(name, safe=""))
    except NoAnswer as error:
        return str(error)
    if answer is None:
        return "the API knows no node %s" % name
    status = _status(answer)
    shown, reported = _kubelet_version(status), _last_report(status)
    if int(since) > reported and since <= time.time():  # a clock that was put back says nothing
        return "the kubelet of the node %s has not reported to the API since its start" % name
    if version and shown != version:
        return "the API still shows %s for the node %s, which runs %s" % (one_line(shown) or "no version", name, version)
    return ""


def _status(answer):
    """The status in a node as the API returns it; an empty one where it is not there."""
    try:
        status = json.loads(decoded(answer))["status"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return status if isinstance(status, dict) else {}


def _kubelet_version(status):
    """The version in the status of a node; '' where it is not there."""
    info = status.get("nodeInfo")
    version = info.get("kubeletVersion") if isinstance(info, dict) else ""
    return version if isinstance(version, str) else ""


def _last_report(status):
    """When the kubelet last reported, by its own clock, in seconds since the epoch; 0 where that is not there."""
    try:
        return max(calendar.timegm(time.strptime(condition["lastHeartbeatTime"], "%Y-%m-%dT%H:%M:%SZ")) for condition in status["conditions"])
    except (ValueError, KeyError, TypeError):
        return 0
