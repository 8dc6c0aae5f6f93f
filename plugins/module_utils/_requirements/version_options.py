# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be wrong with the versions among the options of node_spec and cluster_spec. Pure."""

from .._versions import parse_kubernetes, parse_numbers
from . import gitpod_releases


def wrong_options(options, bounds):
    """A list of sentences.

    :param bounds: names of the options that are the oldest or the newest version of something.
    """
    wrong = ["%s: `%s` is no version" % (name, options[name]) for name in bounds if parse_numbers(options[name]) is None]
    try:
        gitpod_releases.release(options["gitpod_version"])
    except gitpod_releases.UnknownRelease as error:
        wrong.append("gitpod_version: %s" % error)
    if options["kubernetes_version"] and parse_kubernetes(options["kubernetes_version"]) is None:
        wrong.append("kubernetes_version: `%s` is no version such as v1.24.7+k3s1" % options["kubernetes_version"])
    return wrong
