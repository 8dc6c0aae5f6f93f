# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fragment of the configuration of Gitpod's installer that a cluster determines. Pure.

The keys are those of `install/installer/pkg/config/v1/config.go` of github.com/gitpod-io/gitpod (`installer/pkg/config/v1/config.go` in
2022.01), read at each tag from 2022.01 to 2022.11.3: they are the same in all of them. `containerdSocketDir` came only after these
releases, in March 2023, and an installer told to be strict would refuse it. `fsShiftMethod` knows `fuse` and `shiftfs` in all of
them, only its default changed from `shiftfs` to `fuse` with 2022.02; it is written always, because nodes have what fuse needs, and
the headers that shiftfs needs only where the user asks for them (§3).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

HEADER = """\
# The part of the configuration of Gitpod's installer that this cluster determines, found by gitpod.node_prep. It is written
# anew in every run, so keep what you add in a file of your own: {missing}the database, the object storage and the
# registry where they are not in the cluster. Merge this into what `gitpod-installer init` prints; from Gitpod 2022.02 on
# the installer also fills in the rest by itself.
"""


def fragment(facts, domain, certificate, shiftfs):
    """The configuration as data.

    :param facts: what the module cluster_spec returned as ``facts``; empty where the cluster was not looked at.
    :param domain: under which Gitpod will be reached, '' where that is not known.
    :param certificate: name of the secret with the certificate of the domain.
    :param shiftfs: whether workspaces use shiftfs instead of fuse.
    :returns: an empty dict where the cluster was not looked at or has no nodes.
    """
    if not facts.get("nodes"):
        return {}
    runtime = {
        "containerdRuntimeDir": facts["runtime_state_directory"],
        "containerdSocket": facts["runtime_socket"],
        "fsShiftMethod": "shiftfs" if shiftfs else "fuse",
    }
    return {
        "apiVersion": "v1",
        **({"domain": domain} if domain else {}),
        "certificate": {"kind": "secret", "name": certificate},
        "workspace": {"runtime": runtime},
    }


def header(domain):
    """The comment above the fragment: what it is, and what to add."""
    return HEADER.format(missing="" if domain else "`domain`, ")
