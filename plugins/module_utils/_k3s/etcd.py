# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The etcd that several K3s servers keep together, as one of them sees it: what it says, and what follows from that. Pure, but for `read`."""

import json
import re
from collections import namedtuple

from .._text import decoded, one_line

DIRECTORY = "/var/lib/rancher/k3s/server/db/etcd"
# Its name among the members, K3s' own: that of the node, and a random part.
NAME_FILE = DIRECTORY + "/name"
PEER_PORT = 2380
CLIENT_PORT = 2379
METRICS_PORT = 2381  # of this machine only, and without TLS
MOST_MEMBERS = 20  # etcd itself advises against more than seven

# One member. `name` is '' as long as it has not started; `learner`: it does not vote yet; `healthy`: it says that it has a leader and takes writes.
Member = namedtuple("Member", "name address learner healthy")
# What `read` says of a machine that keeps no etcd.
NONE = {"name": "", "members": [], "problem": "", "leader": False, "fsync_p99": None}

_RANDOM_PART = re.compile(r"-[0-9a-f]{8}$")
_HOST = re.compile(r"https?://(\[[0-9a-fA-F:.]{2,45}\]|[\w.-]{1,253}):\d{1,5}/?$")
_ADVERTISED = re.compile(r"^advertise-client-urls:[ \t]*(https://\S+)$", re.MULTILINE)
_FSYNC = re.compile(
    r'^etcd_disk_wal_fsync_duration_seconds_bucket\{le="(\+Inf|\d{1,9}(?:\.\d{1,9})?)"\} (\d{1,15}(?:\.\d{1,17})?(?:e\+\d{1,2})?)$', re.MULTILINE
)
_LEADS = re.compile(r"^etcd_server_is_leader 1$", re.MULTILINE)


class NoAnswer(Exception):
    """etcd did not answer; the text is a clause that says why."""


def read(path_of=str):
    """The etcd of this server.

    :param path_of: function from a path of the machine to where that lies, for a machine that is a directory.
    :returns: dict with `name` (of this server among the members; '' where this server keeps no etcd), `members` (list of dicts with the fields of Member;
        empty where it does not answer), `problem` (a clause that says why not, or ''), `leader` (whether this member leads) and `fsync_p99` (seconds within
        which 99 of 100 writes reached the disk since the start of K3s; None where that is not known).
    """
    name = name_in(path_of(NAME_FILE))
    if not name:
        return dict(NONE)
    from .etcd_reader import ask  # needed on few machines, and slow to import

    return dict(ask(path_of), name=name)


def name_in(path):
    """What the file at this path says, as one line; '' where there is none."""
    try:
        with open(path, "rb") as stream:
            return one_line(decoded(stream.read(256)))
    except (FileNotFoundError, NotADirectoryError):
        return ""


def quorum(members):
    """How many of these members must be up: a majority of those that vote."""
    return sum(1 for member in members if not member["learner"]) // 2 + 1


def why_needed(state):
    """Why the server that was read must not be stopped now, as a clause; '' where the others go on without it."""
    if not state["name"]:
        return ""
    if state["problem"]:
        return ""  # it does not take part anyway
    voters = [member for member in state["members"] if not member["learner"]]
    if len(voters) < 2:
        return ""
    others = [member for member in voters if member["name"] != state["name"]]
    down = names_of(member for member in others if not member["healthy"])
    if len(others) - len(down) >= quorum(voters):
        return ""
    return "%s of etcd %s not healthy, and %d of its %d members must be" % (
        " and ".join(down) or "another member",
        "is" if len(down) < 2 else "are",
        quorum(voters),
        len(voters),
    )


def missing(state):
    """What this server still lacks as a member, as a clause; '' where it takes part, or keeps no etcd."""
    if not state["name"]:
        return ""
    if state["problem"]:
        return state["problem"]
    own = [member for member in state["members"] if member["name"] == state["name"]]
    if not own:
        return "etcd has no member %s" % state["name"]
    if own[0]["learner"]:
        return "etcd still copies its data to this server"
    return "" if own[0]["healthy"] else "etcd is not healthy on this server"


def names_of(members):
    """How members are called: by their names, or, as long as they have none, by their addresses."""
    return [member["name"] or member["address"] for member in members]


def node_of(name):
    """The name of the node whose member is called so."""
    return _RANDOM_PART.sub("", name)


def parse_members(answer):
    """The members in the answer of a peer, all of them not known to be healthy. Raises NoAnswer where it is none."""
    try:
        listed = json.loads(decoded(answer))
        if not 0 < len(listed) <= MOST_MEMBERS:
            raise ValueError("no number of members")
        # The name of one that has not started is left out.
        members = [Member(one_line(str(one.get("name", ""))), host_of(one["peerURLs"][0]), one.get("isLearner") is True, False) for one in listed]
        return sorted(members, key=lambda member: (member.name, member.address))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise NoAnswer("etcd does not say who its members are")


def host_of(url):
    """The host in https://host:2380. Raises ValueError where there is none."""
    found = _HOST.match(url)
    if not found:
        raise ValueError("no address")
    return found.group(1).strip("[]")


def own_address(configuration):
    """The address of this member, from the text of its configuration; the loopback address where that does not say."""
    found = _ADVERTISED.search(configuration)
    try:
        return host_of(found.group(1).split(",")[0]) if found else "127.0.0.1"
    except ValueError:
        return "127.0.0.1"


def parse_metrics(text):
    """dict with `leader` and `fsync_p99` from etcd's metrics, which are in the text format of Prometheus."""
    buckets = {float(limit.replace("+Inf", "inf")): float(count) for limit, count in _FSYNC.findall(text)}
    return {"leader": bool(_LEADS.search(text)), "fsync_p99": _quantile(sorted(buckets.items()), 0.99)}


def _quantile(buckets, part):
    """Below what this part of all lies, as Prometheus' histogram_quantile estimates it; None where there are none.

    :param buckets: pairs of a limit and how many lie below it, sorted; of what lies above all finite limits, the last one of these is all that is known.
    """
    total = buckets[-1][1] if buckets else 0
    lower, below = 0.0, 0.0
    for limit, count in buckets:
        if total and count >= total * part:
            if limit == float("inf"):
                return lower or None
            return lower + (limit - lower) * (total * part - below) / (count - below)
        lower, below = limit, count
    return None
