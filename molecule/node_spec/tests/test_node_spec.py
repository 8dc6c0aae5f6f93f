"""Checking a machine leaves nothing behind on it."""


def test_nothing_changed_on_the_machine(host):
    before = host.file("/run/state").content_string.splitlines()
    after = host.check_output("/run/state.sh").splitlines()
    assert len(before) > 1000
    assert sorted(set(after) ^ set(before)) == []


def test_the_other_work_goes_on(host):
    if host.check_output("hostname") == "used":
        assert host.socket("tcp://0.0.0.0:8080").is_listening
        assert host.service("webshop").is_running
    else:
        assert not host.socket("tcp://0.0.0.0:8080").is_listening
