# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the etcd of a K3s server and the other members, with the certificates that K3s has made for itself. Changes nothing, and waits no longer than SECONDS
for what is asked at the same time, whoever does not answer."""

import json
import ssl
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Thread

from .._text import decoded, one_line
from . import etcd
from .etcd import NoAnswer

CONFIG_FILE = etcd.DIRECTORY + "/config"
CERTIFICATES = "/var/lib/rancher/k3s/server/tls/etcd/"
SECONDS = 3
LONGEST_ANSWER = 2**21  # bytes; the metrics have some 100,000


def ask(path_of):
    """dict with `members`, `problem`, `leader` and `fsync_p99`, as etcd.read returns them."""
    address = _configured_address(path_of(CONFIG_FILE))
    found = _together({"members": lambda: _members(path_of, address), "metrics": _metrics})
    metrics = etcd.parse_metrics(found.get("metrics", ""))
    members = found.get("members", "etcd does not answer at %s, port %d, within %d seconds" % (address, etcd.PEER_PORT, SECONDS))
    if not isinstance(members, list):
        return dict(metrics, members=[], problem=members)
    return dict(metrics, members=[member._asdict() for member in _with_health(path_of, members)], problem="")


def _together(questions):
    """The answers that have come in time, by their names.

    :param questions: dict of name to a function without arguments that raises nothing.
    """
    answers, end = {}, time.monotonic() + SECONDS

    def keep(name, question):
        answers[name] = question()

    # Who answers drop by drop is not waited for, neither here nor at the end of the program.
    threads = [Thread(target=keep, args=item, daemon=True) for item in questions.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    return dict(answers)


def _configured_address(path):
    try:
        with open(path, "rb") as stream:
            return etcd.own_address(decoded(stream.read(2**16)))
    except OSError:
        return etcd.own_address("")


def _members(path_of, address):
    """A list of Member, or a clause that says why not."""
    try:
        return etcd.parse_members(_get(path_of, address, etcd.PEER_PORT, "peer-server-client", "peer-ca", "/members"))
    except NoAnswer as error:
        return str(error)


def _with_health(path_of, members):
    healthy = _together({member.address: lambda address=member.address: _is_healthy(path_of, address) for member in members})
    return [member._replace(healthy=healthy.get(member.address, False)) for member in members]


def _is_healthy(path_of, address):
    try:
        answer = json.loads(decoded(_get(path_of, address, etcd.CLIENT_PORT, "client", "server-ca", "/health")))
        return answer["health"] in ("true", True)
    except (NoAnswer, ValueError, KeyError, TypeError, RecursionError):
        return False


def _get(path_of, host, port, client, authority, path):
    """What etcd answers, as bytes. Raises NoAnswer."""
    try:
        context = ssl.create_default_context(cafile=path_of(CERTIFICATES + authority + ".crt"))
        context.load_cert_chain(path_of(CERTIFICATES + client + ".crt"), path_of(CERTIFICATES + client + ".key"))
        return _answer(HTTPSConnection(host, port, context=context, timeout=SECONDS), path)
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer("etcd cannot be asked at %s, port %d: %s" % (host, port, one_line(str(error)) or error.__class__.__name__))


def _metrics():
    """etcd's metrics as text; '' where there are none."""
    try:
        return decoded(_answer(HTTPConnection("127.0.0.1", etcd.METRICS_PORT, timeout=SECONDS), "/metrics"))
    except (OSError, HTTPException, ValueError):
        return ""


def _answer(connection, path):
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        # A member that is not healthy says so with 503.
        if answer.status not in (200, 503):
            raise ValueError("%s is answered with %d" % (path, answer.status))
        return answer.read(LONGEST_ANSWER)
    finally:
        connection.close()
