# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries the load balancer with a temporary service. The only thing here that changes a cluster, and only until it is done.

The service is removed whatever happens: a refusal, an error, a signal. One that a killed process has left behind is recognised by its
label, and the next probe removes it.
"""

import secrets
import time

from .._interruption import Interrupted, ignore_signals, interruptible
from .._kube.client import KubeError, KubeStatusError
from .._requirements.ports import PROXY_PORTS
from .rules.load_balancer import addresses_of
from .shapes import SHAPES, shaped

LABEL = "app.kubernetes.io/name"
NAME = "gitpod-node-prep-probe"  # short, since ServiceLB makes longer names and labels of it
INTERVAL = 2  # seconds between two looks at the service


class ProbeInterrupted(KubeError):
    """A signal came while the service was there."""


class ProbeLeftBehind(KubeError):
    """The service could not be removed."""


def probe(client, namespace, seconds, services):
    """Make the service, wait for its address, remove it.

    :param client: KubeClient.
    :param namespace: where the service is made.
    :param seconds: how long to wait for an address.
    :param services: the services of the cluster; leftovers among them are removed first.
    :returns: dict of `refusal` (the API's words, or ''), `address` (or '') and `seconds` waited.
    :raises KubeError: a permission is missing, the API does not answer, or a signal came.
    """
    for service in services:
        if service["metadata"]["labels"].get(LABEL) == NAME:
            client.delete(_path(service["metadata"]["namespace"], service["metadata"]["name"]))
    _must_be_removable(client, namespace)
    name = "%s-%s" % (NAME, secrets.token_hex(4))
    with interruptible():
        try:
            try:
                return _try(client, namespace, name, seconds)
            finally:
                ignore_signals()
        except Interrupted as interruption:
            raise ProbeInterrupted("%s while the load balancer was tried; the temporary service was removed" % interruption)
        finally:
            _remove(client, namespace, name)


def _try(client, namespace, name, seconds):
    start = time.monotonic()
    try:
        client.create(_path(namespace), _service(name))
    except KubeStatusError as error:
        # A 409 is the answer to a repetition of a request whose first answer was lost: nobody else knows the name.
        if error.status != 409:
            if error.status == 404 or "cannot create resource" in error.said:
                raise
            return {"refusal": error.said, "address": "", "seconds": 0}
    while True:
        addresses = addresses_of(shaped(client.get(_path(namespace, name)), SHAPES["services"][0]))
        waited = time.monotonic() - start
        if addresses or waited >= seconds:
            return {"refusal": "", "address": addresses[0] if addresses else "", "seconds": int(waited)}
        time.sleep(max(0, min(INTERVAL, seconds - waited)))


def _must_be_removable(client, namespace):
    """Who may not remove a service must not make one."""
    attributes = {"verb": "delete", "resource": "services", "namespace": namespace}
    if not client.may(attributes):
        raise KubeStatusError(
            "%s would refuse to delete services in the namespace %s, so none was made to try the load balancer. "
            "The missing permission is the verb 'delete' on the resource 'services'" % (client.host, namespace),
            "",
            {"status": 403, "reason": "Forbidden", "verb": "delete", "resource": "services"},
        )


def _remove(client, namespace, name):
    try:
        client.delete(_path(namespace, name))
    except KubeError as error:
        raise ProbeLeftBehind(
            "the temporary service %s/%s may still be there, for it could not be removed: %s. "
            "The next probe removes it, or do it by hand: kubectl -n %s delete service %s" % (namespace, name, error, namespace, name)
        )


def _path(namespace, name=""):
    return "/api/v1/namespaces/%s/services" % namespace + ("/" + name if name else "")


def _service(name):
    """§4: the ports of Gitpod's proxy. It selects no pod, so nothing answers there."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {LABEL: NAME}},
        "spec": {
            "type": "LoadBalancer",
            "selector": {LABEL: NAME},
            "ports": [{"name": "port-%d" % port, "port": port, "protocol": "TCP"} for port in PROXY_PORTS],
        },
    }
