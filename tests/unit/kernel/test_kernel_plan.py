"""What the role kernel has to do, from what a node shows."""

import re
from collections import OrderedDict

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils import _kernel as kernel_plan
from hypothesis import given, strategies as st

OWN = "/etc/sysctl.d/99-zz-gitpod.conf"


def planned(equal=None, at_least=None, live=None, files=None):
    rows = kernel_plan.settings(equal or {}, at_least or {})
    return kernel_plan.plan_sysctls(rows, live or {}, OrderedDict(sorted((files or {}).items(), key=lambda item: item[0].rsplit("/", 1)[-1])), OWN)


@pytest.mark.parametrize(
    ("running", "installed", "step"),
    [
        ("5.4.0-150-generic", [], "nothing"),
        ("6.1.0-18-cloud-amd64", [], "nothing"),
        ("5.13.0-52-generic", ["5.13.0-52-generic"], "nothing"),
        ("4.15.0-213-generic", ["4.15.0-213-generic"], "install"),
        ("4.15.0-213-generic", [], "install"),
        ("4.15.0-213-generic", ["4.15.0-213-generic", "5.4.0-150-generic"], "boot"),
        # Build 1 of 5.13 must not be booted into, even though it reaches the minimum.
        ("4.15.0-213-generic", ["5.4.0-150-generic", "5.13.0-52-generic"], "install"),
        ("weird", ["5.4.0-150-generic"], "unknown"),
    ],
)
def test_kernel_step(running, installed, step):
    assert kernel_plan.kernel_step(running, installed, "5.4") == step


@pytest.mark.parametrize(
    ("installed", "newest"),
    [
        ([], ""),
        (["memtest"], ""),
        (["5.4.0-\u00b2", "5.4.0-1-generic"], "5.4.0-1-generic"),
        (["5.4.0-99-generic", "5.4.0-150-generic", "4.15.0-213-generic"], "5.4.0-150-generic"),
        (["5.15.0-1051-aws", "5.4.0-150-generic"], "5.15.0-1051-aws"),
    ],
)
def test_newest_installed_kernel(installed, newest):
    assert kernel_plan.newest(installed) == newest


def test_sysctl_file():
    text = "# comment\n; other\n\nnet.ipv4.ip_forward = 1\n-kernel/panic=10\nnet/ipv4/conf/eth0.100/x=2\nnet.ipv4.conf.*.rp_filter=1\nnonsense\n a.b =  1\t2\n"
    assert kernel_plan.parse_sysctl_file(text) == {
        "net.ipv4.ip_forward": "1",
        "kernel.panic": "10",
        "net.ipv4.conf.eth0/100.x": "2",
        "net.ipv4.conf.*.rp_filter": "1",
        "a.b": "1 2",
    }
    assert kernel_plan.parse_sysctl_file("-net.ipv4.conf.all.forwarding\nx\n") == {"net.ipv4.conf.all.forwarding": None}
    assert list(kernel_plan.parse_sysctl_file("a=1\nb=2\na=3\n").items()) == [("b", "2"), ("a", "3")]


def test_equal_values_are_persisted_always_and_set_only_when_different():
    plan = planned(equal={"net.ipv4.ip_forward": 1}, live={"net.ipv4.ip_forward": "0"})
    assert (plan.content, plan.live) == ({"net.ipv4.ip_forward": 1}, {"net.ipv4.ip_forward": 1})
    plan = planned(equal={"net.ipv4.ip_forward": 1}, live={"net.ipv4.ip_forward": "1"})
    assert (plan.content, plan.live) == ({"net.ipv4.ip_forward": 1}, {})


WATCHES = "fs.inotify.max_user_watches"


@pytest.mark.parametrize(
    ("live", "files", "content", "now"),
    [
        # too low: raised, now and for the next boot
        ("8192", {}, 1000000, 1000000),
        # high enough, but only live, so it would be lost at the next boot; never written lower than it is
        ("2000000", {}, 2000000, None),
        # the role's own file says enough: it stays as it is, whatever has been set since
        ("2000000", {OWN: {WATCHES: "1000000"}}, 1000000, None),
        ("8192", {OWN: {WATCHES: "1000000"}}, 1000000, 1000000),
        ("8192", {OWN: {WATCHES: "524288"}}, 1000000, 1000000),
        # another file says enough: the role says nothing about it
        ("2000000", {"/etc/sysctl.d/60-admin.conf": {WATCHES: "2000000"}}, None, None),
        ("8192", {"/etc/sysctl.d/60-admin.conf": {WATCHES: "2000000"}}, None, 2000000),
        ("8192", {"/etc/sysctl.d/60-admin.conf": {WATCHES: "2000000"}, OWN: {WATCHES: "1000000"}}, None, 2000000),
        # another file says too little, and comes before the role's own
        ("1000000", {"/etc/sysctl.d/60-admin.conf": {WATCHES: "524288"}, OWN: {WATCHES: "1000000"}}, 1000000, None),
    ],
)
def test_a_value_wanted_at_least_is_raised_and_never_lowered(live, files, content, now):
    plan = planned(at_least={WATCHES: 1000000}, live={WATCHES: live}, files=files)
    assert plan.content.get(WATCHES) == content
    assert plan.live.get(WATCHES) == now
    assert plan.conflicts == []


def test_the_minimum_of_a_known_sysctl_is_that_of_the_requirement():
    plan = planned(at_least={"user.max_user_namespaces": 28633}, live={"user.max_user_namespaces": "15000"})
    assert plan.live == {}
    assert plan.content == {"user.max_user_namespaces": 28633}
    plan = planned(at_least={"user.max_user_namespaces": 28633}, live={"user.max_user_namespaces": "0"})
    assert plan.live == {"user.max_user_namespaces": 28633}


def test_a_file_that_wins_at_boot_is_named():
    files = {"/etc/sysctl.d/zzz.conf": {"net.ipv4.ip_forward": "0"}, "/etc/sysctl.d/99-sysctl.conf": {"kernel.dmesg_restrict": "0"}}
    plan = planned(equal={"net.ipv4.ip_forward": 1, "kernel.dmesg_restrict": 1}, live={"net.ipv4.ip_forward": "1"}, files=files)
    assert plan.conflicts == ["/etc/sysctl.d/zzz.conf sets net.ipv4.ip_forward to 0, and wins at boot"]
    files["/etc/sysctl.d/zzz.conf"]["net.ipv4.ip_forward"] = "1"
    assert planned(equal={"net.ipv4.ip_forward": 1}, live={"net.ipv4.ip_forward": "1"}, files=files).conflicts == []


FORWARD = "net.ipv4.ip_forward"


@pytest.mark.parametrize(
    ("files", "wins"),
    [
        ([("zzz.conf", "net.ipv4.conf.all.forwarding = 0")], "zzz.conf"),
        ([("zzz.conf", "-net/ipv4/conf/all/forwarding = 0")], "zzz.conf"),
        ([("zzz.conf", "net.ipv4.conf.*.forwarding = 0")], "zzz.conf"),
        ([("zzz.conf", "net/ipv4/conf/[ad]*/forwarding=0")], "zzz.conf"),
        # new interfaces, such as those of pods
        ([("zzz.conf", "net.ipv4.conf.default.forwarding = 0")], "zzz.conf"),
        # not another one, and not one that is not a whole segment
        ([("zzz.conf", "net.ipv4.conf.eth7.forwarding = 0")], ""),
        ([("zzz.conf", "net.ipv4.*.forwarding = 0")], ""),
        # the role's own file sets it by its name, which no pattern reaches
        ([("zzz.conf", "net.ipv4.ip_for* = 0")], ""),
        # some file sets the alias by its name or takes it out, so that the pattern does not reach it
        ([("50.conf", "net.ipv4.conf.all.forwarding = 1\nnet.ipv4.conf.default.forwarding = 1"), ("zzz.conf", "net.ipv4.conf.*.forwarding = 0")], ""),
        ([("zzz.conf", "-net.ipv4.conf.all.forwarding\n-net.ipv4.conf.default.forwarding\nnet.ipv4.conf.*.forwarding = 0")], ""),
        # before the role's own
        ([("50.conf", "net.ipv4.conf.all.forwarding = 0")], ""),
        ([("99-sysctl.conf", "net.ipv4.conf.*.forwarding = 0")], ""),
        # the last one wins
        ([("zzz.conf", "net.ipv4.conf.all.forwarding = 0\nnet.ipv4.ip_forward = 1")], ""),
        ([("zzz.conf", "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.forwarding = 0")], "zzz.conf"),
        ([("zz-1.conf", "net.ipv4.ip_forward=0"), ("zz-2.conf", "net.ipv4.conf.all.forwarding=1")], ""),
        # what only decides about a part takes nothing back
        ([("zz-1.conf", "net.ipv4.ip_forward=0"), ("zz-2.conf", "net.ipv4.conf.default.forwarding=1")], "zz-1.conf"),
        ([("zz-1.conf", "net.ipv4.conf.default.forwarding=0"), ("zz-2.conf", "net.ipv4.ip_forward=1")], ""),
    ],
)
def test_other_names_and_patterns_of_a_setting_are_the_setting(files, wins):
    parsed = {"/etc/sysctl.d/" + name: kernel_plan.parse_sysctl_file(text) for name, text in files}
    for own in ({}, {OWN: {FORWARD: "1"}}):
        conflicts = planned(equal={FORWARD: 1}, live={FORWARD: "1"}, files=parsed | own).conflicts
        assert [sentence.split(" ")[0] for sentence in conflicts] == ([f"/etc/sysctl.d/{wins}"] if wins else [])


def test_a_value_of_the_limits_of_users_is_that_of_inotify():
    files = {"/etc/sysctl.d/zzz.conf": {"user.max_inotify_watches": "8192"}}
    (sentence,) = planned(at_least={WATCHES: 1000000}, live={WATCHES: "1000000"}, files=files).conflicts
    assert sentence == f"/etc/sysctl.d/zzz.conf sets user.max_inotify_watches to 8192, which decides about {WATCHES}, and wins at boot"


def test_what_ufw_sets_comes_last():
    files = OrderedDict([("/etc/sysctl.d/zzz.conf", {FORWARD: "1"}), (kernel_plan.UFW_SYSCTL, {FORWARD: "0"})])
    (sentence,) = kernel_plan.sysctl_conflicts(kernel_plan.settings({FORWARD: 1}, {}), files, OWN)
    assert sentence.startswith("/etc/ufw/sysctl.conf sets ")


def test_modules_that_are_kept_from_being_loaded():
    text = "# blacklist tun\nblacklist\nblacklist ip-set # why\ninstall overlay /bin/false\ninstall fuse /sbin/modprobe -i fuse && x\n"
    text += "alias veth off\ninstall xt_set \\\n /bin/true\noptions tun x\n"
    blocked = kernel_plan.blocked_modules(text)
    assert [module for module, _line in blocked] == ["ip_set", "overlay", "veth", "xt_set"]
    assert kernel_plan.blocked_by_the_boot("root=/dev/sda quiet modprobe.blacklist=tun,ip-set module_blacklist=vxlan") == [
        ("tun", "modprobe.blacklist=tun,ip-set"),
        ("ip_set", "modprobe.blacklist=tun,ip-set"),
        ("vxlan", "module_blacklist=vxlan"),
    ]
    blocks = [{"path": "/etc/modprobe.d/x.conf", "module": module, "how": how} for module, how in blocked]
    found = kernel_plan.module_conflicts(blocks, {"overlay": "available", "ip_set": "builtin", "veth": "loaded"}, ["overlay", "ip_set", "veth"])
    assert found == [
        "/etc/modprobe.d/x.conf says `install overlay /bin/false`, which keeps overlay from being loaded at boot",
        "/etc/modprobe.d/x.conf says `alias veth off`, which keeps veth from being loaded at boot",
    ]


RMEM = "net.ipv4.tcp_rmem"


@pytest.mark.parametrize("wanted", ["4096 131072 6291456", " 4096\t131072  6291456\n", [4096, 131072, 6291456]])
def test_a_sysctl_of_several_numbers(wanted):
    plan = planned(equal={RMEM: wanted}, live={RMEM: "4096\t131072\t6291456"})
    assert (plan.content, plan.live) == ({RMEM: "4096 131072 6291456"}, {})
    plan = planned(equal={RMEM: wanted}, live={RMEM: "4096\t87380\t6291456"}, files={"/etc/sysctl.d/zzz.conf": {RMEM: "4096 87380 6291456"}})
    assert plan.live == {RMEM: "4096 131072 6291456"}
    assert plan.conflicts == ["/etc/sysctl.d/zzz.conf sets net.ipv4.tcp_rmem to 4096 87380 6291456, and wins at boot"]


@pytest.mark.parametrize(
    ("live", "files", "content", "now"),
    [
        ("4096 87380 6291456", {}, "4096 131072 6291456", "4096 131072 6291456"),
        # Each number is raised, and none is lowered.
        ("8192 87380 16777216", {}, "8192 131072 16777216", "8192 131072 16777216"),
        ("8192 131072 16777216", {}, "8192 131072 16777216", None),
        ("8192 131072 16777216", {OWN: {RMEM: "4096 131072 6291456"}}, "4096 131072 6291456", None),
        ("8192 131072 16777216", {"/etc/sysctl.d/1.conf": {RMEM: "8192 131072 16777216"}}, None, None),
        ("4096 87380 6291456", {"/etc/sysctl.d/1.conf": {RMEM: "8192 131072 16777216"}}, None, "8192 131072 16777216"),
        # Another form than the wanted one
        ("131072", {"/etc/sysctl.d/1.conf": {RMEM: "much"}}, "4096 131072 6291456", "4096 131072 6291456"),
    ],
)
def test_several_numbers_wanted_at_least(live, files, content, now):
    plan = planned(at_least={RMEM: "4096 131072 6291456"}, live={RMEM: live}, files=files)
    assert (plan.content.get(RMEM), plan.live.get(RMEM), plan.conflicts) == (content, now, [])


def test_a_sysctl_that_is_a_text():
    key = "net.ipv4.tcp_congestion_control"
    assert planned(equal={key: "bbr"}, live={key: "cubic"}).live == {key: "bbr"}
    assert planned(equal={key: "bbr"}, live={key: "bbr"}).live == {}


def test_true_is_one():
    assert planned(equal={"net.ipv4.ip_forward": True}, live={"net.ipv4.ip_forward": "1"}) == planned(
        equal={"net.ipv4.ip_forward": 1}, live={"net.ipv4.ip_forward": "1"}
    )


@pytest.mark.parametrize(
    ("equal", "at_least", "sentence"),
    [
        ({}, {RMEM: "much"}, "net.ipv4.tcp_rmem is wanted to be at least 'much', which is neither a number nor several of them"),
        ({RMEM: None}, {}, "net.ipv4.tcp_rmem is wanted to be None, which is no value of a sysctl"),
        ({RMEM: " "}, {}, "net.ipv4.tcp_rmem is wanted to be ' ', which is no value of a sysctl"),
        ({}, {RMEM: {"a": 1}}, "net.ipv4.tcp_rmem is wanted to be {'a': 1}, which is no value of a sysctl"),
    ],
)
def test_what_is_no_value_is_named(equal, at_least, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        kernel_plan.settings(equal, at_least)


TEXT = st.lists(st.sampled_from(["1", "-1", " ", "\t", "a", "\u00b2", "1_0", "9" * 20, "=", "\n", "/", "."]) | st.text(max_size=5)).map("".join)
KEYS = st.sampled_from([WATCHES, RMEM, "net.ipv4.ip_forward", "kernel.panic", "x"])


@given(equal=st.dictionaries(KEYS, TEXT), at_least=st.dictionaries(KEYS, TEXT), live=st.dictionaries(KEYS, TEXT | st.none()), text=TEXT, release=TEXT)
def test_no_reading_raises(equal, at_least, live, text, release):
    files = OrderedDict((path, {**kernel_plan.parse_sysctl_file(text), **dict.fromkeys(live, text)}) for path in (OWN, "/etc/sysctl.d/zzz.conf"))
    kernel_plan.blocked_modules(text), kernel_plan.blocked_by_the_boot(text)
    kernel_plan.newest([f"5.4.0-{release}", "5.4.0-1"])
    try:
        rows = kernel_plan.settings(equal, at_least)
    except ValueError:
        return
    plan = kernel_plan.plan_sysctls(rows, live, files, OWN)
    assert all(isinstance(value, (int, str)) for value in [*plan.content.values(), *plan.live.values()])


def test_what_a_kernel_does_not_have():
    equal = {"kernel.unprivileged_userns_clone": 1, "net.bridge.bridge-nf-call-iptables": 1, "kernel.dmesg_restrict": 1}
    plan = planned(equal=equal, live=dict.fromkeys(equal))
    # Debian's own switch: nothing to do where it does not exist. The module br_netfilter will bring the bridge's. The last must be there.
    assert plan.content == {"net.bridge.bridge-nf-call-iptables": 1}
    assert plan.live == {"net.bridge.bridge-nf-call-iptables": 1}
    assert plan.absent == ["kernel.dmesg_restrict"]


def test_modules():
    states = {"overlay": "loaded", "tun": "builtin", "xt_set": "available", "ip_set": "available", "veth": "missing", "fuse": "unreadable"}
    assert kernel_plan.plan_modules(states) == (["fuse", "ip_set", "xt_set"], ["veth"])
