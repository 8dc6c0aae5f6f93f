# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about what runs in a cluster: storage and cert-manager. Pure; see _cluster.check."""

from ..._requirements.findings import WARNING
from ..._requirements.requirement import ANYWHERE, ON_K3S, Requirements
from ..._text import listed
from ..._versions import is_at_least, parse_numbers
from ..verdict import failed, not_waited_for, passed
from ..workloads import images, version_of_image

REQUIREMENTS = Requirements()

_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def default_storage_class(reading):
    """Name of the default StorageClass, or ''."""
    for storage_class in reading["storage_classes"]:
        annotations = storage_class["metadata"]["annotations"]
        if any(annotations.get(key) == "true" for key in _DEFAULT_CLASS):
            return storage_class["metadata"]["name"]
    return ""


def cert_manager_deployments(reading):
    """Controller, web hook and CA injector, whatever the release of the chart is called."""
    return [item for item in reading["deployments"] if any("cert-manager-" in image for image in images(item))]


def cert_manager_version(deployments):
    """'1.9.1' from the image of the controller, or ''."""
    for deployment in deployments:
        for image in images(deployment):
            if "cert-manager-controller" in image:
                return version_of_image(image)
    return ""


@REQUIREMENTS.add(
    "storage_class", "Default StorageClass", "§8", "Annotate one StorageClass with `storageclass.kubernetes.io/is-default-class=true`.", settles=ON_K3S
)
def storage_class(reading, _options):
    name = default_storage_class(reading)
    if name:
        yield passed(name, "one default")
    else:
        others = listed(item["metadata"]["name"] for item in reading["storage_classes"])
        yield failed("no default among: " + others if others else "no StorageClass at all", "one default")


@REQUIREMENTS.add(
    "cert_manager",
    "cert-manager",
    "D11",
    "Install a cert-manager newer than 1.5, or let the role cert_manager do it.",
    fixed_by="cert_manager",
    settles=ON_K3S,
)
def cert_manager(reading, options):
    required = "API cert-manager.io/v1, %s or newer" % options["min_cert_manager"]
    versions = reading["groups"].get("cert-manager.io")
    if not versions:
        yield _cert_manager_missing(reading, options, required)
        return
    release = cert_manager_version(cert_manager_deployments(reading))
    if "v1" not in versions:
        yield failed("API cert-manager.io/%s only" % ", ".join(versions), required)
    elif not release:
        yield failed("API v1 is there, but no controller whose release could be seen", required, severity=WARNING)
    elif is_at_least(parse_numbers(release), parse_numbers(options["min_cert_manager"])):
        yield passed(release, required)
    else:
        yield failed(release, required)


def _cert_manager_missing(reading, options, required):
    charts = [item for item in reading["helm_charts"] if "cert-manager" in item["spec"]["chart"] + item["metadata"]["name"]]
    if not charts:
        return failed("missing", required)
    found = "K3s has taken up the chart %s, which has not installed it yet" % charts[0]["metadata"]["name"]
    if options["expect_pods"]:
        return failed(found, required, remedy="Look at the logs of the job helm-install-%s." % charts[0]["metadata"]["name"])
    return not_waited_for(found, required)


@REQUIREMENTS.add("cert_manager_ready", "cert-manager's pods", "D11", "Look at the events and logs of cert-manager's pods.", settles=ANYWHERE)
def cert_manager_ready(reading, options):
    deployments = cert_manager_deployments(reading)
    if not deployments:
        return
    waiting = [item["metadata"]["name"] for item in deployments if not _is_available(item)]
    if not waiting:
        yield passed("available", "available")
    elif options["expect_pods"]:
        yield failed("not available: " + listed(waiting), "available")
    else:
        yield not_waited_for("not available: " + listed(waiting), "available")


def _is_available(deployment):
    return any(condition["type"] == "Available" and condition["status"] == "True" for condition in deployment["status"]["conditions"])


@REQUIREMENTS.add(
    "cluster_issuer",
    "ClusterIssuer",
    "§8",
    "Create a ClusterIssuer, or bring a certificate for the domain, its wildcard and `*.ws` yourself.",
    severity=WARNING,
)
def cluster_issuer(reading, _options):
    """Nothing to say while cert-manager itself is missing."""
    if "v1" not in reading["groups"].get("cert-manager.io", ()):
        return
    names = [item["metadata"]["name"] for item in reading["cluster_issuers"]]
    yield passed(listed(names), "at least one") if names else failed("none", "at least one")
