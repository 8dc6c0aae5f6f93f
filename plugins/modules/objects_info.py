#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: objects_info
short_description: Lists objects of a cluster
version_added: 0.1.0
description:
  - Lists all objects of a resource, those of all namespaces, and changes nothing.
  - M(kubernetes.core.k8s_info) serves less well where the kubeconfig is a dictionary. It takes all of its values for secrets, V(v1) and V(default) among
    them, and puts asterisks in their places wherever they stand, in the name of a node such as C(srv1) as well as in its version.
options:
  resource:
    description: Name of the resource as it stands in the address, such as V(nodes).
    type: str
    required: true
  api_version:
    description: API that serves it, such as V(v1) or V(batch/v1beta1).
    type: str
    default: v1
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - gitpod.node_prep.kube
  - gitpod.node_prep.attributes.read_only
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: List the nodes
  gitpod.node_prep.objects_info:
    kubeconfig: artifacts/kubeconfig
    resource: nodes
  delegate_to: localhost
"""

RETURN = r"""
resources:
  description: The objects by their names. Empty where the API does not serve the resource.
  returned: success
  type: list
  elements: dict
"""

import re

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._kube.client import KubeStatusError, module_argument_spec, run_module

RESOURCE = re.compile(r"[a-z0-9]+")
API_VERSION = re.compile(r"([a-z0-9.-]+/)?v[0-9]+((alpha|beta)[0-9]+)?")
NOT_FOUND = 404


def path_of(api_version, resource):
    """The address of the list: '/api/v1/nodes', '/apis/batch/v1/cronjobs'."""
    return "/%s/%s/%s" % ("apis" if "/" in api_version else "api", api_version, resource)


def listed(module, client):
    """What the module returns."""
    try:
        found = client.items(path_of(module.params["api_version"], module.params["resource"]))
    except KubeStatusError as error:
        if error.status != NOT_FOUND:
            raise
        found = []
    return {"changed": False, "resources": found}


def main():
    module = AnsibleModule(
        argument_spec=module_argument_spec(resource={"type": "str", "required": True}, api_version={"type": "str", "default": "v1"}),
        supports_check_mode=True,
    )
    for name, pattern in (("resource", RESOURCE), ("api_version", API_VERSION)):
        if not pattern.fullmatch(module.params[name]):
            module.fail_json(msg="%s: `%s` is none; nodes of v1, or cronjobs of batch/v1, are examples" % (name, module.params[name]))
    run_module(module, listed)


if __name__ == "__main__":
    main()
