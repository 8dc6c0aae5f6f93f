# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be concluded from what was read about K3s on a node.

Pure functions over text and plain dictionaries; the module k3s_info does the reading.
"""

import os
import re

from .._containerd import config as containerd_config
from .._digest import parse_sums
from .._requirements.paths import K3S_LABELS_FILE, K3S_UNITS
from .._versions import parse_integer
from . import release

# The unit of each role of a node.
UNITS = {"server": K3S_UNITS[True], "agent": K3S_UNITS[False]}

# Starts that may fail before a unit counts as looping: a first start can lose a race against containerd, a second one does not.
FAILED_STARTS = 2

# Distinct error lines worth showing.
ERROR_LINES = 5

ERROR = re.compile(r"level=(?:error|fatal)|^[EF]\d{4} |^Incorrect Usage|^panic:|Main process exited|Failed (?:at step|to start)")
LOGRUS = re.compile(r'^time="[^"]*" level=\w+ msg="?(.*?)"?$')
KLOG = re.compile(r"^[EF]\d{4} \S+ +\d+ ")
FULL_TOKEN = re.compile(r"K10[0-9a-f]{64}::[^\s\"']*")
HIDDEN = "********"


def unit_of(name, properties):
    """The properties of one unit with real types and speaking names."""
    return {
        "name": name,
        "exists": properties.get("LoadState", "not-found") != "not-found",
        "enabled": properties.get("UnitFileState") == "enabled",
        "active_state": properties.get("ActiveState", "inactive"),
        "sub_state": properties.get("SubState", "dead"),
        # systemd shows "[not set]" for a number that it does not have.
        "main_pid": parse_integer(properties.get("MainPID")) or 0,
        "restarts": parse_integer(properties.get("NRestarts")) or 0,
        "needs_daemon_reload": properties.get("NeedDaemonReload") == "yes",
        "has_job": bool(properties.get("Job")),
        "invocation_id": properties.get("InvocationID", ""),
    }


def start_verdict(unit, restarts_before):
    """How a start goes: `up`, `failed`, `looping` or `starting`.

    :param unit: dict of `unit_of`.
    :param restarts_before: its `restarts` when the waiting began.
    """
    if unit["has_job"]:
        return "starting"
    if unit["active_state"] == "active":
        return "up"
    if unit["active_state"] in ("failed", "inactive"):
        return "failed"
    if unit["sub_state"] == "auto-restart" and unit["restarts"] - restarts_before >= FAILED_STARTS - 1:
        return "looping"
    return "starting"


def parse_record(text):
    """What the unit wrote down when it started: the path of its binary, then lines of `sha256sum`.

    :returns: dict with `binary` (str) and `files` (dict of path to SHA-256); empty ones if nothing was written. A damaged record is a
        reason to restart.
    """
    binary, *sums = text.splitlines() or [""]
    return {"binary": binary, "files": parse_sums("\n".join(sums))}


def is_own_link(link, bin_dir, install_dir):
    """Whether a link was made by the role: to `k3s` beside it, or into the directory of the releases, whether or not that is still there.

    :param link: where it leads; '' for a path that is no link.
    """
    target = os.path.normpath(os.path.join(bin_dir, link)) if link else ""
    return target == os.path.join(bin_dir, "k3s") or target.startswith(install_dir.rstrip("/") + "/")


def restart_reasons(unit, record, binary, digests):
    """Why K3s has to be started or restarted; empty if what runs is what lies on disk.

    :param unit: dict of `unit_of`.
    :param record: dict of `parse_record`.
    :param binary: path that the `k3s` link resolves to now.
    :param digests: dict of path to SHA-256 of the files of the record and of all drop-ins, as they are now ("" for one that is gone).
    """
    if unit["active_state"] not in ("active", "activating"):
        return ["%s is %s (%s)" % (unit["name"], unit["active_state"], unit["sub_state"])]
    if not record["binary"]:
        return ["%s did not record what it was started with" % unit["name"]]
    reasons = []
    if unit["needs_daemon_reload"]:
        reasons.append("systemd has not read the newest %s" % unit["name"])
    if record["binary"] != binary:
        reasons.append("runs %s, installed is %s" % (record["binary"], binary or "nothing"))
    for path in sorted(set(digests).union(record["files"]) - {K3S_LABELS_FILE}):
        if path not in record["files"]:
            reasons.append("%s has come since the start" % path)
        elif digests.get(path) != record["files"][path]:
            reasons.append("%s has changed since the start" % path)
    return reasons


def install_reasons(wanted, digest, links, expected_links, binary):
    """Why the release has to be installed (again); empty if it is there and in use.

    :param wanted: path of the binary of the wanted release.
    :param digest: the SHA-256 it must have, "" if none is known beforehand.
    :param links: dict of path to target of the links as they are.
    :param expected_links: the same as they must be.
    :param binary: dict with `exists`, `intact` (as it was when it was verified) and `sha256` of `wanted`.
    """
    if not binary["exists"]:
        return ["%s is missing" % wanted]
    reasons = []
    if not binary["intact"]:
        reasons.append("%s is not the file that was verified" % wanted)
    elif digest and binary["sha256"] != digest:
        reasons.append("%s has the SHA-256 %s, wanted is %s" % (wanted, binary["sha256"], digest))
    reasons.extend("%s is not a link to %s" % (path, target) for path, target in sorted(expected_links.items()) if links.get(path) != target)
    return reasons


def problems(role, version, runtime, current, units, containerd):
    """Rules that forbid to go on, each as a sentence that says what to do.

    :param role: `server` or `agent`.
    :param version: wanted release.
    :param runtime: `system` or `embedded`.
    :param current: release on the node, "" if none.
    :param units: dict of unit name to a dict of `unit_of`.
    :param containerd: version of the node's own containerd that runs, as (1, 6, 20); None if none does.
    """
    found = [release.change_problem(current, version)]
    if runtime == "embedded":
        found.append(release.embedded_problem(version))
        if units["containerd.service"]["active_state"] == "active":
            found.append("containerd.service runs and k3s_container_runtime is embedded: stop and disable it, or use k3s_container_runtime: system")
    elif containerd:
        found.append(release.cri_problem(version, containerd))
    other = UNITS["agent" if role == "server" else "server"]
    if units[other]["active_state"] != "inactive":
        found.append("%s runs on a node that shall be a K3s %s: reset the node first" % (other, role))
    return [problem for problem in found if problem]


def cgroup_driver_of(config, imported=()):
    """The cgroup driver that a containerd is configured with: `systemd` or `cgroupfs` (its own default).

    :param config: text of its config.toml; None if there is none yet, and then the answer is `systemd`.
    :param imported: texts of the files that it imports, in their order.
    """
    return "systemd" if config is None else containerd_config.cgroup_driver_of([config] + list(imported))


def redact(text, secrets):
    """The text without tokens: neither whole ones nor the secrets given."""
    text = FULL_TOKEN.sub(HIDDEN, text)
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def secrets_of(token):
    """What must not be shown of a token: all of it and the secret at its end (`K10<hash>::server:<secret>`)."""
    token = token.strip()
    return {part for part in (token, token.rpartition(":")[2]) if part}


def error_lines(journal, secrets):
    """The last distinct errors of a journal, oldest first, without time stamps and tokens; its last line if it has no errors."""
    lines = [line for line in journal.splitlines() if line.strip()]
    errors = [line for line in lines if ERROR.search(line)] or lines[-1:]
    messages = []
    for line in reversed(errors):
        match = LOGRUS.match(line)
        message = match.group(1).replace('\\"', '"') if match else KLOG.sub("", line).strip()
        message = redact(message, secrets)
        if message not in messages:
            messages.append(message)
    return list(reversed(messages[:ERROR_LINES]))
