# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gitpod's releases as data: what a cluster must offer differs from one to the next. Pure.

Gitpod Self-Hosted appeared once a month as `<year>.<month>`, with patch releases `<year>.<month>.<patch>`: 2022.01 and 2022.01.1, 2022.02.0, 2022.03.0 to .3,
2022.04.0 and .1, 2022.05.0 and .2, 2022.06.0 and .1, 2022.07.0 and .1, 2022.08.0, 2022.09.0 to .2, 2022.10.0 and .2, 2022.11.0 to .3 (the tags of
gitpod-io/gitpod). No patch release changed a bound, so that there is a row for each month.
"""

import re
from collections import OrderedDict, namedtuple

from .findings import FAIL, PASS, WARNING

# The release that is meant where none is named; it is the last one.
DEFAULT = "2022.11.3"

REQUIRED = "required"
OPTIONAL = "optional"

# month            str, e.g. `2022.09`
# psp              REQUIRED where its installer creates PodSecurityPolicies, else OPTIONAL (§8)
# cgroup_v2        status of a node with cgroup v2: FAIL, WARNING or PASS (§3)
# registry_port    TCP port of the registry facade on every workspace node (§4)
# pools            numbers of node pools that it can be laid out in (D4, §10.6)
# dropped_ubuntu   releases of Ubuntu that the document names and its compatibility matrix does not (§10.4)
Release = namedtuple("Release", "month psp cgroup_v2 registry_port pools dropped_ubuntu")

_ROWS = (
    Release("2022.01", REQUIRED, FAIL, 30000, (2,), ()),
    Release("2022.02", REQUIRED, FAIL, 30000, (2,), ()),
    Release("2022.03", REQUIRED, FAIL, 20000, (2,), ()),
    Release("2022.04", REQUIRED, FAIL, 20000, (2,), ()),
    Release("2022.05", REQUIRED, WARNING, 20000, (2,), ()),
    Release("2022.06", REQUIRED, WARNING, 20000, (2,), ()),
    Release("2022.07", REQUIRED, PASS, 20000, (2,), ()),
    Release("2022.08", REQUIRED, PASS, 20000, (2,), ()),
    Release("2022.09", OPTIONAL, PASS, 20000, (2, 3), ()),
    Release("2022.10", OPTIONAL, PASS, 20000, (2, 3), ()),
    Release("2022.11", OPTIONAL, PASS, 20000, (2, 3), ("18.04",)),
)
RELEASES = OrderedDict((row.month, row) for row in _ROWS)

# The option of modules, documented in the doc fragment `node`.
OPTIONS = {"gitpod_version": {"type": "str", "default": DEFAULT}}

# The month, then a patch and a build: `2022.11.3`, and `2022.11.3.1` as in the tags of the installer's image.
_RELEASE = re.compile(r"(20[0-9]{2}\.[0-9]{2})(?:\.[0-9]{1,4}){0,2}")


class UnknownRelease(ValueError):
    """A text is no release of Gitpod that the collection knows; the message is a sentence that says which there are."""


def release(text):
    """The row of a release: '2022.08', '2022.08.0' and '2022.08.9' are all that of 2022.08. Raises UnknownRelease."""
    match = _RELEASE.fullmatch(str(text))
    if not match or match.group(1) not in RELEASES:
        raise UnknownRelease(
            '`%s` is no release of Gitpod that is known here; there are those of %s to %s, for instance "%s" (in quotes)'
            % (text, _ROWS[0].month, _ROWS[-1].month, DEFAULT)
        )
    return RELEASES[match.group(1)]
