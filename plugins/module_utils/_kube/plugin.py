# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the plugin of a kubeconfig that obtains credentials (`exec`), as client.authentication.k8s.io describes it.

The kubernetes library runs such plugins too, but waits for them for ever, and only logs what they say when they fail. A plugin that is late
is killed here with all that it has started.
"""

import base64
import json
import os
import re
import signal
import subprocess
import tempfile

from .._interruption import signals_held
from .._text import decoded, one_line
from .errors import KubeConfigError

_KIND = "ExecCredential"
_EXTENSION = "client.authentication.k8s.io/exec"
_LONGEST_ANSWER = 1024 * 1024  # bytes; a credential has some thousand
_LONGEST_REASON = 500  # characters

# What may be a secret in the words of a plugin, after what tells it. Its output, which has the credential, is never shown.
_SECRETS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"((?:token|secret|password|_key)(?:[\"']\s*:|[\"']?\s*=)\s*[\"']?)[^\s\"',}]+",  # as programs write it
        r"((?:secret|password)\s*:\s*)\S+",
        r"(token\s*:\s*)(?=\S*\d|\S{16})\S+",  # "ExpiredToken: log in again" says what to do
        r"((?:bearer|basic)\s+)(?=\S*\d|\S{16})\S+",
        r"(://)[^\s/@]+(?=@)",
        r"()eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?",
        r"()k8s-aws-v1\.[\w-]+",
    )
)


def run_plugin(config, cluster, folder, deadline):
    """The credentials of a plugin, as what a user of a kubeconfig may have.

    :param config: the dictionary below `exec` of the user.
    :param cluster: the dictionary of the cluster, for plugins that want to know it.
    :param folder: where the kubeconfig lies, or '' where it is no file; relative paths start there.
    :param deadline: Deadline for the plugin.
    :returns: dict of `token`, or of `client-certificate-data` and `client-key-data`, or of all.
    :raises KubeConfigError: there are none, with the plugin's own words.
    """
    command, version = (config.get("command"), config.get("apiVersion")) if isinstance(config, dict) else (None, None)
    if not (isinstance(command, str) and command and isinstance(version, str) and version):
        raise KubeConfigError("its exec section needs a command and an apiVersion")
    name = "its plugin '%s' " % one_line(command)
    if config.get("interactiveMode") == "Always":
        raise KubeConfigError(name + "wants to ask on a terminal (interactiveMode: Always), and a module has none")
    try:
        status, output, said = _run(_arguments(config), _environment(config, version, cluster, folder), folder, deadline)
    except OSError as error:
        raise KubeConfigError(name + "cannot be run: " + _cause(error, config))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise KubeConfigError(name + "cannot be run, see its args and env: " + one_line(str(error)))
    said = "; it says: " + _without_secrets(said, config) if said.strip() else ""
    if status is None:
        raise KubeConfigError(name + "was not done within %s, so it was killed%s" % (deadline.said(), said))
    if status != 0:
        raise KubeConfigError(name + "failed with status %s%s" % (status, said))
    try:
        return _credentials(output, version)
    except _NoCredentials as error:
        raise KubeConfigError(name + str(error) + said)


class _NoCredentials(Exception):
    pass


def _arguments(config):
    return [config["command"]] + list(config.get("args") or [])


def _environment(config, version, cluster, folder):
    spec = {"interactive": False}
    if config.get("provideClusterInfo"):
        spec["cluster"] = _described(cluster, folder)
    environment = dict(os.environ)
    environment.update((entry["name"], entry["value"]) for entry in config.get("env") or [])
    environment["KUBERNETES_EXEC_INFO"] = json.dumps({"apiVersion": version, "kind": _KIND, "spec": spec})
    return environment


def _described(cluster, folder):
    """A cluster as plugins want it: without the path of its certificate, and with its own extension for plugins."""
    found = {key: value for key, value in cluster.items() if key not in ("extensions", "certificate-authority")}
    if cluster.get("certificate-authority") and "certificate-authority-data" not in cluster:
        with open(os.path.join(folder, cluster["certificate-authority"]), "rb") as certificate:
            found["certificate-authority-data"] = base64.b64encode(certificate.read()).decode("ascii")
    for extension in cluster.get("extensions") or []:
        if extension.get("name") == _EXTENSION:
            found["config"] = extension.get("extension")
    return found


def _run(arguments, environment, folder, deadline):
    """Tuple of exit status (None where the time was up), output and words of a program.

    It has no terminal and a group of processes of its own. Files take its output: a helper that it leaves behind may hold a pipe for ever.
    """
    options = {"stdin": subprocess.DEVNULL, "cwd": folder or None, "env": environment, "start_new_session": True}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
        process = status = None
        try:
            with signals_held():
                # `run_command` knows no limit of time, and `subprocess.run` would not kill what the program has started.
                process = subprocess.Popen(arguments, stdout=output, stderr=said, **options)  # pylint: disable=ansible-bad-function
            status = process.wait(deadline.remaining())
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process and status is None:
                _kill(process)
        return status, _content(output), _content(said)


def _kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _content(file):
    file.seek(0)
    return decoded(file.read(_LONGEST_ANSWER))


def _cause(error, config):
    if isinstance(error, FileNotFoundError):
        hint = config.get("installHint")
        return "it is not installed" + (", see: " + one_line(hint) if isinstance(hint, str) else "")
    return one_line(error.strerror or str(error))


def _without_secrets(text, config):
    for entry in config.get("env") or []:
        if len(entry["value"]) > 3:
            text = text.replace(entry["value"], "…")
    for secret in _SECRETS:
        text = secret.sub(r"\1…", text)
    return one_line(text, _LONGEST_REASON)


def _credentials(output, version):
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _NoCredentials("printed no credentials, but %s" % ("something that is no JSON object" if output.strip() else "nothing"))
    status = answer.get("status")
    if answer.get("kind") != _KIND or not isinstance(status, dict):
        raise _NoCredentials("printed no %s with a status" % _KIND)
    if answer.get("apiVersion") != version:
        raise _NoCredentials("answers in the version '%s', but the kubeconfig asks for '%s'" % (one_line(str(answer.get("apiVersion"))), one_line(version)))
    token, certificate, key = (status.get(name) for name in ("token", "clientCertificateData", "clientKeyData"))
    found = {}
    if isinstance(token, str) and token.strip():
        found["token"] = token.strip()
    if isinstance(certificate, str) and certificate and isinstance(key, str) and key:
        found.update({"client-certificate-data": _encoded(certificate), "client-key-data": _encoded(key)})
    if not found:
        raise _NoCredentials("printed neither a token nor a certificate with its key")
    return found


def _encoded(text):
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
