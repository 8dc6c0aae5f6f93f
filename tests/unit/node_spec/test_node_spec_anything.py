"""Whatever a reading holds, checking it raises nothing, and nothing unread passes."""

from ansible_collections.gitpod.node_prep.plugins.module_utils._k3s.settings import EQUAL_ON_SERVERS
from ansible_collections.gitpod.node_prep.plugins.module_utils._node import check as node_check, conflicts
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements import findings
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.paths import RESOLV_CONFS, UNITS
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.workloads import WORKLOADS
from hypothesis import given, strategies as st
from node_fixtures import reading
from node_options import options_with

GOOD = reading("cloud-16gb-installed")
TEXT = st.text(max_size=40)
TEXTS = st.lists(TEXT | st.just("flannel-backend"), max_size=4)
NUMBER = st.integers(0, 2**63)
LISTENER = st.fixed_dictionaries({"protocol": st.sampled_from(["tcp", "udp"]), "port": st.integers(0, 65535), "process": TEXT, "pid": NUMBER, "unit": TEXT})
MEMBER = st.fixed_dictionaries({"name": TEXT | st.just("s1"), "address": TEXT, "learner": st.booleans(), "healthy": st.booleans()})
ETCD = st.fixed_dictionaries(
    {
        "name": TEXT | st.just("s1"), "members": st.lists(MEMBER, max_size=4), "problem": st.just("") | TEXT, "leader": st.booleans(),
        "fsync_p99": st.none() | st.floats(-(2**40), 2**40),
    }
)  # fmt: skip
SETTINGS = st.dictionaries(TEXT | st.sampled_from(EQUAL_ON_SERVERS), TEXTS | st.lists(st.ip_addresses().map(lambda one: f"{one}/24"), max_size=2))
STATES = st.sampled_from(["loaded", "builtin", "available", "missing", "unreadable"])
# The type of every value of a reading, with any content.
VALUES = {
    "architecture": TEXT, "kernel": TEXT, "hostname": TEXT,
    "os_id": TEXT | st.just("ubuntu"), "os_version": TEXT, "os_codename": TEXT,
    "cpus": NUMBER, "memory_bytes": NUMBER, "modules": st.dictionaries(TEXT, STATES),
    "sysctls": st.fixed_dictionaries({key: TEXT | st.none() | NUMBER.map(str) for key in GOOD["sysctls"]}),
    "kernel_headers": st.booleans(), "cgroup": st.sampled_from(["v1", "v2", "hybrid", "none"]), "systemd": st.booleans(),
    "host_paths": st.dictionaries(TEXT, TEXT), "hosts_file": TEXT,
    "gitpod_mount": st.fixed_dictionaries({"point": TEXT, "shared": st.booleans()}), "disk_free_bytes": NUMBER,
    "addresses": st.lists(st.tuples(TEXT, TEXT | st.ip_addresses().map(str))), "swap": st.lists(TEXT), "iptables": TEXT,
    "containerd": TEXT, "containerd_paths": st.fixed_dictionaries({"socket": TEXT, "directory": TEXT}), "runtime_sockets": st.lists(TEXT),
    "listeners": st.lists(LISTENER), "calico_vxlan": st.booleans(),
    "machine_id": TEXT, "product_uuid": TEXT, "macs": st.dictionaries(TEXT, TEXT), "clock_synchronised": st.booleans(),
    "mounts": st.dictionaries(TEXT, st.fixed_dictionaries({"point": TEXT, "options": st.lists(TEXT | st.sampled_from(["noexec", "nodev"]))})),
    "resolv_confs": st.dictionaries(TEXT | st.sampled_from(RESOLV_CONFS), st.none() | st.lists(TEXT | st.ip_addresses().map(str))),
    "services": st.dictionaries(TEXT | st.sampled_from(UNITS), st.fixed_dictionaries(dict.fromkeys(("load", "active", "sub", "boot"), TEXT))),
    "sysctl_assignments": st.lists(st.tuples(TEXT, TEXT | st.sampled_from(["net.ipv4.ip_forward", "net.ipv4.conf.*.forwarding"]), TEXT | st.none())),
    "module_blocks": st.lists(st.fixed_dictionaries({"path": TEXT, "module": TEXT | st.just("overlay"), "how": TEXT})),
    "masked_units": st.dictionaries(TEXT | st.sampled_from(UNITS), TEXT),
    "cni_files": st.dictionaries(TEXT | st.just("/etc/cni/net.d"), st.lists(TEXT)),
    "programs": st.dictionaries(TEXT | st.sampled_from(["/usr/local/bin/k3s", "/usr/local/bin/kubectl"]), TEXT),
    "k3s_config_files": st.lists(
        st.fixed_dictionaries({"path": TEXT, "ours": st.booleans(), "keys": TEXTS, "appended": TEXTS, "clear": st.booleans()})
    ),
    "drop_ins": st.lists(st.fixed_dictionaries({"unit": TEXT | st.sampled_from(UNITS), "path": TEXT, "sets": TEXTS})),
    "kubernetes": st.dictionaries(TEXT, TEXTS),
    "k3s": st.fixed_dictionaries(
        {
            "units": TEXTS, "ours": st.booleans(), "left": TEXTS, "processes": TEXTS, "role": TEXT,
            "release": TEXT | st.just("v1.24.6+k3s1"), "datastore": TEXT,
            "settings": st.dictionaries(TEXT | st.sampled_from(["node-name", "disable", "docker", "data-dir"]), TEXTS), "unclear": TEXTS,
        }
    ),
    "k3s_server_settings": SETTINGS | st.none(), "etcd": ETCD, "api_names": st.none() | TEXTS,
    "certificates": st.dictionaries(TEXT | st.sampled_from(["/var/lib/rancher/k3s/agent/client-ca.crt"]), st.none() | NUMBER | st.just(-(2**62))),
    "clock": st.floats(0, 2**40), "as_root": st.booleans(), "unreadable": st.dictionaries(TEXT, TEXT),
}  # fmt: skip
READINGS = st.fixed_dictionaries({}, optional=VALUES)


# A server of a cluster, whose address must stand in a certificate.
SERVING = {"joined": True, "api_address": "api.example.com"}


def test_the_types_are_those_of_the_reader():
    assert set(VALUES) == set(GOOD)


@given(facts=READINGS, phase=st.sampled_from(["preflight", "installed"]), runtime=st.sampled_from(["system", "embedded"]), adopt=st.booleans())
def test_no_reading_raises(facts, phase, runtime, adopt):
    options = options_with({"container_runtime": runtime, "shiftfs": True, "k3s_adopt": adopt, "kubernetes_version": "v1.24.7+k3s1", **SERVING})
    checked = node_check.findings_of(facts, options, phase)
    assert {finding["status"] for finding in checked} <= set(findings.STATUSES)
    assert phase == "preflight" or not findings.with_status(checked, "fixable")
    findings.render({"node": checked})


RESULT = st.fixed_dictionaries(
    {
        "facts": READINGS,
        "phase": st.sampled_from(["preflight", "installed"]),
        "only": st.lists(st.sampled_from(conflicts.REQUIREMENTS.ids())),
        "skip": st.dictionaries(st.sampled_from(conflicts.REQUIREMENTS.ids()), TEXT),
        "container_runtime": st.sampled_from(["system", "embedded"]),
        "server": st.booleans(),
        "workloads": st.lists(st.sampled_from(WORKLOADS)),
        "recommended_clock_skew": st.floats(),
        "max_clock_skew": st.floats(),
    }
)


@given(results=st.dictionaries(TEXT, RESULT, max_size=5))
def test_no_comparison_raises(results):
    compared = conflicts.findings_of(results)
    assert set(compared) == set(results)
    findings.render(compared)


@given(name=st.sampled_from(sorted(set(GOOD) - {"unreadable", "as_root"})))
def test_what_is_missing_never_passes_for_good(name):
    """With one value of a good node unread, each finding is what it was, or unknown."""
    others = {key: value for key, value in GOOD.items() if key != name}
    before = node_check.findings_of(GOOD, options_with(SERVING), "installed")
    after = node_check.findings_of(others, options_with(SERVING), "installed")
    for old, new in zip(before, after, strict=True):
        assert new == old or new["status"] == "unknown"
