# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be shown of an inventory's values. Pure.

A value is never shown that comes from a vault or from a lookup, or whose variable is for secrets. Of a URL everything is shown but its login.
"""

import re

from ...module_utils._text import each

# Variables of the collection that hold secrets among other things, or whole environments.
SECRET_OPTIONS = {
    "cert_manager_values",
    "cluster_spec_kubeconfig",
    "containerd_http_proxy",
    "containerd_https_proxy",
    "containerd_registries",
    "k3s_config",
    "k3s_environment",
    "kernel_kubeconfig",
    "node_labels_kubeconfig",
}
# Words of names, of variables and of keys, that are enough to take a value for a secret.
_SECRET_WORDS = re.compile(
    r"(?:\b|_)(?:auth|authorization|credentials?|headers?|keys?|pass|passphrase|passwd|passwords?|proxy|pw|pwd|secrets?|tokens?)(?:\b|_)", re.IGNORECASE
)
# A login before the host of a URL, or where somebody wrote one without the scheme; a part of a query that lets in whoever has it.
_LOGIN = re.compile(r"(?<=//)[^\s'\"]*@|(?<![^\s'\"/:])[^\s'\"/:]+:[^\s'\"/]*@")
_QUERY = re.compile(r"(?<=[?&])([\w.-]*(?:token|password|secret|key|signature|credential|sig)[\w.-]*=)[^\s&'\"]+", re.IGNORECASE)
# In a value alone, whatever characters the login has.
_LOGIN_OF_A_VALUE = re.compile(r"(?<=//).*@", re.DOTALL)
INSTEAD = "…"
# Shorter texts are parts of too many others.
SHORTEST = 4
# What a secret may be without being recognised by it.
_WORDS_OF_THE_LANGUAGE = {"true", "false", "null", "none", "None", "True", "False"}


class Hidden(str):
    """A text that is judged like any other and never shown."""


def is_secret(name, option=None):
    """Whether the value of a variable, or of a key, is never shown, because of what it is for."""
    return bool((option or {}).get("no_log")) or name in SECRET_OPTIONS or _SECRET_WORDS.search(str(name)) is not None


def hidden(value):
    """The same value, its texts marked as hidden."""
    return each(value, lambda item: Hidden(item) if isinstance(item, str) else item)


def plain(value):
    """The same value without the marks."""
    return each(value, lambda item: str(item) if isinstance(item, Hidden) else item)


def texts_in(value):
    """The texts and numbers in a value, as texts."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in texts_in(item)}
    if isinstance(value, (list, tuple, set)):
        return {text for item in value for text in texts_in(item)}
    # The lines too: a message has its texts on one line.
    return set() if value is None or isinstance(value, bool) else {str(value), *str(value).splitlines()}


def secret_texts(inventory):
    """What must not be read in any message about an inventory. What is public anyway, such as the name of a host, is not among it."""
    found = set(inventory.secret_texts)
    for name, of_hosts in inventory.given.items():
        if name in inventory.secret_names or is_secret(name, inventory.options.get(name)):
            # Equal values have equal keys, and most hosts share them.
            for this in dict(of_hosts.values()).values():
                found |= texts_in(this)
    public = _WORDS_OF_THE_LANGUAGE.union(inventory.groups, inventory.variables, inventory.options, *inventory.names.values())
    for option in inventory.options.values():
        public |= texts_in(option.get("default")) | texts_in(option.get("choices"))
    return {text for text in found if len(text) >= SHORTEST} - public


def without_login(value):
    """A value that is no secret, such as a URL, without what is one in it."""
    return _without_logins(_LOGIN_OF_A_VALUE.sub(f"{INSTEAD}@", value))


def _without_logins(text):
    return _QUERY.sub(rf"\1{INSTEAD}", _LOGIN.sub(f"{INSTEAD}@", text))


def redacted(text, secrets):
    """The text without secrets and logins, whoever wrote it."""
    # The longest first: one secret may be a part of another.
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, repr(secret)[1:-1]):
            text = text.replace(form, INSTEAD)
    return _without_logins(text)
