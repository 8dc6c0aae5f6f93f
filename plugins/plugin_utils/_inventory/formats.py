# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the value of a variable must look like, where its type does not say it all. Data, over the predicates that the roles' modules use.

Each option of a role that is neither a switch nor a choice stands in one of three tables: FORMATS, ANYTHING with the reason why every value will do, or
ELSEWHERE with the file whose rule knows more than one variable. `name[]` is an element of a list, `name[].key` a key of it.
"""

import re
from collections import namedtuple
from functools import cache

from ...module_utils._api_vip.place import ROUTER_IDS, machine_address
from ...module_utils._containerd.registries import is_url
from ...module_utils._digest import is_digest
from ...module_utils._firewall.openings import FirewallError, ipv4_of
from ...module_utils._kernel import settings as sysctl_settings
from ...module_utils._requirements import gitpod_releases, requirement
from ...module_utils._requirements.labels import LabelError, pool_keys, registration_problem
from ...module_utils._requirements.names import LONGEST_DOMAIN, is_domain, is_label, is_machine, is_name
from ...module_utils._requirements.workloads import WORKLOADS
from ...module_utils._text import printable
from ...module_utils._versions import parse_kernel, parse_kubernetes, parse_numbers
from .._backup.encryption import kind_of
from .addresses import host_address, ip_address, networks_of
from .names import nearest

# problem: takes a value of the right type and returns '' or what is wrong with it. Of a text or a number that is what it is not, "a port from 1 to 65535";
# of a list or a dictionary it is a clause, "its key X is no name of a variable". remedy: a sentence.
Format = namedtuple("Format", "problem remedy")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Above it nothing is meant.
_LARGEST = 10**15


# --- kinds of formats ---------------------------------------------------------------------------------------------------------


def _is(words, holds, remedy):
    return Format(lambda value: "" if holds(value) else words, remedy)


def _matches(words, pattern, remedy):
    return _is(words, re.compile(pattern).fullmatch, remedy)


def _or_empty(other):
    return other._replace(problem=lambda value: "" if value == "" else other.problem(value))


def _number(words, lowest, highest=_LARGEST, others=()):
    """A number of a range. Before ansible-core 2.19 a template makes a string of it."""

    def holds(value):
        try:
            number = float(value)
        except OverflowError:
            return False
        return number in others or lowest <= number <= highest

    return _is(words, holds, f"Write {words}.")


def _error_of(function, kinds, words):
    """The format of what a function takes without raising."""

    def problem(value):
        try:
            function(value)
        except kinds as error:
            return f"{words}: {printable(str(error))}"
        return ""

    return problem


def _entries(problem):
    """The format of a dictionary, from what is wrong with one of its keys and values."""
    return lambda entries: next(filter(None, (problem(key, value) for key, value in entries.items())), "")


def _shown(key):
    """A key of a dictionary in a sentence."""
    return printable(repr(key) if not isinstance(key, str) or key == "" else key)[:100]


# --- versions and releases ----------------------------------------------------------------------------------------------------

VERSION = _is("a version", parse_numbers, "Write the lowest version that will do, like 1.5 or 1.6.20.")
KUBERNETES = _or_empty(_is("a version of Kubernetes", parse_kubernetes, "Write it like v1.24.7+k3s1."))
PACKAGE_VERSION = _or_empty(_matches("a version of a package, or a pattern of one", r"[A-Za-z0-9.+~:*?\[\]-]+", "Write it as apt shows it, or like 1.6.*."))
CHART_VERSION = _matches("a version of a chart", r"[v^~<>= ]*[0-9]+(\.([0-9]+|[x*]))*([-+][0-9A-Za-z.+-]+)?", "Write it like v1.11.5.")
KERNEL = _is("a release of a kernel", parse_kernel, "Write it as `uname -r` prints it, like 5.4.0-150-generic.")


def _gitpod_problem(text):
    try:
        gitpod_releases.release(text)
    except gitpod_releases.UnknownRelease:
        first, last = min(gitpod_releases.RELEASES), max(gitpod_releases.RELEASES)
        return f'a release of Gitpod that is known here; there are those of {first} to {last}, for instance "{gitpod_releases.DEFAULT}" (in quotes)'
    return ""


GITPOD = Format(_gitpod_problem, "Set it to the release of Gitpod that you install.")

# --- names --------------------------------------------------------------------------------------------------------------------

NODE_NAME = _is("the name of a node", is_name, "Write it as `kubectl get nodes` shows it.")
CLUSTER_DOMAIN = _is("the name of a domain", is_name, "Write lower case letters, digits, '-' and '.', like cluster.local.")
DOMAIN = _or_empty(
    _is("the name of a domain", lambda text: is_domain(text, LONGEST_DOMAIN), "Write it without a scheme, a port or a path, like gitpod.example.com.")
)
SECRET_NAME = _is("the name of a secret of Kubernetes", is_name, "Write lower case letters, digits, '-' and '.', like https-certificates.")
NAMESPACE = _is("the name of a namespace", is_label, "Write at most 63 lower case letters, digits and '-', like cert-manager.")
WORKLOAD = _is("a workload of Gitpod", WORKLOADS.__contains__, f"The workloads are {', '.join(WORKLOADS)}.")
MACHINE = _is(
    "the name or the address of a machine",
    lambda text: is_machine(text.removeprefix("*.")) or host_address(text),
    "Write it without a scheme, a port or a path, like 10.0.0.11 or meta.example.com.",
)
ADDRESS = _is("an IPv4 address of a machine", machine_address, "Write it like 10.0.0.100, without the length of a prefix.")
ADDRESSES = _is("an address", lambda text: all(ip_address(part.strip()) for part in text.split(",")), "Write it like 10.0.0.11.")
INTERFACE = _or_empty(_matches("the name of a network interface", r"[^\s/:]{1,15}", "Write it as `ip link` shows it, like eth0."))
PACKAGE = _matches("the name of a package", r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?", "Write it as apt shows it, like linux-generic-hwe-18.04.")
IMAGE = _matches("the name of an image", r"[A-Za-z0-9][A-Za-z0-9._:/@-]*", "Write it like registry.k8s.io/pause:3.7.")
MODULE = _matches("the name of a kernel module", r"[A-Za-z0-9_-]+", "Write it as `lsmod` shows it, like br_netfilter.")
ADD_ON = _matches("the name of an add-on", r"[A-Za-z0-9][A-Za-z0-9_.-]*", "Write a name like traefik or servicelb.")
CHART = _matches("the name or the address of a chart", r"\S+", "Write it like cert-manager, or like oci://registry.example.com/charts/cert-manager.")
TOKEN = _or_empty(_is("one word", lambda text: len(text.split()) == 1 and not _CONTROL.search(text.strip()), "Write it in one line, without spaces."))
LABEL = Format(
    lambda text: "a label that a node can register with: " + registration_problem(text) if registration_problem(text) else "",
    "Write it like example.com/team=a. What a kubelet may not set, `kubectl label` can once the node has joined.",
)

# --- addresses ----------------------------------------------------------------------------------------------------------------

URL = _is(
    "the address of something that can be downloaded",
    lambda text: is_url(text) or (text.startswith("file:///") and not _CONTROL.search(text) and " " not in text),
    "Write it with its scheme and its host, like https://mirror.example.com/k3s.",
)
REPOSITORY = _or_empty(_is("the address of a repository", is_url, "Write it like https://charts.jetstack.io."))
SERVER = _or_empty(_is("the address of a server", lambda text: is_url(text, ("https",)), "Write it like https://10.0.0.1:6443."))
PROXY = _or_empty(
    _is(
        "the address of a proxy",
        lambda text: is_url(text, ("http", "https", "socks5", "socks5h")) or ("://" not in text and is_url("http://" + text)),
        "Write it like http://proxy.example.com:3128.",
    )
)
NO_PROXY = _is("a list of hosts in one line", lambda text: not _CONTROL.search(text), "Write it like 10.0.0.0/8,.example.com.")
CIDR = Format(
    _error_of(networks_of, ValueError, "a network"),
    "Write it like 10.42.0.0/16.",
)


def _is_peer(text):
    try:
        return bool(ipv4_of([text], "")) or ":" in text
    except FirewallError:
        return False


PEER = _is("an address or a network whose machines are let in", _is_peer, "Write it like 10.0.0.12 or 10.0.0.0/24; everybody is too many.")


def _autodetection_holds(text):
    method, separator, value = text.partition("=")
    if method == "cidr" and separator:
        return all(_has_no_error(networks_of, part.strip()) for part in value.split(","))
    return bool(value) if method in ("can-reach", "interface", "skip-interface") else text in ("first-found", "kubernetes-internal-ip")


def _has_no_error(function, value):
    try:
        function(value)
    except ValueError:
        return False
    return True


AUTODETECTION = _is(
    "a method of Calico", _autodetection_holds, "Write first-found, kubernetes-internal-ip, interface=eth0, can-reach=10.0.0.1 or cidr=10.0.0.0/24."
)

# --- files --------------------------------------------------------------------------------------------------------------------

DIGEST = _is("a SHA-256", is_digest, "Write its 64 hexadecimal digits in lower case.")
ANY_CASE_DIGEST = _is("a SHA-256", lambda text: is_digest(text.lower()), "Write its 64 hexadecimal digits.")
ABSOLUTE = _is(
    "an absolute path", lambda text: text.startswith(("/", "~")) and not _CONTROL.search(text), "Write a path that begins with a slash, like /opt/k3s."
)
# On the control node a relative path counts from where ansible-playbook was started, and a '~' is the home of who started it.
LOCAL = _is("a path", lambda text: bool(text.strip()) and not _CONTROL.search(text), "Write a path on the machine that runs ansible-playbook.")
FOLDER = LOCAL._replace(problem=lambda text: "a folder" if LOCAL.problem(text) or text.startswith("/dev/") else "")
ARCHIVE = _is(
    "a path or an address", lambda text: bool(text.strip()) and not _CONTROL.search(text) and _is_fetchable(text), "Write it like files/images.tar.gz."
)
KUBECONFIG = _is(
    "a kubeconfig",
    lambda given: given is None or isinstance(given, dict) or (isinstance(given, str) and not _CONTROL.search(given)),
    "Write the path of one, or one as a dictionary.",
)


def _is_fetchable(text):
    """What begins like an address must be one."""
    return "://" not in text or is_url(text)


RECIPIENT = _is(
    "a recipient of age (age1…, or a public key of SSH) or a fingerprint of gpg", kind_of, "Write it in one line; a fingerprint of gpg as 40 capital digits."
)

# --- numbers ------------------------------------------------------------------------------------------------------------------

SECONDS = _number("a number of seconds, 1 or more", 1)
SECONDS_OR_NONE = _number("a number of seconds, 0 or more", 0)
COUNT = _number("a number, 0 or more", 0)
ROUTER_ID = _number("a number from %d to %d" % ROUTER_IDS, *ROUTER_IDS)
PORT = _number("a port from 1 to 65535", 1, 65535)
MTU = _number("a number of bytes from 1280 to 65535, or 0", 1280, 65535, (0,))
BLOCK = _number("a prefix length from 20 to 32", 20, 32)
WIDTH = _number("a number of columns from 20 to 1000, or 0", 20, 1000, (0,))


def _is_batch(given):
    """What Ansible's `serial` takes, without those that mean all hosts at once or nobody."""
    if isinstance(given, (list, tuple)):
        return bool(given) and not any(isinstance(one, (list, tuple)) for one in given) and all(map(_is_batch, given))
    if isinstance(given, int):
        return given >= 1 and not isinstance(given, bool)
    match = re.fullmatch(r"\s*([0-9]{1,9})(%?)\s*", given) if isinstance(given, str) else None
    return match is not None and 1 <= int(match.group(1)) <= (100 if match.group(2) else _LARGEST)


BATCH = Format(
    lambda given: "" if _is_batch(given) else "a number of machines, 1 or more, or a percentage from 1% to 100%",
    "Write a number like 2, or a percentage like 25%.",
)

# --- lists and dictionaries ---------------------------------------------------------------------------------------------------


def _sysctl_problem(key, value):
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_*@-]+)+", key):
        return f"its key {_shown(key)} is not the name of a kernel setting, like net.ipv4.ip_forward"
    if not isinstance(value, (int, str)) or not str(value).strip() or _CONTROL.search(str(value)):
        return f"its value of {_shown(key)} is neither a number nor a text"
    return ""


def _least_problem(key, value):
    return _sysctl_problem(key, value) or _error_of(lambda entry: sysctl_settings({}, entry), ValueError, "it cannot be compared")({key: value})


SYSCTLS = Format(_entries(_sysctl_problem), "Write one setting per line, like net.ipv4.ip_forward: 1.")
LEAST_SYSCTLS = Format(_entries(_least_problem), "Write one setting per line, with a number, like fs.inotify.max_user_watches: 1000000.")


def _variable_problem(key, value):
    if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        return f"its key {_shown(key)} is not the name of a variable of an environment"
    if value is None or isinstance(value, (list, tuple, dict)):
        return f"its value of {key} is no text"
    return f"its value of {key} has more than one line" if _CONTROL.search(str(value)) else ""


def _config_problem(key, _value):
    if isinstance(key, str) and re.fullmatch(r"[a-z][a-z0-9-]*\+?", key):
        return ""
    return f"its key {_shown(key)} is not the name of an option of K3s"


ENVIRONMENT = Format(_entries(_variable_problem), "Write one variable per line, like HTTPS_PROXY: http://proxy.example.com:3128.")
CONFIG = Format(_entries(_config_problem), "Write the options as in K3s' config.yaml, without leading dashes, like resolv-conf: /etc/resolv.conf.")
# What K3s takes: dashes in front and a missing value, which is true, are both fine there.
ARGUMENT = _matches("an argument", r"(--)?[a-z][a-z0-9-]*[+-]?(=[^\x00-\x1f\x7f]*)?", "Write it as name=value, like max-pods=200.")


def _reason_problem(key, reason):
    if not isinstance(key, str) or not key.strip() or _CONTROL.search(key) or "/" in key:
        return f"its key {_shown(key)} is not the name of a file"
    return "" if isinstance(reason, str) and reason.strip() else f"it has no reason for {_shown(key)}"


KEPT = Format(_entries(_reason_problem), "Write one file per line, as its name and the reason for leaving it there.")
POOLS = Format(_error_of(pool_keys, LabelError, "it has no labels of Gitpod"), "Write the labels of each pool as a list.")


def _node_names_problem(pool, names):
    if isinstance(pool, str) and isinstance(names, list) and all(isinstance(name, str) for name in names):
        return ""
    return f"its pool {_shown(pool)} has no list of names of nodes"


NODES = Format(_entries(_node_names_problem), "Write the names of the nodes of each pool as a list.")


# To load all rules takes a tenth of a second, and hardly any inventory names one.
@cache
def _ids_for_nodes():
    from ...module_utils._node import check, conflicts

    return [*check.REQUIREMENTS.ids(), *conflicts.REQUIREMENTS.ids()]


@cache
def _ids_for_clusters():
    from ...module_utils._cluster import check

    return list(check.REQUIREMENTS.ids())


def _only(ids):
    def problem(name):
        guess = nearest(name, ids())
        return "" if name in ids() else "the id of a requirement" + (f" (did you mean {guess}?)" if guess else "")

    return Format(problem, "Take an id from the table in the README of the role.")


def _skip(ids):
    def problem(skipped):
        keys = [key for key in skipped if not isinstance(key, str)]
        if keys:
            return f"its key {_shown(keys[0])} is not the id of a requirement"
        unknown = next((key for key in skipped if key not in ids()), None)
        if unknown is not None:
            return f"its key {_shown(unknown)} is not {_only(ids).problem(unknown)}"
        return next(iter(requirement.wrong_options({"only": [], "skip": skipped}, ids())), "")

    return Format(problem, "Write one requirement per line, as its id and the reason for leaving it out.")


# --- the tables ---------------------------------------------------------------------------------------------------------------

FORMATS = {
    "node_prep_api_vip": _or_empty(ADDRESS),
    "node_prep_artifacts": FOLDER,
    "node_prep_backup_keep": COUNT,
    "node_prep_backup_recipients[]": RECIPIENT,
    "node_prep_certificate": SECRET_NAME,
    "node_prep_domain": DOMAIN,
    "node_prep_gitpod_version": GITPOD,
    "node_prep_kubeconfig": Format(lambda text: LOCAL.problem(text) if text else "", LOCAL.remedy),
    "node_prep_load_balancer_ports[]": PORT,
    "node_prep_node_labels[]": LABEL,
    "node_prep_remove_timeout": SECONDS_OR_NONE,
    "node_prep_reboot_batch": BATCH,
    "node_prep_upgrade_batch": BATCH,
    "node_prep_upgrade_drain_timeout": SECONDS_OR_NONE,
    "k3s_upgrade_drain_timeout": SECONDS_OR_NONE,
    "k3s_cluster_releases[]": KUBERNETES,
    "node_prep_restore": LOCAL,
    "node_prep_restore_identity": LOCAL,
    "api_vip_address": _or_empty(ADDRESS),
    "api_vip_interface": INTERFACE,
    "api_vip_node_ip": _or_empty(ADDRESSES),
    "api_vip_peers[]": ADDRESS,
    "api_vip_router_id": ROUTER_ID,
    "calico_firewall_workloads[]": WORKLOAD,
    "calico_gitpod_version": GITPOD,
    "calico_firewall_load_balancer_ports[]": PORT,
    "calico_firewall_nodes[]": PEER,
    "calico_firewall_servers[]": PEER,
    "calico_firewall_control_nodes[]": PEER,
    "calico_firewall_networks[]": PEER,
    "calico_firewall_vrrp_peers[]": PEER,
    "calico_manifest_url": URL,
    "calico_kernels[]": KERNEL,
    "calico_cidr": CIDR,
    "calico_block_size": BLOCK,
    "calico_mtu": MTU,
    "calico_node_ips[]": _or_empty(ADDRESSES),
    "calico_ip_autodetection_method": AUTODETECTION,
    "cert_manager_version": CHART_VERSION,
    "cert_manager_chart_repo": REPOSITORY,
    "cert_manager_chart": CHART,
    "cert_manager_namespace": NAMESPACE,
    "cluster_spec_only[]": _only(_ids_for_clusters),
    "cluster_spec_skip": _skip(_ids_for_clusters),
    "cluster_spec_nodes": NODES,
    "cluster_spec_kubernetes_version": KUBERNETES,
    "cluster_spec_pools": POOLS,
    "cluster_spec_namespace": NAMESPACE,
    "cluster_spec_gitpod_version": GITPOD,
    "cluster_spec_domain": DOMAIN,
    "cluster_spec_certificate": SECRET_NAME,
    "cluster_spec_probe_seconds": SECONDS,
    "cluster_spec_wait": SECONDS_OR_NONE,
    "cluster_spec_unreachable_nodes[]": NODE_NAME,
    "cluster_spec_min_kubernetes": VERSION,
    "cluster_spec_min_kernel": VERSION,
    "cluster_spec_tested_kernel": VERSION,
    "cluster_spec_min_containerd": VERSION,
    "cluster_spec_min_cpus": COUNT,
    "cluster_spec_min_memory_bytes": COUNT,
    "cluster_spec_min_cert_manager": VERSION,
    "cluster_spec_kubeconfig": KUBECONFIG,
    "k3s_upgrade_kubeconfig": KUBECONFIG,
    "containerd_vendor_url": URL,
    "containerd_vendor_key_sha256": ANY_CASE_DIGEST,
    # Compared by the test `version` of Ansible, which takes digits only.
    "containerd_min_version": _matches("a version", r"[0-9]+(\.[0-9]+)*([-~+].*)?", VERSION.remedy),
    "containerd_version": PACKAGE_VERSION,
    "containerd_sandbox_image": IMAGE,
    "containerd_restart_throttle": COUNT,
    "containerd_http_proxy": PROXY,
    "containerd_https_proxy": PROXY,
    "containerd_no_proxy": NO_PROXY,
    "containerd_images[].src": ARCHIVE,
    "containerd_images[].sha256": DIGEST,
    "k3s_release_url": URL,
    "k3s_sha256": _or_empty(DIGEST),
    "k3s_download_timeout": SECONDS,
    "k3s_install_dir": ABSOLUTE,
    "k3s_server_url": SERVER,
    "k3s_server_urls[]": SERVER,
    "k3s_token": TOKEN,
    "k3s_node_labels[]": LABEL,
    "k3s_joined_at": _or_empty(MACHINE),
    "k3s_tls_san[]": MACHINE,
    "k3s_cluster_cidr": CIDR,
    "k3s_service_cidr": CIDR,
    "k3s_cluster_domain": CLUSTER_DOMAIN,
    "k3s_disable[]": ADD_ON,
    "k3s_kubelet_args[]": ARGUMENT,
    "k3s_kube_proxy_args[]": ARGUMENT,
    "k3s_config": CONFIG,
    "k3s_environment": ENVIRONMENT,
    "k3s_start_timeout": SECONDS,
    "k3s_snapshot_dir": ABSOLUTE,
    "k3s_snapshot_keep": COUNT,
    "k3s_snapshot_timeout": SECONDS,
    "k3s_backup_dest": LOCAL,
    "k3s_restore_archive": LOCAL,
    "k3s_restore_nodes[]": NODE_NAME,
    "k3s_restore_timeout": SECONDS,
    "k3s_reset_timeout": SECONDS,
    "k3s_access_host": _or_empty(MACHINE),
    "k3s_access_api_host": _or_empty(MACHINE),
    "k3s_kubeconfig": LOCAL,
    "kernel_min_version": VERSION,
    "kernel_node_name": NODE_NAME,
    "kernel_package": _or_empty(PACKAGE),
    "kernel_package_version": PACKAGE_VERSION,
    "kernel_reboot_timeout": SECONDS,
    "kernel_drain_timeout": SECONDS_OR_NONE,
    "kernel_ready_timeout": SECONDS_OR_NONE,
    "kernel_kubeconfig": KUBECONFIG,
    "kernel_modules[]": MODULE,
    "kernel_sysctls": SYSCTLS,
    "kernel_sysctls_at_least": LEAST_SYSCTLS,
    "kernel_sysctls_ipv6": SYSCTLS,
    "kernel_sysctls_hardening": SYSCTLS,
    "node_labels_nodes": NODES,
    "node_labels_pools": POOLS,
    "node_labels_kubeconfig": KUBECONFIG,
    "node_spec_only[]": _only(_ids_for_nodes),
    "node_spec_skip": _skip(_ids_for_nodes),
    "node_spec_workloads[]": WORKLOAD,
    "node_spec_kubernetes_version": KUBERNETES,
    "node_spec_gitpod_version": GITPOD,
    "node_spec_pod_cidr": CIDR,
    "node_spec_service_cidr": CIDR,
    "node_spec_resolv_conf": _or_empty(ABSOLUTE),
    "node_spec_load_balancer_ports[]": PORT,
    "node_spec_min_kernel": VERSION,
    "node_spec_tested_kernel": VERSION,
    "node_spec_min_containerd": VERSION,
    "node_spec_min_cpus": COUNT,
    "node_spec_min_memory_bytes": COUNT,
    "node_spec_min_disk_bytes": COUNT,
    "node_spec_recommended_disk_bytes": COUNT,
    "node_spec_min_root_maxkeys": COUNT,
    "node_spec_recommended_clock_skew": SECONDS_OR_NONE,
    "node_spec_max_clock_skew": SECONDS_OR_NONE,
    "node_spec_certificate_warning_days": COUNT,
    "node_spec_certificate_failure_days": COUNT,
    "node_spec_api_address": _or_empty(MACHINE),
    "node_spec_kernel_modules[]": MODULE,
    "node_spec_cluster_dns": _or_empty(ADDRESSES),
    "node_spec_cluster_domain": CLUSTER_DOMAIN,
    "node_spec_cni_kept": KEPT,
    "node_spec_flannel_backend": _matches("a backend of flannel", r"[a-z][a-z-]*", "Write none, or remove the variable."),
    "node_spec_k3s_disable[]": ADD_ON,
    "node_spec_k3s_install_dir": ABSOLUTE,
    "node_spec_node_name": _or_empty(NODE_NAME),
    "node_spec_sysctls": SYSCTLS,
    "node_spec_sysctls_at_least": LEAST_SYSCTLS,
    "node_spec_sysctls_ipv6": SYSCTLS,
    "node_spec_sysctls_hardening": SYSCTLS,
    "reachability_address": _or_empty(ADDRESSES),
    "reachability_join_address": _or_empty(MACHINE),
    "reachability_control_node_address": MACHINE,
    "reachability_workloads[]": WORKLOAD,
    "reachability_gitpod_version": GITPOD,
    "reachability_seconds": SECONDS,
    "reachability_probe_seconds": SECONDS,
    "report_dir": FOLDER,
    "report_width": WIDTH,
    "report_domain": DOMAIN,
    "report_certificate": SECRET_NAME,
}

ANYTHING = {
    "k3s_access_servers": "a module says what it takes",
    "k3s_restore_files": "it is the manifest of a backup, which was checked",
    "k3s_access_without[]": "names of machines that are no longer there may be anything",
    "node_prep_restore_confirm": "it is compared with the name of the backup, and nothing else",
    "node_prep_remove": "the cluster says which names it knows",
    "node_prep_reset_confirm": "it is compared with the names of the hosts, and nothing else",
    "cert_manager_values": "what a chart takes is known to the chart alone",
    "cluster_spec_context": "a context of a kubeconfig may have any name",
    "node_labels_context": "a context of a kubeconfig may have any name",
    "node_spec_k3s_settings[]": "it is compared with names that files have, and nothing else",
    "node_spec_more_findings": "it is the result of a module",
    "reachability_skip": "it is a reason in the user's own words",
    "report_cluster": "it is the result of a module",
    "report_node_names": "it is the result of a module",
    "report_nodes": "it is the result of a module",
}

# The file of rules/ that knows what these must be.
ELSEWHERE = {
    "calico_kubernetes_version": "calico",
    "calico_manifest_sha256": "calico",
    "calico_version": "calico",
    "containerd_registries": "containerd",
    "k3s_api_host": "addresses",
    "k3s_cluster_dns": "networks",
    "k3s_flannel_backend": "networks",
    "k3s_node_ip": "addresses",
    "k3s_node_name": "node_names",
    "k3s_version": "releases",
    "node_prep_pools": "groups",
}
