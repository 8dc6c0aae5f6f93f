# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a K3s is told: its configuration files, the command line and the environment of its unit. Pure.

Such texts hold tokens and passwords. So a setting is its name; its values are kept only where the name is one of SHOWN.
"""

import re
import shlex
from collections import OrderedDict, namedtuple

# Those that all nodes of a cluster live by: its networks.
NETWORKS = ("cluster-cidr", "service-cidr", "cluster-dns", "cluster-domain", "flannel-backend")
# Those that must be the same on all servers, since each of them would make something else of the cluster. None of them can be a secret.
EQUAL_ON_SERVERS = NETWORKS + (
    "disable-network-policy",
    "disable",
    "disable-helm-controller",
    "disable-cloud-controller",
    "egress-selector-mode",
    "secrets-encryption",
)
# Those that a cluster keeps as long as it is there: the addresses and names that its objects hold.
FOR_GOOD = ("cluster-cidr", "service-cidr", "cluster-dns", "cluster-domain")
# What K3s does where it is not told; the DNS service is then the tenth address of the services.
DEFAULTS = {"cluster-cidr": ["10.42.0.0/16"], "service-cidr": ["10.43.0.0/16"], "cluster-domain": ["cluster.local"], "flannel-backend": ["vxlan"]}
# Options of modules for them, beside the networks of pods and services, with the defaults of the role k3s.
NETWORK_OPTIONS = {
    "cluster_dns": {"type": "str", "default": ""},
    "cluster_domain": {"type": "str", "default": "cluster.local"},
    "flannel_backend": {"type": "str", "default": "none"},
}
# The settings whose values are compared. None of them can be a secret.
SHOWN = EQUAL_ON_SERVERS + (
    "node-name",
    "with-node-id",
    "data-dir",
    "docker",
    "container-runtime-endpoint",
    "disable-agent",
    "cluster-init",
)
# Other names of settings.
ALIASES = {"s": "server", "t": "token", "d": "data-dir", "c": "config", "i": "node-ip", "no-deploy": "disable", "url": "server"}
# What the role sets on some node; the inventory's `k3s_config` comes in addition.
SET_BY_THE_ROLE = NETWORKS + (
    "server",
    "token-file",
    "node-name",
    "node-ip",
    "container-runtime-endpoint",
    "kubelet-arg",
    "kube-proxy-arg",
    "disable-network-policy",
    "disable",
    "tls-san",
)
# Settings that decide the same as one of these, or where everything lies.
EQUIVALENT = ("token", "no-flannel", "docker", "data-dir", "with-node-id", "config")

# What a configuration file holds. settings: name -> values; appended: names that only add to a list; clear: whether all of it was understood.
Configuration = namedtuple("Configuration", "settings appended clear")

_KEY = re.compile(r"""(["']?)([A-Za-z][\w.-]*)(\+?)\1[ \t]*:(?:[ \t]+(.*)|[ \t]*)$""")
_SERVER = re.compile(r"""^server:[ \t]+(["']?)(https://(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5})\1[ \t]*$""", re.MULTILINE)
_CLUSTER_INIT = re.compile(r"^cluster-init:[ \t]+true[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"(^|[ \t])#.*$")


def parse_config(text):
    """The Configuration of a file of K3s, which is YAML with one level; a file that is written in another way is not clear."""
    settings, appended, clear, name = OrderedDict(), [], True, ""
    for line in text.splitlines():
        match = _KEY.match(line)
        bare = line.strip()
        if match:
            name = _name(match.group(2))
            settings[name] = _values(match.group(4) or "")
            if match.group(3):
                appended.append(name)
        elif bare.startswith("-") and bare != "---" and name:
            settings[name] += _values(bare[1:])
        elif bare and not bare.startswith("#") and bare not in ("---", "...", "{}") and (line[0] not in " \t" or not name):
            clear = False
    return Configuration(_shown(settings), appended, clear)


def _values(text):
    text = _COMMENT.sub("", text).strip()
    parts = text[1:-1].split(",") if text.startswith("[") and text.endswith("]") else [text]
    return [part.strip().strip("\"'") for part in parts if part.strip()]


def parse_command(command):
    """The settings of a command line of K3s, as in ExecStart; an empty dict where it cannot be taken apart."""
    try:
        words = shlex.split(command)
    except ValueError:
        return OrderedDict()
    settings = OrderedDict()
    for position, word in enumerate(words):
        name, separator, value = word.lstrip("-").partition("=")
        if not word.startswith("-") or not name:
            continue
        if not separator:
            following = words[position + 1] if position + 1 < len(words) else "-"
            value = "true" if following.startswith("-") else following
        settings.setdefault(_name(name), []).append(value)
    return _shown(settings)


def parse_environment(text):
    """The settings of K3s in a file of environment variables: those that begin with `K3S_`."""
    settings = OrderedDict()
    for line in text.splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and name.startswith("K3S_") and value.strip().strip("\"'"):
            settings[_name(name[len("K3S_") :].lower().replace("_", "-"))] = [value.strip().strip("\"'")]
    return _shown(settings)


def merged(*layers):
    """Settings of which the later ones win, as K3s has it: its environment, its files, its command line. `disable` adds up."""
    found = OrderedDict()
    for layer in layers:
        for name, values in layer.items():
            found[name] = found[name] + values if name == "disable" and name in found else list(values)
    return found


def _name(name):
    return ALIASES.get(name, name)


def _shown(settings):
    return OrderedDict((name, _separate(values) if name in SHOWN else []) for name, values in settings.items())


def _separate(values):
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def joined_at(text):
    """The URL of the server that a configuration file joins, and whether it says to keep an etcd: ('' or https://host:6443, bool)."""
    found = _SERVER.search(text)
    return (found.group(2) if found else ""), bool(_CLUSTER_INIT.search(text))


def changed_for_good(present, wanted, several):
    """What a cluster that is there would lose by other settings, as clauses.

    :param present: the settings that K3s is told on this server, as of parse_config.
    :param wanted: dict of those of EQUAL_ON_SERVERS that it shall be told: name -> a list of texts, empty for K3s' own choice.
    :param several: whether the cluster has other servers, which have the present ones.
    """
    fixed = EQUAL_ON_SERVERS if several else FOR_GOOD
    changed = [name for name in fixed if name in wanted and _comparable(name, present.get(name)) != _comparable(name, wanted[name])]
    return ["%s is %s in this cluster and would become %s" % (name, _said(present.get(name)), _said(wanted[name])) for name in changed]


def _comparable(name, values):
    values = [str(value).lower() for value in values or ()] or list(DEFAULTS.get(name, ()))
    return sorted(value for value in values if value != "false")


def _said(values):
    return ",".join(str(value) for value in values or ()) or "K3s' own"
