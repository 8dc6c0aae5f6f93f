# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As whom requests are made: the headers of an impersonation, from the module's options or a user of a kubeconfig. Pure."""

import re
from urllib.parse import quote

from .._text import one_line
from .errors import KubeConfigError

USER, GROUPS, UID, EXTRA = "as", "as-groups", "as-uid", "as-user-extra"
OPTIONS = {"impersonate_user": USER, "impersonate_groups": GROUPS}


def impersonation(params, user):
    """Headers, a dict of name to text or list of texts.

    :param params: options of the module. Where they name anybody, the whole identity of the kubeconfig gives way: its groups are another's.
    :param user: dict of the kubeconfig's user.
    :raises KubeConfigError: an identity that cannot be asked for.
    """
    by_options = {key: params[option] for option, key in OPTIONS.items() if params.get(option)}
    wanted = by_options or {key: user[key] for key in (USER, GROUPS, UID, EXTRA) if user.get(key)}
    options_of = {key: option for option, key in OPTIONS.items()}

    def name(key):
        return options_of[key] if by_options else "%s of the kubeconfig's user" % key

    if wanted and USER not in wanted:
        raise KubeConfigError("%s needs %s: who is nobody has no groups" % (name(sorted(wanted)[0]), name(USER)))
    headers = {}
    for key, value in wanted.items():
        headers.update(_headers(key, value, name(key)))
    return headers


def is_sendable(text):
    """Whether a text can be the value of a header: printable ASCII, without spaces around it."""
    return re.match(r"[!-~]([ -~]*[!-~])?\Z", text) is not None


def _headers(key, value, name):
    if key in (USER, UID):
        return {"Impersonate-User" if key == USER else "Impersonate-Uid": _sendable(value, name)}
    if key == GROUPS:
        return {"Impersonate-Group": _all_sendable(value, name)}
    if not isinstance(value, dict) or not all(isinstance(extra, str) and extra for extra in value):
        raise KubeConfigError("%s is no dictionary of names to lists of values" % name)
    return {"Impersonate-Extra-" + quote(extra.lower(), safe=""): _all_sendable(values, name) for extra, values in value.items()}


def _all_sendable(values, name):
    if not isinstance(values, list):
        raise KubeConfigError("%s is no list" % name)
    return [_sendable(value, name) for value in values]


def _sendable(value, name):
    if not isinstance(value, str) or not is_sendable(value):
        raise KubeConfigError("%s has '%s', which cannot be sent to the API" % (name, one_line(str(value))))
    return value
