# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the APIs of servers which of them answer, all at the same time, without more than Python on the control node."""

from __future__ import annotations

import base64
import json
import os
import ssl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from ..module_utils._cluster.candidates import ETCD_MEMBER
from ._api_url import api_url

SECONDS = 5  # for one question
LONGEST_ANSWER = 4_000_000  # bytes; a node has some 20,000
# The nodes that keep etcd. To know them, the API has to read etcd with its majority.
MEMBERS = "/api/v1/nodes?" + urlencode({"labelSelector": ETCD_MEMBER + "=true"})


def members_by_server(kubeconfigs):
    """For each kubeconfig the names of the nodes that keep etcd, in lower case, or None where the API does not answer: a list in their order."""
    with ThreadPoolExecutor(max_workers=max(1, len(kubeconfigs))) as pool:
        return list(pool.map(_members, kubeconfigs))


def is_an_api(host):
    """Whether a supervisor of K3s answers at an address, whatever its certificate is."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is believed but that somebody is there
    try:
        return b"BEGIN CERTIFICATE" in _get(context, api_url(host) + "/cacerts")
    except (OSError, HTTPException, ValueError):
        return False


def _members(kubeconfig):
    if not kubeconfig:
        return None
    try:
        cluster, user = kubeconfig["clusters"][0]["cluster"], kubeconfig["users"][0]["user"]
        answer = json.loads(_get(_context(cluster, user), cluster["server"] + MEMBERS))
        return sorted(str(item["metadata"]["name"]).lower() for item in answer["items"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError, RecursionError):
        return None


def _context(cluster, user):
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    # Python reads a client's certificate from files only.
    descriptor, path = tempfile.mkstemp()  # 0600
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(base64.b64decode(user["client-certificate-data"]) + b"\n" + base64.b64decode(user["client-key-data"]))
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
    return context


def _get(context, url):
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
    with opener.open(url, timeout=SECONDS) as answer:
        return answer.read(LONGEST_ANSWER)
