#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

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
  archives:
    description: SHA-256 of the archives of images to have, as M(gitpod.node_prep.containerd_import) imports them.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - gitpod.node_prep.packages
  - gitpod.node_prep.attributes.read_only
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
import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import _apt as apt_state, _versions as versions
from ..module_utils._containerd import config, state
from ..module_utils._digest import is_digest, parse_sums, sha256_of
from ..module_utils._node.reader import READERS, SEARCH_PATH, CannotRead, Host
from ..module_utils._systemd import properties_of
from ..module_utils._text import printable

CONFIG_FILES = (config.PATH, "/etc/systemd/system/containerd.service.d/*.conf")
STARTED_WITH = "/run/containerd-node-prep/started-with"
PROPERTIES = "LoadState,ActiveState,UnitFileState,MainPID"
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
    return {path: sha256_of(host.path(path)) for pattern in CONFIG_FILES for path in matches(host, pattern)}


def executable(host, pid):
    """What the program of a process is; '' where there is no such process."""
    try:
        return os.readlink(host.path("/proc/%s/exe" % pid))
    except OSError:
        return ""


def program(host):
    """The containerd that the PATH of a service finds first; '' where there is none."""
    return next((place + "/containerd" for place in SEARCH_PATH if host.exists(place + "/containerd")), "")


def archives_missing(host, archives, active):
    """Those of the digests whose images containerd does not have; only a service that runs can tell."""
    if not archives or not active:
        return archives
    images = host.output(*state.LIST_IMAGES).split()
    return [digest for digest in archives if not state.imported(host.text_if_there(state.RECORD % digest), images)]


def survey(host, wanted, archives=()):
    """Everything about containerd on a host; raises CannotRead and OSError where something cannot be read."""
    read = dict(READERS)
    packages = apt_state.parse_installed(host.output("dpkg-query", "--show", "--showformat", apt_state.DPKG_FORMAT))
    binary = program(host)
    version = versions.parse_containerd(host.output(binary, "--version")) if binary else None
    service = properties_of(host.output("systemctl", "show", "containerd.service", "--property", PROPERTIES))
    active = service.get("ActiveState") == "active"
    noted = host.text_if_there(STARTED_WITH)
    return {
        "version": versions.show(version) if version else "",
        "packages_settled": apt_state.plan(packages, wanted) == apt_state.Plan([], [], []) and not apt_state.broken(packages),
        "active": active,
        "enabled": service.get("UnitFileState") == "enabled",
        "current": state.runs_what_lies_there(
            active,
            None if noted is None else parse_sums(noted),
            digests(host),
            executable(host, service.get("MainPID", "0")),
        ),
        "cgroup_driver": state.cgroup_driver(read["systemd"](host), read["cgroup"](host)),
        "codename": read["os_codename"](host),
        "workload": len(matches(host, TASKS)),
        "others": state.other_runtimes(
            read["runtime_sockets"](host),
            binary,
            [name for name in state.PACKAGES if name in packages],
            wanted[0].name,
        ),
        "registries": [path.split("/")[-2] for path in matches(host, REGISTRIES) if host.text(path).startswith(state.REGISTRY_MARK)],
        "cni_unlinked": sorted(names(host, CNI_OF_THE_DISTRIBUTION) - names(host, CNI_DIRECTORY)),
        "archives_missing": archives_missing(host, list(archives), active),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "packages": apt_state.PACKAGES_OPTION,
            "archives": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    archives = module.params["archives"]
    for text in archives:
        if not is_digest(text):
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
