# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a Kubernetes API, and the words for it."""

# A resource of each of these stands below a namespace's path, but belongs to the namespace itself.
_OF_A_NAMESPACE = ("status", "finalize")
_VERBS = {"GET": ("list", "get"), "POST": ("create", "create"), "PATCH": ("patch", "patch"), "DELETE": ("deletecollection", "delete")}


class KubeError(Exception):
    """Base of all errors here. `str()` is the text for the user, `details` what a playbook may look at."""

    details = {}


class KubeConfigError(KubeError):
    """No usable kubeconfig, context or credentials."""


class KubeConnectionError(KubeError):
    """No answer: nothing listens, the name does not resolve, TLS fails, the time is up."""


class KubeAnswerError(KubeError):
    """An answer that is not what a Kubernetes API sends."""


class KubeStatusError(KubeError):
    """The API refused the request.

    :param said: the API's own message, without control characters.
    :param details: dict of `status` (of HTTP), `reason` (the API's word, such as `Forbidden`), `verb`, `resource`.
    :param retry_after: seconds after which the API wants to be asked again; 0 where it does not say.
    """

    def __init__(self, text, said, details, retry_after=0):
        super().__init__(text)
        self.said = said
        self.details = details
        self.retry_after = retry_after

    @property
    def status(self):
        """The HTTP status, such as 403."""
        return self.details["status"]


def describe(method, path):
    """The words that a role-based permission uses for a request.

    :param method: `GET`, `POST`, `PATCH` or `DELETE`.
    :param path: such as `/apis/apps/v1/namespaces/kube-system/daemonsets`; a query does not count.
    :returns: tuple of verb and resource, such as `("list", "daemonsets.apps")` or `("create", "pods/eviction")`; a path that is no
        resource stands for itself.
    """
    path = path.partition("?")[0]
    parts = [part for part in path.split("/") if part]
    if parts[:2] == ["api", "v1"]:
        group, rest = "", parts[2:]
    elif parts[:1] == ["apis"]:
        group, rest = "".join(parts[1:2]), parts[3:]
    else:
        group, rest = "", []
    if not rest:
        return method.lower(), path
    if rest[0] == "namespaces" and len(rest) > 2 and not (len(rest) == 3 and rest[2] in _OF_A_NAMESPACE):
        rest = rest[2:]
    resource = rest[0] + ("." + group if group else "") + ("/" + rest[2] if len(rest) > 2 else "")
    of_many, of_one = _VERBS[method]
    return of_one if len(rest) > 1 else of_many, resource
