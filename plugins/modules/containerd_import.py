#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: containerd_import
short_description: Imports an archive of images into the containerd of a node
version_added: 0.1.0
description:
  - Verifies an archive on the node, imports its images for Kubernetes (namespace C(k8s.io)), and notes their names beside containerd's store.
    M(gitpod.node_prep.containerd_info) tells by that note which archives are missing; this module is meant only for those.
  - The archive is removed afterwards, whatever has come of it.
options:
  path:
    description: The archive on the node, in the layout of C(docker save) or of OCI, not compressed or with gzip or xz.
    type: path
    required: true
  sha256:
    description: SHA-256 of the archive, 64 hexadecimal digits in lower case. An archive with another one is not imported.
    type: str
    required: true
extends_documentation_fragment:
  - gitpod.node_prep.attributes
attributes:
  check_mode:
    details: The archive need not be there in check mode.
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Import what K3s needs
  gitpod.node_prep.containerd_import:
    path: /var/lib/containerd/k3s-airgap-images-amd64.tar.gz
    sha256: "{{ archive_sha256 }}"
"""

RETURN = r"""
images:
  description: Names of the images in the archive.
  returned: success, not in check mode
  type: list
  elements: str
  sample: ["docker.io/rancher/mirrored-pause:3.6"]
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._containerd import image_archive, state
from ..module_utils._digest import is_digest, sha256_of
from ..module_utils._node.reader import CannotRead, Host

IMPORT = ("ctr", "--namespace", "k8s.io", "images", "import", "-")


class NotImported(Exception):
    """An archive that was not imported; the message is a sentence that says why."""


def import_archive(path, sha256):
    """Imports an archive and notes the names of its images; returns them."""
    found = sha256_of(path)
    if found != sha256:
        raise NotImported("The SHA-256 of the archive is %s and not %s: see containerd_images for the right one, or the wrong file." % (found, sha256))
    try:
        names = image_archive.image_names(path)
    except image_archive.ArchiveError as error:
        raise NotImported("The archive %s." % error)
    code, said = image_archive.feed(path, IMPORT)
    if code != 0:
        raise NotImported("`%s` ended with %d: %s" % (" ".join(IMPORT), code, said))
    lost = sorted(set(names) - set(Host().output(*state.LIST_IMAGES).split()))
    if lost:
        raise NotImported("After the import containerd has no image %s." % ", ".join(lost))
    note(state.RECORD % sha256, names)
    return names


def note(path, names):
    """Writes a record, which is there as a whole or not at all."""
    temporary = path + ".new"
    with open(temporary, "w") as stream:
        stream.write("".join(name + "\n" for name in names))
    os.rename(temporary, path)


def main():
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "required": True}, "sha256": {"type": "str", "required": True}},
        supports_check_mode=True,
    )
    path, sha256 = module.params["path"], module.params["sha256"]
    if not is_digest(sha256):
        module.fail_json(msg="%r is no SHA-256: 64 hexadecimal digits in lower case are needed." % sha256)
    if module.check_mode:
        module.exit_json(changed=True, diff={"before": "", "after": "the images of the archive with the SHA-256 %s\n" % sha256})
    try:
        names = import_archive(path, sha256)
    except (NotImported, CannotRead, OSError) as error:
        module.fail_json(msg=str(error))
    finally:
        if os.path.exists(path):
            os.unlink(path)
    module.exit_json(changed=True, images=names, diff={"before": "", "after": "".join(name + "\n" for name in names)})


if __name__ == "__main__":
    main()
