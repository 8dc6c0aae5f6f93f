"""Readings of machines, each with the exact findings that are no pass: tests/fixtures/nodes."""

import ipaddress

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import findings, kernel_settings
from ansible_collections.gitpod.node_prep.plugins.modules import node_spec
from hypothesis import given, strategies as st
from node_fixtures import FIXTURES, load
from node_options import options_with


@pytest.mark.parametrize("phase", ["preflight", "installed"])
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_findings_of_a_machine(path, phase):
    machine = load(path)
    checked = node_check.findings_of(machine["reading"], options_with(machine["options"]), phase)
    assert [finding["id"] for finding in checked] == node_check.REQUIREMENTS.ids()
    wrong = {finding["id"]: [finding["status"], finding["found"]] for finding in checked if finding["status"] != "pass"}
    assert wrong == machine["expected"][phase]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_whoever_reads_a_finding_knows_what_to_do(path):
    machine = load(path)
    for phase in ("preflight", "installed"):
        for finding in node_check.findings_of(machine["reading"], options_with(machine["options"]), phase):
            assert set(finding) == {"id", "title", "status", "found", "required", "remedy", "reference", "fixed_by"}
            assert all(isinstance(value, str) for value in finding.values())
            assert finding["found"]
            assert finding["status"] != "fixable" or (phase == "preflight" and finding["fixed_by"] in ("kernel", "containerd", "k3s"))
            if finding["status"] == "pass":
                assert finding["remedy"] == finding["fixed_by"] == ""
            else:
                assert finding["remedy"][0].isupper()
                assert finding["remedy"].endswith(".")


def test_the_fixtures_are_there():
    assert len(FIXTURES) > 20


def test_every_requirement_is_broken_by_some_machine():
    broken = {name for path in FIXTURES for expected in load(path)["expected"].values() for name in expected}
    assert broken == set(node_check.REQUIREMENTS.ids()) - {"systemd"}


def test_only_and_skip():
    machine = load(FIXTURES[0])
    checked = node_check.findings_of(machine["reading"], options_with({}), "preflight", only=["memory", "cpus"], skip={"swap": "It hibernates."})
    assert [(finding["id"], finding["status"]) for finding in checked] == [
        ("cpus", "pass"),
        ("memory", "pass"),
        ("swap", "skipped"),
    ]
    assert checked[2]["found"] == "not checked: It hibernates."


def test_the_thresholds_of_the_user_count():
    machine = load(FIXTURES[0])
    lower = node_check.findings_of(
        dict(machine["reading"], cpus=2, memory_bytes=4 * 10**9),
        options_with({"min_cpus": 2, "min_memory_bytes": 4 * 10**9}),
        "preflight",
    )
    assert findings.with_status([f for f in lower if f["id"] in ("cpus", "memory")], "pass") != []
    higher = node_check.findings_of(machine["reading"], options_with({"min_cpus": 5}), "preflight", only=["cpus"])
    assert [(finding["status"], finding["required"]) for finding in higher] == [("fail", "5 or more")]
    assert one({"sysctls": {"kernel.keys.root_maxkeys": "300"}}, "root_maxkeys", min_root_maxkeys=200)[0] == "pass"


def one(reading, name, phase="preflight", **options):
    """The status and what was found, for one requirement of one reading."""
    (finding,) = node_check.findings_of(dict(reading, unreadable={}, as_root=True), options_with(options), phase, only=[name])
    return finding["status"], finding["found"]


@pytest.mark.parametrize(
    ("release", "status"),
    [
        ("5.3.18-59-default", "fixable"),
        ("5.4.0", "pass"),
        ("5.4.0-150-generic", "pass"),
        ("5.15.0-1051-aws", "pass"),
        ("5.15.167", "pass"),
        ("5.16.0", "warning"),
        ("5.13.0-1031-aws", "warning"),
        ("5.12.19", "pass"),
        ("6.1.0-18-cloud-amd64", "warning"),
        ("10.0.0", "warning"),
        ("4.19.0-25-amd64", "fixable"),
        ("", "fail"),
        ("five", "fail"),
        ("5", "fail"),
    ],
)
def test_kernel(release, status):
    assert one({"kernel": release, "os_id": "ubuntu", "os_version": "20.04"}, "kernel_version")[0] == status


@pytest.mark.parametrize(
    ("os_id", "version", "status"),
    [
        ("ubuntu", "18.04", "pass"),
        ("ubuntu", "20.04", "pass"),
        ("ubuntu", "22.04", "warning"),
        ("ubuntu", "24.04", "warning"),
        ("ubuntu", "16.04", "fail"),
        ("ubuntu", "22.10", "fail"),
        ("ubuntu", "26.04", "fail"),
        ("ubuntu", "", "fail"),
        ("debian", "12", "fail"),
        ("linuxmint", "20.04", "fail"),
        ("", "", "fail"),
    ],
)
def test_operating_system(os_id, version, status):
    assert one({"os_id": os_id, "os_version": version}, "os_release")[0] == status


@pytest.mark.parametrize(
    ("gitpod", "found"),
    [
        ("2022.10.0", "Ubuntu 18.04"),
        ("2022.11", "Ubuntu 18.04 (no longer in the matrix of Gitpod 2022.11)"),
        ("2022.11.3", "Ubuntu 18.04 (no longer in the matrix of Gitpod 2022.11)"),
    ],
)
def test_bionic_carries_a_note_for_the_last_gitpod(gitpod, found):
    assert one({"os_id": "ubuntu", "os_version": "18.04"}, "os_release", gitpod_version=gitpod) == ("pass", found)


@pytest.mark.parametrize(
    ("free", "workloads", "status"),
    [
        (20 * 2**30 - 1, ["workload_meta"], "fail"),
        (20 * 2**30, ["workload_meta"], "warning"),
        (10**11 - 1, ["workload_meta", "workload_workspace_services"], "warning"),
        (10**11, ["workload_meta", "workload_workspace_services"], "pass"),
        (10**11, ["workload_workspace_regular"], "warning"),
        (3 * 10**11 - 1, ["workload_workspace_headless"], "warning"),
        (3 * 10**11, ["workload_workspace_headless"], "pass"),
    ],
)
def test_disk(free, workloads, status):
    assert one({"disk_free_bytes": free}, "disk_space", workloads=workloads)[0] == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1", "pass"),
        ("containerd github.com/containerd/containerd v1.5.0 69107e47a62e1d690afa2b9b1d43f8ece3ff4483", "pass"),
        ("containerd github.com/containerd/containerd v2.0.2 c507a0257ea6462fbd6f5ba4f5c74facb04021f4", "pass"),
        ("containerd github.com/containerd/containerd v1.4.13", "fixable"),
        ("containerd says no", "fixable"),
        ("", "fixable"),
    ],
)
def test_containerd_of_the_node(text, status):
    assert one({"containerd": text}, "containerd")[0] == status
    assert one({"containerd": text}, "containerd", phase="installed")[0] == status.replace("fixable", "fail")


@pytest.mark.parametrize(
    ("hostname", "status"),
    [
        ("meta-1", "pass"),
        ("a", "pass"),
        ("node1.example.com", "pass"),
        ("Node1", "pass"),
        ("x" * 63, "pass"),
        ("x" * 64, "fail"),
        ("-meta", "fail"),
        ("meta-", "fail"),
        ("meta_1", "fail"),
        ("meta..1", "fail"),
        ("meta\n", "fail"),
        ("knöten", "fail"),
        ("", "fail"),
        (".".join(["x" * 63] * 3 + ["x" * 61]), "pass"),
        (".".join(["x" * 63] * 3 + ["x" * 62]), "fail"),
    ],
)
def test_hostname(hostname, status):
    assert one({"hostname": hostname}, "hostname")[0] == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("iptables v1.8.0 (nf_tables)", "warning"),
        ("iptables v1.8.3 (nf_tables)", "warning"),
        ("iptables v1.8.4 (nf_tables)", "pass"),
        ("iptables v1.8.2 (legacy)", "pass"),
        ("iptables v1.6.1", "pass"),
        ("iptables v1.8.10 (nf_tables)", "pass"),
        ("", "fixable"),
        ("iptables?", "unknown"),
    ],
)
def test_iptables(text, status):
    assert one({"iptables": text}, "iptables")[0] == status


def test_without_iptables_the_host_ports_of_pods_do_not_work_unless_k3s_brings_its_own():
    (missing,) = node_check.findings_of({"iptables": ""}, options_with({}), "preflight", only=["iptables"])
    assert (missing["status"], missing["found"], missing["fixed_by"]) == ("fixable", "not installed", "containerd")
    for words in ("package `iptables`", "portmap", "8080", "20000"):
        assert words in missing["remedy"]
    assert one({"iptables": ""}, "iptables", phase="installed") == ("fail", "not installed")
    for phase in ("preflight", "installed"):
        assert one({"iptables": ""}, "iptables", phase, container_runtime="embedded") == ("pass", "not installed; K3s brings its own")


@pytest.mark.parametrize(
    ("pods", "services", "addresses", "found"),
    [
        ("10.42.0.0/16", "10.43.0.0/16", [["eth0", "10.0.4.5/24"]], "no overlap"),
        (
            "10.42.0.0/16",
            "10.43.0.0/16",
            [["eth0", "10.0.5.5/24"]],
            "the network inside workspaces (10.0.5.0/24) overlaps eth0 of this node (10.0.5.0/24)",
        ),
        ("10.42.0.0/16", "10.42.128.0/17", [], "the pod network (10.42.0.0/16) overlaps the service network (10.42.128.0/17)"),
        ("10.0.0.0/16", "10.43.0.0/16", [], "the pod network (10.0.0.0/16) overlaps the network inside workspaces (10.0.5.0/24)"),
        (
            "10.42.0.0/16,fd42::/56",
            "10.43.0.0/16",
            [["eth0", "fd42::1/64"]],
            "the pod network (fd42::/56) overlaps eth0 of this node (fd42::/64)",
        ),
        (
            "10.42.0.0/16",
            "10.43.0.0/16",
            [["eth0", "10.42.0.9/32"]],
            "the pod network (10.42.0.0/16) overlaps eth0 of this node (10.42.0.9/32)",
        ),
    ],
)
def test_networks(pods, services, addresses, found):
    status = "pass" if found == "no overlap" else "fail"
    assert one({"addresses": addresses}, "networks", pod_cidr=pods, service_cidr=services) == (status, found)


V4 = st.ip_addresses(v=4, network="10.64.0.0/10")


@given(left=V4, right=V4, left_bits=st.integers(10, 32), right_bits=st.integers(10, 32))
def test_networks_overlap_as_their_addresses_do(left, right, left_bits, right_bits):
    shift = 32 - min(left_bits, right_bits)
    pods = f"{ipaddress.ip_network((int(left), left_bits), strict=False)}"
    status = one({"addresses": [["eth0", f"{right}/{right_bits}"]]}, "networks", pod_cidr=pods, service_cidr="192.168.0.0/24")[0]
    assert status == ("fail" if int(left) >> shift == int(right) >> shift else "pass")


CIDR = st.text() | st.text(alphabet="0123456789abcdef.:/,% ", max_size=50) | st.sampled_from(["9" * 5000, "10.0.0.0/" + "9" * 5000, "fe80::1%eth0/64"])


@given(pods=CIDR, services=CIDR, address=CIDR)
def test_no_network_raises(pods, services, address):
    options = options_with({"pod_cidr": pods, "service_cidr": services})
    assert all(isinstance(sentence, str) for sentence in node_spec.wrong_options(options))
    assert one({"addresses": [["eth0", address]]}, "networks", pod_cidr=pods, service_cidr=services)[0] in ("pass", "fail")


@pytest.mark.parametrize("name", kernel_settings.SYSCTL_KEYS)
@given(value=st.none() | st.text() | st.binary().map(str) | st.sampled_from(["9" * 5000, "-" + "9" * 5000, "9" * 5000 + " 1", "١٢ ٣٤", "1-" + "9" * 17]))
def test_no_setting_of_the_kernel_raises(name, value):
    ids = ["sysctls", "user_namespaces", "root_maxkeys", "local_port_range"]
    assert len(node_check.findings_of({"sysctls": {name: value}}, options_with({"hardening": True}), "preflight", only=ids)) == 4


def listener(protocol, port, process, unit, pid=7):
    return {"protocol": protocol, "port": port, "process": process, "pid": pid, "unit": unit}


@pytest.mark.parametrize(
    ("held", "options", "status"),
    [
        (listener("tcp", 6443, "haproxy", "haproxy.service"), {"server": True}, "fail"),
        (listener("tcp", 6443, "haproxy", "haproxy.service"), {"server": False}, "pass"),
        (listener("tcp", 6443, "python3", "k3s.service"), {}, "pass"),
        (listener("tcp", 10250, "kubelet", "kubelet.service"), {"server": False}, "fail"),
        (listener("tcp", 10250, "k3s-agent", "k3s-agent.service"), {"server": False}, "pass"),
        (listener("tcp", 8080, "java", "tomcat.service"), {"workloads": ["workload_meta"]}, "pass"),
        (listener("tcp", 8080, "java", "tomcat.service"), {"workloads": ["workload_workspace_regular"]}, "fail"),
        (listener("tcp", 20000, "java", ""), {}, "fail"),
        (listener("tcp", 20000, "java", ""), {"gitpod_version": "2022.02.0"}, "pass"),
        (listener("tcp", 30000, "java", ""), {"gitpod_version": "2022.02.0"}, "fail"),
        (listener("tcp", 30000, "java", ""), {"gitpod_version": "2022.03.0"}, "pass"),
        (listener("tcp", 4789, "java", ""), {}, "pass"),
        (listener("tcp", 443, "apache2", "apache2.service"), {}, "fail"),
        (listener("tcp", 443, "apache2", "apache2.service"), {"load_balancer_ports": []}, "pass"),
        (listener("tcp", 22, "sshd", "ssh.service"), {}, "pass"),
        (listener("tcp", 22, "sshd", "ssh.service"), {"load_balancer_ports": [80, 443, 22]}, "fail"),
    ],
)
def test_ports(held, options, status):
    found = one({"listeners": [held], "calico_vxlan": False}, "ports", **options)
    assert found[0] == status
    if status == "fail":
        assert held["process"] in found[1]


@pytest.mark.parametrize(
    ("held", "calico", "status"),
    [
        (listener("udp", 4789, "the kernel", "", pid=0), True, "pass"),
        (listener("udp", 4789, "the kernel", "", pid=0), False, "fail"),
        (listener("udp", 4789, "openvpn", "openvpn.service"), True, "fail"),
        (listener("tcp", 20000, "the kernel", "", pid=0), True, "fail"),
    ],
)
def test_the_vxlan_port_belongs_to_calico(held, calico, status):
    assert one({"listeners": [held], "calico_vxlan": calico}, "ports")[0] == status


@pytest.mark.parametrize(
    ("bounds", "reserved", "status"),
    [
        ("32768 60999", "", "pass"),
        ("32767 60999", "", "fail"),
        ("5000 65000", "", "fail"),
        ("5000 65000", "6443,8080,10250,20000,30000-32767", "pass"),
        ("5000 65000", "6443,8080,10250,20000", "fail"),
        ("40000 50000", "", "pass"),
        ("1024 2378", "", "pass"),
        ("1024 2379", "", "fail"),
        ("", "", "unknown"),
        ("² ³", "²", "unknown"),
    ],
)
def test_local_port_range(bounds, reserved, status):
    values = {"net.ipv4.ip_local_port_range": bounds, "net.ipv4.ip_local_reserved_ports": reserved}
    assert one({"sysctls": values}, "local_port_range")[0] == status


@pytest.mark.parametrize(
    ("name", "reading", "status"),
    [
        ("memory", {"memory_bytes": 16 * 10**9}, "pass"),
        ("memory", {"memory_bytes": 16 * 10**9 - 1}, "fail"),
        ("cpus", {"cpus": 4}, "pass"),
        ("cpus", {"cpus": 3}, "fail"),
        ("root_maxkeys", {"sysctls": {"kernel.keys.root_maxkeys": "10000"}}, "pass"),
        ("root_maxkeys", {"sysctls": {"kernel.keys.root_maxkeys": "9999"}}, "warning"),
        ("root_maxkeys", {"sysctls": {}}, "pass"),
        ("root_maxkeys", {"sysctls": {"kernel.keys.root_maxkeys": "²"}}, "unknown"),
    ],
)
def test_just_enough_and_just_too_little(name, reading, status):
    assert one(reading, name)[0] == status


def test_a_kernel_without_user_namespaces_is_no_matter_for_the_role_kernel():
    there = {"kernel.unprivileged_userns_clone": "0", "user.max_user_namespaces": "0"}
    assert one({"sysctls": there}, "user_namespaces")[0] == "fixable"
    gone = {"kernel.unprivileged_userns_clone": "0"}
    assert one({"sysctls": gone}, "user_namespaces") == (
        "fail",
        "kernel.unprivileged_userns_clone=0, user.max_user_namespaces does not exist",
    )


def test_a_module_that_is_not_on_disk_is_no_matter_for_the_role_kernel():
    modules = {"overlay": "loaded", "ip_set": "missing"}
    reading = {"modules": modules, "kernel": "5.4.0-1103-kvm", "os_id": "ubuntu", "os_version": "20.04"}
    assert one(reading, "kernel_modules") == ("fail", "not in this kernel: ip_set")
    assert one(dict(reading, kernel="4.15.0-213-generic", os_version="18.04"), "kernel_modules")[0] == "fixable"


def test_a_reading_without_anything_is_unknown_throughout():
    checked = node_check.findings_of({}, options_with({}), "preflight")
    assert {finding["status"] for finding in checked if finding["id"] != "kernel_headers"} == {"unknown"}
    assert all(finding["remedy"] for finding in findings.with_status(checked, "unknown"))


# One fact, one variable: what the role kernel does, and what is checked.
OLD = {"kernel": "4.15.0-213-generic", "os_id": "ubuntu", "os_version": "18.04", "modules": {"overlay": "missing"}}


@pytest.mark.parametrize(
    ("options", "preflight", "installed"),
    [
        ({}, "fixable", "fail"),
        ({"kernel_upgrade": False}, "fail", "fail"),
        ({"kernel_upgrade": False, "kernel_reboot": "never"}, "fail", "fail"),
        ({"kernel_reboot": "never"}, "warning", "fail"),
    ],
)
@pytest.mark.parametrize("name", ["kernel_version", "kernel_modules"])
def test_an_old_kernel_is_fixable_only_where_a_role_replaces_and_boots_it(name, options, preflight, installed):
    assert one(OLD, name, **options)[0] == preflight
    assert one(OLD, name, phase="installed", **options)[0] == installed


def test_headers_are_needed_only_by_shiftfs():
    missing = {"kernel_headers": False}
    assert one(missing, "kernel_headers", shiftfs=True) == ("fixable", "not installed")
    assert one(missing, "kernel_headers", shiftfs=True, phase="installed") == ("fail", "not installed")
    assert one(missing, "kernel_headers")[0] == "pass"


def test_the_minimum_of_the_user_may_lie_above_what_was_tested():
    (finding,) = node_check.findings_of({**OLD, "kernel": "6.8.0-31-generic"}, options_with({"min_kernel": "6.9"}), "preflight", only=["kernel_version"])
    assert (finding["status"], finding["required"]) == ("fixable", "6.9 or newer")


def test_modules_that_the_role_was_told_to_leave_out_are_not_checked():
    assert kernel_settings.modules_of({"kernel_modules": ["overlay"]}) == [kernel_settings.Module("overlay", ("CONFIG_OVERLAY_FS",))]
    assert one({"modules": {"overlay": "loaded"}, "kernel": "5.4.0", "os_id": "ubuntu", "os_version": "20.04"}, "kernel_modules") == ("pass", "all 1")


@pytest.mark.parametrize(
    ("values", "options", "status", "found"),
    [
        ({"net.ipv4.ip_forward": "0"}, {"sysctls": {"net.ipv4.ip_forward": 1}}, "fixable", "net.ipv4.ip_forward=0"),
        ({"net.ipv4.ip_forward": "0"}, {"sysctls": {}}, "pass", "as required"),
        ({"net.ipv4.ip_forward": "0"}, {"sysctls": {"net.ipv4.ip_forward": 0}}, "pass", "as required"),
        ({"net.ipv4.ip_forward": "0"}, {"sysctls": {"net.ipv4.ip_forward": "1"}}, "fixable", "net.ipv4.ip_forward=0"),
        ({"net.ipv4.conf.all.log_martians": "0"}, {"sysctls": {"net.ipv4.conf.all.log_martians": 1}}, "fixable", "net.ipv4.conf.all.log_martians=0"),
        ({"of.another.kernel": None}, {"sysctls": {"of.another.kernel": 1}}, "fail", "of.another.kernel does not exist"),
        ({"vm.unprivileged_userfaultfd": None}, {"sysctls": {"vm.unprivileged_userfaultfd": 0}}, "pass", "as required"),
        # Several values, as the kernel shows them and as a user writes them.
        ({"net.ipv4.tcp_rmem": "4096 131072 6291456"}, {"sysctls": {"net.ipv4.tcp_rmem": "4096\t131072  6291456"}}, "pass", "as required"),
        (
            {"net.ipv4.tcp_rmem": "4096 87380 6291456"},
            {"sysctls": {"net.ipv4.tcp_rmem": "4096 131072 6291456"}},
            "fixable",
            "net.ipv4.tcp_rmem=4096 87380 6291456",
        ),
        ({"kernel.core_pattern": "core"}, {"sysctls": {"kernel.core_pattern": "core"}}, "pass", "as required"),
    ],
)
def test_the_sysctls_that_the_role_sets_are_those_that_are_checked(values, options, status, found):
    options = {"sysctls_at_least": {}, **options}
    assert one({"sysctls": values}, "sysctls", **options) == (status, found)


@pytest.mark.parametrize(
    ("value", "wanted", "status"),
    [
        ("1000000", 1000000, "pass"),
        ("999999", 1000000, "fixable"),
        # The role raises to the user's figure, and asks for no more than Gitpod does.
        ("1000000", 2000000, "pass"),
        ("524288", 524288, "pass"),
        ("524287", 524288, "fixable"),
        ("many", 524288, "fixable"),
    ],
)
def test_a_sysctl_that_is_only_raised(value, wanted, status):
    reading = {"sysctls": {"fs.inotify.max_user_watches": value}}
    assert one(reading, "sysctls", sysctls={}, sysctls_at_least={"fs.inotify.max_user_watches": wanted})[0] == status


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"pod_cidr": "10.42.0.0/16,fd42::/56"}, "fixable"),
        ({"pod_cidr": "10.42.0.0/16,fd42::/56", "ipv6": False}, "pass"),
        ({"ipv6": True}, "fixable"),
        ({}, "pass"),
    ],
)
def test_ipv6_is_checked_where_the_role_sets_it(options, status):
    reading = {"sysctls": {"net.ipv6.conf.all.forwarding": "0", "net.bridge.bridge-nf-call-ip6tables": "1"}}
    assert one(reading, "sysctls", sysctls={}, sysctls_at_least={}, **options)[0] == status


@given(
    values=st.dictionaries(st.sampled_from(["a", "net.ipv4.ip_forward", "fs.inotify.max_user_watches"]), st.none() | st.text()),
    wanted=st.integers() | st.text(min_size=1),
)
def test_no_sysctl_of_the_user_raises(values, wanted):
    options = {"sysctls": dict.fromkeys(values, wanted), "sysctls_at_least": dict.fromkeys(["x", *values], wanted)}
    one({"sysctls": values}, "sysctls", **options)


def test_every_sysctl_that_is_checked_is_read():
    assert set(node_spec.sysctls_to_read(options_with({"sysctls": {"of.the.user": 1}}))) == {*kernel_settings.SYSCTL_KEYS, "of.the.user"}
