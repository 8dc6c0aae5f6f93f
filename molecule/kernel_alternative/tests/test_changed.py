"""What other values of the variables make of a node, from a fresh one and from one that an interrupted run left behind."""

testinfra_hosts = ["ansible://changed", "ansible://bad-state"]


def test_modules_at_boot(host):
    file = host.file("/etc/modules-load.d/gitpod.conf")
    assert file.content_string.endswith(" overwritten.\noverlay\nvxlan\n")
    assert (file.mode, file.user, file.group) == (0o644, "root", "root")


def test_settings_at_boot(host):
    file = host.file("/etc/sysctl.d/99-zz-gitpod.conf")
    _comment, watches, *others = file.content_string.splitlines()
    # A kernel that has more already keeps it; it is the machine's own, shared by its containers.
    assert int(watches.removeprefix("fs.inotify.max_user_watches = ")) >= 524288
    assert others == ["kernel.panic = 10", "net.ipv4.conf.all.log_martians = 1", "net.ipv4.ip_forward = 1", "net.ipv6.conf.all.forwarding = 1"]
    assert (file.mode, file.user, file.group) == (0o644, "root", "root")


def test_settings_now(host):
    assert host.sysctl("net.ipv4.conf.all.log_martians") == 1
    assert host.sysctl("net.ipv6.conf.all.forwarding") == 1


def test_headers_of_the_kernel_that_runs(host):
    release = host.check_output("uname -r")
    assert host.package(f"linux-headers-{release}").is_installed
    assert host.file(f"/lib/modules/{release}/build").linked_to == f"/usr/src/linux-headers-{release}"
    assert host.check_output("dpkg --audit") == ""
