# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a DaemonSet or a Deployment of a reading says of its containers. Pure."""

import re

# A release in a tag: two or three numbers, and whatever a builder appends.
_RELEASE = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){1,2}(?:[-+_][\w.+-]*)?)")


def named(items, name):
    """The object of this name, or None."""
    return next((item for item in items if item["metadata"]["name"] == name), None)


def images(workload):
    return [container["image"] for container in workload["spec"]["template"]["spec"]["containers"]]


def image_of(workload, container):
    """The image of the container of this name; of the first one where none has it, '' where there is none at all."""
    containers = workload["spec"]["template"]["spec"]["containers"]
    return next((item["image"] for item in containers if item["name"] == container), containers[0]["image"] if containers else "")


def version_of_image(image):
    """'3.24.5' from 'registry.example:5000/calico/node:v3.24.5@sha256:…', or '' where the tag is no release."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    match = _RELEASE.fullmatch(tag)
    return match.group(1) if match else ""


def environment(workload):
    """Name to value of all containers; variables that come from elsewhere are left out."""
    containers = workload["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item["value"] for container in containers for item in container["env"] if item["value"]}
