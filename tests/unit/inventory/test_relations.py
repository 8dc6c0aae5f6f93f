"""What variables must be to each other, and to the hosts: what is refused, and what is unusual and right."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.check import problems
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory

OPTIONS = documented_options()
SHA = "0" * 64


def made(meta=("meta-1",), workspace=("workspace-1",), later=(), **everywhere):
    """An inventory; a variable that is a dictionary of hosts is for those, and `later` are names of variables that are not known yet."""
    hosts = [*meta, *workspace]
    variables = {host: {} for host in hosts}
    for name, value in everywhere.items():
        of_hosts = isinstance(value, dict) and set(value) <= set(hosts) and value
        for host in of_hosts or hosts:
            variables[host][name] = value[host] if of_hosts else value
    return Inventory(
        groups={"all": hosts, "ungrouped": [], "meta": list(meta), "workspace": list(workspace)},
        variables=variables,
        names={host: {*variables[host], *later} for host in hosts},
        options=OPTIONS,
        roles=["calico", "k3s"],
    )


WORKERS = tuple(f"workspace-{number}" for number in range(1, 300))
REFUSED = [
    # names of nodes
    (made(workspace=["workspace_1"]), "workspace_1 is not the name of a node: it may have lower case letters"),
    (made(meta=["Meta-1"]), "Meta-1 is not the name of a node: it has capital letters"),
    (made(workspace=["w" * 65]), f"{'w' * 65} is not the name of a node: it has 65 characters"),
    (made(workspace=["192.0.2.21"]), "192.0.2.21 is not the name of a node: it is an address."),
    (made(workspace=["w-"]), "w- is not the name of a node: it may have"),
    (made(workspace=["w_1", "w_2", "w_3", "w_4", "w_5"]), "w_1, w_2, w_3 and 2 more are not names of nodes: it may have"),
    (made(k3s_node_name="node-1"), "node-1 is the name of 2 nodes, and a cluster has a name only once."),
    (made(k3s_node_name={"workspace-1": "meta-1"}), "meta-1 is the name of 2 nodes"),
    # networks
    (made(k3s_cluster_cidr="10.42.0.0/25"), "k3s_cluster_cidr 10.42.0.0/25 has room for 0 nodes, a /24 for each, and there are 2."),
    (made(k3s_cluster_cidr="10.42.0.0/24"), "k3s_cluster_cidr 10.42.0.0/24 has room for 1 nodes, a /24 for each, and there are 2."),
    (made(workspace=WORKERS), "k3s_cluster_cidr 10.42.0.0/16 has room for 256 nodes, a /24 for each, and there are 300."),
    (made(k3s_cluster_cidr="32.0.0.0/7"), "k3s_cluster_cidr 32.0.0.0/7 is too large"),
    (made(k3s_cluster_cidr="10.42.0.0/16,2001:db8::/56"), "k3s_cluster_cidr is the string '10.42.0.0/16,2001:db8::/56', and a cluster with Calico has one"),
    (made(k3s_service_cidr="fd00::/112"), "k3s_service_cidr is the string 'fd00::/112', and a cluster with Calico has one IPv4 network here."),
    (made(k3s_cluster_cidr="224.0.0.0/8"), "k3s_cluster_cidr is the string '224.0.0.0/8', whose addresses no machine may have."),
    (made(k3s_service_cidr="10.43.0.0/31"), "k3s_service_cidr 10.43.0.0/31 has a size that Kubernetes does not take."),
    (made(k3s_service_cidr="10.43.0.0/29"), "k3s_service_cidr 10.43.0.0/29 has a size that Kubernetes does not take."),
    (made(k3s_service_cidr="32.0.0.0/11"), "k3s_service_cidr 32.0.0.0/11 has a size that Kubernetes does not take."),
    (made(k3s_service_cidr="10.43.0.0/255.255.0.0"), "is not a network: behind the slash stands the length of the prefix, a number."),
    (made(k3s_cluster_cidr={"meta-1": "10.99.0.0/16"}), "k3s_cluster_cidr is not the same for all nodes."),
    (made(k3s_service_cidr={"workspace-1": "10.99.0.0/16"}), "k3s_service_cidr is not the same for all nodes."),
    (made(k3s_cluster_dns="10.43.0.1"), "k3s_cluster_dns 10.43.0.1 is the first address of k3s_service_cidr"),
    (made(k3s_flannel_backend="vxlan"), "k3s_flannel_backend is the string 'vxlan', and the network of the cluster is Calico (D6)."),
    (made(k3s_node_ip={"meta-1": "fd00::11"}), "k3s_node_ip is the string 'fd00::11', which is no IPv4 address"),
    (made(k3s_node_ip={"meta-1": "10.0.0.11", "workspace-1": "10.0.0.11,fd00::1"}), "10.0.0.11 is the k3s_node_ip of 2 hosts."),
    # Calico
    (made(calico_version="3.24.5"), "calico_version is '3.24.5', and no bounds are known for it."),
    (made(calico_version="v3.24"), "calico_version is 'v3.24', and no bounds are known for it."),
    (made(calico_version="v3.99.0"), "calico_version is 'v3.99.0', and no bounds are known for it."),
    (made(calico_version="v3.24.1"), "No SHA-256 is known for the manifest of Calico v3.24.1"),
    (made(calico_manifest_sha256="abc"), "calico_manifest_sha256 is 'abc', which is no SHA-256."),
    (made(k3s_version="v1.26.1+k3s1"), "Calico v3.24.5 is tested with Kubernetes 1.22 to 1.25, and this cluster has v1.26.1+k3s1."),
    (made(calico_kubernetes_version="v1.21.6"), "Calico v3.24.5 is tested with Kubernetes 1.22 to 1.25, and this cluster has v1.21.6."),
    (
        made(calico_version="v3.21.6", calico_manifest_sha256=SHA, k3s_version="v1.22.17+k3s1", k3s_node_ip={"meta-1": "10.0.0.11"}),
        "Calico v3.21.6 does not know calico_ip_autodetection_method 'kubernetes-internal-ip'",
    ),
    (made(k3s_cluster_cidr="10.42.0.0/22", calico_block_size=21), "calico_block_size is 21, which is no prefix length of a block in calico_cidr 10.42.0.0/22."),
    (made(workspace=WORKERS[:20], calico_block_size="20"), "calico_block_size 20 divides 10.42.0.0/16 into 16 blocks, and there are 21 nodes"),
    # releases
    (made(k3s_version="v1.25.16+k3s4", node_prep_gitpod_version="2022.01"), "Gitpod 2022.01 creates PodSecurityPolicies, which K3s v1.25.16+k3s4 has not"),
    (made(k3s_version="v1.25.0-rc1+k3s1", node_prep_gitpod_version="2022.08.1"), "Gitpod 2022.08.1 creates PodSecurityPolicies"),
    (
        made(k3s_version="v1.22.17+k3s1", containerd_version="2.0.*"),
        "containerd_version is the string '2.0.*': K3s v1.22.17+k3s1 and containerd 2.0 have no version of the CRI in common.",
    ),
    (made(k3s_version="v1.22.17+k3s1", containerd_min_version="2"), "containerd_min_version is the string '2': K3s v1.22.17+k3s1 and containerd 2 have no"),
    (made(containerd_version="1.4.*"), "containerd_version is the string '1.4.*', and containerd_min_version is 1.5."),
    (made(cert_manager_version="v1.5.4"), "cert-manager v1.5.4 is too old: Gitpod needs 1.6 or newer (D11)."),
    (
        made(k3s_version="v1.21.6+k3s1", cert_manager_version="v1.12.0", calico_version="v3.23.5", calico_manifest_sha256=SHA),
        "cert-manager v1.12.0 needs Kubernetes 1.22 or newer, and k3s_version is v1.21.6+k3s1.",
    ),
    # K3s
    (made(k3s_config={"cluster-cidr": "10.99.0.0/16"}), "k3s_config has the key cluster-cidr, and all but K3s go by k3s_cluster_cidr"),
    (made(k3s_config={"node-name": "other"}), "k3s_config has the key node-name, and all but K3s go by k3s_node_name"),
    (made(k3s_config={"node-ip": "10.0.0.9"}), "k3s_config has the key node-ip, and all but K3s go by k3s_node_ip"),
    (made(k3s_config={"data-dir": "/data"}), "k3s_config sets data-dir, which has to be /var/lib/rancher/k3s here."),
    (made(k3s_config={"https-listen-port": 443}), "k3s_config sets https-listen-port, which has to be 6443 here."),
    (made(k3s_config={"docker": True}), "k3s_config switches docker on: Gitpod needs containerd."),
    (made(k3s_config={"with-node-id": True}), "k3s_config switches with-node-id on"),
    (made(k3s_kubelet_args=["hostname-override=x"]), "k3s_kubelet_args has hostname-override"),
    (made(k3s_kubelet_args=["--cgroup-driver=cgroupfs"], containerd_cgroup_driver="systemd"), "k3s_kubelet_args has another cgroup-driver"),
    (made(k3s_cgroup_driver="systemd", containerd_cgroup_driver="cgroupfs"), "k3s_cgroup_driver and containerd_cgroup_driver are not the same"),
    (made(node_prep_node_labels=["gitpod.io/workload_ide=true"]), "node_prep_node_labels has gitpod.io/workload_ide, and Gitpod's labels follow the pool"),
    # the virtual address
    (made(node_prep_api_vip="192.0.2.11", ansible_host={"meta-1": "192.0.2.11"}), "node_prep_api_vip 192.0.2.11 is the address of meta-1 too"),
    (made(node_prep_api_vip="10.0.0.21", k3s_node_ip={"workspace-1": "fd00::21,10.0.0.21"}), "node_prep_api_vip 10.0.0.21 is the address of workspace-1 too"),
    (made(node_prep_api_vip={"meta-1": "192.0.2.100"}), "node_prep_api_vip is not the same for all nodes."),
    (made(meta=("a", "b", "c"), api_vip_router_id={"a": 7}), "api_vip_router_id is not the same for all servers."),
    (made(node_prep_api_vip="10.42.9.9"), "node_prep_api_vip 10.42.9.9 lies in k3s_cluster_cidr 10.42.0.0/16."),
    (made(node_prep_api_vip="10.0.5.1"), "node_prep_api_vip 10.0.5.1 lies in the range 10.0.5.0/24 that workspaces use inside."),
    (made(node_prep_api_vip="192.0.2.100", k3s_api_host="192.0.2.101"), "k3s_api_host is the string '192.0.2.101', and node_prep_api_vip is"),
    (made(api_vip_address="192.0.2.100"), "api_vip_address is the string '192.0.2.100', and node_prep_api_vip is the string ''."),
    # nodes
    (made(kernel_package="linux-image-5.13.0-30-generic"), "kernel_package and kernel_package_version name a kernel of the 5.13 series"),
    (made(kernel_package="linux-image", kernel_package_version="5.13.0.30"), "kernel_package and kernel_package_version name a kernel of the 5.13 series"),
    (made(node_prep_reboot_batch={"workspace-1": 2}), "node_prep_reboot_batch is not the same for all nodes."),
    (made(reachability_seconds=3), "reachability_seconds is 3, and reachability_probe_seconds is 3"),
]


@pytest.mark.parametrize(("inventory", "what"), REFUSED, ids=[what for _inventory, what in REFUSED])
def test_refused_and_told_once(inventory, what):
    (problem,) = problems(inventory)
    assert what in problem.what
    assert problem.where
    assert problem.remedy.endswith(".")


@pytest.mark.parametrize(
    "inventory",
    [
        made(workspace=["workspace_1"], k3s_node_name={"workspace_1": "workspace-1"}),
        made(workspace=["192.0.2.21"], k3s_node_name={"192.0.2.21": "w"}),
        made(workspace=["w.example.com", "1", "a" * 63]),
        made(workspace=["workspace_1"], later=["k3s_node_name"]),
        made(k3s_cluster_cidr="10.42.0.0/23"),
        made(k3s_cluster_cidr="172.16.0.0/12", k3s_service_cidr="10.96.0.0/12"),
        made(k3s_cluster_cidr="10.42.0.0/24", k3s_config={"kube-controller-manager-arg": ["node-cidr-mask-size=25"]}),
        made(k3s_cluster_cidr="10.42.0.0/24", k3s_config={"kube-controller-manager-arg": "allocate-node-cidrs=false"}),
        made(k3s_service_cidr="10.43.0.0/28"),
        made(k3s_service_cidr="10.43.0.0/29", k3s_cluster_dns="10.43.0.2"),
        made(later=["k3s_cluster_cidr", "k3s_service_cidr", "k3s_config", "calico_cidr", "calico_version", "k3s_version"]),
        made(calico_version="v3.25.2", k3s_version="v1.27.2+k3s1"),
        made(calico_version="v3.29.1", calico_manifest_sha256="A" * 64, k3s_version="v1.31.6+k3s1"),
        made(k3s_version="v1.26.1+k3s1", calico_kubernetes_version=""),
        made(k3s_version="v1.25.16+k3s4", node_prep_gitpod_version="2022.09"),
        made(k3s_version="v1.24.17+k3s1", node_prep_gitpod_version="2022.01"),
        made(k3s_version="v1.22.17+k3s1", containerd_version="2.*", k3s_container_runtime="embedded"),
        made(containerd_version="1.*", cert_manager_version="~1"),
        made(k3s_config={"cluster-cidr": "10.42.0.0/16", "https-listen-port": "6443", "docker": False, "data-dir": "/var/lib/rancher/k3s/"}),
        made(k3s_kubelet_args=["cgroup-driver=systemd"], containerd_cgroup_driver="systemd"),
        made(k3s_kubelet_args=["cgroup-driver=systemd", "max-pods=200"]),
        made(k3s_cgroup_driver="systemd", containerd_cgroup_driver="cgroupfs", k3s_container_runtime="embedded"),
        made(k3s_node_labels=["gitpod.io/workload_ide=true"], node_prep_node_labels=["gitpod.io/mine=true"]),
        made(k3s_node_ip={"meta-1": "10.0.0.11,fd00::11", "workspace-1": "10.0.0.12,fd00::12"}),
        made(kernel_package="linux-image-generic", kernel_package_version="5.15.0.*"),
        made(node_prep_reboot_batch="1%"),
        made(calico_cidr="10.42.0.0/16", calico_block_size=24),
        made(node_prep_api_vip="192.0.2.100", ansible_host={"meta-1": "192.0.2.11", "workspace-1": "192.0.2.21"}),
        made(node_prep_api_vip="192.0.2.100", k3s_api_host="192.0.2.100", api_vip_address="192.0.2.100", api_vip_router_id={"workspace-1": 7}),
        made(node_prep_api_vip="", api_vip_address="", k3s_api_host="api.example.com"),
        made(node_prep_managed=True, node_prep_api_vip={"meta-1": "10.42.0.9"}, k3s_api_host="10.42.0.1"),
        made(node_prep_managed=True, k3s_cluster_cidr={"meta-1": "10.99.0.0/16"}, k3s_version="v9", calico_version="x"),
    ],
)
def test_unusual_and_right(inventory):
    assert problems(inventory) == []


def test_what_many_hosts_share_is_one_problem_of_a_screen():
    (problem,) = problems(made(workspace=[f"w_{number}" for number in range(200)]))
    assert len(problem.what) < 200
