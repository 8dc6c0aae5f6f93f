"""The test of the reachability leaves nothing behind; converge.yml has seen that an interrupted one does not either."""

import pytest

TCP = [6443, 2379, 2380, 10250, 8080, 20000]


def test_no_process_is_left(host):
    assert host.run("pgrep -x reachability").rc == 1


@pytest.mark.parametrize("port", TCP)
def test_no_tcp_port_is_left_open(host, port):
    listening = host.check_output(f"ss --listening --tcp --numeric --no-header 'sport = :{port}'")
    if host.check_output("hostname") == "workspace-2" and port == 8080:
        assert listening
    else:
        assert listening == ""


def test_no_udp_port_is_left_open(host):
    assert host.check_output("ss --udp --all --numeric --no-header 'sport = :4789'") == ""


def test_no_socket_to_stop_it_is_left(host):
    assert "gitpod" not in host.file("/proc/net/unix").content_string


def test_no_file_is_left(host):
    assert host.check_output("find / -xdev -path /proc -prune -o -name '*reachability*' -print") == ""


def test_the_program_that_held_a_port_goes_on(host):
    if host.check_output("hostname") == "workspace-2":
        assert host.service("webshop").is_running
