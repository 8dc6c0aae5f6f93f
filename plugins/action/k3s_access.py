# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..plugin_utils._api_client import is_an_api, members_by_server
from ..plugin_utils._api_url import api_url
from ..plugin_utils._k3s_access import access
from ..plugin_utils._kubeconfig import content_of, server_of_ours
from ..plugin_utils._servers import ETCD, Server, Wanted, decide
from ..plugin_utils._untrusted import untrusted

ARGUMENTS = {
    "servers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "node_name": {"type": "str", "default": ""},
            "api_address": {"type": "str", "required": True},
            "join_address": {"type": "str", "default": ""},
        },
    },
    "readings": {"type": "list", "elements": "dict", "required": True},
    "api_host": {"type": "str", "default": ""},
    "datastore": {"type": "str", "choices": ["sqlite", "etcd"], "default": "sqlite"},
    "version": {"type": "str", "default": ""},
    "kubeconfig": {"type": "path", "default": ""},
    "without": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        servers = _servers(options)
        wanted = Wanted(options["api_host"], options["datastore"], options["version"], _answers_already(options["api_host"], servers))
        decided = decide(servers, wanted, _preferred(options), options["without"])
        asked = next(server for server in servers if server.name == decided["server"])
        result.update(
            changed=False,
            **untrusted({**decided, **_kubeconfigs(asked.access["kubeconfig"], options["api_host"])}),
            token=untrusted(asked.access["token"]),
        )
        return result


def _servers(options):
    """What each server told. Where there may be others, the APIs are asked who they are."""
    told = [access(reading, api_url(given["api_address"])) for given, reading in zip(options["servers"], options["readings"])]
    several = len(told) > 1 or any(one["data"] == ETCD for one in told)
    members = members_by_server([one["kubeconfig"] for one in told]) if several else [None] * len(told)
    return [
        Server(given["name"], given["node_name"] or given["name"], given["api_address"], given["join_address"] or given["api_address"], one, found)
        for given, one, found in zip(options["servers"], told, members)
    ]


def _preferred(options):
    """The API that the kubeconfig in place leads to: it stays as it is as long as it leads to a server that answers."""
    if not options["kubeconfig"] or options["api_host"]:
        return ""
    try:
        return server_of_ours(content_of(options["kubeconfig"])[1])
    except OSError:
        return ""


def _answers_already(api_host, servers):
    """Whether somebody answers at the address of all servers before any of them has a cluster."""
    return bool(api_host) and len(servers) > 1 and not any(server.has_data for server in servers) and is_an_api(api_host)


def _kubeconfigs(kubeconfig, api_host):
    """The one for this run, through a server that answers, and the one that is written, through the address of all of them."""
    if not kubeconfig or not api_host:
        return {"kubeconfig": kubeconfig, "written": kubeconfig}
    (cluster,) = kubeconfig["clusters"]
    shared = {**cluster, "cluster": {**cluster["cluster"], "server": api_url(api_host)}}
    return {"kubeconfig": kubeconfig, "written": {**kubeconfig, "clusters": [shared]}}
