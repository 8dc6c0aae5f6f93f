# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role calico knows of Calico's releases, and what it changes in their manifest calico-vxlan.yaml.

Pure functions: nothing is read from a file, a command or the network, and YAML is loaded and dumped by the caller.
"""

import copy
import hashlib
import ipaddress
import json
import re
from collections import namedtuple

from .._digest import is_digest
from .._versions import is_at_least, parse_kernel, parse_kubernetes, parse_numbers, show

Bounds = namedtuple("Bounds", "oldest_kubernetes newest_kubernetes kernel")

# Which Kubernetes a release is tested with, and from which kernel on it runs (§7).
# 3.25 to 3.28 are from the page "System requirements" of the release.
RELEASES = {
    (3, 21): Bounds((1, 20), (1, 22), None),
    (3, 22): Bounds((1, 21), (1, 23), None),
    (3, 23): Bounds((1, 21), (1, 23), None),
    (3, 24): Bounds((1, 22), (1, 25), None),
    (3, 25): Bounds((1, 23), (1, 28), None),
    (3, 26): Bounds((1, 24), (1, 28), None),
    (3, 27): Bounds((1, 24), (1, 28), None),
    (3, 28): Bounds((1, 27), (1, 30), None),
    (3, 29): Bounds((1, 29), (1, 32), (5, 10)),
    (3, 30): Bounds((1, 31), (1, 35), (5, 10)),
    (3, 31): Bounds((1, 32), (1, 35), (5, 10)),
    (3, 32): Bounds((1, 34), (1, 36), (5, 10)),
}

# SHA-256 of calico-vxlan.yaml (§7).
MANIFESTS = {
    "v3.24.5": "14016211e904e270de1de8dda61426d0e062243194e074bb84db8c182dc81f24",
    "v3.25.2": "f03ff534ff5055f57e5876f238eac68b72435d3fb8fe8cf06597468b4f0736a2",
    "v3.26.4": "1b8b1ae95f6acc9c3136ac8d481c1be1a4ab3907685eb12df3ed139c1fe1fba4",
}

# Older kernels compute wrong checksums for VXLAN packets when they leave that to the network card (§7).
FIRST_KERNEL_WITH_SOUND_OFFLOAD = (5, 7)

# The method with which Calico follows the kubelet, and the first release that knows it.
INTERNAL_IP = "kubernetes-internal-ip"
FIRST_WITH_INTERNAL_IP = (3, 22)

# The value of the variable calico_encapsulation, and what Calico calls it.
ENCAPSULATIONS = {"VXLAN": "Always", "VXLANCrossSubnet": "CrossSubnet"}

# Calico reads these when it makes its pool, and never again; what a user calls them, by the key in the settings.
POOL = (("cidr", "calico_cidr"), ("encapsulation", "calico_encapsulation"), ("block_size", "calico_block_size"))

# Stands in the header of what is written. Raise it when the same settings give another manifest than before.
TRANSFORMATION = 1
HEADER = "# gitpod.node_prep.calico "
NOTE = "# Written by the role gitpod.node_prep.calico, whose next run undoes what is changed here by hand.\n"
ATTRIBUTES = "600 root:root"

# Calico's installer puts a number here, so the CNI configuration in the manifest is JSON but for this word.
CNI_PLACEHOLDER = "__CNI_MTU__"


# What prevents a setting, and what to do about it; both are sentences.
Obstacle = namedtuple("Obstacle", "what remedy")


class CalicoError(ValueError):
    """A manifest that cannot be changed as needed; the text is a sentence for the user."""


def offload_is_broken(kernels):
    """Whether any of the kernels needs the VXLAN checksum offload declared broken; true where none or a strange one is named."""
    versions = [parse_kernel(kernel) for kernel in kernels]
    return not versions or None in versions or not is_at_least(min(versions), FIRST_KERNEL_WITH_SOUND_OFFLOAD)


def wanted_of(settings):
    """The settings that shape the manifest, in plain types, as they stand in its header."""
    return {
        "cidr": str(settings["cidr"]),
        "encapsulation": str(settings["encapsulation"]),
        "block_size": int(settings["block_size"]),
        "mtu": int(settings["mtu"]),
        "ip_autodetection_method": str(settings["ip_autodetection_method"]),
        "checksum_offload_broken": offload_is_broken(settings["kernels"]),
    }


def digest_of(settings):
    """The SHA-256 the downloaded manifest must have; empty where none is known."""
    return str(settings["manifest_sha256"]).lower() or MANIFESTS.get(settings["version"], "")


# --- what prevents it ---------------------------------------------------------------------------------------------------------


def bounds_of(version):
    """The Bounds of a release; None where none are known, or where it is written in another way."""
    return RELEASES.get(parse_numbers(version)[:2]) if re.fullmatch(r"v[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}", version) else None


def release_obstacles(settings):
    """What prevents the release, as far as that is known without a look at any machine: a list of Obstacle."""
    bounds = bounds_of(settings["version"])
    if bounds is None:
        known = sorted(RELEASES)
        return [
            Obstacle(
                "calico_version is '%s', and no bounds are known for it." % settings["version"],
                "Choose a release from v%s.0 to v%s, written like v3.24.5." % (show(known[0]), show(known[-1])),
            )
        ]
    return kubernetes_obstacles(settings, bounds) + autodetection_obstacles(settings) + digest_obstacles(settings)


def kubernetes_obstacles(settings, bounds):
    asked = settings["kubernetes_version"]
    if not asked:
        return []
    kubernetes = parse_kubernetes(asked)
    if kubernetes is None:
        return [Obstacle("calico_kubernetes_version is '%s', which is no version like v1.24.7+k3s1." % asked, "Write the version that the cluster has.")]
    if is_tested(kubernetes.numbers, bounds):
        return []
    fitting = ["v" + show(release) for release, other in sorted(RELEASES.items()) if is_tested(kubernetes.numbers, other)]
    return [
        Obstacle(
            "Calico %s is tested with Kubernetes %s to %s, and this cluster has %s."
            % (settings["version"], show(bounds.oldest_kubernetes), show(bounds.newest_kubernetes), asked),
            "Set calico_version to a release that fits: %s." % (", ".join(fitting) or "none is known for this Kubernetes"),
        )
    ]


def is_tested(kubernetes, bounds):
    return bounds.oldest_kubernetes <= kubernetes[:2] <= bounds.newest_kubernetes


def kernel_problems(settings, server_kernel):
    bounds = bounds_of(settings["version"])
    if bounds is None:
        return []
    problems = []
    for kernel in sorted(set(settings["kernels"]) | {server_kernel}):
        version = parse_kernel(kernel)
        if version is None:
            problems.append("'%s' is no kernel release like 5.4.0-150-generic." % kernel)
        elif bounds.kernel and not is_at_least(version, bounds.kernel):
            problems.append(
                "Calico %s needs kernel %s or newer, and a node runs %s. Upgrade the kernel or choose an older calico_version."
                % (settings["version"], show(bounds.kernel), kernel)
            )
    return problems


def autodetection_obstacles(settings):
    """An older calico-node ends at once over a method that it does not know."""
    if settings["ip_autodetection_method"] != INTERNAL_IP or is_at_least(parse_numbers(settings["version"]), FIRST_WITH_INTERNAL_IP):
        return []
    return [
        Obstacle(
            "Calico %s does not know calico_ip_autodetection_method '%s', which is the default where a node has a k3s_node_ip."
            % (settings["version"], INTERNAL_IP),
            "Choose v%s.0 or newer, or set calico_ip_autodetection_method to what leads to the nodes' network, for instance cidr=10.0.0.0/24."
            % show(FIRST_WITH_INTERNAL_IP),
        )
    ]


def digest_obstacles(settings):
    digest = digest_of(settings)
    if is_digest(digest):
        return []
    if digest:
        return [Obstacle("calico_manifest_sha256 is '%s', which is no SHA-256." % digest, "Write its 64 hexadecimal digits.")]
    return [
        Obstacle(
            "No SHA-256 is known for the manifest of Calico %s; known are those of %s." % (settings["version"], ", ".join(sorted(MANIFESTS))),
            "Set calico_manifest_sha256.",
        )
    ]


def pool_obstacles(cidr, block_size):
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        return [Obstacle("calico_cidr is '%s', which is no IPv4 network: %s." % (cidr, error), "Write one like 10.42.0.0/16.")]
    if network.prefixlen <= block_size <= 32:
        return []
    return [
        Obstacle(
            "calico_block_size is %d, which is no prefix length of a block in calico_cidr %s." % (block_size, cidr),
            "Choose one from %d to 32." % network.prefixlen,
        )
    ]


def change_problems(wanted, found, path):
    """A pool that exists cannot be changed through the manifest: Calico would go on with the old one and say nothing."""
    if not found.get("cluster") or "body" not in found:
        return []
    way_out = "If you have changed the pool itself, or give up the pods' network, remove that file and run again; K3s keeps what it has applied."
    header = header_of(found)
    if header is None:
        return ["%s was not written by this role, so the pool of the running cluster is not known. %s" % (path, way_out)]
    return [
        "%s is '%s', and the cluster runs with '%s' (%s). Calico reads it only when it makes its pool, "
        "so pods would go on with the old one. Set it back. %s" % (variable, wanted[key], header["settings"][key], path, way_out)
        for key, variable in POOL
        if header["settings"][key] != wanted[key]
    ]


# --- what is there ------------------------------------------------------------------------------------------------------------


def found_of(reading):
    """The lines `key value` that the server printed, as a dictionary."""
    lines = [line.strip().split(" ", 1) for line in reading.splitlines()]
    return {line[0]: line[1] for line in lines if len(line) == 2}


def header_of(found):
    """What the header of the manifest in place says; None where this role did not write it."""
    header = found.get("header", "")
    if not header.startswith(HEADER):
        return None
    try:
        parsed = json.loads(header[len(HEADER) :])
    except (ValueError, RecursionError):
        return None
    settings = parsed.get("settings") if isinstance(parsed, dict) else None
    return parsed if isinstance(settings, dict) and all(key in settings for key, dummy in POOL) else None


def reasons_of(wanted, digest, found):
    """What differs between the manifest in place and the wanted one."""
    if "body" not in found:
        return ["there is none yet"]
    header = header_of(found)
    if header is None:
        return ["the one in place was not written by this role"]
    was = dict(header["settings"], source=header.get("source"), transformation=header.get("transformation"))
    becomes = dict(wanted, source=digest, transformation=TRANSFORMATION)
    reasons = ["%s was %s and becomes %s" % (key, was.get(key), becomes[key]) for key in sorted(becomes) if was.get(key) != becomes[key]]
    if header.get("body") != found["body"]:
        reasons.append("it was changed by hand")
    if found.get("attributes") != ATTRIBUTES:
        reasons.append("its mode and owner were %s and become %s" % (found.get("attributes"), ATTRIBUTES))
    return reasons


def plan(settings, reading):
    """What is to be done on the server, as its reading shows: a dictionary as the filter calico_plan documents it."""
    found = found_of(reading)
    wanted = wanted_of(settings)
    digest = digest_of(settings)
    return {
        "problems": ["%s %s" % obstacle for obstacle in release_obstacles(settings) + pool_obstacles(wanted["cidr"], wanted["block_size"])]
        + kernel_problems(settings, found["kernel"])
        + change_problems(wanted, found, settings["path"]),
        "sha256": digest,
        "downloaded": found.get("source") == digest,
        "reasons": reasons_of(wanted, digest, found),
    }


# --- what is written ----------------------------------------------------------------------------------------------------------


def with_header(body, wanted, source_digest):
    """The manifest with the line on top that tells the next run whether anything is to be done."""
    body = NOTE + body
    header = {
        "body": hashlib.sha256(body.encode("utf-8")).hexdigest(),
        "settings": wanted,
        "source": source_digest,
        "transformation": TRANSFORMATION,
    }
    return HEADER + json.dumps(header, sort_keys=True) + "\n" + body


def without_header(text):
    """The manifest as with_header got it."""
    if not text.startswith(HEADER):
        return text
    body = text.partition("\n")[2]
    return body[len(NOTE) :] if body.startswith(NOTE) else body


def documents_of(text):
    """The YAML documents of a file, each with the line `---` before it; joined they are the file again."""
    documents = [[]]
    for line in text.splitlines(True):
        if line.startswith("---"):
            documents.append([])
        documents[-1].append(line)
    return ["".join(document) for document in documents if document]


def may_be(document, kind):
    """Whether a document has this kind at its top level: cheap, and sure enough to skip the many that have another."""
    return any(line.startswith("kind:") and kind in line for line in document.splitlines())


def transform(text, wanted, load, dump):
    """The manifest with the changes of §7 and the wanted settings. Documents that need none stay as they are, byte for byte.

    :param load: turns a YAML document into a structure.
    :param dump: turns it back.
    :raises CalicoError: the manifest lacks something.
    """
    documents = documents_of(text)
    for kind, name, change in (("ConfigMap", "calico-config", change_config), ("DaemonSet", "calico-node", change_daemon_set)):
        place, document = find(documents, kind, name, load)
        changed = change(copy.deepcopy(document), wanted)
        if changed != document:
            documents[place] = "---\n" + dump(changed)
    return "".join(documents)


def find(documents, kind, name, load):
    for place, text in enumerate(documents):
        document = load(text) if may_be(text, kind) else None
        if isinstance(document, dict) and document.get("kind") == kind and _name_of(document) == name:
            return place, document
    raise CalicoError("The manifest has no %s named %s; it is not Calico's calico-vxlan.yaml." % (kind, name))


def _name_of(document):
    metadata = document.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def cni_network(text):
    """The CNI configuration in Calico's manifest, parsed; ValueError where it is no JSON."""
    return json.loads(text.replace(CNI_PLACEHOLDER, json.dumps(CNI_PLACEHOLDER)))


def change_config(config, wanted):
    try:
        network = cni_network(config["data"]["cni_network_config"])
        plugin = next(plugin for plugin in network["plugins"] if plugin["type"] == "calico")
        backend = config["data"]["calico_backend"]
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
        raise CalicoError("The ConfigMap calico-config of the manifest has no CNI configuration in JSON with the plugin calico.")
    if backend != "vxlan":
        raise CalicoError("The manifest is made for the backend '%s' and not for vxlan; take calico-vxlan.yaml." % backend)
    before = copy.deepcopy(network)
    settings = plugin.get("container_settings")
    plugin["container_settings"] = dict(settings if isinstance(settings, dict) else {}, allow_ip_forwarding=True)
    if network != before:
        text = json.dumps(network, indent=2)
        config["data"]["cni_network_config"] = text.replace(json.dumps(CNI_PLACEHOLDER), CNI_PLACEHOLDER)
    config["data"]["veth_mtu"] = str(wanted["mtu"])
    return config


def change_daemon_set(daemon_set, wanted):
    try:
        containers = daemon_set["spec"]["template"]["spec"]["containers"]
        environment = next(container for container in containers if container["name"] == "calico-node")["env"]
        names = [variable["name"] for variable in environment]
    except (KeyError, TypeError, StopIteration):
        raise CalicoError("The DaemonSet calico-node of the manifest has no container calico-node with an environment.")
    if "CALICO_IPV4POOL_VXLAN" not in names:
        raise CalicoError("The container calico-node has no CALICO_IPV4POOL_VXLAN; the manifest is not Calico's calico-vxlan.yaml.")
    for name, value in variables_of(wanted):
        variable = {"name": name, "value": value}
        if name in names:
            environment[names.index(name)] = variable
        else:
            environment.append(variable)
    return daemon_set


def variables_of(wanted):
    """The environment of calico-node that the settings ask for, in order."""
    variables = [
        ("CALICO_IPV4POOL_CIDR", wanted["cidr"]),
        ("CALICO_IPV4POOL_VXLAN", ENCAPSULATIONS[wanted["encapsulation"]]),
        ("CALICO_IPV4POOL_BLOCK_SIZE", str(wanted["block_size"])),
        ("IP_AUTODETECTION_METHOD", wanted["ip_autodetection_method"]),
    ]
    if wanted["checksum_offload_broken"]:
        variables.append(("FELIX_FEATUREDETECTOVERRIDE", "ChecksumOffloadBroken=true"))
    return variables
