#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: containerd_info
short_description: Reads everything about a node's containerd in one call
version_added: 0.1.0
description:
  - Reads packages, version, service, what the running process was started with, other container runtimes, registries and CNI plugins, so that
    the role P(gitpod.node_prep.containerd#role) calls other modules only where something is to be done. Nothing is changed.
options:
  packages:
    description: The packages to have, as in M(gitpod.node_prep.apt_packages). The first is the one that brings containerd.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the package.
        type: str
        required: true
      version:
        description: Version to have, or a pattern.
        type: str
        default: ""
      minimum:
        description: Lowest upstream version.
        type: str
        default: ""
      hold:
        description: Whether the package is to be held.
        type: bool
  archives:
    description: SHA-256 of the archives of images to have, as M(gitpod.node_prep.containerd_import) imports them.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and return what it would return without it.
    support: full
  diff_mode:
    description: Can show what would change.
    support: none
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Look at containerd
  gitpod.node_prep.containerd_info:
    packages:
      - name: containerd
        minimum: "1.5"
"""

RETURN = r"""
version:
  description: Version that is installed; empty where none is.
  returned: success
  type: str
  sample: 1.6.20
packages_settled:
  description: Whether the packages are as wanted, so that apt has nothing to do.
  returned: success
  type: bool
active:
  description: Whether the service runs.
  returned: success
  type: bool
enabled:
  description: Whether the service is started at boot.
  returned: success
  type: bool
current:
  description: Whether the running process was started with the configuration, the drop-ins and the program that are on disk now.
  returned: success
  type: bool
cgroup_driver:
  description: The cgroup driver that fits the node, V(systemd) or V(cgroupfs).
  returned: success
  type: str
  sample: systemd
codename:
  description: Codename of the distribution's release.
  returned: success
  type: str
  sample: focal
workload:
  description: Number of containers that Kubernetes runs with it.
  returned: success
  type: int
others:
  description: Sentences that name other container runtimes of the node.
  returned: success
  type: list
  elements: str
registries:
  description: Names of the registries that the role has configured.
  returned: success
  type: list
  elements: str
  sample: [docker.io]
cni_unlinked:
  description: CNI plugins of the distribution that are not in /opt/cni/bin.
  returned: success
  type: list
  elements: str
archives_missing:
  description:
    - Those of O(archives) that were not imported, or some image of which is gone.
    - All of them where the service does not run.
  returned: success
  type: list
  elements: str
"""

import glob
import hashlib
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.gitpod.node_prep.plugins.module_utils import apt_state, containerd_state, image_archive, versions
from ansible_collections.gitpod.node_prep.plugins.module_utils.node_reader import READERS, CannotRead, Host
from ansible_collections.gitpod.node_prep.plugins.module_utils.text import printable

CONFIG_FILES = ("/etc/containerd/config.toml", "/etc/systemd/system/containerd.service.d/*.conf")
STARTED_WITH = "/run/containerd-node-prep/started-with"
PROPERTIES = "LoadState,ActiveState,UnitFileState,MainPID"
PLACES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
TASKS = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/*"
REGISTRIES = "/etc/containerd/certs.d/*/hosts.toml"
CNI_OF_THE_DISTRIBUTION = "/usr/lib/cni"
CNI_DIRECTORY = "/opt/cni/bin"


def matches(host, pattern):
    """Paths on the host that match a pattern, sorted."""
    root = host.root.rstrip("/")
    return sorted(path[len(root) :] for path in glob.glob(host.path(pattern)))


def names(host, directory):
    return set(os.listdir(host.path(directory))) if host.exists(directory) else set()


def digests(host):
    """{path: digest} of what decides how containerd runs."""
    paths = [path for pattern in CONFIG_FILES for path in matches(host, pattern)]
    found = {}
    for path in paths:
        with open(host.path(path), "rb") as stream:
            found[path] = hashlib.sha256(stream.read()).hexdigest()
    return found


def executable(host, pid):
    """What the program of a process is; '' where there is no such process."""
    try:
        return os.readlink(host.path("/proc/%s/exe" % pid))
    except OSError:
        return ""


def program(host):
    """The containerd that the PATH of a service finds first; '' where there is none."""
    return next((place + "/containerd" for place in PLACES if host.exists(place + "/containerd")), "")


def archives_missing(host, archives, active):
    """Those of the digests whose images containerd does not have; only a service that runs can tell."""
    if not archives or not active:
        return archives
    images = host.output(*containerd_state.LIST_IMAGES).split()
    return [digest for digest in archives if not containerd_state.imported(host.text_if_there(containerd_state.RECORD % digest), images)]


def survey(host, wanted, archives=()):
    """Everything about containerd on a host; raises CannotRead and OSError where something cannot be read."""
    read = dict(READERS)
    packages = apt_state.parse_installed(host.output("dpkg-query", "--show", "--showformat", apt_state.DPKG_FORMAT))
    binary = program(host)
    version = versions.parse_containerd(host.output(binary, "--version")) if binary else None
    service = containerd_state.parse_properties(host.output("systemctl", "show", "containerd.service", "--property", PROPERTIES))
    active = service.get("ActiveState") == "active"
    noted = host.text_if_there(STARTED_WITH)
    return {
        "version": versions.show(version) if version else "",
        "packages_settled": apt_state.plan(packages, wanted) == apt_state.Plan([], [], []) and not apt_state.broken(packages),
        "active": active,
        "enabled": service.get("UnitFileState") == "enabled",
        "current": containerd_state.runs_what_lies_there(
            active,
            None if noted is None else containerd_state.parse_digests(noted),
            digests(host),
            executable(host, service.get("MainPID", "0")),
        ),
        "cgroup_driver": containerd_state.cgroup_driver(read["systemd"](host), read["cgroup"](host)),
        "codename": read["os_codename"](host),
        "workload": len(matches(host, TASKS)),
        "others": containerd_state.other_runtimes(
            read["runtime_sockets"](host),
            binary,
            [name for name in containerd_state.PACKAGES if name in packages],
            wanted[0].name,
        ),
        "registries": [path.split("/")[-2] for path in matches(host, REGISTRIES) if host.text(path).startswith(containerd_state.REGISTRY_MARK)],
        "cni_unlinked": sorted(names(host, CNI_OF_THE_DISTRIBUTION) - names(host, CNI_DIRECTORY)),
        "archives_missing": archives_missing(host, list(archives), active),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "packages": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "version": {"type": "str", "default": ""},
                    "minimum": {"type": "str", "default": ""},
                    "hold": {"type": "bool"},
                },
            },
            "archives": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    archives = module.params["archives"]
    for text in archives:
        if not image_archive.is_digest(text):
            module.fail_json(msg="%r is no SHA-256 of an archive: 64 hexadecimal digits in lower case are needed." % text)
    wanted = [apt_state.Wanted(**one) for one in module.params["packages"]]
    for sentence in apt_state.unreadable(wanted):
        module.fail_json(msg="packages: %s." % sentence)
    if not wanted:
        module.fail_json(msg="packages: name at least the package that brings containerd.")
    try:
        module.exit_json(changed=False, **survey(Host(), wanted, archives))
    except (CannotRead, OSError) as error:
        module.fail_json(msg=printable("cannot read the state of containerd: %s" % error))


if __name__ == "__main__":
    main()
