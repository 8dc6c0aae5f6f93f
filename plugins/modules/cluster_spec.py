#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: cluster_spec
short_description: Checks whether Gitpod can be installed on a cluster
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Reads the cluster in a few requests and checks every requirement of Gitpod Self-Hosted that the API can verify. These are
    versions, distribution, nodes, container runtime, labels and pools, Calico, networks, privileged pods, load balancer, storage,
    cert-manager, and the names and the certificate of a domain (D1 to D11).
  - It changes nothing, except that O(probe_load_balancer=true) makes a temporary service and removes it again.
  - A failed requirement never makes the module itself fail. The findings are the result; the role
    P(gitpod.node_prep.cluster_spec#role) stops the play with all of them.
  - What the credentials may not read becomes a finding with the status V(unknown) that names the missing permission. Only the
    version and the nodes must be readable.
options:
  nodes:
    description:
      - The nodes that the cluster must have, a dictionary of pool name to a list of Kubernetes node names, as for
        P(gitpod.node_prep.node_labels#module). Each of them must carry the labels of its pools and no other of the five.
      - Other nodes are then checked only where they carry one of the five labels, since Gitpod's pods go there too. One finding names those
        that are not checked.
      - Where it is empty, as for a managed cluster, the labels are only checked across the cluster. All nodes are checked then but those that
        can never take Gitpod's pods. These are nodes with Windows, of Fargate, virtual and simulated ones, and those that a taint reserves
        for the control plane.
    type: dict
    default: {}
  kubernetes_version:
    description:
      - The release that was installed, such as V(v1.24.7+k3s1). The servers and each of the O(nodes) must run it, or all nodes that are
        checked where O(nodes) is empty. What runs another one is a failure that O(wait) waits for.
      - Where it is empty, this is not checked.
    type: str
    default: ""
  namespace:
    description: Where Gitpod is to be installed. A privileged pod is tried there, as a dry run.
    type: str
    default: default
  domain:
    description:
      - Gitpod's domain, such as V(gitpod.example.com). The domain, V(*.gitpod.example.com) and V(*.ws.gitpod.example.com) must resolve
        where the module runs, to an address of the load balancer or of a node, and the certificate must cover these three names.
      - Where it is empty, the names and the certificate are reported as V(skipped).
    type: str
    default: ""
  certificate:
    description:
      - Name of the TLS secret in the namespace with the certificate for the domain. Of its private key, only the presence counts.
      - Where the credentials may not read secrets, a Certificate of cert-manager for this secret that is ready counts instead.
    type: str
    default: https-certificates
  probe_load_balancer:
    description:
      - Whether the load balancer is tried with a temporary service of type LoadBalancer with the ports 22, 80 and 443, which must
        get an address.
      - The service is removed again whatever happens, also when the module is interrupted. One that a killed run has left behind is
        removed by the next probe, so do not run two probes at the same time.
      - A cloud makes a real load balancer, and may charge for it. ServiceLB of K3s takes the three ports of the nodes for this time,
        so that new SSH connections to port 22 of a node fail.
      - No service is made in check mode, nor where Gitpod's own proxy has an address already.
    type: bool
    default: false
  probe_seconds:
    description: Seconds in which the temporary service must get its address.
    type: int
    default: 180
  expect_pods:
    description:
      - Whether the pods of Calico and cert-manager must run.
      - Set it to V(false) where the cluster cannot pull images. What the cluster has taken up but cannot run is then a warning.
    type: bool
    default: true
  wait:
    description:
      - Seconds that the cluster is given to settle. Nodes become Ready, and Calico and cert-manager start, some time after they
        were installed.
      - The module returns as soon as nothing is left that waiting could fix.
    type: int
    default: 0
  unreachable_nodes:
    description:
      - Names of nodes whose machines are known not to answer. They are checked as all others are, and nothing that only they lack is waited for.
    type: list
    elements: str
    default: []
  min_kubernetes:
    description: Oldest Kubernetes that is accepted, for the servers and for each node (D1).
    type: str
    default: "1.21"
  min_cert_manager:
    description: Oldest cert-manager that is accepted; Gitpod wants one newer than 1.5 (§8).
    type: str
    default: "1.6"
extends_documentation_fragment:
  - kubernetes.core.k8s_auth_options
  - gitpod.node_prep.kube
  - gitpod.node_prep.kube.pools
  - gitpod.node_prep.node.gitpod
  - gitpod.node_prep.thresholds
  - gitpod.node_prep.thresholds.min_kernel
  - gitpod.node_prep.checks
  - gitpod.node_prep.attributes.read_only
attributes:
  check_mode:
    description: The temporary service of O(probe_load_balancer) is not made, and the finding says so. Nothing else changes the cluster.
  idempotent:
    support: full
    description: Leaves the cluster as it was, and C(changed) is always V(false).
"""

EXAMPLES = r"""
- name: Check a cluster, and give it five minutes to settle
  gitpod.node_prep.cluster_spec:
    kubeconfig: "{{ inventory_dir }}/artifacts/kubeconfig"
    wait: 300
    nodes:
      meta: [meta-1]
      workspace: [workspace-1, workspace-2]
  delegate_to: localhost
  register: cluster_spec_result

- name: Check a managed cluster with a load balancer of your own
  gitpod.node_prep.cluster_spec:
    context: my-cluster
    namespace: gitpod
    skip:
      load_balancer: a reverse proxy in front of the node ports
  delegate_to: localhost

- name: Check a managed cluster with its domain, and try its load balancer
  gitpod.node_prep.cluster_spec:
    context: my-cluster
    namespace: gitpod
    domain: gitpod.example.com
    probe_load_balancer: true
  delegate_to: localhost
"""

RETURN = r"""
findings:
  description:
    - One finding for each requirement that passed, and one for each node (or the cluster) that failed it.
    - Each is a dictionary with C(id), C(title), C(status) (V(pass), V(skipped), V(warning), V(unknown) or V(fail)), C(found),
      C(required), C(remedy), C(reference), C(fixed_by) and C(node), which is empty where it is about the cluster.
  returned: success
  type: list
  elements: dict
  sample:
    - id: cpus
      title: CPUs
      status: fail
      found: "2"
      required: 4 or more
      remedy: Give the machine more CPUs, or lift the limit (cpuset, affinity) that hides some of them.
      reference: D8
      fixed_by: ""
      node: workspace-1
worst:
  description: The worst status among the findings.
  returned: success
  type: str
  sample: fail
summary:
  description: How many findings have which status.
  returned: success
  type: str
  sample: 1 fail, 24 pass
facts:
  description: What a summary shows of the cluster. What could not be read is empty.
  returned: success
  type: dict
  contains:
    kubernetes_version:
      description: Version of the servers.
      type: str
      sample: v1.24.7+k3s1
    distribution:
      description: One of K3s, EKS, GKE, AKS, OpenShift, RKE, RKE2 and V(EKS Anywhere or EKS Distro), or V(not recognised).
      type: str
      sample: K3s
    edition:
      description: V(Auto Mode) of EKS, V(Autopilot) of GKE, else empty.
      type: str
      sample: ""
    provider:
      description: On whose machines the nodes run, V(AWS), V(Google Cloud), V(Azure) or what their C(providerID) says instead; empty where it says nothing.
      type: str
      sample: AWS
    servers:
      description: How many nodes are servers, their names, and where the etcd lies if not on all of them. Empty where the servers are no nodes of the cluster.
      type: str
      sample: 3 (meta-1, meta-2, meta-3)
    nodes:
      description: >-
        By node name C(ready), C(pools), C(labels) (of the five), C(roles), C(address), C(kubelet), C(runtime), C(kernel), C(os),
        C(architecture), C(cpus) and C(memory_bytes).
      type: dict
    calico_version:
      description: Release of Calico.
      type: str
      sample: 3.24.5
    cert_manager_version:
      description: Release of cert-manager.
      type: str
      sample: 1.11.5
    load_balancer:
      description: Who serves services of type LoadBalancer.
      type: str
      sample: K3s ServiceLB
    storage_class:
      description: The default StorageClass.
      type: str
      sample: local-path
    runtime_socket:
      description: Socket of the container runtime, for Gitpod's installer (§5). Empty where nothing is known of it, or where the nodes differ.
      type: str
      sample: /run/containerd/containerd.sock
    runtime_state_directory:
      description: Directory with the state of containers, for Gitpod's installer (§5). Empty as the socket is.
      type: str
      sample: /var/lib/containerd/io.containerd.runtime.v2.task/k8s.io
    runtime_paths_known:
      description: >-
        Whether socket and directory are certain, as those of the containerd that K3s brings along. Otherwise they are where they
        usually are with this runtime and operating system, since the API does not show them.
      type: bool
      sample: false
permissions:
  description: The permissions that the API refused, as a verb and a resource. Empty where everything could be read.
  returned: success, and failure because the version or the nodes may not be read
  type: list
  elements: str
  sample: [list daemonsets.apps]
cluster_role:
  description: >-
    Where a permission is missing, the YAML of a ClusterRole and a Role with all that the module asks for with these options, ready for
    C(kubectl apply). Otherwise empty.
  returned: success, and failure because the version or the nodes may not be read
  type: str
waited:
  description: Seconds that the cluster was given to settle.
  returned: success
  type: int
  sample: 12
status:
  description: HTTP status of the request that the API refused.
  returned: failure because the API refused a request
  type: int
  sample: 403
reason:
  description: The API's word for the refusal.
  returned: failure because the API refused a request
  type: str
  sample: Forbidden
verb:
  description: The verb that a role-based permission would have to allow.
  returned: failure because the API refused a request
  type: str
  sample: list
resource:
  description: The resource that a role-based permission would have to name.
  returned: failure because the API refused a request
  type: str
  sample: nodes
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._cluster import check as cluster_check, permissions
from ..module_utils._cluster.facts import cluster_facts
from ..module_utils._cluster.load_balancer_probe import probe
from ..module_utils._cluster.reader import read_cluster
from ..module_utils._cluster.rules.load_balancer import why_not_tried
from ..module_utils._cluster.shapes import ClusterReading
from ..module_utils._kube.client import KubeConnectionError, KubeStatusError, module_argument_spec, run_module
from ..module_utils._requirements import findings, gitpod_releases, names, requirement, thresholds, version_options
from ..module_utils._requirements.labels import DEFAULT_POOLS, LabelError, wanted_labels
from ..module_utils._requirements.reading import Unreadable
from ..module_utils._requirements.thresholds import CERTIFICATE, MIN_CERT_MANAGER, MIN_KUBERNETES, PROBE_SECONDS
from ..module_utils._text import printable

# Seconds between two readings while the cluster settles.
INTERVAL = 3


def argument_spec():
    return module_argument_spec(
        **dict(thresholds.OPTIONS, **requirement.OPTIONS),
        gitpod_version=gitpod_releases.OPTIONS["gitpod_version"],
        pools={"type": "dict", "default": DEFAULT_POOLS},
        nodes={"type": "dict", "default": {}},
        kubernetes_version={"type": "str", "default": ""},
        namespace={"type": "str", "default": "default"},
        domain={"type": "str", "default": ""},
        certificate={"type": "str", "default": CERTIFICATE},
        probe_load_balancer={"type": "bool", "default": False},
        probe_seconds={"type": "int", "default": PROBE_SECONDS},
        expect_pods={"type": "bool", "default": True},
        wait={"type": "int", "default": 0},
        unreachable_nodes={"type": "list", "elements": "str", "default": []},
        min_kubernetes={"type": "str", "default": MIN_KUBERNETES},
        min_cert_manager={"type": "str", "default": MIN_CERT_MANAGER},
    )


def wrong_options(options):
    """What is wrong with the options beyond their types: a list of sentences."""
    wrong = requirement.wrong_options(options, cluster_check.REQUIREMENTS.ids())
    wrong += version_options.wrong_options(options, ("min_kubernetes", "min_kernel", "tested_kernel", "min_containerd", "min_cert_manager"))
    for option, fits, example in (
        ("domain", not options["domain"] or names.is_domain(options["domain"], names.LONGEST_DOMAIN), "a domain such as gitpod.example.com, in lower case"),
        ("namespace", names.is_label(options["namespace"]), "a name of a namespace"),
        ("certificate", names.is_name(options["certificate"]), "a name of a secret"),
    ):
        if not fits:
            wrong.append("%s: `%s` is not %s" % (option, options[option], example))
    try:
        wanted_labels(options["pools"], options["nodes"])
    except LabelError as error:
        wrong.append(str(error))
    return wrong


def main():
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    wrong = wrong_options(module.params)
    if wrong:
        module.fail_json(msg="; ".join(wrong))
    run_module(module, verify)


def verify(module, client):
    """Read and check, again and again while waiting can help; the result is that of the module."""
    options = module.params
    start = time.monotonic()
    while True:
        remaining = options["wait"] - (time.monotonic() - start)
        try:
            read = read_cluster(client, options["namespace"], options["domain"], options["certificate"])
        except KubeConnectionError:
            if remaining <= 0:
                raise
        except KubeStatusError as error:
            # Without the version and the nodes there is nothing to check.
            permission = permissions.permission_of(error)
            if not permission:
                raise
            message = "%s. %s" % (error, permissions.remedy_of(permission))
            module.fail_json(msg=printable(message), permissions=[permission], cluster_role=permissions.roles(options), **error.details)
        else:
            reading = ClusterReading(read)
            checked = cluster_check.findings_of(reading, options, options["only"], options["skip"])
            facts = cluster_facts(reading, options)
            if remaining <= 0 or not cluster_check.settles(_waited_for(reading, checked, options), facts["distribution"]):
                break
        time.sleep(max(0, min(INTERVAL, remaining)))
    waited = int(time.monotonic() - start)
    if options["probe_load_balancer"] and _is_checked("load_balancer_probe", options):
        checked = cluster_check.findings_of(with_probe(module, client, read), options, options["only"], options["skip"])
    return {
        "changed": False,
        **findings.result_of(checked),
        "facts": facts,
        "permissions": reading.permissions,
        "cluster_role": permissions.roles(options) if reading.permissions else "",
        "waited": waited,
    }


def _waited_for(reading, checked, options):
    """The findings that decide whether to wait: those of the cluster as it would be without the nodes that do not answer."""
    lost = set(options["unreachable_nodes"])
    if not lost:
        return checked
    nodes = {pool: [name for name in names if name not in lost] for pool, names in options["nodes"].items()}
    return cluster_check.findings_of(reading.without_nodes(lost), dict(options, nodes=nodes), options["only"], options["skip"])


def _is_checked(name, options):
    return name not in options["skip"] and (not options["only"] or name in options["only"])


def with_probe(module, client, read):
    """What was read, and what came of the temporary service, or why none was made."""
    options, name, reading = module.params, "load_balancer_probe", ClusterReading(read)
    try:
        not_made = why_not_tried(reading, module.check_mode)
        made = {} if not_made else probe(client, options["namespace"], options["probe_seconds"], reading["services"])
    except (KubeStatusError, Unreadable) as error:
        return dict(read, unreadable=dict(read["unreadable"], **{name: str(error)}))
    return dict(read, **{name: dict(made, not_made=not_made)})


if __name__ == "__main__":
    main()
