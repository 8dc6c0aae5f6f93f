"""What each variable must look like: every option has a format, or a reason why it needs none, and the formats refuse and accept the right things."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.action.inventory_check import documented_options
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory import check
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.formats import ANYTHING, ELSEWHERE, FORMATS
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.model import Inventory
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.rules.formats import values_look_as_they_must
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._inventory.values import value_problems

OPTIONS = documented_options()
TABLES = {**FORMATS, **ANYTHING, **ELSEWHERE}


def leaves(path, option):
    """The paths of an option and of what is inside it that types and choices alone do not describe."""
    if path in TABLES:
        yield path
    elif option.get("type") == "list":
        element = {"type": option.get("elements"), "options": option.get("options", {}), "choices": option.get("choices")}
        yield from leaves(path + "[]", element)
    elif option.get("options"):
        for name, inner in option["options"].items():
            yield from leaves(f"{path}.{name}", inner)
    elif option.get("type") != "bool" and not option.get("choices"):
        yield path


ALL = [path for name, option in OPTIONS.items() for path in leaves(name, option)]


@pytest.mark.parametrize("path", ALL)
def test_an_option_that_its_type_does_not_describe_has_a_format_or_a_reason(path):
    assert path in TABLES


def test_no_format_is_left_of_an_option_that_is_gone():
    assert set(TABLES) - set(ALL) == set()
    assert len(TABLES) == len(FORMATS) + len(ANYTHING) + len(ELSEWHERE)


def test_the_rules_that_know_more_are_there():
    subjects = {module.__name__.rsplit(".", 1)[-1] for module in check.SUBJECTS}
    assert set(ELSEWHERE.values()) <= subjects


def told(name, value):
    inventory = Inventory(groups={}, variables={"h": {name: value}}, names={"h": {name}}, options=OPTIONS, roles=[])
    return [problem.what for problem in values_look_as_they_must(inventory)]


@pytest.mark.parametrize("name", [name for name in OPTIONS if "default" in OPTIONS[name]])
def test_each_default_is_right(name):
    default = OPTIONS[name]["default"]
    assert "{{" in str(default) or told(name, default) == []


FITTING = [
    ("node_prep_backup_recipients", [[], ["age1" + "q" * 58], ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB4 me"], ["0123456789ABCDEF0123456789ABCDEF01234567"]]),
    ("node_prep_reboot_batch", [1, 2, "3", "1%", "25%", "100%", 200, [1, "50%"]]),
    ("node_prep_api_vip", ["", "10.0.0.100", "192.0.2.1"]),
    ("api_vip_interface", ["", "eth0", "enp1s0f0np0", "bond0.12", "br-lan"]),
    ("api_vip_node_ip", ["", "10.0.0.11", "10.0.0.11,fd00::11"]),
    ("api_vip_peers", [[], ["10.0.0.12", "10.0.0.13"]]),
    ("api_vip_router_id", [1, 255, "51"]),
    ("node_prep_artifacts", ["artifacts", "~/gitpod", "./a b", "/srv/artifacts", "../x"]),
    ("node_prep_kubeconfig", ["", "~/.kube/config", "kubeconfig"]),
    ("node_prep_load_balancer_ports", [[], [80, 443, 22], ["80", "443"], [65535]]),
    ("node_prep_node_labels", [[], ["example.com/team=a", "team=", "topology.kubernetes.io/zone=b", "node.kubernetes.io/instance-type=m5.large", "a=B_c.d-e"]]),
    ("node_prep_domain", ["", "gitpod.example.com"]),
    ("node_prep_gitpod_version", ["2022.01", "2022.11.3", "2022.11.3.1"]),
    ("calico_block_size", [20, 26, 32, "26"]),
    ("calico_mtu", [0, "0", 1280, 9000, 65535]),
    ("calico_firewall_nodes", [[], ["10.0.0.2", "10.0.0.0/24", "fd00::1", "fd00::/64"]]),
    ("calico_manifest_url", ["http://mirror:8081/calico.yaml", "https://mirror.example.com/x?token=1", "file:///srv/calico.yaml"]),
    (
        "calico_ip_autodetection_method",
        ["first-found", "kubernetes-internal-ip", "interface=eth.*", "skip-interface=docker0", "can-reach=10.0.0.1", "cidr=10.0.0.0/8"],
    ),
    ("cert_manager_version", ["v1.11.5", "1.11.5", "v1.12.0-beta.1", "~1.11", "1.11.x"]),
    ("cert_manager_chart_repo", ["", "http://charts:8080/x"]),
    ("cert_manager_chart", ["cert-manager", "oci://registry.example.com/charts/cert-manager", "https://mirror/cert-manager.tgz"]),
    ("cluster_spec_kubeconfig", [None, "", "~/.kube/config", {"apiVersion": "v1"}]),
    ("cluster_spec_skip", [{}, {"load_balancer": "A reverse proxy of our own."}]),
    ("node_spec_skip", [{"unique_product_uuid": "Containers of one machine have its product UUID."}]),
    ("node_spec_only", [[], ["memory", "swap"]]),
    ("containerd_min_version", ["1.5", "1", "1.6.20~ds1"]),
    ("containerd_version", ["", "1.6.*", "1:1.6.20~ds1-1+b1"]),
    ("containerd_http_proxy", ["", "http://proxy.example.com:3128", "proxy:3128", "http://user:a%20secret@proxy:1", "socks5://proxy:1080"]),
    ("containerd_no_proxy", ["", "10.0.0.0/8, .example.com"]),
    ("containerd_images", [[{"src": "files/a b.tar.gz", "sha256": "0" * 64}, {"src": "http://mirror/x.tar", "sha256": "f" * 64}]]),
    ("containerd_vendor_key_sha256", ["A" * 64]),
    ("k3s_release_url", ["http://127.0.0.1:8099", "https://mirror/k3s/", "file:///srv/k3s"]),
    ("k3s_sha256", ["", "0" * 64]),
    ("k3s_token", ["", "secret", "K10abc::server:def", "with-a-newline\n"]),
    ("k3s_tls_san", [["gitpod.example.com", "10.0.0.11", "fd00::1", "*.example.com", "API_1"]]),
    ("k3s_cluster_cidr", ["10.42.0.0/16", "10.42.0.0/16,2001:db8::/56", "fd00::/48"]),
    ("k3s_cluster_domain", ["cluster.local", "k8s"]),
    ("k3s_kubelet_args", [["max-pods=200", "--max-pods=200", "fail-swap-on", "feature-gates=A=true,B=false", "eviction-hard=memory.available<5%"]]),
    ("k3s_config", [{}, {"resolv-conf": "/etc/resolv.conf", "kubelet-arg+": ["a=b"], "node-taint": ["a=b:NoSchedule"], "v": 1}]),
    ("k3s_environment", [{}, {"HTTPS_PROXY": "http://proxy:3128", "K3S_DEBUG": True, "_A1": 1, "EMPTY": ""}]),
    ("k3s_start_timeout", [1, "600"]),
    ("kernel_package", ["", "linux-generic-hwe-18.04", "linux-image-cloud-amd64"]),
    ("kernel_package_version", ["", "6.1.*"]),
    (
        "kernel_sysctls",
        [{}, {"net.ipv4.ip_forward": 1, "net/ipv4/conf/all/rp_filter": "0", "net.ipv4.tcp_rmem": "4096 87380 6291456", "kernel.dmesg_restrict": True}],
    ),
    ("kernel_sysctls_at_least", [{"fs.inotify.max_user_watches": 524288, "net.ipv4.tcp_rmem": "4096 87380 6291456"}]),
    ("cluster_spec_wait", [0, "0", 3600]),
    ("cluster_spec_unreachable_nodes", [[], ["meta-1"]]),
    ("node_spec_max_clock_skew", [0, 1.5, "2.5"]),
    ("report_width", [0, 80, "120"]),
    ("node_spec_cni_kept", [{}, {"05-bridge.conf": "It hands on to Calico's."}]),
]
REFUSED = [
    ("node_prep_backup_recipients", [["me@example.com"], [""], ["--output=x"], ["0123456789abcdef"]]),
    ("node_prep_backup_keep", [-1]),
    ("node_prep_reboot_batch", [0, -1, "0", "-25%", "0%", "101%", "", "half", 1.5, True, None, [], [0], "12.5%", {}]),
    ("node_prep_api_vip", ["10.0.0.100/24", "api.example.com", "fd00::1", "0.0.0.0", "127.0.0.1", "224.0.0.18", "169.254.0.1", "10.0.0.256"]),
    ("api_vip_interface", ["eth0:1", "a b", "a" * 16, "eth0/24"]),
    ("api_vip_node_ip", ["server-1", "10.0.0"]),
    ("api_vip_peers", [["server-2"], [""], ["10.0.0.0/24"]]),
    ("api_vip_router_id", [0, 256, -1]),
    ("node_prep_artifacts", ["", "  ", "/dev/null", "a\0b", "a\nb"]),
    ("node_prep_load_balancer_ports", [[0], [80, 65536], [-1]]),
    (
        "node_prep_node_labels",
        [["node-role.kubernetes.io/worker=true"], ["team"], ["=a"], ["a b=c"], ["team=a b"], ["k8s.io/x=1"], ["x.kubernetes.io/y=1"], ["team=" + "a" * 64]],
    ),
    ("node_prep_domain", ["gitpod", "https://gitpod.example.com", "Gitpod.example.com", "a." + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + "." + "e" * 60]),
    ("node_prep_certificate", ["", "Https_Certificates"]),
    ("node_prep_gitpod_version", ["", "latest", "2021.12", "2022.1", "v2022.11"]),
    ("calico_block_size", [19, 33, -1, "12"]),
    ("calico_mtu", [1, 1279, 65536, -1]),
    ("calico_firewall_nodes", [["10.0.0"], ["0.0.0.0/0"], ["meta-1"]]),
    ("calico_manifest_url", ["", "mirror/calico.yaml", "https://", "https://a b/c", "https://[x"]),
    ("calico_ip_autodetection_method", ["", "interface", "interface=", "cidr=10.0.0.0", "eth0"]),
    ("calico_kernels", [["five"], [""]]),
    ("cert_manager_version", ["", "latest", "v1.11.5\n"]),
    ("cert_manager_namespace", ["", "Cert_Manager", "a.b"]),
    ("cluster_spec_kubeconfig", [5, True, ["a"]]),
    ("cluster_spec_unreachable_nodes", [[""], ["Meta 1"]]),
    ("cluster_spec_skip", [{"load_balancr": "x"}, {"load_balancer": ""}, {1: "x"}, {"load_balancer": None}]),
    ("cluster_spec_pools", [{"meta": "workload_meta"}, {"meta": ["gpu"]}]),
    ("node_spec_only", [["swapp"]]),
    ("containerd_min_version", ["", "newest", "v1.5"]),
    ("containerd_version", ["1.6 20"]),
    ("containerd_http_proxy", ["http://", "proxy 3128", "ftp://proxy"]),
    ("containerd_images", [[{"src": "", "sha256": "0" * 64}], [{"src": "x", "sha256": "0"}], [{"src": "https://", "sha256": "0" * 64}]]),
    ("containerd_sandbox_image", ["", "pause 3.7"]),
    ("k3s_sha256", ["0" * 63, "A" * 64]),
    ("k3s_token", ["two words", "two\nlines"]),
    ("k3s_install_dir", ["", "opt/k3s"]),
    ("k3s_tls_san", [["https://gitpod.example.com"], [""]]),
    ("k3s_cluster_cidr", ["", "10.42.0.0", "10.42.0.0/255.255.0.0", "10.42.0.1/16", "10.42.0.0/16, fd00::/56", "10.42.0.0/33"]),
    ("k3s_kubelet_args", [["Max-Pods=1"], [""], ["=1"], ["max-pods 200"], ["-v=2"]]),
    ("k3s_config", [{1: "x"}, {"--node-ip": "10.0.0.1"}, {"node_ip": "10.0.0.1"}]),
    ("k3s_environment", [{"A-B": "x"}, {1: "x"}, {"A": None}, {"A": ["x"]}, {"A": "x\ny"}, {"": "x"}]),
    ("k3s_start_timeout", [0, -5, 10**400]),
    ("kernel_package", ["Linux Generic"]),
    ("kernel_sysctls", [{"ip_forward": 1}, {1: 1}, {"net.ipv4.ip_forward": None}, {"net.ipv4.ip_forward": [1]}, {"net.ipv4.ip_forward": " "}, {"a.b": "1\n2"}]),
    ("kernel_sysctls_at_least", [{"fs.inotify.max_user_watches": "many"}]),
    ("kernel_modules", [["a b"], [""]]),
    ("reachability_workloads", [["workload_gpu"]]),
    ("node_spec_max_clock_skew", [-1, float("nan"), float("inf")]),
    ("report_width", [5, -80]),
    ("node_spec_cni_kept", [{"05-bridge.conf": ""}, {"05-bridge.conf": None}, {1: "x"}, {"": "x"}, {"/etc/cni/net.d/a": "x"}]),
    ("reachability_seconds", [0]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in FITTING for value in values])
def test_fits(name, value):
    assert value_problems(name, value, OPTIONS[name]) == []
    assert told(name, value) == []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED for value in values])
def test_does_not_fit(name, value):
    assert len(told(name, value)) == 1


def test_of_secrets_only_the_kind_is_told():
    for name, value in [("k3s_token", "two secret-words"), ("k3s_environment", {"PASSWORD": "secret-words\n"}), ("k3s_release_url", "ftp://me:secret-words@x")]:
        (what,) = told(name, value)
        assert "secret-words" not in what


def test_an_element_is_named_by_its_number():
    assert told("k3s_tls_san", ["a", "https://b"]) == ["k3s_tls_san[1] is the string 'https://b', which is not the name or the address of a machine."]
    assert told("containerd_images", [{"src": "x", "sha256": "0"}])[0].startswith("containerd_images[0].sha256 is ")
