# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about K3s on a node once it runs there: its etcd and its certificates; see _node.check."""

import datetime
import ipaddress
from collections import OrderedDict

from ..._k3s import certificates, etcd
from ..._requirements import findings
from ..._requirements.paths import K3S_UNITS
from ..._requirements.reading import Unreadable
from ..._requirements.requirement import Requirements
from ..._requirements.thresholds import MAX_FSYNC_SECONDS
from ..._text import listed, one_line
from ..verdict import INSTALLED, failed, passed

REQUIREMENTS = Requirements()

_NOT_YET = "not needed before K3s runs"
_DATA = "/var/lib/rancher/k3s/"
_DAY = 86400
_DAYS_SHOWN = 3
# How the names of the API begin that it has in every cluster.
_OF_EVERY_CLUSTER = ("kubernetes", "localhost", "127", "::1")
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def _runs(options, phase, there=False):
    """Whether K3s runs on this node of a cluster. In check mode, which prepares nothing, that is only known from what is `there`."""
    return options["joined"] and bool(phase == INSTALLED or there)


@REQUIREMENTS.add("etcd", "etcd", "§6", "See why with `systemctl status k3s` and `journalctl -u k3s`, then start it: `systemctl start k3s`.")
def _etcd(reading, options, phase):
    """This server takes part, and so do all others: every server says so, since the one that does not may say nothing."""
    state = reading["etcd"]
    if not options["server"]:
        return passed("none, as on every agent", "")
    if not _runs(options, phase):
        return passed(_NOT_YET, "")
    if not state["name"]:
        return passed("none, this server keeps its data alone", "")
    required = "a started member that votes, and all members healthy"
    lacking = etcd.missing(state)
    down = [etcd.node_of(name) for name in etcd.names_of(one for one in state["members"] if not one["healthy"] and one["name"] != state["name"])]
    if not lacking and not down:
        number = len(state["members"])
        led = ", led by this one" if state["leader"] and number > 1 else ""
        return passed("%d %s%s" % (number, "member, healthy" if number == 1 else "members, all healthy", led), required)
    found = [one_line(lacking)] if lacking else []
    if down:
        found.append("%s of its %d members %s not healthy%s" % (listed(down), len(state["members"]), _is(down), _reserve(state)))
    return failed("; ".join(found), required, None, " ".join(_own_remedy(state, lacking) + _remedy_for(down)))


def _is(names):
    return "is" if len(names) == 1 else "are"


def _reserve(state):
    """What becomes of the cluster where one more is lost, or has been lost already."""
    healthy = [one for one in state["members"] if one["healthy"] and not one["learner"]]
    spare = len(healthy) - etcd.quorum(state["members"])
    if spare < 0:
        return ", so that nothing can be written"
    return ", and none of the others may fail now" if spare == 0 else ""


def _own_remedy(state, lacking):
    if not lacking:
        return []
    own = [one for one in state["members"] if one["name"] == state["name"]]
    if own and own[0]["learner"]:
        return ["Give it some minutes, and see with `journalctl -u k3s` why it does not end."]
    if state["members"] and not own:
        return ["It was removed from the cluster: call `gitpod.node_prep.remove` for it, which moves away what it had, and let it join again with `site`."]
    return [REQUIREMENTS["etcd"].remedy]


def _remedy_for(down):
    if not down:
        return []
    remove = "`ansible-playbook gitpod.node_prep.remove -e node_prep_remove=%s`" % one_line(",".join(down))
    return ["Start K3s on %s (`systemctl start k3s`); a server that is gone for good is removed with %s." % (listed(down), remove)]


@REQUIREMENTS.add(
    "etcd_disk",
    "Disk of etcd",
    "§6",
    "Give the servers disks of low latency, such as local SSDs, and keep other programs from writing much there: each change of the cluster waits for them.",
    severity=findings.WARNING,
)
def _etcd_disk(reading, options, phase):
    """The figure of etcd's own documentation for wal_fsync_duration_seconds, of all writes since the start of K3s."""
    state = reading["etcd"]
    if not options["server"]:
        return passed("no etcd, as on every agent", "")
    if not _runs(options, phase, state["name"]):
        return passed(_NOT_YET, "")
    if not state["name"]:
        return passed("no etcd, this server keeps its data alone", "")
    if state["fsync_p99"] is None:
        raise Unreadable("could not be read: etcd does not say how long its writes take")
    found = "99 of 100 writes within %.1f ms" % (state["fsync_p99"] * 1000)
    required = "%g ms or less" % (MAX_FSYNC_SECONDS * 1000)
    return passed(found, required) if state["fsync_p99"] <= MAX_FSYNC_SECONDS else failed(found, required)


@REQUIREMENTS.add("certificates", "Certificates of K3s", "§6", "See with `journalctl` why K3s does not renew them.")
def _certificates(reading, options, phase):
    expiries, now = reading["certificates"], reading["clock"]
    if not _runs(options, phase, expiries):
        return passed(_NOT_YET, "")
    if not expiries:
        raise Unreadable("could not be read: K3s has no certificates below " + _DATA)
    limit = max(options["certificate_warning_days"], options["certificate_failure_days"])
    required = "valid for %d days or more" % limit
    known = {path: expiry for path, expiry in expiries.items() if expiry is not None}
    late = sorted((expiry, path) for path, expiry in known.items() if expiry - now < limit * _DAY)
    unread = sorted(_short(path) for path in expiries if path not in known)
    if late:
        severity = findings.FAIL if late[0][0] - now < options["certificate_failure_days"] * _DAY else findings.WARNING
        found = _by_day(late, now) + ["no certificate can be read in " + listed(unread)] * bool(unread)
        return failed("; ".join(found), required, severity, _renewal([path for _expiry, path in late], options["server"]))
    if unread:
        raise Unreadable("could not be read: there is no certificate in " + listed(unread))
    return passed("%d, the first of which expires on %s" % (len(known), _day(min(known.values()))), required)


def _by_day(late, now):
    """What expires on which day, the next days only."""
    days = OrderedDict()
    for expiry, path in late:
        days.setdefault("%s on %s" % ("expires" if expiry > now else "expired", _day(expiry)), []).append(_short(path))
    found = ["%s: %s" % (day, listed(names)) for day, names in list(days.items())[:_DAYS_SHOWN]]
    later = sum(len(names) for names in list(days.values())[_DAYS_SHOWN:])
    return found + ["%d more soon afterwards" % later] * bool(later)


def _short(path):
    return one_line(path[len(_DATA) :] if path.startswith(_DATA) else path)


def _day(seconds):
    try:
        return datetime.date.fromordinal(_EPOCH + int(seconds) // _DAY).isoformat()
    except (ValueError, OverflowError):
        return "a day that no calendar has"


def _renewal(paths, server):
    """Restarts renew all but the authorities, which are made for ten years."""
    remedies = []
    if not all(certificates.is_authority(path) for path in paths):
        unit = K3S_UNITS[server][: -len(".service")]
        remedies.append("Restart K3s (`systemctl restart %s`; servers one at a time): at a start it renews what expires within 90 days." % unit)
    if any(certificates.is_authority(path) for path in paths):
        remedies.append(
            "The certificate of an authority (…-ca.crt) is not renewed by a restart: rotate the authorities with `k3s certificate rotate-ca`, which "
            "v1.23.17, v1.24.11, v1.25.7 and newer releases have; all that they signed ends with them."
        )
    return " ".join(remedies)


@REQUIREMENTS.add(
    "api_certificate",
    "Address in the API's certificate",
    "§6",
    "Name it in `k3s_api_host` or `k3s_tls_san`, the same for all servers, and run `site`: whoever comes to that address does not trust the API otherwise.",
)
def _api_certificate(reading, options, phase):
    names, address = reading["api_names"], options["api_address"]
    if not options["server"]:
        return passed("none, as on every agent", "")
    if not _runs(options, phase):
        return passed(_NOT_YET, "")
    if not address:
        return passed("no address to look for", "")
    if names is None:
        raise Unreadable("could not be read: K3s keeps no certificate of its API on this server")
    if _plain(address) in {_plain(name) for name in names}:
        return passed(address, address)
    telling = [name for name in names if name.split(".")[0] not in _OF_EVERY_CLUSTER]
    return failed("for %s" % one_line(listed(telling)) if telling else "for no address of its own", address)


def _plain(name):
    """A name or an address in the one form of several in which it can be compared."""
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return name.lower().rstrip(".")
