# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what K3s keeps on a node once it runs there: its etcd and its certificates. Changes nothing, checks nothing.

Files with certificates may hold their keys too: of them, expiry and names come out.
"""

from .._k3s import certificates, etcd as k3s_etcd
from .foreign_reader import names_in, small_text


def etcd(host):
    """The etcd of this server; one without a name where it keeps none, and on agents."""
    return k3s_etcd.read(host.path)


def expiries(host):
    """When each certificate of K3s expires, in seconds since the epoch: path -> number, None for a file in which no certificate can be read."""
    paths = ["%s/%s" % (directory, name) for directory in certificates.DIRECTORIES for name in names_in(host, directory) if certificates.is_own(name)]
    found = {path: _expiry(certificates.read, small_text(host, path)) for path in paths}
    if host.exists(certificates.LISTENER):
        found[certificates.LISTENER] = _expiry(certificates.read_listener, small_text(host, certificates.LISTENER))
    return found


def _expiry(read, text):
    try:
        return read(text).expiry
    except ValueError:
        return None


def api_names(host):
    """The names and addresses in the certificate of the API on this server; None where it keeps none, as on agents."""
    for path, read in ((certificates.LISTENER, certificates.read_listener), (certificates.SERVING, certificates.read)):
        if host.exists(path):
            try:
                return read(small_text(host, path)).names
            except ValueError:
                raise ValueError("no certificate can be read in %s" % path)
    return None
