# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a backup is not restored. Pure: a manifest and what is known of the cluster in, sentences out."""

from __future__ import annotations

from typing import NamedTuple

from ...module_utils._k3s.datastore import SQLITE
from ...module_utils._k3s.release import VersionError, parse_version
from ...module_utils._text import listed, printable

COMMAND = "ansible-playbook gitpod.node_prep.restore -i %s -e node_prep_restore=%s -e node_prep_restore_confirm=%s"


class Wanted(NamedTuple):
    """What is known of the cluster, and what the user wants.

    folder, inventory, confirmation: as the user gave them. version: of K3s that the inventory wants. installed: host of each server -> the release of K3s
    that is there, '' for none, None where the machine does not answer. datastore, token: of the inventory, the latter '' where it says none. servers: the
    names of its servers as nodes. force: whether a backup of a cluster with other servers will do.
    """

    folder: str
    inventory: str
    confirmation: str
    version: str
    installed: dict
    datastore: str
    servers: tuple
    force: bool
    token: str = ""


def refusals(manifest, wanted):
    """Why it must not be restored, as sentences."""
    return [printable(reason) for rule in RULES for reason in rule(manifest, wanted)]


def same_datastore(manifest, wanted):
    if manifest.datastore == wanted.datastore:
        return
    if wanted.datastore == SQLITE:
        yield "The backup is of etcd, and the inventory has one server with SQLite: set k3s_datastore to etcd for it."
    else:
        yield "The backup is of SQLite, which one server keeps, and the inventory wants etcd: restore it onto one server with k3s_datastore: sqlite."


def same_minor(manifest, wanted):
    others = {"k3s_version": wanted.version} | {f"K3s of {host}": release for host, release in wanted.installed.items()}
    for whose, release in others.items():
        if not release:
            continue
        try:
            differs = parse_version(release)[:2] != parse_version(manifest.k3s_version)[:2]
        except VersionError:
            differs = True
        if differs:
            yield (
                f"The backup is of K3s {manifest.k3s_version}, and {whose} is {release}: a datastore is restored with the minor release that wrote it. "
                f"Set k3s_version to {manifest.k3s_version}; a newer K3s on a machine has to go first, with its link /usr/local/bin/k3s."
            )
            return


def everybody_answers(_manifest, wanted):
    silent = [host for host, release in wanted.installed.items() if release is None]
    if silent:
        yield (
            f"{listed(silent)} cannot be reached, and would go on with the old data. Start it; or take it out of the inventory if it is gone for good, "
            "with -e node_prep_restore_force=true."
        )


def same_servers(manifest, wanted):
    if set(manifest.servers) != set(wanted.servers) and not wanted.force:
        yield (
            f"The backup is of a cluster with the servers {listed(manifest.servers)}, and the inventory has {listed(wanted.servers)}. "
            "If that is meant, add -e node_prep_restore_force=true: nodes that the inventory does not name are then removed from the cluster."
        )


def confirmed(manifest, wanted):
    if wanted.confirmation == manifest.name:
        return
    command = COMMAND % (wanted.inventory, wanted.folder, manifest.name) + (" -e node_prep_restore_force=true" if wanted.force else "")
    yield (
        f"A restore puts the cluster back to {manifest.name}: what was made or changed since then is no longer in it, and the API is away meanwhile. "
        f"Confirm it with the name of the backup: {command}"
    )


RULES = (same_datastore, same_minor, everybody_answers, same_servers, confirmed)


def same_token(token, wanted):
    """Why the token of a backup is not that of the inventory; '' where it is, or the inventory says none."""
    if not wanted.token or wanted.token in (token, token.rpartition(":")[2]):
        return ""
    return "The backup is of a cluster with another token than k3s_token says. Leave k3s_token out, or set it to that of the backup's time."
