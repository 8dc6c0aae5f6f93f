# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logging in to a cluster, as the options of a module or a kubeconfig say.

The kubernetes library reads the kubeconfig. What it does in silence is done or checked here, because it goes on without credentials where
they cannot be had, and the API then speaks of the permissions of `system:anonymous`: a login that is configured succeeds, or is the error.
"""

import base64
import copy
import datetime
import json
import os
import ssl
import traceback
from collections import namedtuple

from ansible_collections.kubernetes.core.plugins.module_utils.args_common import AUTH_ARG_MAP

from .._deadline import Deadline, TimeIsUp, within
from .._text import one_line
from .errors import KubeConfigError
from .identity import impersonation, is_sendable
from .plugin import run_plugin

KUBERNETES_IMPORT_ERROR = None
try:
    import urllib3
    from kubernetes import config as kube_config
    from kubernetes.client import Configuration
    from kubernetes.config import kube_config as kubeconfig_files
except ImportError:
    KUBERNETES_IMPORT_ERROR = traceback.format_exc()

# configuration: kubernetes.client.Configuration; headers: those that say who asks; anonymous: whether they, and the connection, say nothing;
# renewable: whether the credentials were obtained from somewhere, so that logging in again may give new ones.
Login = namedtuple("Login", "configuration headers anonymous renewable")

_OPTIONS_OF_A_LOGIN = (("api_key",), ("username", "password"), ("client_cert", "client_key"))
# Of a user of a kubeconfig: what stands for a login, and where it is not the credential itself but something that gives it.
_CERTIFICATES = ("client-certificate", "client-certificate-data")
_OBTAINED = ("auth-provider", "tokenFile", "exec")
_LOGINS = _CERTIFICATES + _OBTAINED + ("token", "username")
_LONGEST_REASON = 500  # characters


def log_in(params, seconds):
    """A Login from the options of kubernetes.core.

    :param seconds: how long it may take.
    :raises KubeConfigError: nothing to authenticate with, or it cannot be used, or does not give credentials in time.
    """
    deadline = Deadline(seconds)
    configuration, user, renewable = Configuration(), {}, False
    if not (params.get("host") and _login_by_options(params)):
        user, renewable = _load(configuration, params, deadline)
    # The library would log in again while a request is made, and without a limit.
    configuration.refresh_api_key_hook = None
    try:
        _take_options(configuration, params)
    # The library parses addresses as soon as it has them, and lets every error pass through.
    except Exception as error:
        raise KubeConfigError("cannot use the address of the API or of the proxy: %s" % one_line(str(error)))
    if not configuration.verify_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    _check_certificates(configuration)
    authorization = _authorization(configuration)
    if authorization and not is_sendable(authorization):
        raise KubeConfigError("the token or the password has characters that cannot be sent to the API, such as the end of a line")
    headers = dict(impersonation(params, user), **({"Authorization": authorization} if authorization else {}))
    return Login(configuration, headers, not authorization and not configuration.cert_file, renewable)


def _take_options(configuration, params):
    for client_name, option in AUTH_ARG_MAP.items():
        value = params.get(option)
        if value is None or client_name in ("kubeconfig", "context", "persist_config"):
            continue
        if client_name == "api_key":
            value = {"authorization": "Bearer " + value.strip()}
        elif client_name == "proxy_headers":
            value = urllib3.util.make_headers(**{k: v for k, v in value.items() if v})
        setattr(configuration, client_name, value)


def expired(authorization):
    """When the token of a header expired, where it tells; '' for one that did not, or does not tell."""
    parts = authorization.rpartition(" ")[2].split(".")
    try:
        end = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode("utf-8"))["exp"]
        moment = datetime.datetime.fromtimestamp(end, datetime.timezone.utc)
    # Most tokens are no JSON Web Tokens, and what stands in one is anybody's.
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError):
        return ""
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment < datetime.datetime.now(datetime.timezone.utc) else ""


def _login_by_options(params):
    return any(all(params.get(name) for name in names) for names in _OPTIONS_OF_A_LOGIN)


def _authorization(configuration):
    # Which of the two names the library uses depends on its release.
    token = configuration.api_key.get("authorization") or configuration.api_key.get("BearerToken")
    if token:
        return token.strip()
    if configuration.username and configuration.password:
        basic = "%s:%s" % (configuration.username, configuration.password)
        return urllib3.util.make_headers(basic_auth=basic)["authorization"]
    return ""


def _check_certificates(configuration):
    """The library loads certificates with the first request, asks for the password of a key, and calls what fails a lost connection."""
    if not configuration.host.lower().startswith("https:"):
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if configuration.ssl_ca_cert:
        _use("the certificate of the authority %s" % configuration.ssl_ca_cert, context.load_verify_locations, configuration.ssl_ca_cert)
    if configuration.cert_file:
        name = "the client certificate %s" % configuration.cert_file
        if configuration.key_file:
            name += " with the key %s" % configuration.key_file
        _use(name, context.load_cert_chain, configuration.cert_file, configuration.key_file, "")


def _use(name, load, *arguments):
    try:
        load(*arguments)
    except (OSError, ValueError) as error:
        raise KubeConfigError("cannot use %s: %s" % (name, one_line(str(error))))


# --- the kubeconfig ---------------------------------------------------------------------------------------------------------


def _load(configuration, params, deadline):
    """Load the kubeconfig and log in.

    :returns: tuple of its user, a dict, and whether the credentials were obtained from somewhere.
    """
    source, context = params.get("kubeconfig"), params.get("context")
    if isinstance(source, str) and source and not any(os.path.exists(os.path.expanduser(path)) for path in source.split(os.pathsep)):
        raise KubeConfigError("there is no kubeconfig %s" % source)
    name = "cannot use %s: " % _described_source(source, context)
    try:
        if not source and not context and within(deadline, lambda: _is_service_account(configuration)):
            return {}, True
        kubeconfig, save = within(deadline, lambda: _read(source))
        cluster, user, folder = _chosen(kubeconfig, context)
        if _login_by_options(params):
            user = _without_login(user)
        configured = [key for key in _LOGINS if user.get(key)]
        _obtain(user, cluster, folder, deadline)
        persister = save if params.get("persist_config") else None
        loader = kubeconfig_files.KubeConfigLoader(kubeconfig, active_context=context, config_base_path=None, config_persister=persister)
        within(deadline, lambda: loader.load_and_set(configuration))
        _check_login(configuration, configured)
        return user, any(key in _OBTAINED for key in configured)
    except TimeIsUp:
        raise KubeConfigError(name + "the login was not done within %s" % deadline.said())
    except KubeConfigError as error:
        raise KubeConfigError(name + str(error))
    # The library lets whatever its parsers raise pass through; there is no narrower common class.
    except Exception as error:
        raise KubeConfigError(name + one_line(str(error) or type(error).__name__, _LONGEST_REASON))


def _described_source(source, context):
    if isinstance(source, dict):
        name = "the kubeconfig given as a dictionary"
    elif source:
        name = "the kubeconfig " + source
    elif context:
        name = "the kubeconfig of $KUBECONFIG or ~/.kube/config"
    else:
        name = "the kubeconfig of the default places (service account of a pod, $KUBECONFIG, ~/.kube/config)"
    return name + (" with the context '%s'" % context if context else "")


def _is_service_account(configuration):
    """Whether this runs in a pod, whose service account is then what the configuration has."""
    try:
        kube_config.load_incluster_config(client_configuration=configuration)
    except kube_config.ConfigException:
        return False
    return True


def _read(source):
    """Tuple of the library's view of a kubeconfig and of what saves it, None where it is no file."""
    if isinstance(source, dict):
        return kubeconfig_files.ConfigNode("kubeconfig", copy.deepcopy(source)), None
    merger = kubeconfig_files.KubeConfigMerger(os.path.expanduser(source) if source else kubeconfig_files.KUBE_CONFIG_DEFAULT_LOCATION)
    if merger.config is None:
        raise KubeConfigError("there is no kubeconfig")
    return merger.config, merger.save_changes


def _chosen(kubeconfig, context):
    """Tuple of the cluster and the user of a context, the very dicts of the kubeconfig, and the folder that relative paths of the user start at."""
    found = kubeconfig["contexts"].get_with_name(context or kubeconfig["current-context"])["context"]
    cluster = kubeconfig["clusters"].get_with_name(found["cluster"])["cluster"].value
    name = found.safe_get("user")
    if not name:
        return cluster, {}, ""
    user = kubeconfig["users"].get_with_name(name, safe=True) if kubeconfig.safe_get("users") else None
    if user is None:
        raise KubeConfigError("its context names the user '%s', who is not in it" % one_line(str(name)))
    value = user.value.get("user")
    if not isinstance(value, dict):
        raise KubeConfigError("its user '%s' is no dictionary" % one_line(str(name)))
    return cluster, value, os.path.abspath(os.path.dirname(user.path)) if user.path else ""


def _without_login(user):
    """The user, from whom nothing is to be obtained any more, since options of the module give the login."""
    for key in _OBTAINED:
        user.pop(key, None)
    return user


def _obtain(user, cluster, folder, deadline):
    """Put a token or a certificate into the user where a file or a plugin gives it. The library prefers them in this order, too."""
    if user.get("auth-provider") or user.get("token"):
        return
    if user.get("tokenFile"):
        user["token"] = within(deadline, lambda: _content(os.path.join(folder, user["tokenFile"]))).strip()
        if not user["token"]:
            raise KubeConfigError("its token file %s is empty" % user["tokenFile"])
    elif user.get("exec"):
        user.update(run_plugin(user.pop("exec"), cluster, folder, deadline))


def _content(path):
    with open(path) as file:
        return file.read()


def _check_login(configuration, configured):
    """A login that gives nothing must not become one without credentials. Over HTTP there are no certificates to show."""
    shown = [key for key in configured if key not in _CERTIFICATES or configuration.host.lower().startswith("https:")]
    if shown and not configuration.api_key and not configuration.cert_file:
        raise KubeConfigError("its login (%s) gives no credentials, or is none that the library kubernetes knows" % ", ".join(shown))
    if "auth-provider" in configured and expired(_authorization(configuration)):
        raise KubeConfigError("its token expired at %s and was not renewed" % expired(_authorization(configuration)))
