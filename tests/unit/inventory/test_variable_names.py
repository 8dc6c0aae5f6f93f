"""Names that were meant to be those of the collection, and names that only look like them."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import ROLES, documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.names import foreign_names, meant, name_problems
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.rules.variables import known_groups, known_names, names_of_others
from hypothesis import assume, given, strategies as st

OPTIONS = documented_options()
ROLE_NAMES = [path.name for path in ROLES.iterdir()]
KNOWN = sorted(OPTIONS)
# Of roles that people use for the same things, and of their own.
OF_OTHERS_IN_LINES = """
    k3s_token k3s_server_location k3s_control_node k3s_become k3s_state k3s_release_version k3s_config_file k3s_build_cluster k3s_airgap k3s_github_url
    k3s_install_hard_links k3s_server k3s_agent k3s_registration_address k3s_server_manifests_urls k3s_etcd_datastore k3s_debug k3s_skip_validation
    k3s_use_experimental k3s_use_unsupported_config k3s_control_workers k3s_server_manifests_templates k3s_server_manifests_dir k3s_api_url
    k3s_install_script k3s_systemd_context k3s_service_env_vars k3s_service_env_file k3s_runtime_config k3s_ensure_docker_installed k3s_registries
    k3s_master k3s_node_taints k3s_node k3s_cluster k3s_cluster_init k3s_start_on_boot k3s_package k3s_server_init_args k3s_agent_args k3s_extra_args
    k3s_server_args k3s_data_dir k3s_server_post k3s_server_role k3s_agent_role k3s_kubectl_binary k3s_ctr_binary k3s_http_proxy k3s_no_proxy
    k3s_cluster_name extra_server_args extra_agent_args api_endpoint api_port server_config_yaml agent_config_yaml registries_config_yaml server_group
    agent_group user_kubectl cluster_context airgap_dir kube_version calico_network_backend calico_pool_cidr calico_pool_cidr_ipv6 calico_ipip_mode
    calico_vxlan_mode calico_mtu_size calico_node_version calico_cni_version calico_ctl_version calico_policy_version calico_ip_auto_method
    calico_datastore calico_rr_id calico_apiserver_enabled calico_pool_name calico_pool_blocksize calico_felix_mtu calico_enabled calico_crds_version
    calico_cpu_limit calico_veth_mtu calico_iptables_backend calico_tag calico_iface calico_ebpf calico_cidr_v6 kube_network_plugin kube_service_addresses
    kube_pods_subnet kube_network_node_prefix kube_proxy_mode kube_apiserver_port cluster_name dns_mode dns_domain container_manager etcd_deployment_type
    cert_manager_enabled cert_manager_kube_namespace cert_manager_trusted_internal_ca cert_manager_tolerations cert_manager_affinity
    cert_manager_nodeselector cert_manager_dns_policy cert_manager_user cert_manager_controller_extra_args cert_manager_leader_election_namespace
    containerd_version_pin containerd_package containerd_service_state containerd_config_default_write containerd_config_cgroup_driver_systemd
    containerd_snapshotter containerd_storage_dir containerd_state_dir containerd_oom_score containerd_runc_runtime containerd_additional_runtimes
    containerd_grpc_max_recv_message_size containerd_debug_level containerd_metrics_address containerd_registries_mirrors containerd_registry_auth
    containerd_max_container_log_line_size containerd_enable_unprivileged_ports containerd_use_systemd_cgroup containerd_bin_dir containerd_limit_proc_num
    containerd_insecure_registries containerd_registry_mirrors containerd_extra_args containerd_package_state kubernetes_version kubernetes_role
    kubernetes_packages kubernetes_version_rhel_package kubernetes_kubelet_extra_args kubernetes_pod_network kubernetes_allow_pods_on_control_plane
    kubernetes_apiserver_advertise_address kubernetes_join_command docker_edition docker_packages docker_users docker_version docker_daemon_options
    docker_registry_mirrors pip_install_packages nodejs_version node_exporter_version node_exporter_web_listen_address node_labels node_taints node_ip
    node_config helm_version helm_install_dir kernel_log_level report_email report_title kernel_version kernel_parameters kernel_cmdline kernel_blacklist
    kernel_params kernel_default_cmdline reboot_timeout bootstrap_os bootstrap_user bootstrap_packages bootstrap_python reachability_hosts http_proxy
    https_proxy no_proxy proxy_env ntp_servers timezone firewall_allowed_tcp_ports security_ssh_port sysctl_config haproxy_backend_servers keepalived_vip
    metallb_version apiserver_endpoint flannel_iface k3s_interface kube_vip_tag_version metal_lb_ip_range retry_count systemd_dir k3s_become_method
    os_sysctl reports_dir report_recipients report_host cluster_cidr cluster_domain cluster_spec cluster_id rke2_version rke2_token rke2_config
    rke2_channel rke2_type k0s_version microk8s_version microk8s_channel k8s_version k8s_token
"""
OF_OTHERS = OF_OTHERS_IN_LINES.split()
SLIPS = {
    "calic_version": "calico_version",
    "K3S_VERSION": "k3s_version",
    "k3s-version": "k3s_version",
    "k3sversion": "k3s_version",
    "K3sVersion": "k3s_version",
    "k3s_verison": "k3s_version",
    "k3_version": "k3s_version",
    "ks3_version": "k3s_version",
    "k3s_vesion": "k3s_version",
    "k3s_kubelet_arg": "k3s_kubelet_args",
    "k3s_cluster_cdir": "k3s_cluster_cidr",
    "k3s_node_lables": "k3s_node_labels",
    "reprot_dir": "report_dir",
    "kernel_moduels": "kernel_modules",
    "contianerd_version": "containerd_version",
    "node_prep_domian": "node_prep_domain",
    "nodeprep_domain": "node_prep_domain",
    "node-prep-pools": "node_prep_pools",
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_a_name_of_somebody_elses_is_not_refused(name):
    assert name_problems([name], OPTIONS, ROLE_NAMES) == []


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_refused(name):
    assert name_problems([name], OPTIONS, ROLE_NAMES) == [(f"{name} is not a variable of this collection.", f"Did you mean {SLIPS[name]}?")]


@pytest.mark.parametrize("name", KNOWN)
def test_no_known_name_is_a_slip(name):
    assert meant(name, OPTIONS.keys()) is None


@given(st.sampled_from([name for name in KNOWN if len(name) > 12]), st.data())
def test_two_neighbours_exchanged_in_a_long_word_are_a_slip(name, data):
    at = data.draw(st.integers(0, len(name) - 2))
    slip = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    assume(name[at] != "_" != name[at + 1] and slip not in OPTIONS and not any(letter.isdigit() for letter in name[at : at + 2]))
    assert meant(slip, OPTIONS.keys()) is not None


@given(st.text(max_size=30))
def test_any_name_can_be_asked_for(name):
    assert meant(name, OPTIONS.keys()) in {None, *KNOWN}


def inventory(groups, names=()):
    hosts = sorted({host for members in groups.values() for host in members})
    return Inventory(groups=groups, variables={host: {} for host in hosts}, names={host: set(names) for host in hosts}, options=OPTIONS, roles=ROLE_NAMES)


FINE = {"meta": ["m1"], "workspace": ["w1"]}


def test_what_is_nobodys_slip_is_a_note():
    mixed = inventory(FINE, ["report_email", "kernel_log_level", "k3s_version", "my_own", "k3s_verison"])
    assert names_of_others(mixed) == ["kernel_log_level", "report_email"]
    assert [problem.variable for problem in known_names(mixed)] == ["k3s_verison"]
    assert foreign_names(["k3s_version", "x"], OPTIONS, ROLE_NAMES) == []


@pytest.mark.parametrize(
    ("groups", "slip", "guess"),
    [
        ({**FINE, "control-plane": ["c1"]}, "control-plane", "control_plane"),
        ({"meta": ["m1", "m2", "m3"], "workspace": ["w1"], "controlplane": ["m1"]}, "controlplane", "control_plane"),
        ({**FINE, "Meta": ["m2"]}, "Meta", "meta"),
        ({"Meta": ["m1"], "workspace": ["w1"]}, "Meta", "meta"),
        ({"meta": ["m1"], "workspaces": ["w1"]}, "workspaces", "workspace"),
    ],
)
def test_a_group_that_was_meant_to_be_one_of_ours(groups, slip, guess):
    (problem,) = known_groups(inventory(groups))
    assert f"The group {slip} " in problem.what
    assert f"Did you mean {guess}?" in problem.remedy


@pytest.mark.parametrize(
    "groups",
    [
        FINE,
        {**FINE, "beta": ["b1"], "meta1": ["b2"], "workspace2": ["b3"], "bastions": ["b4"]},
        # A parent of ours, a group without hosts, and one that says what is so anyway.
        {**FINE, "workspaces": ["w1"]},
        {**FINE, "Meta": []},
        {**FINE, "control-plane": ["m1"]},
    ],
)
def test_a_group_that_is_fine(groups):
    assert list(known_groups(inventory(groups))) == []


def test_a_pool_without_hosts_is_told_by_another_rule():
    pools = {"meta": [], "services": [], "workspace": []}
    this = inventory({**FINE, "service": ["s1"]})
    for host in this.variables:
        this.variables[host]["node_prep_pools"] = pools
        this.names[host].add("node_prep_pools")
    assert list(known_groups(this)) == []
