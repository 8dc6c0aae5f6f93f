"""A node that the role cannot fix was refused before anything was changed on it."""

testinfra_hosts = ["ansible://refused"]


def test_nothing_was_written(host):
    assert not host.file("/etc/modules-load.d/gitpod.conf").exists
    assert not host.file("/etc/sysctl.d/99-zz-gitpod.conf").exists


def test_nothing_was_set(host):
    assert host.sysctl("net.ipv4.ip_forward") == 0


def test_the_administrator_s_file_is_untouched(host):
    assert host.file("/etc/sysctl.d/zzz.conf").content_string == "fs.inotify.max_user_instances = 16384\nnet/ipv4/ip_forward = 0\n"
