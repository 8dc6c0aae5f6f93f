# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw JSON over the Kubernetes API, with the authentication options of the collection kubernetes.core.

The C(kubernetes) library does what is hard (kubeconfig, contexts, exec plugins, certificates, proxies); requests and
answers are plain dictionaries, so that a list of thousands of nodes is one C(json.loads) and no model objects.
Everything that can go wrong is a :class:`KubeError` whose text is meant for the user; :func:`run_module` is the one place
that turns it into C(fail_json).
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import copy
import json
import logging
import os
import traceback
from urllib.parse import urlencode

from ansible.module_utils.basic import env_fallback, missing_required_lib
from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_MAP, AUTH_ARG_SPEC

KUBERNETES_IMPORT_ERROR = None
try:
    import urllib3
    from kubernetes import config as kube_config
    from kubernetes.client import Configuration, rest
except ImportError:
    KUBERNETES_IMPORT_ERROR = traceback.format_exc()

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

IMPERSONATION_HEADERS = {"impersonate_user": "Impersonate-User", "impersonate_groups": "Impersonate-Group"}


class KubeError(Exception):
    """Base of all errors here. ``str()`` is the text for the user, ``details`` what a playbook may look at."""

    details = {}


class KubeConfigError(KubeError):
    """No usable kubeconfig, context or credentials."""


class KubeConnectionError(KubeError):
    """No answer: nothing listens, the name does not resolve, TLS fails, the time is up."""


class KubeAnswerError(KubeError):
    """An answer that is not what a Kubernetes API sends."""


class KubeStatusError(KubeError):
    """The API refused the request.

    :param said: the API's own message.
    :param details: dict of ``status`` (of HTTP), ``reason`` (the API's word, such as ``Forbidden``), ``verb``, ``resource``.
    """

    def __init__(self, text, said, details):
        super(KubeStatusError, self).__init__(text)
        self.said = said
        self.details = details

    @property
    def status(self):
        """The HTTP status, such as 403."""
        return self.details["status"]


def auth_argument_spec():
    """Argument spec of the authentication options of kubernetes.core, with the environment variables it documents."""
    spec = copy.deepcopy(AUTH_ARG_SPEC)
    for client_name, option in AUTH_ARG_MAP.items():
        _add_environment(spec[option], option, client_name)
    for option in IMPERSONATION_HEADERS:
        _add_environment(spec[option], option)
    return spec


def _add_environment(option_spec, *names):
    variables = ["K8S_AUTH_" + name.upper() for name in names]
    option_spec["fallback"] = (env_fallback, list(dict.fromkeys(variables)))


def run_module(module, execute):
    """Run ``execute(module, client)`` and leave the module with what it returns.

    :param module: AnsibleModule with the options of :func:`auth_argument_spec` and ``timeout`` (seconds per request).
    :param execute: function that returns a dict for ``exit_json`` and raises :class:`KubeError` where it cannot.
    """
    if KUBERNETES_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("kubernetes"), exception=KUBERNETES_IMPORT_ERROR)
    if isinstance(module.params["kubeconfig"], str):
        # A dictionary holds secrets; a path does not, and messages have to name it.
        module.no_log_values.discard(module.params["kubeconfig"])
    try:
        result = execute(module, open_client(module.params))
    except KubeError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


def open_client(params):
    """A client from module parameters.

    :raises KubeConfigError: nothing to authenticate with, or a kubeconfig that cannot be used.
    """
    headers = {"User-Agent": "gitpod.node_prep", "Accept": "application/json"}
    for option, header in IMPERSONATION_HEADERS.items():
        if params.get(option):
            headers[header] = params[option]
    collector = _LogCollector()
    logging.getLogger().addHandler(collector)
    try:
        return KubeClient(_configuration(params), params["timeout"], headers, login_errors=collector.messages)
    except KubeError:
        raise
    # Addresses are parsed in several libraries, each with errors of its own.
    except Exception as error:
        raise KubeConfigError("cannot use the address of the API or of the proxy: {0}".format(error))
    finally:
        logging.getLogger().removeHandler(collector)


class _LogCollector(logging.Handler):
    """Keeps what the library logs while it loads a kubeconfig: a failing exec plugin raises nothing, it only logs."""

    def __init__(self):
        super(_LogCollector, self).__init__(level=logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def _configuration(params):
    configuration = Configuration()
    if not _complete_without_kubeconfig(params):
        _load_kubeconfig(configuration, params)
    for client_name, option in AUTH_ARG_MAP.items():
        value = params.get(option)
        if value is None or client_name in ("kubeconfig", "context", "persist_config"):
            continue
        if client_name == "api_key":
            value = {"authorization": "Bearer " + value}
        elif client_name == "proxy_headers":
            value = urllib3.util.make_headers(**{k: v for k, v in value.items() if v})
        setattr(configuration, client_name, value)
    if not configuration.verify_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return configuration


def _complete_without_kubeconfig(params):
    """Host and credentials are given as options: kubernetes.core then reads no kubeconfig, and neither does this."""
    credentials = (("api_key",), ("username", "password"), ("client_cert", "client_key"))
    return bool(params.get("host")) and any(all(params.get(name) for name in names) for names in credentials)


def _load_kubeconfig(configuration, params):
    source, context = params.get("kubeconfig"), params.get("context")
    options = {
        "context": context,
        "client_configuration": configuration,
        "persist_config": bool(params.get("persist_config")),
    }
    if isinstance(source, str) and source and not any(os.path.exists(os.path.expanduser(path)) for path in source.split(os.pathsep)):
        raise KubeConfigError("there is no kubeconfig {0}".format(source))
    try:
        if isinstance(source, dict):
            kube_config.load_kube_config_from_dict(source, **options)
        elif source or context:
            kube_config.load_kube_config(os.path.expanduser(source) if source else None, **options)
        else:
            _load_default(configuration, options)
    # The library lets whatever its parsers raise pass through; there is no narrower common class.
    except Exception as error:
        raise KubeConfigError("cannot use {0}: {1}".format(_described_source(source, context), error))


def _described_source(source, context):
    if isinstance(source, dict):
        name = "the kubeconfig given as a dictionary"
    elif source:
        name = "the kubeconfig " + source
    elif context:
        name = "the kubeconfig of $KUBECONFIG or ~/.kube/config"
    else:
        name = "the kubeconfig of the default places (service account of a pod, $KUBECONFIG, ~/.kube/config)"
    return name + (" with the context '{0}'".format(context) if context else "")


def _load_default(configuration, options):
    try:
        kube_config.load_incluster_config(client_configuration=configuration)
    except kube_config.ConfigException:
        kube_config.load_kube_config(None, **options)


class KubeClient:
    """The few requests that the modules of this collection make.

    :param configuration: ``kubernetes.client.Configuration``.
    :param timeout: seconds that a connection, and then each wait for data, may take.
    :param headers: dict, sent with every request.
    :param login_errors: list of str, what went wrong while credentials were obtained; shown when the API refuses them.
    """

    def __init__(self, configuration, timeout, headers, login_errors=()):
        self._configuration = configuration
        self._pool = rest.RESTClientObject(configuration).pool_manager
        self._timeout = timeout
        self._headers = headers
        self._login_errors = login_errors
        self._retries = urllib3.Retry(
            total=RETRIES,
            connect=0,
            other=0,
            read=1,
            redirect=0,
            status=RETRIES,
            backoff_factor=BACKOFF,
            status_forcelist=RETRY_STATUSES,
            allowed_methods=None,
            raise_on_status=False,
        )

    @property
    def host(self):
        """URL of the API, without a slash at the end."""
        return self._configuration.host.rstrip("/")

    def get(self, path):
        """One object, as a dict."""
        return self._request("GET", path)

    def exists(self, path):
        """Whether there is an object at ``path``. Its content is not asked for: it may hold secrets."""
        try:
            self._request("GET", path, headers={"Accept": METADATA})
        except KubeStatusError as error:
            if error.status != 404:
                raise
            return False
        return True

    def items(self, path, metadata_only=False):
        """All objects of a list, in pages of PAGE_SIZE; with ``metadata_only`` without spec and status, in pages of METADATA_PAGE_SIZE."""
        limit = METADATA_PAGE_SIZE if metadata_only else PAGE_SIZE
        headers = {"Accept": METADATA_LIST} if metadata_only else {}
        found, query = [], {"limit": limit}
        while True:
            page = self._request("GET", path, query, headers=headers)
            if not isinstance(page.get("items"), (list, type(None))):
                raise KubeAnswerError("{0}{1} answered with something that is not a list".format(self.host, path))
            found.extend(page.get("items") or [])
            metadata = page.get("metadata")
            token = metadata.get("continue") if isinstance(metadata, dict) else None
            if not token:
                return found
            if token == query.get("continue"):
                raise KubeAnswerError("{0}{1} answered with the same page twice".format(self.host, path))
            query = {"limit": limit, "continue": token}

    def create(self, path, body, dry_run=False):
        """Create an object; with ``dry_run`` the API judges it as if, and stores nothing."""
        return self._request("POST", path, {"dryRun": "All"} if dry_run else {}, body, "application/json")

    def merge_patch(self, path, body):
        """Merge ``body`` into the object (RFC 7386: ``None`` removes a key). The answer holds the metadata only."""
        return self._request("PATCH", path, {}, body, "application/merge-patch+json", headers={"Accept": METADATA})

    def may(self, attributes):
        """Whether the credentials have a permission.

        :param attributes: dict of C(verb), C(resource) and perhaps C(group) and C(namespace).
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

    def _request(self, method, path, query=None, body=None, content_type=None, headers=None):
        url = self.host + path + ("?" + urlencode(query) if query else "")
        all_headers = dict(self._headers, **self._authorization())
        all_headers.update(headers or {})
        if content_type:
            all_headers["Content-Type"] = content_type
        try:
            response = self._pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body).encode("utf-8"),
                headers=_header_list(all_headers),
                timeout=urllib3.Timeout(connect=self._timeout, read=self._timeout),
                retries=self._retries,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise KubeConnectionError(self._no_answer(error))
        return self._answer(method, path, response)

    def _authorization(self):
        token = self._configuration.auth_settings().get("BearerToken", {}).get("value")
        if token:
            return {"Authorization": token}
        if self._configuration.username and self._configuration.password:
            basic = "{0}:{1}".format(self._configuration.username, self._configuration.password)
            return {"Authorization": urllib3.util.make_headers(basic_auth=basic)["authorization"]}
        return {}

    def _no_answer(self, error):
        cause = getattr(error, "reason", None) or error
        refused = isinstance(cause, urllib3.exceptions.NewConnectionError)  # a kind of timeout in urllib3 1.x
        if isinstance(cause, urllib3.exceptions.TimeoutError) and not refused:
            return "the Kubernetes API at {0} did not answer within {1} s".format(self.host, self._timeout)
        return "cannot reach the Kubernetes API at {0}: {1}".format(self.host, cause)

    def _answer(self, method, path, response):
        text = response.data.decode("utf-8", "replace")
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = None
        if response.status >= 300:
            raise self._refused(method, path, response.status, answer if isinstance(answer, dict) else {}, text)
        if not isinstance(answer, dict):
            raise KubeAnswerError(
                "{0}{1} answered {2}, but not with a JSON object: '{3}'; is this a Kubernetes API?".format(self.host, path, response.status, _shortened(text))
            )
        return answer

    def _refused(self, method, path, status, answer, text):
        verb, resource = describe(method, path)
        message = answer.get("message")
        said = message if message and isinstance(message, str) else _shortened(text) or "nothing"
        if status == 401:
            message = "the Kubernetes API at {0} does not accept the credentials (401): {1}".format(self.host, said)
            if self._login_errors:
                message += "; obtaining them had failed: " + "; ".join(self._login_errors)
        else:
            message = "{0} refused to {1} {2} ({3}): {4}".format(self.host, verb, resource, status, said)
        if status == 403:
            message += ". If a permission is missing: it is the verb '{0}' on the resource '{1}'".format(verb, resource)
        return KubeStatusError(message, said, {"status": status, "reason": answer.get("reason") or "", "verb": verb, "resource": resource})


def _header_list(headers):
    """Headers for urllib3; a list becomes one header line per element, as impersonation of several groups needs."""
    lines = urllib3.response.HTTPHeaderDict()
    for name, value in headers.items():
        for single in value if isinstance(value, list) else [value]:
            lines.add(name, single)
    return lines


def _shortened(text):
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:200] + " …"


def describe(method, path):
    """The words that a role-based permission uses for a request.

    :param method: ``GET``, ``POST``, ``PATCH`` or ``DELETE``.
    :param path: such as ``/apis/apps/v1/namespaces/kube-system/daemonsets``.
    :returns: tuple of verb and resource, such as ``("list", "daemonsets.apps")``; a path that is no resource stands for itself.
    """
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        group, rest_of_path = "", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, rest_of_path = parts[1], parts[3:]
    else:
        return "get", path
    if len(rest_of_path) > 2 and rest_of_path[0] == "namespaces":
        rest_of_path = rest_of_path[2:]
    resource = rest_of_path[0] + ("." + group if group else "")
    named = len(rest_of_path) > 1
    return {"GET": "get" if named else "list", "POST": "create", "PATCH": "patch", "DELETE": "delete"}[method], resource
