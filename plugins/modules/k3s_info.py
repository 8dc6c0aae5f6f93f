#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_info
short_description: Reads everything about K3s on a node in one call
version_added: 0.1.0
description:
  - Reads what is installed, what runs, what the running process was started with, and what forbids the wanted release.
  - With O(wait) it also waits, within a limit, until the unit is up.
  - Changes nothing. Never returns a token; tokens in lines of the journal are replaced by asterisks.
  - The unit of the role P(gitpod.node_prep.k3s#role) records at every start its binary and the SHA-256 of its files under
    C(/run/k3s-node-prep). A restart is needed when that and the disk differ, no matter which run changed the disk.
options:
  role:
    description: What the node is in the cluster. It names the unit, C(k3s.service) or C(k3s-agent.service).
    type: str
    choices: [server, agent]
    required: true
  version:
    description: The wanted release, for example V(v1.24.7+k3s1).
    type: str
    required: true
  keep_release:
    description:
      - Whether a node that the role has installed another release on keeps that. RV(version) is then the release that it has, and all that is said of
        O(version) is said of that one. A machine on which K3s has never registered a node keeps none.
    type: bool
    default: false
  digests:
    description:
      - SHA-256 of the binary of the wanted release by architecture (V(amd64), V(arm64)), as far as known beforehand.
      - Without one, the binary counts as good when it is the file that was verified when it was installed.
    type: dict
    default: {}
  container_runtime:
    description: The containerd of the node (V(system)) or the one bundled in K3s (V(embedded)).
    type: str
    choices: [system, embedded]
    default: system
  install_dir:
    description: Directory with one directory per installed release.
    type: path
    default: /opt/k3s
  bin_dir:
    description: Directory of the links C(k3s), C(kubectl), C(crictl) and C(ctr).
    type: path
    default: /usr/local/bin
  token_file:
    description: File with the token that the unit reads.
    type: path
    default: /etc/rancher/k3s/token
  node_name:
    description:
      - Name of this node in the cluster. K3s is up only where the API shows it, with the version that runs here and a report since its start.
      - Where it is empty, an active unit is enough (on a server with an API that is ready).
    type: str
    default: ""
  server_url:
    description: Address of the API for an agent, used until K3s has told it another one, such as V(https://10.0.0.1:6443).
    type: str
    default: ""
  plan:
    description:
      - What the role will configure. With it, what others have put on the node and what would win over the role is among the C(problems), as
        M(gitpod.node_prep.node_spec) finds it. Without it, nothing of that is looked at.
    type: dict
    suboptions:
      adopt:
        description: Whether a K3s that was installed by its own script may be taken over, where that loses nothing.
        type: bool
        default: false
      cluster_cidr:
        description: Network of the pods.
        type: str
        default: 10.42.0.0/16
      service_cidr:
        description: Network of the services.
        type: str
        default: 10.43.0.0/16
      cluster_dns:
        description: Address of the cluster's DNS service. Empty is the one that K3s takes.
        type: str
        default: ""
      cluster_domain:
        description: DNS domain of the cluster.
        type: str
        default: cluster.local
      flannel_backend:
        description: Backend of K3s' own network.
        type: str
        default: none
      disable:
        description: Add-ons that K3s will not install.
        type: list
        elements: str
        default: [traefik]
      equal:
        description: Those settings that all servers must have in common, each name with its values. A cluster that is there keeps them.
        type: dict
        default: {}
      several:
        description: Whether the cluster has, or shall have, several servers.
        type: bool
        default: false
      settings:
        description: Names of all settings of K3s' configuration.
        type: list
        elements: str
        default: []
  wait:
    description:
      - Wait at most this long, in seconds, until the unit is active, on a server C(/readyz) of the API answers C(ok), and the API shows
        the node O(node_name).
      - Ends early when the unit has failed or starts over and over again.
    type: int
    default: 0
  with_others:
    description: Whether a server is up only where the others go on without it, as all healthy members of etcd do where one is stopped.
    type: bool
    default: false
extends_documentation_fragment:
  - gitpod.node_prep.attributes.read_only
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Read K3s on a server
  gitpod.node_prep.k3s_info:
    role: server
    version: v1.24.7+k3s1
  register: k3s

- name: Wait two minutes for it
  gitpod.node_prep.k3s_info:
    role: server
    version: v1.24.7+k3s1
    wait: 120
  register: k3s
  failed_when: not k3s.up
"""

RETURN = r"""
version:
  description: The release that the node is to have. It is O(version), or what the node keeps with O(keep_release).
  returned: success
  type: str
  sample: v1.24.7+k3s1
architecture:
  description: Name that releases use for the processor of the node; empty if K3s has no binary for it.
  returned: success
  type: str
  sample: amd64
installed:
  description: The binary that the C(k3s) link leads to. Empty strings if there is none.
  returned: success
  type: dict
  sample: {path: /opt/k3s/v1.24.7+k3s1/k3s, version: v1.24.7+k3s1}
running:
  description: The binary and the release that the running process was started from. Empty strings if none runs or is recorded.
  returned: success
  type: dict
  sample: {path: /opt/k3s/v1.24.7+k3s1/k3s, version: v1.24.7+k3s1}
binary:
  description: The file of the wanted release, whether it is the one that was verified at its installation, and its SHA-256.
  returned: success
  type: dict
  sample:
    path: /opt/k3s/v1.24.7+k3s1/k3s
    exists: true
    intact: true
    sha256: ec346c909f23b32f9ab7c3ccf5bfa74c89a0515191701ede83556345b70abdca
links:
  description: The links that the wanted release needs, by path. Programs and links of others at such a path are left alone and not listed.
  returned: success
  type: dict
  sample: {/usr/local/bin/k3s: /opt/k3s/v1.24.7+k3s1/k3s, /usr/local/bin/kubectl: k3s}
install_reasons:
  description: Why the wanted release has to be installed; empty if it is.
  returned: success
  type: list
  elements: str
kept:
  description: Programs and links of others that stay where the role would put a link to K3s.
  returned: success
  type: list
  elements: str
  sample: [/usr/local/bin/kubectl]
adopt:
  description:
    - What a take-over does with the files of the K3s that somebody else installed. C(needed) is whether there is one to take over.
    - Those of C(replaced) give way to the role's, and those of C(left) go; all are kept beside, with C(.before-node-prep) at the end of their names.
  returned: success
  type: dict
  sample:
    needed: true
    replaced: [/etc/systemd/system/k3s.service, /usr/local/bin/k3s]
    left: [/usr/local/bin/k3s-uninstall.sh]
data:
  description: What keeps the objects of the cluster on this server, V(etcd) or V(sqlite). Empty where it has none of them, as on an agent.
  returned: success
  type: str
  sample: etcd
joined:
  description: The server that the configuration in place joins, an empty C(url) for none, and whether it says to keep an etcd.
  returned: success
  type: dict
  sample: {url: "https://10.0.0.11:6443", cluster_init: false}
etcd:
  description:
    - The etcd of a server as it sees it. C(name) is its own among the C(members), empty where it keeps none. C(problem) says why it does not answer.
    - C(leader) is whether this member leads, C(fsync_p99) the seconds within which 99 of 100 writes reached the disk.
  returned: success
  type: dict
  sample:
    name: meta-1-a5d17571
    members: [{name: meta-1-a5d17571, address: 10.0.0.11, learner: false, healthy: true}]
    problem: ""
    leader: true
    fsync_p99: 0.004
needed:
  description: Why this server must not be stopped now, a clause; empty where the others go on without it, or where it is the only one.
  returned: success
  type: str
is_new:
  description: Whether K3s has never registered a node on this machine.
  returned: success
  type: bool
unit:
  description: State of the unit as systemd sees it.
  returned: success
  type: dict
  sample:
    name: k3s.service
    exists: true
    enabled: true
    active_state: active
    sub_state: running
    main_pid: 4711
    restarts: 0
    needs_daemon_reload: false
    has_job: false
    invocation_id: 3f0c8b7b0d0e4c0aa5a2c1d1a8a1f6c2
up:
  description: Whether the unit is active, on a server the API is ready, and the API shows the node O(node_name) with the version that runs.
  returned: success
  type: bool
state:
  description: V(up), V(failed), V(looping) or V(starting); an active unit is V(starting) as long as something is C(missing).
  returned: success
  type: str
missing:
  description: What an active unit still lacks, as a clause; empty if nothing.
  returned: success
  type: str
  sample: the API knows no node workspace-1
restart_needed:
  description: Whether what runs differs from what lies on disk, or nothing runs.
  returned: success
  type: bool
restart_reasons:
  description: Why.
  returned: success
  type: list
  elements: str
kubeconfig:
  description: Whether the administrator's kubeconfig exists and its mode.
  returned: success
  type: dict
  sample: {path: /etc/rancher/k3s/k3s.yaml, exists: true, mode: "0600"}
token:
  description: Whether the token file that the unit reads exists and its mode.
  returned: success
  type: dict
  sample: {path: /etc/rancher/k3s/token, exists: true, mode: "0600"}
server_token:
  description: Whether the token that a server made for joining nodes exists and its mode.
  returned: success
  type: dict
  sample: {path: /var/lib/rancher/k3s/server/token, exists: true, mode: "0600"}
containerd:
  description:
    - State of the node's own containerd, whether its socket exists, and the cgroup driver that it is configured with.
    - The driver is that of the default runtime, in C(config.toml) or a file that it imports; V(systemd) where there is no C(config.toml).
  returned: success
  type: dict
  sample: {active_state: active, socket: /run/containerd/containerd.sock, socket_exists: true, cgroup_driver: systemd}
problems:
  description: Rules that forbid to install the wanted release on this node, each as a sentence.
  returned: success
  type: list
  elements: str
journal_errors:
  description: The last distinct errors since the latest start, if the unit exists and is not up.
  returned: success
  type: list
  elements: str
"""

import glob
import os
import platform
import stat
import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _versions as versions
from ..module_utils._containerd import config as containerd_config, state as containerd_state
from ..module_utils._digest import sha256_if_there
from ..module_utils._k3s import api, binary as k3s_binary, etcd, release, settings as k3s_settings, state as k3s_state
from ..module_utils._k3s.binary import text_of
from ..module_utils._k3s.datastore import datastore_of
from ..module_utils._k3s.settings import NETWORK_OPTIONS
from ..module_utils._node import check as node_check, foreign_reader, reader as node_reader
from ..module_utils._node.verdict import PREFLIGHT
from ..module_utils._requirements import findings
from ..module_utils._requirements.paths import K3S_CONFIG, K3S_CONFIG_DIRECTORY, K3S_PROGRAMS
from ..module_utils._systemd import units_of
from ..module_utils._text import printable

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
# K3s makes it for a node when that registers first; the cluster keeps its hash.
NODE_PASSWORD = "/etc/rancher/node/password"
SERVER_TOKEN = "/var/lib/rancher/k3s/server/token"
RECORD = "/run/k3s-node-prep/started-with"
CONTAINERD_CONFIG = containerd_config.PATH
CONTAINERD_SOCKET = containerd_state.SOCKET
PROPERTIES = "Id,LoadState,ActiveState,SubState,MainPID,NRestarts,NeedDaemonReload,UnitFileState,InvocationID,Job,DropInPaths"
UNITS = ("k3s.service", "k3s-agent.service", "containerd.service")

POLL_SECONDS = 0.5
ROOT = "/"
CONFIG_DROP_INS = K3S_CONFIG_DIRECTORY + "/*.y*ml"
# What is checked of that which others have put on the node, and what has to be read for it.
FOREIGN_REQUIREMENTS = ("other_kubernetes", "k3s_config", "unit_drop_ins")
FOREIGN = ("hostname", "kubernetes", "k3s", "programs", "k3s_config_files", "masked_units", "drop_ins")


def presence_of(path):
    """Existence and mode of a file, never its content."""
    try:
        mode = "%04o" % stat.S_IMODE(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        mode = ""
    return {"path": path, "exists": bool(mode), "mode": mode}


def time_of(path):
    """When a file was last written, in seconds since the epoch; 0 where it is not there."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0


def read_links(bin_dir, binary, runtime, install_dir):
    """The links that a release needs, those there are, and the paths that somebody else has taken. What is foreign keeps its place, except at `k3s`."""
    wanted, kept = {os.path.join(bin_dir, "k3s"): binary}, []
    for name in K3S_PROGRAMS[runtime]:
        path = os.path.join(bin_dir, name)
        link = os.readlink(path) if os.path.islink(path) else ""
        if k3s_state.is_own_link(link, bin_dir, install_dir) or not os.path.lexists(path):
            wanted[path] = "k3s"
        else:
            kept.append(path)
    return wanted, {path: os.readlink(path) for path in wanted if os.path.islink(path)}, kept


def kept_release(params):
    """The release that the role has put on a node of a cluster, whether or not its binary is still there; '' where there is none."""
    link = os.path.join(params["bin_dir"], "k3s")
    target = os.readlink(link) if os.path.islink(link) else ""
    if not os.path.exists(NODE_PASSWORD) or os.path.dirname(os.path.dirname(target)) != params["install_dir"]:
        return ""
    name = os.path.basename(os.path.dirname(target))
    return name if release.VERSION.fullmatch(name) else ""


def read_foreign(host, params):
    """The findings about what others have put on the node, and what was read for them; nothing where there is no plan."""
    plan = params["plan"]
    if plan is None:
        return [], {}
    read = dict(node_reader.READERS)
    facts = {name: read[name](host) for name in FOREIGN}
    options = {
        **{name: plan[name] for name in NETWORK_OPTIONS},
        "server": params["role"] == "server",
        "kubernetes_version": params["version"],
        "container_runtime": params["container_runtime"],
        "k3s_install_dir": params["install_dir"],
        "node_name": params["node_name"],
        "k3s_adopt": plan["adopt"],
        "pod_cidr": plan["cluster_cidr"],
        "service_cidr": plan["service_cidr"],
        "k3s_disable": plan["disable"],
        "k3s_settings": plan["settings"],
    }
    return node_check.findings_of(facts, options, PREFLIGHT, only=FOREIGN_REQUIREMENTS), facts


def foreign_problems(found):
    return ["%s: %s. %s" % (one["title"], one["found"], one["remedy"].rstrip(".")) for one in findings.with_status(found, findings.FAIL)]


def data_of(params):
    """What keeps the objects of the cluster on this server; '' for none, and on an agent."""
    if params["role"] != "server":
        return ""
    return datastore_of()


def change_problems(params, data, config):
    """What a cluster that is there would lose, as sentences."""
    plan = params["plan"]
    if not data or plan is None:
        return []
    found = []
    if data == "sqlite" and plan["several"] and release.conversion_problem(params["version"]):
        found.append("its cluster lies in SQLite, and " + release.conversion_problem(params["version"]))
    settings = k3s_settings.parse_config(config).settings if foreign_reader.is_ours(config) else {}
    lost = k3s_settings.changed_for_good(settings, plan["equal"], plan["several"]) if settings else []
    if lost:
        kept = ", ".join(k3s_settings.EQUAL_ON_SERVERS if plan["several"] else k3s_settings.FOR_GOOD)
        found.append("%s. A cluster that is there keeps %s; all else can be changed. Set it back, or make a new cluster" % ("; ".join(lost), kept))
    return found


def adoption_of(found, facts, params):
    """What a take-over does with files; see RETURN."""
    if not facts or not params["plan"]["adopt"]:
        return {"needed": False, "replaced": [], "left": []}
    needed = bool(findings.with_status(found, findings.FIXABLE))
    replaced = facts["k3s"]["units"] + ([foreign_reader.K3S] if facts["programs"].get(foreign_reader.K3S) == "" else [])
    replaced += [one["path"] for one in facts["k3s_config_files"] if one["path"] == K3S_CONFIG and not one["ours"]]
    return {"needed": needed, "replaced": replaced if needed else [], "left": facts["k3s"]["left"]}


class Reader:
    """Asks systemd, the journal, processes and the local API of one node."""

    def __init__(self, module):
        self.run = module.run_command
        self.fail = module.fail_json
        self.drop_ins = {}

    def units(self):
        status, output, error = self.run(["systemctl", "show", "--property=" + PROPERTIES] + list(UNITS))
        if status != 0:
            self.fail(msg="systemd does not answer on this node, and K3s is run by it: %s" % printable(error.strip()))
        shown = units_of(output)
        self.drop_ins = {name: shown.get(name, {}).get("DropInPaths", "").split() for name in UNITS}
        return {name: k3s_state.unit_of(name, shown.get(name, {})) for name in UNITS}

    def version_of(self, path, install_dir):
        """Release of a binary: from its directory if it is one of ours, else it is asked."""
        if not path:
            return ""
        directory, name = os.path.split(path)
        if os.path.dirname(directory) == install_dir and name == "k3s":
            return os.path.basename(directory)
        parsed = versions.parse_k3s_output(self.run([path, "--version"])[1])
        return parsed.text if parsed else ""

    def containerd(self, unit):
        """Version of the containerd that runs as a unit; None if none does."""
        if not unit["main_pid"]:
            return None
        return versions.parse_containerd(self.run(["/proc/%d/exe" % unit["main_pid"], "--version"])[1])

    def journal(self, unit):
        """What the latest start of a unit and systemd had to say about it."""
        start = unit["invocation_id"]
        since_start = ["_SYSTEMD_INVOCATION_ID=" + start, "+", "INVOCATION_ID=" + start] if start else ["--unit=" + unit["name"]]
        return self.run(["journalctl", "--no-pager", "--output=cat", "--lines=1000"] + since_start)[1]


def imported_by(path, config):
    """Texts of the files that a config.toml draws in, and those that these draw in, in the order in which containerd reads them."""
    texts, seen, pending = [], {path}, [(path, config or "")]
    while pending:
        path, text = pending.pop(0)
        for pattern in (one for one in containerd_config.imports_of(text) if "\0" not in one):
            for found in sorted(glob.glob(os.path.join(os.path.dirname(path), pattern))):
                if found not in seen and os.path.isfile(found):
                    seen.add(found)
                    texts.append(text_of(found) or "")
                    pending.append((found, texts[-1]))
    return texts


def read_start(reader, params):
    """The units, how the start of K3s goes, what its node still lacks ('' if nothing), and the etcd of a server, after at most `wait` seconds."""
    role = params["role"]
    name = k3s_state.UNITS[role]
    end = time.monotonic() + params["wait"]
    restarts = None
    while True:
        units = reader.units()
        unit = units[name]
        restarts = unit["restarts"] if restarts is None else min(restarts, unit["restarts"])
        state, missing = k3s_state.start_verdict(unit, restarts), ""
        is_over = time.monotonic() >= end
        members = etcd.read() if role == "server" and (is_over or state != "starting") else etcd.NONE
        if state == "up":
            missing = missing_of_an_active_unit(reader, params, members)
            state = "starting" if missing else "up"
        if state != "starting" or is_over:
            return units, state, missing, members
        time.sleep(POLL_SECONDS)


def missing_of_an_active_unit(reader, params, members):
    """What an active unit still lacks, as a clause; '' if nothing. An active unit alone is no node yet."""
    role = params["role"]
    address = api.address_of(role, params["server_url"])
    if role == "server" and not api.is_ready(role, address):
        return "the API is not ready"
    lacking = etcd.missing(members) or (etcd.why_needed(members) if params["with_others"] else "")
    if lacking or not params["node_name"]:
        return lacking
    running = reader.version_of(k3s_state.parse_record(text_of(RECORD) or "")["binary"], params["install_dir"])
    return api.missing_registration(role, address, params["node_name"].lower(), running, time_of(RECORD))


def main():
    module = AnsibleModule(
        argument_spec={
            "role": {"type": "str", "choices": ["server", "agent"], "required": True},
            "version": {"type": "str", "required": True},
            "keep_release": {"type": "bool", "default": False},
            "digests": {"type": "dict", "default": {}},
            "container_runtime": {"type": "str", "choices": ["system", "embedded"], "default": "system"},
            "install_dir": {"type": "path", "default": "/opt/k3s"},
            "bin_dir": {"type": "path", "default": "/usr/local/bin"},
            "token_file": {"type": "path", "default": "/etc/rancher/k3s/token", "no_log": False},
            "node_name": {"type": "str", "default": ""},
            "server_url": {"type": "str", "default": ""},
            "plan": {
                "type": "dict",
                "options": dict(
                    NETWORK_OPTIONS,
                    adopt={"type": "bool", "default": False},
                    cluster_cidr={"type": "str", "default": "10.42.0.0/16"},
                    service_cidr={"type": "str", "default": "10.43.0.0/16"},
                    disable={"type": "list", "elements": "str", "default": ["traefik"]},
                    equal={"type": "dict", "default": {}},
                    several={"type": "bool", "default": False},
                    settings={"type": "list", "elements": "str", "default": []},
                ),
            },
            "wait": {"type": "int", "default": 0},
            "with_others": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        release.parse_version(params["version"])
        kept = kept_release(params) if params["keep_release"] else ""
        if kept and kept != params["version"]:
            params = dict(params, version=kept, digests={})
        module.exit_json(changed=False, version=params["version"], **read_node(Reader(module), params))
    except release.VersionError as error:
        module.fail_json(msg=printable(str(error)))
    except PermissionError as error:
        module.fail_json(msg="cannot read %s: %s. The task needs 'become: true'." % (error.filename, error.strerror))


def read_node(reader, params):
    """Everything that the module returns."""
    units, state, missing, members = read_start(reader, params)
    unit = units[k3s_state.UNITS[params["role"]]]
    architecture = release.ARCHITECTURES.get(platform.machine(), "")

    wanted = k3s_binary.read(os.path.join(params["install_dir"], params["version"], "k3s"))
    expected_links, links, kept = read_links(params["bin_dir"], wanted["path"], params["container_runtime"], params["install_dir"])
    link = os.path.join(params["bin_dir"], "k3s")
    installed = os.path.realpath(link) if os.path.exists(link) else ""

    record = k3s_state.parse_record(text_of(RECORD) or "")
    running = record["binary"] if unit["main_pid"] else ""
    installed_version = reader.version_of(installed, params["install_dir"])
    running_version = reader.version_of(running, params["install_dir"])

    data, own_config = data_of(params), text_of(K3S_CONFIG) or ""
    url, cluster_init = k3s_settings.joined_at(own_config) if foreign_reader.is_ours(own_config) else ("", False)

    config = text_of(CONTAINERD_CONFIG)
    journal_errors = []
    if unit["exists"] and state != "up":
        tokens = [text_of(path) or "" for path in (params["token_file"], SERVER_TOKEN)]
        journal_errors = k3s_state.error_lines(reader.journal(unit), set().union(*map(k3s_state.secrets_of, tokens)))

    # The same two lists as in the unit of the role, so that what it has recorded can be compared.
    depends_on = set(record["files"]).union(reader.drop_ins[unit["name"]], glob.glob(CONFIG_DROP_INS))
    restart = k3s_state.restart_reasons(unit, record, installed, {path: sha256_if_there(path) for path in depends_on})
    found, facts = read_foreign(node_reader.Host(ROOT), params)
    return {
        "architecture": architecture,
        "installed": {"path": installed, "version": installed_version},
        "running": {"path": running, "version": running_version},
        "binary": wanted,
        "links": expected_links,
        "install_reasons": k3s_state.install_reasons(wanted["path"], params["digests"].get(architecture, ""), links, expected_links, wanted),
        "kept": kept,
        "adopt": adoption_of(found, facts, params),
        "data": data,
        "joined": {"url": url, "cluster_init": cluster_init},
        "etcd": members,
        "needed": etcd.why_needed(members) if state == "up" else "",
        "is_new": not os.path.exists(NODE_PASSWORD),
        "unit": unit,
        "up": state == "up",
        "state": state,
        "missing": missing,
        "restart_needed": bool(restart),
        "restart_reasons": restart,
        "kubeconfig": presence_of(KUBECONFIG),
        "token": presence_of(params["token_file"]),
        "server_token": presence_of(SERVER_TOKEN),
        "containerd": {
            "active_state": units["containerd.service"]["active_state"],
            "socket": CONTAINERD_SOCKET,
            "socket_exists": os.path.exists(CONTAINERD_SOCKET),
            "cgroup_driver": k3s_state.cgroup_driver_of(config, imported_by(CONTAINERD_CONFIG, config)),
        },
        "problems": k3s_state.problems(
            params["role"],
            params["version"],
            params["container_runtime"],
            running_version or installed_version,
            units,
            reader.containerd(units["containerd.service"]),
        )
        + foreign_problems(found)
        + change_problems(params, data, own_config),
        "journal_errors": journal_errors,
    }


if __name__ == "__main__":
    main()
