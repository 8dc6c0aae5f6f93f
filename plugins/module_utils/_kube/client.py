# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw JSON over the Kubernetes API, with the authentication options of the collection kubernetes.core.

The `kubernetes` library does what is hard (kubeconfig, contexts, exec plugins, certificates, proxies); requests and
answers are plain dictionaries, so that a list of thousands of nodes is one `json.loads` and no model objects.
Everything that can go wrong is a `KubeError` whose text is meant for the user; `run_module` is the one place
that turns it into `fail_json`.
"""

import copy
import json
import threading
import time
from urllib.parse import urlencode

from ansible.module_utils.basic import env_fallback, missing_required_lib
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_MAP, AUTH_ARG_SPEC

from .._deadline import Deadline, TimeIsUp, within
from .._interruption import Interrupted, interruptible
from .._text import decoded, one_line, printable
from .errors import KubeAnswerError, KubeConfigError, KubeConnectionError, KubeError, KubeStatusError, describe
from .identity import OPTIONS as IMPERSONATION_OPTIONS
from .login import KUBERNETES_IMPORT_ERROR, expired, log_in

if not KUBERNETES_IMPORT_ERROR:
    import urllib3
    from kubernetes.client import rest

# What kubectl asks for in one go; up to this many objects a list is one request.
PAGE_SIZE = 500

# Objects without spec and status: no secrets, and a node is a fifth of its size.
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

# As many nodes as Kubernetes supports in one cluster: their metadata are one request of some 8 MB.
METADATA_PAGE_SIZE = 5000

# The API server asks clients to come again with 429 (fairness) and 503 (starting); every request made here may be repeated.
RETRY_STATUSES = (429, 503)
RETRIES = 4
BACKOFF = 0.3  # seconds; doubles each time

# What a request may still take where the deadline of what it belongs to has passed: it was sent for a last look.
MOMENT = 1  # seconds

# For so long a login counts as fresh: credentials that the API refuses sooner would be refused again.
FRESH = 60  # seconds

ANONYMOUS = 'User "system:anonymous"'  # what the API calls a client that has shown no credentials
_LONGEST_MESSAGE = 1000  # characters


def auth_argument_spec():
    """Argument spec of the authentication options of kubernetes.core, with the environment variables it documents."""
    spec = copy.deepcopy(AUTH_ARG_SPEC)
    for client_name, option in AUTH_ARG_MAP.items():
        _add_environment(spec[option], option, client_name)
    for option in IMPERSONATION_OPTIONS:
        _add_environment(spec[option], option)
    return spec


def module_argument_spec(**options):
    """Argument spec of a module that asks the API: how to log in, how long a request may take, and its own options."""
    return dict(auth_argument_spec(), timeout={"type": "int", "default": 30}, **options)


def _add_environment(option_spec, *names):
    variables = ["K8S_AUTH_" + name.upper() for name in names]
    option_spec["fallback"] = (env_fallback, list(dict.fromkeys(variables)))


def run_module(module, execute):
    """Run `execute(module, client)` and leave the module with what it returns.

    :param module: AnsibleModule with the options of `auth_argument_spec` and `timeout` (seconds per request and per login).
    :param execute: function that returns a dict for `exit_json` and raises `KubeError` where it cannot. A signal that is to end the
        module is raised in it as Interrupted.
    """
    if KUBERNETES_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes"), exception=KUBERNETES_IMPORT_ERROR)
    module.no_log_values.difference_update(_no_secrets(module.params["kubeconfig"]))
    with interruptible():
        try:
            result = execute(module, open_client(module.params))
        except KubeError as error:
            module.fail_json(msg=printable(str(error)), **printable(error.details))
        except Interrupted as interruption:
            module.fail_json(msg=str(interruption))
        module.exit_json(**result)


def _no_secrets(kubeconfig):
    """Texts of a kubeconfig that are no secrets, so that Ansible does not blot them out of results and messages, where they are parts of other words."""
    if not isinstance(kubeconfig, dict):
        return {kubeconfig}  # a path, which messages have to name
    users = kubeconfig.get("users")
    names = [user.get("name") for user in users if isinstance(user, dict)] if isinstance(users, list) else []
    return _texts({key: part for key, part in kubeconfig.items() if key != "users"}) | _texts(names)


def _texts(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()


def open_client(params):
    """A client from module parameters.

    :raises KubeConfigError: nothing to authenticate with, or a kubeconfig that cannot be used.
    """
    if params["timeout"] <= 0:
        raise KubeConfigError("timeout is %s, but a request needs some seconds" % params["timeout"])
    return KubeClient(_Session(lambda seconds: log_in(params, seconds), params["timeout"]), params["timeout"])


class _BrokenOff(KubeConnectionError):
    """The connection ended before the answer did."""


class _Session:
    """A login and the connections made with it. Several threads may use it.

    :param logging_in: function from the seconds that it may take to a Login.
    """

    def __init__(self, logging_in, seconds):
        self._logging_in = logging_in
        self._lock = threading.Lock()
        self._log_in(seconds)

    def _log_in(self, seconds):
        login = self._logging_in(seconds)
        try:
            pool = rest.RESTClientObject(login.configuration).pool_manager
        # Addresses are parsed in several libraries, each with errors of its own.
        except Exception as error:
            raise KubeConfigError("cannot use the address of the API or of the proxy: %s" % one_line(str(error)))
        self.current, self._since = (login, pool), time.monotonic()

    @property
    def login(self):
        return self.current[0]

    def renewed(self, login, deadline):
        """Whether there is another login than this one, which the API does not accept; logs in again where that may help."""
        with self._lock:
            if self.login is not login:
                return True
            if not login.renewable or time.monotonic() - self._since < FRESH:
                return False
            self._log_in(deadline.remaining())
            return True


def _name_of(item):
    """Namespace and name of an object, to sort by: a real API sorts its lists, and that of K3s with SQLite does not."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return [str(metadata.get(key, "")) if isinstance(metadata, dict) else "" for key in ("namespace", "name")]


class KubeClient:
    """The few requests that the modules of this collection make.

    :param session: a login and its connections.
    :param timeout: seconds that a request may take, with whatever belongs to it: name server, handshake, repetitions, the last byte.
    :param limit: Deadline of what the requests are made for, None where there is none.
    """

    def __init__(self, session, timeout, limit=None):
        self._session = session
        self._timeout = timeout
        self._limit = limit

    def until(self, limit):
        """The same client, whose requests end a moment after a Deadline at the latest."""
        return KubeClient(self._session, self._timeout, limit)

    @property
    def host(self):
        """URL of the API, without a slash at the end."""
        return self._session.login.configuration.host.rstrip("/")

    def get(self, path):
        """One object, as a dict."""
        return self._request("GET", path)

    def exists(self, path):
        """Whether there is an object at `path`. Its content is not asked for: it may hold secrets."""
        try:
            self._request("GET", path, headers={"Accept": METADATA})
        except KubeStatusError as error:
            if error.status != 404:
                raise
            return False
        return True

    def items(self, path, metadata_only=False, selector=None):
        """All objects of a list, in pages of PAGE_SIZE; with `metadata_only` without spec and status, in pages of METADATA_PAGE_SIZE.

        :param selector: a field selector, such as `spec.nodeName=n1`.
        """
        limit = METADATA_PAGE_SIZE if metadata_only else PAGE_SIZE
        headers = {"Accept": METADATA_LIST} if metadata_only else {}
        asked = {"fieldSelector": selector, "limit": limit} if selector else {"limit": limit}
        found, query = [], asked
        while True:
            page = self._request("GET", path, query, headers=headers)
            # An empty list may be null, but what has no list at all must not be taken for "there are none".
            if "items" not in page or not isinstance(page["items"], (list, type(None))):
                raise KubeAnswerError("%s%s answered with something that is not a list" % (self.host, path))
            found.extend(page["items"] or [])
            metadata = page.get("metadata")
            token = metadata.get("continue") if isinstance(metadata, dict) else None
            if not token:
                return sorted(found, key=_name_of)
            if token == query.get("continue"):
                raise KubeAnswerError("%s%s answered with the same page twice" % (self.host, path))
            query = dict(asked, **{"continue": token})

    def create(self, path, body, dry_run=False, repeat=True):
        """Create an object; with `dry_run` the API checks it as if, and stores nothing.

        :param repeat: whether an API that is busy is asked again. For an eviction, "too many requests" is the verdict.
        """
        return self._request("POST", path, {"dryRun": "All"} if dry_run else {}, body, "application/json", repeat=repeat)

    def merge_patch(self, path, body):
        """Merge `body` into the object (RFC 7386: `None` removes a key). The answer holds the metadata only."""
        return self._request("PATCH", path, {}, body, "application/merge-patch+json", headers={"Accept": METADATA})

    def may(self, attributes):
        """Whether the credentials have a permission.

        :param attributes: dict of `verb`, `resource` and perhaps `group` and `namespace`.
        """
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
        status = self.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review).get("status")
        return isinstance(status, dict) and status.get("allowed") is True

    def delete(self, path):
        """Remove an object; one that is not there is none to remove."""
        try:
            self._request("DELETE", path)
        except KubeStatusError as error:
            if error.status != 404:
                raise

    def _request(self, method, path, query=None, body=None, content_type=None, headers=None, repeat=True):
        deadline = Deadline(self._timeout if self._limit is None else min(self._timeout, max(self._limit.remaining(), MOMENT)))
        all_headers = {"User-Agent": "gitpod.node_prep", "Accept": "application/json"}
        all_headers.update(headers or {})
        if content_type:
            all_headers["Content-Type"] = content_type
        target = path + ("?" + urlencode(query) if query else "")
        content = None if body is None else json.dumps(body).encode("utf-8")
        times, login = 0, self._session.login
        while True:
            status, retry_after, data = self._response(method, target, content, all_headers, deadline)
            if status == 401 and self._session.renewed(login, deadline):
                login = self._session.login
                continue
            pause = max(retry_after, BACKOFF * 2**times)
            if not repeat or status not in RETRY_STATUSES or times == RETRIES or pause >= deadline.remaining():
                return self._answer(method, path, status, retry_after, data)
            times += 1
            time.sleep(pause)

    def _response(self, *request):
        """Tuple of status, seconds to wait and body. A connection that breaks off is made once more: servers close those that are idle."""
        try:
            return self._attempt(*request)
        except _BrokenOff:
            return self._attempt(*request)

    def _attempt(self, method, target, content, headers, deadline):
        try:
            return within(deadline, lambda: self._exchange(method, target, content, headers, deadline))
        except TimeIsUp:
            raise self._too_late(deadline)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            cause = getattr(error, "reason", None) or error
            refused = isinstance(cause, urllib3.exceptions.NewConnectionError)  # a kind of timeout in urllib3 1.x
            if isinstance(cause, urllib3.exceptions.TimeoutError) and not refused:
                raise self._too_late(deadline)
            kind = _BrokenOff if isinstance(cause, urllib3.exceptions.ProtocolError) else KubeConnectionError
            raise kind("cannot reach the Kubernetes API at %s: %s" % (self.host, one_line(str(cause), _LONGEST_MESSAGE)))

    def _exchange(self, method, target, content, headers, deadline):
        login, pool = self._session.current
        seconds = max(deadline.remaining(), 0.001)  # none at all is refused
        response = pool.request(
            method,
            self.host + target,
            body=content,
            headers=_header_list(dict(headers, **login.headers)),
            timeout=urllib3.Timeout(connect=seconds, read=seconds),
            retries=urllib3.Retry(0),
        )
        return response.status, _seconds(response.headers.get("Retry-After")), response.data

    def _too_late(self, deadline):
        return KubeConnectionError("the Kubernetes API at %s did not answer within %s" % (self.host, deadline.said()))

    def _answer(self, method, path, status, retry_after, data):
        text = decoded(data)
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = None
        if status >= 300:
            raise self._refused(method, path, status, retry_after, answer if isinstance(answer, dict) else {}, text)
        if not isinstance(answer, dict):
            raise KubeAnswerError("%s%s answered %s, but not with a JSON object: '%s'; is this a Kubernetes API?" % (self.host, path, status, one_line(text)))
        return answer

    def _refused(self, method, path, status, retry_after, answer, text):
        verb, resource = describe(method, path)
        message = answer.get("message")
        said = printable(message) if message and isinstance(message, str) else one_line(text) or "nothing"
        words = _on_one_line(said)
        login = self._session.login
        if status in (401, 403) and login.anonymous:
            return KubeConfigError(
                "the Kubernetes API at %s was asked without credentials, for neither the options nor the kubeconfig have any (%s): %s"
                % (self.host, status, words)
            )
        if status == 403 and ANONYMOUS in said:
            return KubeConfigError(
                "the Kubernetes API at %s does not see the credentials that it is sent (%s): %s. "
                "Perhaps a proxy in between takes them away, or it does not know who issued them" % (self.host, status, words)
            )
        if status == 401:
            message = "the Kubernetes API at %s does not accept the credentials (401): %s" % (self.host, words)
            end = expired(login.headers.get("Authorization", ""))
            if end:
                message += "; the token expired at %s" % end
        else:
            message = "%s refused to %s %s (%s): %s" % (self.host, verb, resource, status, words)
        if status == 403:
            message += ". If a permission is missing: it is the verb '%s' on the resource '%s'" % (verb, resource)
        if retry_after:
            message += "; it wants to be asked again after %.0f s" % retry_after
        reason = answer.get("reason")
        details = {"status": status, "reason": printable(reason) if isinstance(reason, str) else "", "verb": verb, "resource": resource}
        return KubeStatusError(message, said, details, retry_after)


def _on_one_line(said):
    """The API's words as they are, without the ends of lines."""
    words = said.replace("\n", " ").replace("\t", " ")
    return words if len(words) <= _LONGEST_MESSAGE else words[:_LONGEST_MESSAGE] + " …"


def _seconds(retry_after):
    """Seconds that a header Retry-After names; 0 where it names none, or a date."""
    text = (retry_after or "").strip()
    return float(text) if text.isdigit() and len(text) < 10 else 0


def _header_list(headers):
    """Headers for urllib3; a list becomes one header line per element, as impersonation of several groups needs."""
    lines = urllib3.response.HTTPHeaderDict()
    for name, value in headers.items():
        for single in value if isinstance(value, list) else [value]:
            lines.add(name, single)
    return lines
